//! Health, alerts and numbers.

use super::super::alerts::{Alert, Alerts};
use super::super::look::Look;
use super::super::span::Choice;
use super::super::tiles::Tile;
use super::super::{Recorded, Room};
use super::frame::to;
use super::parts;
use crate::health::{Condition, Finding};
use crate::words;
use maud::{Markup, html};
use telemetry_catalog::indicator::Severity;
use telemetry_catalog::rules::board_uid;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;

/// How the fleet is, in one line, and each subsystem with the reason.
pub(super) fn hero(room: &Room, look: &Look, choice: Choice) -> Markup {
    let verdict = look.health.verdict;
    html! {
        section #health aria-labelledby="health-line" {
            div.hero.(parts::class(verdict)) {
                (parts::symbol(verdict))
                div role="status" aria-live="polite" {
                    h1 #health-line { (parts::headline(verdict)) }
                    p { (in_short(look)) }
                }
            }
            ul.subsystems {
                @for condition in &look.health.subsystems { li { (card(condition, choice)) } }
            }
            (other_rules(room))
        }
    }
}

/// That health is told by rules of which the texts of the page know nothing.
fn other_rules(room: &Room) -> Markup {
    html! {
        @if room.page.recorded == Recorded::Otherwise {
            p.note {
                "The rules here are not the generated ones: health and alerts may look at other spans of time than their texts say."
            }
        }
    }
}

/// What changes seldom, since it is read out when it does.
fn in_short(look: &Look) -> String {
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 alert {what}"),
        count => format!("{count} alerts {what}"),
    };
    let alerts = match look.alerts.rules {
        None => "No alert rules are evaluated here.".to_owned(),
        Some(0) if look.alerts.trouble.is_none() => "No alert rules are loaded.".to_owned(),
        Some(_) => {
            let (firing, pending) = (look.alerts.firing(), look.alerts.pending());
            let told = || format!("{}, {}", counted(firing, "firing"), counted(pending, "pending"));
            match look.alerts.doubt() {
                None => format!("{}.", told()),
                Some(_) if firing + pending == 0 => "Whether alerts fire is not known.".to_owned(),
                Some(_) => format!("{}; whether others are is not known.", told()),
            }
        }
    };
    let silent: Vec<_> = look.health.subsystems.iter().filter(|condition| condition.is_silent()).collect();
    let all = look.health.subsystems.len();
    let known = all - silent.len();
    let measured =
        if silent.is_empty() { String::new() } else { format!(" {known} of {all} subsystems have data.") };
    let stale = if look.liveness.is_live() { "" } else { " What is shown is not of now." };
    format!("{alerts}{measured}{stale}")
}

fn card(condition: &Condition, choice: Choice) -> Markup {
    parts::card(condition, Some(&to(&format!("/board/{}", board_uid(condition.subsystem)), choice)))
}

/// How a subsystem is, with everything that was judged.
pub(super) fn condition(room: &Room, look: &Look, subsystem: &Subsystem) -> Markup {
    let found = look.health.subsystems.iter().find(|condition| condition.subsystem == subsystem);
    let Some(condition) = found else { return html! {} };
    html! {
        section #health aria-labelledby="health-line" {
            div.hero.small.(parts::class(condition.verdict)) {
                (parts::symbol(condition.verdict))
                div role="status" aria-live="polite" {
                    h2 #health-line { (parts::capital(parts::word(condition))) }
                    p { (parts::foreign(&condition.reason)) }
                }
            }
            (other_rules(room))
            details #checks {
                summary { "What was checked" }
                div.scroll tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Check" } th scope="col" { "Verdict" } th scope="col" { "Measured" } } }
                        tbody { @for finding in &condition.findings { (check(finding)) } }
                    }
                }
            }
        }
    }
}

fn check(finding: &Finding) -> Markup {
    let verdict = finding.verdict().unwrap_or(Verdict::Unknown);
    let word = if finding.verdict().is_some() { verdict.as_str() } else { "no data" };
    html! {
        tr {
            th scope="row" {
                a href=(format!("/runbook#{}", finding.indicator.anchor())) { (finding.indicator.title) }
            }
            td.state.(parts::class(verdict)) { (parts::symbol(verdict)) (word) }
            td { (parts::foreign(&finding.said())) }
        }
    }
}

