//! What happens per time, and how bad that is. Everything is over the last minute, or over as much of it as the looks go back.

use super::section::Sum;
use telemetry_catalog::indicator::{Indicator, Measure, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Counters, Selection, counter};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::catalog::{
    AGENT_RUNS, LLM_INPUT_TOKENS, LLM_INVOCATIONS, LLM_OUTPUT_TOKENS, LLM_RETRIES,
};
use telemetry_core::config::HealthThresholds;
use telemetry_core::metric::MetricDef;

/// A rate without its course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rated {
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    pub(super) value: Option<f64>,
    pub(super) verdict: Option<Verdict>,
}

/// Throughput, errors, retries and tokens, in this order always; without a value where two looks have not seen what it is made of.
pub(super) fn rates(sums: &[Sum], minutes: Option<f64>, thresholds: &HealthThresholds) -> [Rated; 5] {
    let runs = counter(&AGENT_RUNS);
    let failed = risen(sums, runs.def())
        .map(|_| sums.iter().filter(|sum| sum.def == runs.def()))
        .map(|sums| sums.map(|sum| sum.failed).sum());
    let retries = counter(&LLM_RETRIES);
    let per_minute = |title, def| {
        let value = risen(sums, def).zip(minutes).map(|(risen, minutes)| risen / minutes);
        Rated { title, unit: Unit::PerMinute, value, verdict: None }
    };
    let share = |title, part: Option<f64>, indicator: Option<&Indicator>, whole: &MetricDef| {
        let whole = risen(sums, whole);
        let value = part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole);
        let judged =
            indicator.zip(whole).map(|(one, whole)| one.judge(thresholds, value, Some(whole)).verdict);
        Rated { title, unit: Unit::Share, value, verdict: judged }
    };
    let calls = LLM_INVOCATIONS.def();
    // Of what was never retried there is no series, though there are calls.
    let retried = risen(sums, calls).map(|_| risen(sums, retries.def()).unwrap_or_default());
    [
        per_minute("Agent runs", runs.def()),
        share("Error rate", failed, judge(&runs.failing(), &runs), runs.def()),
        share("Retry rate", retried, judge(&retries, &counter(&LLM_INVOCATIONS)), calls),
        per_minute("Tokens in", LLM_INPUT_TOKENS.def()),
        per_minute("Tokens out", LLM_OUTPUT_TOKENS.def()),
    ]
}

/// By how much a metric has risen, over all families that have its name.
fn risen(sums: &[Sum], def: &MetricDef) -> Option<f64> {
    let mut of = sums.iter().filter(|sum| sum.def == def).filter_map(|sum| sum.risen).peekable();
    of.peek().is_some().then(|| of.sum())
}

/// The indicator that measures this share.
fn judge(part: &Selection<Counters>, whole: &Selection<Counters>) -> Option<&'static Indicator> {
    let is_this = |measure: &Measure| matches!(measure, Measure::Share { part: of, whole: all } if of == part && all == whole);
    indicators().find(|indicator| is_this(&indicator.measure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(def: &'static MetricDef, risen: f64, failed: f64) -> Sum {
        Sum { def, value: 1000.0, risen: Some(risen), failed }
    }

    fn values(sums: &[Sum]) -> Vec<(Option<f64>, Option<Verdict>)> {
        let rates = rates(sums, Some(2.0), &HealthThresholds::default());
        rates.iter().map(|rate| (rate.value, rate.verdict)).collect()
    }

    #[test]
    fn what_rose_is_told_per_minute_or_as_a_share_with_the_verdict_of_its_alert() {
        let found = values(&[
            sum(AGENT_RUNS.def(), 20.0, 10.0),
            sum(LLM_INVOCATIONS.def(), 100.0, 0.0),
            sum(LLM_INPUT_TOKENS.def(), 3000.0, 0.0),
        ]);
        assert_eq!(
            found,
            [
                (Some(10.0), None),
                (Some(0.5), Some(Verdict::Critical)),
                (Some(0.0), Some(Verdict::Healthy)),
                (Some(1500.0), None),
                (None, None),
            ]
        );
    }

    #[test]
    fn one_failure_of_one_run_is_not_critical_and_of_no_run_there_is_no_share() {
        let found = values(&[sum(AGENT_RUNS.def(), 1.0, 1.0)]);
        assert_eq!(found[1], (Some(1.0), Some(Verdict::Healthy)));
        let idle = values(&[sum(AGENT_RUNS.def(), 0.0, 0.0)]);
        assert_eq!((idle[0], idle[1]), ((Some(0.0), None), (None, Some(Verdict::Healthy))));
    }

    #[test]
    fn both_shares_have_an_indicator() {
        let (runs, calls) = (counter(&AGENT_RUNS), counter(&LLM_INVOCATIONS));
        assert!(judge(&runs.failing(), &runs).is_some());
        assert!(judge(&counter(&LLM_RETRIES), &calls).is_some());
    }
}
