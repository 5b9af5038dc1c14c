//! The health of the fleet, as the page tells it: from what the rules of the demo record.

use super::ask::{Answer, Asker};
use crate::failure::Failure;
use telemetry_catalog::promql::{Scope, Vector};
use telemetry_core::config::Config;
use telemetry_query::Labels;
use telemetry_stack::health::{Check, Condition, Finding, checks, conditions};

/// How every subsystem is. That no alert fires is checked apart from this.
pub(super) fn read(asker: &Asker, config: &Config) -> Result<Vec<Condition>, Failure> {
    let findings = checks(config).into_iter().map(|check| finding(asker, config, &check));
    Ok(conditions(&findings.collect::<Result<Vec<_>, _>>()?, |_| None))
}

fn finding(asker: &Asker, config: &Config, check: &Check) -> Result<Finding, Failure> {
    let value = rows(asker, &check.value)?;
    let events = check.events.as_ref().map(|events| rows(asker, events)).transpose()?;
    let judged = check.judged(&config.health_thresholds, &value, &events.unwrap_or_default());
    Ok(Finding { indicator: check.indicator, judged: Ok(judged) })
}

fn rows(asker: &Asker, vector: &Vector) -> Result<Vec<(Labels, f64)>, Failure> {
    let answers = asker.instant(&vector.written(&Scope::rules()))?;
    let row = |answer: Answer| {
        let value = answer.value();
        (Labels::new(answer.metric), value)
    };
    Ok(answers.into_iter().map(row).collect())
}