/// What fires and what is about to.
pub(super) fn alerts(room: &Room, alerts: &Alerts, now: i64) -> Markup {
    html! {
        section #alerts aria-labelledby="alerts-title" {
            h2 #alerts-title { "Alerts" }
            @match (alerts.rules, &alerts.trouble) {
                (None, _) => p.empty { "No alert rules are evaluated here." },
                (_, Some(trouble)) => p.error { "Not known: " (parts::foreign(&trouble.to_string())) },
                (Some(rules), None) if alerts.active.is_empty() => (quiet(alerts, rules)),
                _ => (cards(room, alerts, now)),
            }
            (unevaluated(alerts))
        }
    }
}

/// That nothing is pending or fires, where that is known.
fn quiet(alerts: &Alerts, rules: usize) -> Markup {
    let evaluated =
        if rules == 1 { "1 rule is evaluated.".to_owned() } else { format!("{rules} rules are evaluated.") };
    html! {
        @match alerts.doubt() {
            None => p.empty { (parts::symbol(Verdict::Healthy)) " No alert is pending or firing. " (evaluated) },
            Some(doubt) => p.empty {
                (parts::symbol(Verdict::Unknown)) " Whether an alert is pending or firing is not known: " (doubt) "."
            },
        }
    }
}

/// The rules of which nothing new is known, each reason once.
fn unevaluated(alerts: &Alerts) -> Markup {
    html! {
        @if let Some(doubt) = alerts.doubt().filter(|_| !alerts.active.is_empty()) {
            p.note { "Whether other alerts are pending or firing is not known: " (doubt) "." }
        }
        @for failures in &alerts.failures {
            p.error {
                (parts::foreign(&failures.which())) " cannot be evaluated: "
                @if failures.reason.is_empty() { "for other reasons" } @else { bdi { (failures.reason) } }
            }
        }
    }
}

