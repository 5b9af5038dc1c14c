//! Adding to a registry what another program counted.

use super::{Kept, OVERFLOW, Registry, Series, Store, Written};
use crate::cell::{CounterCell, HistogramCell};
use crate::metric::{Kind, MetricDef};
use crate::snapshot::Reading;

impl Registry {
    /// Adds to one series what was counted elsewhere: the count of a counter, or the observations of a histogram with the same bounds. The
    /// values are those of the labels in the order of the definition; one that a closed label does not know counts as the last that it knows,
    /// `other`. What the other program counted beyond its limit of series, with [`OVERFLOW`] for each value, is added to the same here.
    ///
    /// Says whether it is of the metric's kind and has a value for each label. Gauges are not counted, and so nothing is added to them.
    pub fn add(&self, def: &'static MetricDef, values: &[&str], counted: &Reading) -> bool {
        if values.len() != def.labels.len() {
            return false;
        }
        match (def.kind, counted) {
            (Kind::Counter, Reading::Counter(count)) => {
                series(&self.store::<CounterCell>(def), values).cell().add(*count);
            }
            (Kind::Histogram(_), Reading::Histogram(reading)) => {
                series(&self.store::<HistogramCell>(def), values).cell().absorb(reading);
            }
            _ => return false,
        }
        true
    }
}

fn series<'s, C: Kept>(store: &'s Store<C>, values: &[&str]) -> &'s Series<C> {
    if !values.is_empty() && values.iter().all(|value| *value == OVERFLOW) {
        return store.rest();
    }
    store.series(Written { def: store.def(), values })
}

#[cfg(test)]
mod tests {
    use crate::Registry;
    use crate::catalog::{AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS};
    use crate::cell::HistogramReading;
    use crate::config::Config;
    use crate::snapshot::Reading;

    #[test]
    fn counts_are_added_to_what_is_there_and_unknown_values_are_folded() {
        let registry = Registry::new(&Config::default());
        for (status, count) in [("ok", 2.0), ("ok", 1.5), ("exploded", 1.0)] {
            assert!(registry.add(AGENT_RUNS.def(), &["claude", status, "fix"], &Reading::Counter(count)));
        }
        let runs = |status| registry.snapshot().value("sase_agent_runs_total", &["claude", status, "fix"]);
        assert_eq!((runs("ok"), runs("other"), runs("exploded")), (Some(3.5), Some(1.0), None));
    }

    #[test]
    fn what_another_program_counted_beyond_its_limit_is_added_to_what_was_counted_so_here() {
        let registry = Registry::new(&Config { max_series_per_metric: 1, ..Config::default() });
        for (provider, count) in [("claude", 1.0), ("codex", 2.0), ("__overflow__", 4.0)] {
            let status = if provider == "__overflow__" { provider } else { "ok" };
            assert!(registry.add(AGENT_RUNS.def(), &[provider, status, provider], &Reading::Counter(count)));
        }
        let snapshot = registry.snapshot();
        let runs = snapshot.metrics.iter().find(|metric| metric.def == AGENT_RUNS.def()).unwrap();
        assert_eq!((runs.series.len(), snapshot.value(runs.def.name, &["__overflow__"; 3])), (2, Some(6.0)));
        assert_eq!(snapshot.value("telemetry_series_overflow_total", &[runs.def.name]), Some(1.0));
    }

    #[test]
    fn what_does_not_fit_the_metric_is_not_added() {
        let registry = Registry::new(&Config::default());
        let observations = Reading::Histogram(HistogramReading {
            buckets: vec![1; AGENT_RUN_DURATION.def().bounds().len() + 1],
            sum: 1.0,
        });
        assert!(registry.add(AGENT_RUN_DURATION.def(), &["claude", "fix"], &observations));
        assert!(!registry.add(AGENT_RUN_DURATION.def(), &["claude", "fix"], &Reading::Counter(1.0)));
        for wrong in [&["claude"][..], &["claude", "fix", "site"]] {
            assert!(!registry.add(AGENT_RUN_DURATION.def(), wrong, &observations));
        }
        assert!(!registry.add(
            AGENT_ACTIVE.def(),
            &["claude", "p"],
            &Reading::Gauge { value: 1.0, writes: 1 }
        ));
    }
}
