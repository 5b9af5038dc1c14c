//! The head, the sentence about the period, and health.

use super::super::alerts::grouped;
use super::super::numbers::Number;
use super::super::zone::{exact, moment, span, zone};
use super::super::{HEALTH_OVER, Report, Rules};
use super::charts::title_of;
use super::counted;
use super::fired::{doubted, has_runbook};
use crate::health::Coverage;
use crate::page::view::parts;
use crate::panels::millis;
use crate::tally::Unsure;
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
                div { dt { "Times" } dd { (zone(to)) } }
                div { dt { "Source" } dd { (parts::foreign(&report.place)) } }
                div { dt { "Made by" } dd { "telemetry " (env!("CARGO_PKG_VERSION")) } }
            }
            (contents(report))
        }
    }
}

/// What there is to read, with a link to each part.
fn contents(report: &Report) -> Markup {
    let runbook = has_runbook(report);
    let sections = [
        ("numbers", "Numbers", report.has_data()),
        ("health", "Health", report.has_data()),
        ("alerts", "Alerts", true),
        ("tops", "Failures, time and tokens", report.has_data()),
        ("charts", "Charts", report.has_data()),
        ("runbook", "What to do", report.has_data() && runbook),
    ];
    html! {
        nav.contents aria-label="Contents" {
            ul {
                @for (anchor, title, _) in sections.into_iter().filter(|(_, _, is_there)| *is_there) {
                    li { a href=(format!("#{anchor}")) { (title) } }
                }
            }
            @if report.has_data() {
                ul.boards aria-label="Charts" {
                    @for board in &report.boards { li { a href=(format!("#{}", board.uid)) { (title_of(board)) } } }
                }
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
    let runs = if report.has_data() { runs(&report.numbers) } else { String::new() };
    let parts = [judged(report), alerts(report), runs];
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

fn alerts(report: &Report) -> String {
    let Ok(fired) = &report.fired else { return "Whether alerts fired is not known.".to_owned() };
    let groups = grouped(fired);
    let still = groups.iter().filter(|group| group.iter().any(|fired| fired.goes_on())).count();
    let all = counted(groups.len(), "alert");
    match (groups.len(), &report.rules) {
        (0, Rules::None) => "There are no alert rules: that no alert fired says nothing.".to_owned(),
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

/// How many agent runs ended, and how: as exactly as it is known.
fn runs(numbers: &[Number]) -> String {
    let of = |title: &str| {
        let found = numbers.iter().find(|number| number.title == title);
        found.and_then(|found| Some((*found.value.as_ref().ok()?, found.unsure)))
    };
    let Some((runs, more)) = of("Runs") else { return "How many agent runs ended is not known.".to_owned() };
    let failed = of("Failures");
    let ended = ended(runs, more.stretched);
    let with_an_error = with_an_error(runs, more.stretched, failed);
    let (count, errors) = (more.undated, failed.map_or(0.0, |(_, more)| more.undated));
    match (runs + more.stretched > 0.0, count > 0.0) {
        (false, false) => "No agent run ended.".to_owned(),
        (false, true) => {
            let errors = if errors > 0.0 { format!("up to {}", number(errors)) } else { "none".to_owned() };
            let count = agent_runs(count);
            format!("Up to {count} ended, {errors} with an error: {BROUGHT}.")
        }
        (true, false) => format!("{ended}, {with_an_error}."),
        (true, true) => {
            let least = if more.stretched > 0.0 { ended } else { format!("At least {ended}") };
            let (count, errors) = (number(count), number(errors));
            format!("{least}, {with_an_error}. {count} more, {errors} with an error, {BROUGHT_TOO}.")
        }
    }
}

/// Why nobody knows of when something is.
const BROUGHT: &str =
    "they were there already when their machine was first seen, and nobody knows of when they are";
const BROUGHT_TOO: &str =
    "were there already when their machine was first seen, and nobody knows of when they are";

/// That so many agent runs ended at least, and so many more at the most.
fn ended(least: f64, more: f64) -> String {
    match more > 0.0 {
        true if least > 0.0 => {
            format!("At least {} and up to {} ended", number(least), agent_runs(least + more))
        }
        true => format!("Up to {} ended", agent_runs(more)),
        false => format!("{} ended", agent_runs(least)),
    }
}

fn agent_runs(count: f64) -> String {
    format!("{} agent {}", number(count), if count == 1.0 { "run" } else { "runs" })
}

/// How many of so many failed, and of so many more at the most; those of which nobody knows how they ended may have, too.
fn with_an_error(runs: f64, more: f64, failed: Option<(f64, Unsure)>) -> String {
    let Some((failed, unsure)) = failed else { return "and how many with an error is not known".to_owned() };
    let doubt = unsure.folded + unsure.stretched;
    match (failed > 0.0, doubt > 0.0) {
        (true, true) => {
            format!("at least {} and up to {} with an error", number(failed), number(failed + doubt))
        }
        (false, true) => format!("up to {} with an error", number(doubt)),
        (_, false) if more > 0.0 => format!("{} with an error", number(failed)),
        (_, false) => format!("{} with an error ({})", number(failed), percent(failed / runs)),
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
    let part = || format!("{} of {}", long(coverage.covered), long(asked));
    let seen = match () {
        () if coverage.covered + notable >= asked => format!("All of it, {}", long(asked)),
        () if coverage.age_of(from) + notable < asked => {
            format!("{}: the history begins at {}{}", part(), exact(from), pause(coverage, notable))
        }
        () => part() + &pause(coverage, notable),
    };
    seen + &last
}

/// When nothing was scraped for a while in between, if it was for so long.
fn pause(coverage: &Coverage, notable: Duration) -> String {
    let notable = millis(notable);
    match coverage.pause.filter(|(last, first)| first - last > notable) {
        Some((last, first)) => {
            format!("; nothing was scraped for a while between {} and {}", exact(last), exact(first))
        }
        None => String::new(),
    }
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
                ". Events are counted one by one, as far as they were scraped; of what there was already when a machine was first seen, \
                 nobody knows of when it is. What is not known is a dash with its reason."
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
            pause: None,
            interval: Some(Duration::from_secs(15)),
            young: Duration::from_secs(45),
        };
        said(&coverage, HOUR)
    }

    #[test]
    fn when_nothing_was_scraped_for_a_while_is_said() {
        let (from, covered) = (Some(END - 3_000_000), Duration::from_secs(1200));
        let pause = Some((END - 2_000_000, END - 200_000));
        let young = Duration::from_secs(45);
        let coverage = Coverage {
            begin: END - 3_600_000,
            to: END,
            from,
            covered,
            newest: Some(END),
            pause,
            interval: None,
            young,
        };
        let late = said(&coverage, HOUR);
        assert!(late.starts_with("20 m of 1 h: the history begins at "), "{late}");
        assert!(
            late.contains("; nothing was scraped for a while between ") && late.contains(" and "),
            "{late}"
        );
        let short = Coverage { pause: Some((END - 30_000, END)), ..coverage };
        assert!(!said(&short, HOUR).contains("for a while"));
    }

    fn number(title: &'static str, value: f64, undated: f64, folded: f64) -> Number {
        Number {
            title,
            about: "",
            value: Ok(value),
            before: Ok(0.0),
            unsure: Unsure { stretched: 0.0, undated, folded },
        }
    }

    #[test]
    fn runs_are_told_as_exactly_as_they_are_known() {
        let told = |all, failed| runs(&[all, failed]);
        let exact = told(number("Runs", 5.0, 0.0, 0.0), number("Failures", 1.0, 0.0, 0.0));
        assert_eq!(exact, "5 agent runs ended, 1 with an error (20.0 %).");
        let brought = told(number("Runs", 0.0, 3.0, 0.0), number("Failures", 0.0, 1.0, 0.0));
        assert!(brought.starts_with("Up to 3 agent runs ended, up to 1 with an error: "), "{brought}");
        let both = told(number("Runs", 1.0, 3.0, 0.0), number("Failures", 0.0, 1.0, 0.0));
        assert!(
            both.starts_with("At least 1 agent run ended, 0 with an error (0.0 %). 3 more, 1 with"),
            "{both}"
        );
        let folded = told(number("Runs", 5.0, 0.0, 0.0), number("Failures", 1.0, 0.0, 2.0));
        assert_eq!(folded, "5 agent runs ended, at least 1 and up to 3 with an error.");
        let brought = told(number("Runs", 0.0, 3.0, 0.0), number("Failures", 0.0, 0.0, 0.0));
        assert!(brought.starts_with("Up to 3 agent runs ended, none with an error: they were"), "{brought}");
        let none = told(number("Runs", 0.0, 0.0, 0.0), number("Failures", 0.0, 0.0, 0.0));
        assert_eq!(none, "No agent run ended.");
        let half = runs(&[number("Runs", 5.0, 0.0, 0.0)]);
        assert_eq!(half, "5 agent runs ended, and how many with an error is not known.");
        assert_eq!(runs(&[]), "How many agent runs ended is not known.");
    }

    #[test]
    fn runs_that_may_only_have_been_estimated_are_no_exact_number() {
        let number = |title, value, stretched, undated| Number {
            unsure: Unsure { stretched, undated, folded: 0.0 },
            ..number(title, value, 0.0, 0.0)
        };
        let told = |all, failed| runs(&[all, failed]);
        let some = told(number("Runs", 5.0, 2.0, 0.0), number("Failures", 1.0, 1.0, 0.0));
        assert_eq!(some, "At least 5 and up to 7 agent runs ended, at least 1 and up to 2 with an error.");
        let sure = told(number("Runs", 5.0, 2.0, 0.0), number("Failures", 1.0, 0.0, 0.0));
        assert_eq!(sure, "At least 5 and up to 7 agent runs ended, 1 with an error.");
        let perhaps = told(number("Runs", 0.0, 1.0, 0.0), number("Failures", 0.0, 1.0, 0.0));
        assert_eq!(perhaps, "Up to 1 agent run ended, up to 1 with an error.");
        let both = told(number("Runs", 5.0, 2.0, 3.0), number("Failures", 0.0, 0.0, 1.0));
        let begins =
            "At least 5 and up to 7 agent runs ended, 0 with an error. 3 more, 1 with an error, were";
        assert!(both.starts_with(begins), "{both}");
    }

    #[test]
    fn what_was_seen_is_said_as_it_is() {
        assert_eq!(coverage(Some(3600), 3600, 5), "All of it, 1 h");
        assert_eq!(coverage(Some(3600), 3590, 5), "All of it, 1 h");
        let late = coverage(Some(1320), 1320, 5);
        assert!(late.starts_with("22 m of 1 h: the history begins at "), "{late}");
        assert_eq!(coverage(Some(3600), 1320, 5), "22 m of 1 h");
        let stopped = coverage(Some(3600), 1320, 600);
        assert!(
            stopped.contains("; nothing was scraped since") && stopped.ends_with("10 m before its end"),
            "{stopped}"
        );
        assert!(coverage(None, 0, 7200).starts_with("Nothing of it; nothing was scraped since"));
    }
}