/// The worst are in sight, and the others can be unfolded.
fn cards(room: &Room, alerts: &Alerts, now: i64) -> Markup {
    /// So many leave something else to be seen on a laptop.
    const IN_SIGHT: usize = 6;
    let list = |from: usize, alerts: &[Alert]| {
        html! {
            ul.alerts { @for (at, alert) in alerts.iter().enumerate() { li { (self::alert(room, alert, from + at, now)) } } }
        }
    };
    let (first, others) = alerts.active.split_at(alerts.active.len().min(IN_SIGHT));
    html! {
        (list(0, first))
        @if !others.is_empty() {
            details #more-alerts.more {
                summary { (counted(others.len() + alerts.more, "more alert")) }
                (list(IN_SIGHT, others))
                @if alerts.more > 0 { p.note { "and " (alerts.more) " more" } }
            }
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn alert(room: &Room, alert: &Alert, at: usize, now: i64) -> Markup {
    let verdict = alert.severity.map_or(Verdict::Unknown, Verdict::of);
    let class = if alert.severity == Some(Severity::Info) { "unknown" } else { parts::class(verdict) };
    let entry = room.documents.entry(&alert.name);
    html! {
        article.alert.(class).pending[!alert.is_firing] {
            div.head {
                (parts::symbol(if class == "unknown" { Verdict::Unknown } else { verdict }))
                h3 { (parts::foreign(&alert.name)) }
                span.tag { (if alert.is_firing { "Firing" } else { "Pending" }) }
                @if !alert.severity_word.is_empty() { span.tag.severity { (parts::foreign(&alert.severity_word)) } }
            }
            p.facts { (parts::since(alert.since, now)) ", value " b { (alert.value) } }
            @if !alert.summary.is_empty() { p.summary { bdi { (alert.summary) } } }
            @if !alert.description.is_empty() { p.description { bdi { (alert.description) } } }
            @if !alert.labels.is_empty() {
                ul.labels {
                    @for (name, value) in &alert.labels { li { code { (parts::foreign(name)) "=" (parts::foreign(value)) } } }
                }
            }
            @if let (Some(entry), Some(indicator)) = (entry, alert.indicator) {
                details id=(format!("runbook-{}-{at}", indicator.anchor())) {
                    summary { "What to do" }
                    div.prose { (entry) }
                    p { a href=(format!("/runbook#{}", indicator.anchor())) { "Open it in the runbook" } }
                }
            }
        }
    }
}

/// The numbers of the overview.
pub(super) fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        section #numbers aria-labelledby="numbers-title" {
            h2 #numbers-title { "At a glance" }
            dl.tiles {
                @for tile in tiles {
                    div.tile title=(format!("{}, {}", tile.about, tile.over)) {
                        dt { (tile.title) " " span { (tile.over) } }
                        @match (&tile.value, tile.bounds) {
                            (Ok(_), Some((least, more))) => (parts::bounded(least, more)),
                            (Ok(value), None) => dd { (value) },
                            (Err(why), _) => dd { (parts::dash(&words::cut(why))) },
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;
    use crate::page::alerts;
    use crate::rules::RuleHealth;
    use crate::source::{SeenTarget, Source, SourceError};
    use std::sync::Arc;
    use std::time::Duration;
    use telemetry_query::{Labels, Series, Steps};

    /// Knows nothing.
    struct Nothing;

    impl Source for Nothing {
        fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            Ok(Vec::new())
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            Ok(Vec::new())
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    fn room() -> Room {
        Room::new(Page {
            source: Arc::new(Nothing),
            rules: None,
            recorded: Recorded::AsGenerated,
            config: Arc::default(),
            interval: Duration::from_secs(15),
            listening: Vec::new(),
            api_url: String::new(),
        })
    }

    #[test]
    fn an_alert_says_since_when_what_and_what_to_do() {
        let text = super::alerts(&room(), &alerts::tests::some(), 65_000).into_string();
        for said in
            ["LlmErrors", "Firing", "Pending", "critical", "for 1 m", "30", "Calls fail", "What to look at"]
        {
            assert!(text.contains(said), "{said} is missing in {text}");
        }
        assert!(text.contains("href=\"/runbook#llmerrors\""));
        assert!(text.contains("a&lt;b&gt;") && !text.contains("a<b>"));
        assert!(text.contains("cannot be evaluated: <bdi>many-to-many"));
        // A rule of others has no entry in our runbook.
        assert_eq!(text.matches("<details").count(), 2);
    }

    #[test]
    fn what_is_only_known_within_bounds_is_said_so() {
        let tile = |value: &str, bounds| Tile {
            title: "Runs",
            over: "last hour",
            value: Ok(value.to_owned()),
            bounds,
            about: "Agent runs that ended",
        };
        let told = |tile| super::tiles(&[tile]).into_string();
        let least = told(tile("5", Some((5.0, 3.0))));
        assert!(least.contains("at least </span>5</dd>") && least.contains("up to 8"), "{least}");
        assert!(told(tile("0", Some((0.0, 3.0)))).contains("at most </span>3</dd>"));
        assert!(told(tile("5", None)).contains("<dd>5</dd>"));
        let rounded = told(tile("6.2 M", Some((6.199e6, 2e3))));
        assert!(rounded.contains("<dd>6.2 M</dd>") && !rounded.contains("up to"), "{rounded}");
    }

    #[test]
    fn nothing_is_called_quiet_that_was_not_evaluated() {
        let told = |health| {
            let groups = alerts::tests::groups(Vec::new(), health);
            super::alerts(&room(), &Alerts::of(Some(&Ok(Arc::new(groups)))), 0).into_string()
        };
        let quiet = told(RuleHealth::Ok);
        assert!(quiet.contains("No alert is pending or firing. 1 rule is evaluated."), "{quiet}");
        for (health, said) in [
            (RuleHealth::Unknown, "is not known: 1 rule is not evaluated yet."),
            (
                RuleHealth::Err("refused".to_owned()),
                "The rule LlmErrors</bdi> cannot be evaluated: <bdi>refused",
            ),
        ] {
            let text = told(health);
            assert!(text.contains(said) && !text.contains("No alert is"), "{text}");
        }
        let none = super::alerts(&room(), &Alerts::of(Some(&Ok(Arc::default()))), 0).into_string();
        assert!(none.contains("no alert rules are loaded") && !none.contains("No alert is"), "{none}");
    }
}
