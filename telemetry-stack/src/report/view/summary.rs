//! The head, the sentence about the period, and health.

use super::super::alerts::grouped;
use super::super::zone::{exact, moment, span, zone};
use super::super::{HEALTH_OVER, Report, Rules};
use super::counted;
use super::fired::doubted;
use crate::health::Coverage;
use crate::page::view::parts;
use crate::words;
use maud::{Markup, html};
use std::time::Duration;
use telemetry_catalog::quantity::{number, percent, seconds};

/// What is not even a hundredth of a period is not worth saying.
const NOTABLE: f64 = 0.01;

/// The line at the top.
pub(super) fn top(report: &Report) -> Markup {
    html! {
        header.top {
            div.bar {
                span.brand { (parts::logo()) span { "Agent fleet report" } }
                span.made { "made " (moment(report.coverage.to)) " " (zone(report.coverage.to)) }
            }
        }
    }
}

/// What the report is about, and what came of it.
pub(super) fn head(report: &Report) -> Markup {
    let Coverage { begin, to, .. } = report.coverage;
    html! {
        section #summary aria-labelledby="headline" {
            div.hero.(parts::class(report.verdict)) {
                (parts::symbol(report.verdict))
                div {
                    h1 #headline { (headline(report)) }
                    p { (sentence(report)) }
                }
            }
            dl.about {
                div { dt { "Period" } dd { (span(begin, to)) } }
                div { dt { "Seen" } dd { (seen(report)) } }
                div { dt { "Source" } dd { (parts::foreign(&report.place)) } }
            }
        }
    }
}

fn headline(report: &Report) -> String {
    match report.has_data() {
        true => format!("{} at the end of the period", parts::headline(report.verdict)),
        false => "Nothing was seen in this period".to_owned(),
    }
}

/// What matters most, in a sentence or two.
fn sentence(report: &Report) -> String {
    let parts = [judged(report), alerts(report), runs(report), undated(report)];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Over which time health is judged: alerts may have ended within it.
fn judged(report: &Report) -> String {
    let over = HEALTH_OVER.words();
    match () {
        () if !report.has_data() => String::new(),
        () if HEALTH_OVER > report.window => {
            format!("Health is judged over the last {over}, which is longer than the period.")
        }
        () => format!("Health is judged over the last {over}."),
    }
}

/// The runs that are not counted, since nobody knows of when they are.
fn undated(report: &Report) -> String {
    let of = |title: &str| {
        report.numbers.iter().find(|number| number.title == title).map_or(0.0, |number| number.undated)
    };
    match of("Runs") {
        runs if runs > 0.0 => format!(
            "{} more, {} with an error, there were already when their machine was first seen, and are not counted.",
            number(runs),
            number(of("Failures"))
        ),
        _ => String::new(),
    }
}

fn alerts(report: &Report) -> String {
    let Ok(fired) = &report.fired else { return "Whether alerts fired is not known.".to_owned() };
    let groups = grouped(fired);
    let still = groups.iter().filter(|group| group.iter().any(|fired| fired.goes_on())).count();
    let all = counted(groups.len(), "alert");
    match (groups.len(), &report.rules) {
        (0, Rules::Unknown(_)) => "Whether alerts fired is not known.".to_owned(),
        (0, Rules::Evaluated { .. }) if !report.has_data() => "No alert is known to have fired.".to_owned(),
        (0, Rules::Evaluated { doubtful: 0, .. }) => "No alert fired.".to_owned(),
        (0, Rules::Evaluated { doubtful, .. }) => {
            format!("No alert is known to have fired, but {} not evaluated.", doubted(*doubtful))
        }
        (_, _) if still == 0 => format!("{all} fired, and none still did at the very end."),
        (1, _) => "1 alert fired, and still did at the very end.".to_owned(),
        (_, _) => format!("{all} fired, of which {still} still did at the very end."),
    }
}

fn runs(report: &Report) -> String {
    let of = |title: &str| {
        let found = report.numbers.iter().find(|number| number.title == title);
        found.and_then(|number| number.value.as_ref().ok()).copied()
    };
    match (of("Runs"), of("Failures")) {
        _ if !report.has_data() => String::new(),
        (Some(runs), Some(failed)) if runs > 0.0 => format!(
            "{} agent {} ended, {} with an error ({}).",
            number(runs),
            if runs == 1.0 { "run" } else { "runs" },
            number(failed),
            percent(failed / runs)
        ),
        (Some(_), _) => "No agent run ended.".to_owned(),
        (None, _) => "How many agent runs ended is not known.".to_owned(),
    }
}

/// What part of the period was seen.
fn seen(report: &Report) -> String {
    said(&report.coverage, Duration::from_secs(report.window.seconds().into()))
}

fn said(coverage: &Coverage, asked: Duration) -> String {
    let long = |length: Duration| seconds(length.as_secs_f64().round());
    let last = match coverage.newest {
        _ if coverage.is_live() => String::new(),
        Some(newest) => format!(
            "; nothing was scraped since {}, {} before its end",
            exact(newest),
            words::age(coverage.to - newest)
        ),
        None => "; nothing was scraped within a week before its end".to_owned(),
    };
    let notable = asked.mul_f64(NOTABLE);
    let Some(from) = coverage.from else { return format!("Nothing of it{last}") };
    let seen = match () {
        () if coverage.covered + notable >= asked => format!("All of it, {}", long(asked)),
        () if coverage.age_of(from) + notable < asked => {
            format!("{} of {}: the history begins at {}", long(coverage.covered), long(asked), exact(from))
        }
        () => format!("{} of {}: nothing was scraped in between", long(coverage.covered), long(asked)),
    };
    seen + &last
}

/// How each subsystem was at the end.
pub(super) fn health(report: &Report) -> Markup {
    html! {
        section #health aria-labelledby="health-title" {
            h2 #health-title { "Health at the end" }
            p.note { "Judged over the last " (super::super::HEALTH_OVER.words()) " of the period, by the limits of the alerts." }
            ul.subsystems { @for condition in &report.conditions { li { (parts::card(condition, None)) } } }
        }
    }
}

