//! The alerts of the period, with what the runbook says of them.

use super::super::alerts::{Fired, Stretch, grouped};
use super::super::zone::exact;
use super::super::{Report, Rules};
use super::counted;
use crate::page::markdown;
use crate::page::view::parts;
use maud::{Markup, html};
use telemetry_catalog::indicator::{Indicator, Severity};
use telemetry_catalog::quantity::seconds;
use telemetry_catalog::verdict::Verdict;

/// How many alerts are told one by one, and of each how many times at which it fired.
const LISTED: usize = 60;
const TIMES: usize = 12;

/// Of how many severities and sets of labels each alert is told.
const SERIES: usize = 12;

/// So many leave something else to be seen; the others can be unfolded.
const IN_SIGHT: usize = 9;

/// What fired, when and for how long.
pub(super) fn alerts(report: &Report) -> Markup {
    html! {
        section #alerts aria-labelledby="alerts-title" {
            h2 #alerts-title { "Alerts of the period" }
            @match &report.fired {
                Err(why) => p.error { "Not known: " (parts::foreign(why)) },
                Ok(fired) if fired.is_empty() => (quiet(report)),
                Ok(fired) => (list(report, fired)),
            }
        }
    }
}

/// That nothing fired, where that is known.
fn quiet(report: &Report) -> Markup {
    let unknown = |why: &str| {
        html! { p.empty { (parts::symbol(Verdict::Unknown)) " Whether an alert fired is not known: " (parts::foreign(why)) "." } }
    };
    match &report.rules {
        _ if !report.has_data() => unknown("nothing was seen of this period"),
        Rules::Unknown(why) => unknown(why),
        Rules::None => html! {
            p.empty { (parts::symbol(Verdict::Unknown)) " There are no alert rules there: that no alert fired says nothing." }
        },
        Rules::Evaluated { count, doubtful: 0, .. } => html! {
            p.empty {
                (parts::symbol(Verdict::Healthy)) " No alert fired as far as the period was seen. "
                (counted(*count, "alert rule")) (if *count == 1 { " is" } else { " are" }) " evaluated there."
            }
        },
        Rules::Evaluated { count, doubtful, .. } => unknown(&format!(
            "{doubtful} of {} cannot be or were not evaluated",
            counted(*count, "alert rule")
        )),
    }
}

fn list(report: &Report, fired: &[Fired]) -> Markup {
    let groups = grouped(fired);
    let (told, left) = groups.split_at(groups.len().min(LISTED));
    let (first, others) = told.split_at(told.len().min(IN_SIGHT));
    html! {
        p.note { "Times are exact to about " (seconds((report.exactness / 1000) as f64)) ". " (doubt(&report.rules)) }
        ul.alerts { @for group in first { li { (alert(report, group)) } } }
        @if !others.is_empty() {
            details.more {
                summary { (counted(others.len(), "more alert")) }
                ul.alerts { @for group in others { li { (alert(report, group)) } } }
            }
        }
        @if !left.is_empty() { p.note { "and " (counted(left.len(), "more alert")) ", none of them worse" } }
    }
}

fn doubt(rules: &Rules) -> String {
    match rules {
        Rules::Evaluated { doubtful: 0, .. } => String::new(),
        Rules::Evaluated { doubtful, .. } => {
            format!("Whether others fired is not known: {} not evaluated.", doubted(*doubtful))
        }
        Rules::None => "There are no alert rules there any more.".to_owned(),
        Rules::Unknown(why) => format!("Whether others fired is not known: {}.", crate::words::cut(why)),
    }
}

/// So many rules that nobody knows the answer of.
pub(super) fn doubted(count: usize) -> String {
    format!("{} cannot be or {}", counted(count, "rule"), if count == 1 { "was" } else { "were" })
}

/// An alert, of which the worst series comes first.
fn alert(report: &Report, group: &[&Fired]) -> Markup {
    let Some(worst) = group.first() else { return Markup::default() };
    let verdict = worst.verdict();
    let class = if worst.severity == Some(Severity::Info) { "unknown" } else { parts::class(verdict) };
    let (told, left) = group.split_at(group.len().min(SERIES));
    html! {
        article.alert.(class) {
            div.head {
                (parts::symbol(if class == "unknown" { Verdict::Unknown } else { verdict }))
                h3 { (parts::foreign(&worst.name)) }
                @if group.iter().any(|fired| fired.goes_on()) { span.tag { "Still firing" } }
                @if group.len() == 1 { (severity(worst)) }
            }
            @for fired in told { (series(report, fired, group.len() > 1)) }
            @if !left.is_empty() { p.times { "and with " (counted(left.len(), "other severity or set of labels")) } }
            @if let Some(indicator) = worst.indicator {
                p { a href=(format!("#runbook-{}", indicator.anchor())) { "What to do about it" } }
            }
        }
    }
}

