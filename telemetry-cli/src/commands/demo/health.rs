//! The health of the fleet, as the indicators of the catalog tell it over the shortened spans of the demo's rules.

use super::ask::{Answer, Asker};
use crate::failure::Failure;
use telemetry_catalog::indicator::{Indicator, Measure, indicators};
use telemetry_catalog::promql::{Scope, Vector};
use telemetry_catalog::rules::hurried_below_a_day;
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::{Judgement, Verdict};
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// How a subsystem is, and why.
#[derive(Debug)]
pub(super) struct Health {
    /// The subsystem.
    pub(super) subsystem: &'static Subsystem,
    /// The worst verdict about it.
    pub(super) verdict: Verdict,
    /// The indicator that says so, with its numbers.
    pub(super) reason: String,
}

/// How every subsystem is.
pub(super) fn read(asker: &Asker, config: &Config) -> Result<Vec<Health>, Failure> {
    let mut judged: Vec<(&'static Indicator, Judgement)> = Vec::new();
    for indicator in indicators() {
        judged.extend(judge(asker, config, indicator)?.into_iter().map(|judgement| (indicator, judgement)));
    }
    Ok(subsystems().map(|subsystem| worst(subsystem, &judged)).collect())
}

fn worst(subsystem: &'static Subsystem, judged: &[(&'static Indicator, Judgement)]) -> Health {
    let own = judged.iter().filter(|(indicator, _)| indicator.subsystem == subsystem);
    // Of several that are as bad, the first is shown.
    let worst = own.rev().max_by_key(|(_, judgement)| judgement.verdict);
    Health {
        subsystem,
        verdict: worst.map_or(Verdict::Unknown, |(_, judgement)| judgement.verdict),
        reason: worst
            .map(|(indicator, judgement)| format!("{}: {judgement}", indicator.title))
            .unwrap_or_default(),
    }
}

/// The verdicts about each thing that an indicator tells apart. What the history answers with nothing has not happened: that every metric
/// is there is checked apart from this.
fn judge(asker: &Asker, config: &Config, indicator: &Indicator) -> Result<Vec<Judgement>, Failure> {
    let values = asker.instant(&text(&indicator.signal(config).value))?;
    let events = events(indicator).map(|vector| asker.instant(&text(&vector))).transpose()?;
    let thresholds = &config.health_thresholds;
    let of_same =
        |metric: &_| events.iter().flatten().find(|answer| answer.metric == *metric).map(Answer::value);
    let one = |answer: &Answer| {
        let value = Some(answer.value());
        let idle = answer.value().is_nan().then_some(0.0);
        indicator.judge(thresholds, value, idle.or_else(|| of_same(&answer.metric)))
    };
    let judged: Vec<_> = values.iter().map(one).collect();
    Ok(if judged.is_empty() { vec![indicator.judge(thresholds, None, Some(0.0))] } else { judged })
}

/// How many events its value is made of, where that matters.
fn events(indicator: &Indicator) -> Option<Vector> {
    match &indicator.measure {
        Measure::Share { whole, .. } => Some(Vector::counted(whole, indicator.over, indicator.by)),
        Measure::Surge { of, .. } => Some(Vector::counted(of, indicator.over, indicator.by)),
        _ => None,
    }
}

fn text(vector: &Vector) -> String {
    hurried_below_a_day(&vector.written(&Scope::plain()))
}
