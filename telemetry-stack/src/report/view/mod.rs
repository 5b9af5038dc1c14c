//! The report as HTML. Whatever comes from elsewhere is escaped where it is written; nothing here looks anything up.
//!
//! | module | responsible for |
//! |---|---|
//! | `summary` | the head, the sentence about the period, and health |
//! | `fired` | the alerts of the period, with what the runbook says of them |
//! | `tables` | the numbers and the tables |
//! | `charts` | the panels |

mod charts;
mod fired;
mod summary;
mod tables;

use super::Report;
use super::zone::span;
use crate::page::assets::{ICON, STYLE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the style of the page lacks: what only a report has.
const OWN_STYLE: &str = include_str!("../assets/report.css");

/// Nothing is loaded, whatever somebody might have put into it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The whole document.
pub(super) fn page(report: &Report) -> Markup {
    let period = span(report.coverage.begin, report.coverage.to);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("telemetry ", env!("CARGO_PKG_VERSION")));
                title { "Agent fleet report, " (period) }
                link rel="icon" href=(format!("data:image/svg+xml;base64,{}", STANDARD.encode(ICON.text())));
                style { (PreEscaped(STYLE.text())) (PreEscaped(OWN_STYLE)) }
            }
            body.report {
                a.skip href="#content" { "Skip to the content" }
                (summary::top(report))
                main #content tabindex="-1" {
                    (summary::head(report))
                    @if report.has_data() {
                        (tables::numbers(report))
                        (summary::health(report))
                        (fired::alerts(report))
                        (tables::all(report))
                        (charts::all(report))
                        (fired::runbook(report))
                    } @else {
                        (fired::alerts(report))
                        (summary::nothing())
                    }
                }
                (summary::foot(report))
            }
        }
    }
}

/// So many of something, as a person says it.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