fn severity(fired: &Fired) -> Markup {
    html! { @if !fired.severity_word.is_empty() { span.tag.severity { (parts::foreign(&fired.severity_word)) } } }
}

/// An alert with one set of labels and one severity.
fn series(report: &Report, fired: &Fired, several: bool) -> Markup {
    html! {
        div.series {
            @if let Some(sentence) = fired.sentence() { p.summary { bdi { (sentence) } } }
            p.facts {
                b { (length(fired.length(), report.exactness)) } " in all, fired " (times(fired.stretches.len()))
                @if several { " " (severity(fired)) @if fired.goes_on() { " " span.tag { "Still firing" } } }
            }
            ul.times {
                @for stretch in fired.stretches.iter().rev().take(TIMES) { li { (when(stretch, report.exactness)) } }
                @if fired.stretches.len() > TIMES { li { "and " (fired.stretches.len() - TIMES) " more times before" } }
            }
            @if !fired.labels.is_empty() {
                ul.labels { @for (name, value) in &fired.labels { li { code { (parts::foreign(name)) "=" (parts::foreign(value)) } } } }
            }
        }
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn when(stretch: &Stretch, exactness: i64) -> Markup {
    let Stretch { from, to, is_older, goes_on } = *stretch;
    html! {
        @if is_older { "since before the period" } @else { "from " time { (exact(from)) } }
        @if goes_on { ", still at its end" } @else { " to " time { (exact(to)) } }
        ", " (length(to - from, exactness))
    }
}

/// A length of time that is known so exactly.
fn length(length: i64, exactness: i64) -> String {
    let text = |millis: i64| seconds((millis / 1000) as f64);
    if length < exactness { format!("less than {}", text(exactness)) } else { text(length) }
}

/// Those of our alerts that fired, each once.
fn known(report: &Report) -> Vec<&'static Indicator> {
    let fired = report.fired.as_deref().unwrap_or_default();
    let mut indicators: Vec<_> = Vec::new();
    for indicator in grouped(fired).iter().take(LISTED).filter_map(|group| group.first()?.indicator) {
        if !indicators.contains(&indicator) {
            indicators.push(indicator);
        }
    }
    indicators
}

/// Whether there is anything in the runbook about what fired.
pub(super) fn has_runbook(report: &Report) -> bool {
    !known(report).is_empty()
}

/// What the runbook says of those that fired, each once.
pub(super) fn runbook(report: &Report) -> Markup {
    let indicators = known(report);
    let names: Vec<_> = indicators.iter().map(|indicator| indicator.alert).collect();
    let entries = markdown::alone(&report.config, &names);
    html! {
        @if !indicators.is_empty() {
            section #runbook aria-labelledby="runbook-title" {
                h2 #runbook-title { "What to do about the alerts" }
                @for (indicator, entry) in indicators.iter().zip(entries) {
                    // A link to what is inside unfolds it, and a link to the whole does not.
                    details.entry {
                        summary { h3 { (indicator.alert) } }
                        div.prose id=(format!("runbook-{}", indicator.anchor())) { @if let Some(entry) = entry { (entry) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_no_more_exact_than_it_is_known() {
        assert_eq!(
            (length(0, 15_000), length(60_000, 15_000)),
            ("less than 15 s".to_owned(), "1 m".to_owned())
        );
    }

    #[test]
    fn a_stretch_says_where_it_reaches_beyond_the_period() {
        let said = |is_older, goes_on| {
            when(&Stretch { from: 0, to: 60_000, is_older, goes_on }, 15_000).into_string()
        };
        assert_eq!(said(true, true), "since before the period, still at its end, 1 m");
        let inside = said(false, false);
        assert!(inside.starts_with("from <time>1 Jan ") && inside.ends_with(":00</time>, 1 m"), "{inside}");
    }
}
