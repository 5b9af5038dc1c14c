//! The page of `telemetry alerts`: what is pending and what fires.

use super::grid::{Cell, Grid, Paint, harmless, painted};
use crate::commands::alerts::{Alert, Severity};
use crate::output::Screen;
use chrono::{DateTime, Utc};
use std::time::{Duration, SystemTime};
use telemetry_stack::duration_text;

/// A line for each alert, and below it what a person should read.
pub(crate) fn standing(alerts: &[Alert<'_>], now: SystemTime, screen: Screen) -> String {
    let mut grid = Grid::new(&["ALERT", "STATE", "SEVERITY", "FOR", "VALUE"], 3);
    alerts.iter().for_each(|alert| grid.push(row(alert, now)));
    let widest = grid.first_width();
    let lines = grid.lines(grid.room(screen).map_or(widest, |room| room.min(widest)), screen);
    let mut page = lines.header + "\n";
    for (line, alert) in lines.rows.iter().zip(alerts) {
        page += &format!("{line}\n");
        let sentence = harmless(alert.sentence());
        if !sentence.is_empty() {
            page += &format!("{}\n", painted(&format!("  {sentence}"), Paint::Faint, screen));
        }
    }
    page
}

fn row(alert: &Alert<'_>, now: SystemTime) -> Vec<Cell> {
    let paint = match (alert.is_firing(), alert.severity()) {
        (true, Severity::Critical) => Paint::Critical,
        (true, Severity::Warning) => Paint::Warning,
        _ => Paint::Plain,
    };
    let severity = Some(alert.severity_label()).filter(|label| !label.is_empty()).unwrap_or("-");
    vec![
        Cell::new(name(alert), Paint::Strong),
        Cell::new(harmless(alert.state()), paint),
        Cell::new(harmless(severity), paint),
        Cell::plain(age(alert.since(), now)),
        Cell::plain(alert.value().map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))),
    ]
}

/// The name, with the labels that tell it from others of that name.
fn name(alert: &Alert<'_>) -> String {
    let labels = alert.own_labels().map(|(name, value)| format!(" {name}={value}"));
    harmless(&labels.fold(alert.name().to_owned(), |text, label| text + &label))
}

/// How long ago that was. A clock that is behind says nothing.
fn age(since: &str, now: SystemTime) -> String {
    let Ok(since) = DateTime::parse_from_rfc3339(since) else { return "-".to_owned() };
    let age = DateTime::<Utc>::from(now).signed_duration_since(since).num_seconds();
    duration_text(Duration::from_secs(u64::try_from(age).unwrap_or_default()))
}
