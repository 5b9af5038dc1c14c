//! Symbols, badges and times.

use super::super::liveness::Liveness;
use crate::health::Condition;
use crate::words;
use maud::{Markup, PreEscaped, html};
use telemetry_catalog::quantity::number;
use telemetry_catalog::verdict::Verdict;

/// The class that gives a verdict its colour.
pub(crate) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "ok",
        Verdict::Unknown => "unknown",
        Verdict::Warning => "warning",
        Verdict::Critical => "critical",
    }
}

/// A symbol for a verdict, whose outline tells it from others without its colour. A word stands beside it, so that it is not read out.
pub(crate) fn symbol(verdict: Verdict) -> Markup {
    let drawn = match verdict {
        Verdict::Healthy => {
            "<circle cx='8' cy='8' r='7' fill='currentColor'/><path d='M4.8 8.2l2.2 2.2 4.2-4.6' class='cut'/>"
        }
        Verdict::Unknown => {
            "<circle cx='8' cy='8' r='6.2' class='line' stroke-dasharray='2.6 2.2'/><path d='M5.5 8h5' class='line'/>"
        }
        Verdict::Warning => {
            "<path d='M8 1.2 15.4 14.4H.6Z' fill='currentColor' stroke='currentColor' stroke-linejoin='round'/><path d='M8 6v4M8 12.1v.2' class='cut'/>"
        }
        Verdict::Critical => {
            "<path d='M5 .9h6L15.1 5v6L11 15.1H5L.9 11V5Z' fill='currentColor'/><path d='M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2' class='cut'/>"
        }
    };
    icon(drawn)
}

fn icon(drawn: &str) -> Markup {
    html! { svg.icon viewBox="0 0 16 16" aria-hidden="true" focusable="false" { (PreEscaped(drawn)) } }
}

/// How a subsystem is and why; with a link where there is a page about it.
pub(crate) fn card(condition: &Condition, link: Option<&str>) -> Markup {
    let title = condition.subsystem.title;
    html! {
        div.card.(class(condition.verdict)) {
            (symbol(condition.verdict))
            div {
                h2 { @if let Some(link) = link { a href=(link) { (title) } } @else { (title) } }
                p.verdict { (capital(word(condition))) }
                p.reason { (foreign(&condition.reason)) }
            }
        }
    }
}

/// How a subsystem is, in a word or two.
pub(crate) fn word(condition: &Condition) -> &'static str {
    if condition.is_silent() { "no data" } else { condition.verdict.as_str() }
}

/// How the fleet is, in a sentence.
pub(crate) const fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "The fleet is healthy",
        Verdict::Unknown => "The health of the fleet is unknown",
        Verdict::Warning => "The fleet needs a look",
        Verdict::Critical => "The fleet is in trouble",
    }
}

/// The mark of the page.
pub(crate) fn logo() -> Markup {
    icon(
        "<rect x='.5' y='.5' width='15' height='15' rx='4' fill='currentColor'/><path d='M3.4 9.2h2l1.5-4.4 2.3 6.6 1.5-3.4h2' class='cut'/>",
    )
}

/// A word that begins with a capital letter.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A time in the past, as its age.
pub(super) fn ago(time: i64, now: i64) -> Markup {
    html! {
        time datetime=(words::stamp(time)) title=(words::moment(time)) { (words::age(now - time)) " ago" }
    }
}

/// A span of time that goes on.
pub(super) fn since(time: i64, now: i64) -> Markup {
    html! { time datetime=(words::stamp(time)) title=(words::moment(time)) { "for " (words::age(now - time)) } }
}

/// A number of which there are so many at least, and so many more at the most. That there are at least none is not said, nor are bounds that
/// are written as one number.
pub(crate) fn bounded(least: f64, more: f64) -> Markup {
    let most = number(least + more);
    let sign = |sign: &str, words: &str| html! { span aria-hidden="true" { (sign) " " } span.unseen { (words) " " } };
    html! {
        @if number(least) == most {
            dd { (most) }
        } @else if least > 0.0 {
            dd { (sign("≥", "at least")) (number(least)) }
            dd.change { "up to " (most) }
        } @else {
            dd { (sign("≤", "at most")) (number(more)) }
            dd.change { "not known exactly" }
        }
    }
}

/// What is not known, and why.
pub(crate) fn dash(why: &str) -> Markup {
    html! { span.dash title=(why) { span aria-hidden="true" { "–" } span.unseen { (why) } } }
}

/// A text of others: its direction does not reach beyond it.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi { (words::cut(text)) } }
}

/// What the badge follows from.
const TELLS: &str =
    "tells of the fleet (a gateway, an exposition of agents, or what brings metrics of the catalog)";

/// Whether what is shown is of now.
pub(super) fn badge(liveness: &Liveness, at: i64) -> Markup {
    let (class, word, says, title) = match liveness {
        Liveness::Live(age) => (
            "live",
            "LIVE",
            format!("{} old", words::age(*age)),
            format!("Something that {TELLS} was scraped with success within the last three intervals."),
        ),
        Liveness::Stale(age) => (
            "stale",
            "STALE",
            format!("{} old", words::age(*age)),
            format!("Nothing that {TELLS} was scraped with success within the last three intervals."),
        ),
        Liveness::NoData => (
            "none",
            "NO DATA",
            String::new(),
            format!("Nothing that {TELLS} was scraped with success within a week."),
        ),
        Liveness::Unknown(trouble) => ("stale", "UNKNOWN", String::new(), words::cut(&trouble.to_string())),
    };
    html! {
        div #badge .badge.(class) title=(title) {
            span.dot aria-hidden="true" {}
            strong { (word) }
            @if !says.is_empty() { span.age { (says) } }
            span.at { "at " time datetime=(words::stamp(at)) { (words::clock(at)) } }
        }
    }
}