/// What to do where there is nothing to report.
pub(super) fn nothing() -> Markup {
    html! {
        section #nothing aria-labelledby="nothing-title" {
            h2 #nothing-title { "There is nothing to report" }
            p { "Nothing that tells of the fleet was scraped in this period: there are no numbers, and no charts are drawn." }
            p { code { "telemetry doctor" } " finds out why, and " code { "telemetry run -- COMMAND" } " records something." }
        }
    }
}

/// What is to be known of all numbers.
pub(super) fn foot(report: &Report) -> Markup {
    let zone = zone(report.coverage.to);
    html! {
        footer {
            p {
                "Made by telemetry " (env!("CARGO_PKG_VERSION")) ". Times are in " (zone)
                ". Events are counted one by one, as far as they were scraped: what there was already when a machine was first seen is not \
                 counted. What is not known is a dash with its reason."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const END: i64 = 1_763_726_400_000;

    fn coverage(from: Option<i64>, covered: u64, newest: i64) -> String {
        let coverage = Coverage {
            begin: END - 3_600_000,
            to: END,
            from: from.map(|ago| END - ago * 1000),
            covered: Duration::from_secs(covered),
            newest: Some(END - newest * 1000),
            interval: Some(Duration::from_secs(15)),
            young: Duration::from_secs(45),
        };
        said(&coverage, HOUR)
    }

    #[test]
    fn what_was_seen_is_said_as_it_is() {
        assert_eq!(coverage(Some(3600), 3600, 5), "All of it, 1 h");
        assert_eq!(coverage(Some(3600), 3590, 5), "All of it, 1 h");
        let late = coverage(Some(1320), 1320, 5);
        assert!(late.starts_with("22 m of 1 h: the history begins at "), "{late}");
        assert_eq!(coverage(Some(3600), 1320, 5), "22 m of 1 h: nothing was scraped in between");
        let stopped = coverage(Some(3600), 1320, 600);
        assert!(
            stopped.contains("; nothing was scraped since") && stopped.ends_with("10 m before its end"),
            "{stopped}"
        );
        assert!(coverage(None, 0, 7200).starts_with("Nothing of it; nothing was scraped since"));
    }
}
