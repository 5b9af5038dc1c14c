//! Asking what the health of the fleet follows from.

use super::alerts::Alerts;
use super::desk::{Desk, Rows};
use super::shared::{Answer, Pending, Trouble};
use crate::health::{Check, Condition, Finding, Unjudged, checks, conditions, overall};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::{Config, HealthThresholds};
use tokio::time::Instant;

/// What is asked about one indicator.
pub(super) struct Question {
    check: Check,
    value: Pending<Rows>,
    events: Option<Pending<Rows>>,
}

/// How well everything is.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) verdict: Verdict,
    pub(super) subsystems: Vec<Condition>,
}

/// Asks about every indicator.
pub(super) fn ask(desk: &Desk, config: &Config) -> Vec<Question> {
    let question = |check: Check| Question {
        value: desk.value(&check.value),
        events: check.events.as_ref().map(|events| desk.value(events)),
        check,
    };
    checks(config).into_iter().map(question).collect()
}

/// What was found by then, with what the alerts say.
pub(super) async fn health(
    questions: Vec<Question>,
    alerts: &Alerts,
    thresholds: &HealthThresholds,
    is_live: bool,
    deadline: Instant,
) -> Health {
    let mut findings = Vec::with_capacity(questions.len());
    for Question { check, value, events } in questions {
        let value = value.by(deadline).await;
        let events = match events {
            Some(events) => Some(events.by(deadline).await),
            None => None,
        };
        findings.push(finding(&check, thresholds, value, events));
    }
    let subsystems = conditions(&findings, |subsystem| alerts.worst_firing(subsystem));
    Health { verdict: overall(&subsystems, is_live), subsystems }
}

fn finding(
    check: &Check,
    thresholds: &HealthThresholds,
    value: Answer<Rows>,
    events: Option<Answer<Rows>>,
) -> Finding {
    let judge = || -> Result<_, Trouble> {
        let (value, events) = (value?, events.transpose()?);
        let events = events.as_ref().map_or(&[][..], |events| &events.rows);
        Ok(check.judged(thresholds, &value.rows, events))
    };
    Finding {
        indicator: check.indicator,
        judged: judge().map_err(|trouble| Unjudged::Trouble(trouble.to_string())),
    }
}
