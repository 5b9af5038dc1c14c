//! What fires, as the Prometheus of the configuration tells it.

use super::super::Plan;
use super::super::look::{Alert, Alerts};
use crate::commands::alerts::{self, Answer, Severity, ask_rules};
use crate::tables::harmless;
use chrono::DateTime;
use std::time::Duration;
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::Address;

/// How often alerts are asked for, at most. Rules are seldom evaluated more often, and an alert that has just begun to fire has mostly been
/// pending for minutes.
const SELDOM: Duration = Duration::from_secs(10);

/// The time from one look at the alerts to the next.
pub(super) fn pause(plan: &Plan) -> Duration {
    SELDOM.max(plan.interval)
}

/// Asks for the alerts, and for what a person should know beside them.
pub(super) fn ask(address: &Address, timeout: Duration) -> (Alerts, Option<String>) {
    match ask_rules(address, timeout).and_then(|answer| answer.has_rules().map(|()| answer)) {
        Ok(answer) => (Alerts::Known(answer.worst_first().iter().map(alert).collect()), unjudged(&answer)),
        Err(why) => (Alerts::Unknown(harmless(&why)), None),
    }
}

fn alert(told: &alerts::Alert<'_>) -> Alert {
    let since = DateTime::parse_from_rfc3339(told.since()).ok();
    Alert {
        name: harmless(told.name()),
        subsystem: subsystems().find(|subsystem| subsystem.slug == told.subsystem()),
        is_firing: told.is_firing(),
        verdict: match told.severity() {
            Severity::Critical => Verdict::Critical,
            Severity::Warning => Verdict::Warning,
            Severity::Info => Verdict::Healthy,
        },
        sentence: harmless(told.sentence()),
        since: since.map(|since| since.timestamp_millis()),
    }
}

/// That nobody knows whether some alerts should fire.
fn unjudged(answer: &Answer) -> Option<String> {
    let (new, failing) = (answer.not_yet().count(), answer.failing().count());
    let all = answer.rules();
    match (new, failing) {
        (0, 0) => None,
        (new, 0) => Some(format!("{new} of {all} alert rules have not been evaluated yet")),
        (_, failing) => Some(format!("{failing} of {all} alert rules cannot be evaluated")),
    }
}
