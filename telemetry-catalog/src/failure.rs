//! The share of failures in a family of counters, from the values that the catalog declares as failing.

use telemetry_core::metric::{MetricDef, Values};

/// What counts as a failure of one metric.
///
/// Only metrics with a closed label that has a failing value have a rule. Everything else that the label says, `killed` and `conflict`
/// and `other` among it, is no failure and still part of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRule {
    /// The label that tells; the first with a failing value.
    pub label: &'static str,
    /// The values that are failures.
    pub failing: Vec<&'static str>,
}

/// Failures as a part of all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// How many failed.
    pub failed: f64,
    /// How many there were, the failed ones included.
    pub total: f64,
}

impl FailureRule {
    /// The rule of a metric, if it can fail.
    ///
    /// ```
    /// use telemetry_catalog::{FailureRule, find_metric};
    ///
    /// let runs = find_metric("sase_agent_runs_total").expect("it is in the catalog");
    /// let rule = FailureRule::of(runs.def).expect("runs can fail");
    /// let share = rule.share([(Some("ok"), 17.0), (Some("error"), 2.0), (Some("killed"), 1.0)]);
    /// assert_eq!(share.ratio(), Some(0.1));
    /// ```
    #[must_use]
    pub fn of(def: &MetricDef) -> Option<Self> {
        def.labels.iter().find_map(|label| {
            let Values::Closed(values) = label.values else { return None };
            let failing: Vec<_> =
                values.iter().filter(|value| value.failure).map(|value| value.text).collect();
            (!failing.is_empty()).then_some(Self { label: label.name, failing })
        })
    }

    /// Whether this value of the label is a failure.
    #[must_use]
    pub fn is_failure(&self, value: &str) -> bool {
        self.failing.contains(&value)
    }

    /// The share over series, each given as its value of [`label`](Self::label) and its count.
    pub fn share<'v>(&self, series: impl IntoIterator<Item = (Option<&'v str>, f64)>) -> Share {
        series.into_iter().fold(Share::default(), |share, (value, count)| {
            let failed = if value.is_some_and(|value| self.is_failure(value)) { count } else { 0.0 };
            Share { failed: share.failed + failed, total: share.total + count }
        })
    }
}

impl Share {
    /// The part that failed, from 0 to 1; `None` where there was nothing to fail.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        let ratio = self.failed / self.total;
        (self.total > 0.0 && ratio.is_finite()).then_some(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog;

    #[test]
    fn exactly_the_metrics_with_a_failing_value_have_a_rule() {
        let names: Vec<_> =
            catalog::metrics().filter(|def| FailureRule::of(def).is_some()).map(|def| def.name).collect();
        assert_eq!(
            names,
            [
                "sase_agent_runs_total",
                "sase_llm_invocations_total",
                "sase_llm_retry_spawns_total",
                "sase_hook_executions_total",
                "sase_mentor_executions_total",
                "sase_workflow_executions_total",
                "sase_vcs_operations_total",
                "sase_notifications_sent_total",
            ]
        );
    }

    #[test]
    fn neither_a_kill_nor_a_conflict_is_a_failure() {
        let rule = |name| FailureRule::of(catalog::find(name).unwrap()).unwrap();
        assert_eq!(rule("sase_hook_executions_total").failing, ["failed"]);
        assert!(!rule("sase_agent_runs_total").is_failure("killed"));
        let vcs = rule("sase_vcs_operations_total").share([
            (Some("conflict"), 3.0),
            (Some("error"), 1.0),
            (None, 4.0),
        ]);
        assert_eq!((vcs.failed, vcs.total, vcs.ratio()), (1.0, 8.0, Some(0.125)));
    }

    #[test]
    fn nothing_and_nonsense_have_no_ratio() {
        for (failed, total) in
            [(0.0, 0.0), (1.0, f64::NAN), (f64::NAN, 1.0), (f64::INFINITY, f64::INFINITY), (1.0, -2.0)]
        {
            assert_eq!(Share { failed, total }.ratio(), None, "{failed} of {total}");
        }
        assert_eq!(Share { failed: 0.0, total: 5.0 }.ratio(), Some(0.0));
    }
}
