//! The page of `telemetry alerts`: what is pending and what fires.

use super::grid::{Cell, Grid, Paint, painted};
use super::harmless;
use crate::commands::alerts::{Alert, Severity};
use crate::output::Screen;
use chrono::{DateTime, Utc};
use std::time::SystemTime;
use telemetry_catalog::quantity::seconds;

/// A line for each alert, and below it what a person should read.
pub(crate) fn standing(alerts: &[Alert<'_>], now: SystemTime, screen: Screen) -> String {
    let mut grid = Grid::new(&["ALERT", "STATE", "SEVERITY", "SINCE", "VALUE"], 3);
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
        Cell::plain(alert.value().map_or_else(|| "-".to_owned(), short)),
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
    format!("{} ago", seconds(f64::from(u32::try_from(age.max(0)).unwrap_or(u32::MAX))))
}

/// A value with up to four decimals: what it means, its sentence says.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    let shorter = text.trim_end_matches('0').trim_end_matches('.');
    // Without decimals there are none to leave out, as in words for what is no number.
    if text.contains('.') { shorter.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{age, short, standing};
    use crate::commands::alerts::Answer;
    use crate::output::Screen;
    use serde_json::json;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn each_alert_has_a_line_and_its_sentence_below() {
        let alert = |state: &str, zone: &str| {
            json!({
                "labels": { "alertname": "Burns", "severity": "critical", "zone": zone },
                "annotations": { "summary": format!("{zone} burns\u{1b}[2J") },
                "state": state, "activeAt": "1970-01-01T00:00:05.5Z", "value": "2.5e+00",
            })
        };
        let rule = json!({
            "type": "alerting", "name": "Burns", "health": "ok", "labels": { "severity": "critical" },
            "alerts": [alert("pending", "south"), alert("firing", "north")],
        });
        let document = json!({ "status": "success", "data": { "groups": [{ "rules": [rule] }] } });
        let answer = Answer::read(document.to_string().as_bytes()).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(100);
        let expected = "\
ALERT             STATE    SEVERITY         SINCE  VALUE
Burns zone=north  firing   critical  1 m 34 s ago    2.5
  north burns\\u{1b}[2J
Burns zone=south  pending  critical  1 m 34 s ago    2.5
  south burns\\u{1b}[2J
";
        assert_eq!(standing(&answer.worst_first(), now, Screen::PLAIN), expected);
    }

    #[test]
    fn values_and_ages_are_short() {
        for (value, text) in
            [(100.0, "100"), (0.123_456, "0.1235"), (-2.5, "-2.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")]
        {
            assert_eq!(short(value), text);
        }
        assert_eq!(age("yesterday", UNIX_EPOCH), "-");
        assert_eq!(age("1970-01-01T00:00:05Z", UNIX_EPOCH), "0 s ago", "a clock that is behind");
    }
}
