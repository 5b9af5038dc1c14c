//! What the runbook tells whoever is called by an alert: meaning, likely causes, and steps whose queries follow from the catalog.

use super::Indicator;
use crate::promql::{Counters, Foreign, Gauges, Histograms, Selection, Vector, has_labels};
use telemetry_core::config::Config;
use telemetry_core::metric::MetricDef;

/// The entry of an indicator in the runbook.
///
/// Its sentences may name commands and settings in backticks, and other alerts too, which the page makes links of. They name no metric:
/// that is what [`Query`] is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Runbook {
    /// What the alert means, in full sentences.
    pub meaning: &'static str,
    /// What usually is behind it, in full sentences, the likeliest first.
    pub causes: &'static [&'static str],
    /// What to look at and to do, in order.
    pub look_at: &'static [Step],
}

/// One step of whoever looks into an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What to do, or what the answer to the query tells, in full sentences.
    pub text: &'static str,
    /// What to ask Prometheus.
    pub query: Option<Query>,
}

/// A question to Prometheus, over the window of the indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query {
    of: Of,
    by: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    Increase(Selection<Counters>),
    Counted(Selection<Counters>),
    P95(Selection<Histograms>),
    Total(Selection<Gauges>),
    Up(&'static str),
    SincePush,
}

/// A step without a query.
pub(super) const fn act(text: &'static str) -> Step {
    Step { text, query: None }
}

/// A step that begins with a query.
pub(super) const fn ask(text: &'static str, query: Query) -> Step {
    Step { text, query: Some(query) }
}

/// The constructors stop the build where a label is neither the metric's nor the target's.
impl Query {
    /// How much was counted, as PromQL's `increase` estimates it: for where many events matter.
    pub(super) const fn increase(of: Selection<Counters>, by: &'static [&'static str]) -> Self {
        Self { by: checked(of.def(), by), of: Of::Increase(of) }
    }

    /// How much was counted, to the last event: for where one matters, which `increase` does not see if its series is born with it.
    pub(super) const fn counted(of: Selection<Counters>, by: &'static [&'static str]) -> Self {
        Self { by: checked(of.def(), by), of: Of::Counted(of) }
    }

    /// The 95th percentile.
    pub(super) const fn p95(of: Selection<Histograms>, by: &'static [&'static str]) -> Self {
        Self { by: checked(of.def(), by), of: Of::P95(of) }
    }

    /// What a gauge is now.
    pub(super) const fn total(of: Selection<Gauges>, by: &'static [&'static str]) -> Self {
        Self { by: checked(of.def(), by), of: Of::Total(of) }
    }

    /// Which targets of a job are up.
    pub(super) const fn up(job: &'static str) -> Self {
        Self { of: Of::Up(job), by: &[] }
    }

    /// How many seconds ago each group of the configured job was pushed.
    pub(super) const fn since_push() -> Self {
        Self { of: Of::SincePush, by: &[] }
    }

    /// The query, which uses no recorded series, so that it also works where the rules are not loaded.
    #[must_use]
    pub fn vector(&self, indicator: &Indicator, config: &Config) -> Vector {
        let Indicator { over, .. } = *indicator;
        match &self.of {
            Of::Increase(of) => Vector::increase(of, Some(over), self.by),
            Of::Counted(of) => Vector::counted(of, over, self.by),
            Of::P95(of) => Vector::quantile(0.95, of, Some(over), self.by),
            Of::Total(of) => Vector::total(of, self.by),
            Of::Up(job) => Vector::foreign(Foreign::Up, Some(job)),
            Of::SincePush => Vector::foreign(Foreign::PushTime, Some(&config.prometheus.job)).age(),
        }
    }
}

const fn checked(def: &MetricDef, by: &'static [&'static str]) -> &'static [&'static str] {
    let mut at = 0;
    while at < by.len() {
        let is_target = matches!(by[at].as_bytes(), b"job" | b"instance");
        assert!(is_target || has_labels(def, &[by[at]]), "the metric has no such label");
        at += 1;
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::indicators;
    use crate::promql::{Scope, Window};

    fn sentences(indicator: &Indicator) -> impl Iterator<Item = &'static str> {
        let Runbook { meaning, causes, look_at } = indicator.runbook;
        let steps = look_at.iter().map(|step| step.text);
        [meaning].into_iter().chain(causes.iter().copied()).chain(steps)
    }

    /// What stands in backticks.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        text.split('`').skip(1).step_by(2)
    }

    const fn has_window(query: &Query) -> bool {
        matches!(query.of, Of::Increase(_) | Of::Counted(_) | Of::P95(_))
    }

    #[test]
    fn every_entry_has_causes_and_steps_and_something_to_ask() {
        for Indicator { alert, runbook, .. } in indicators() {
            assert!((2..=4).contains(&runbook.causes.len()), "{alert}: {} causes", runbook.causes.len());
            assert!((2..=5).contains(&runbook.look_at.len()), "{alert}: {} steps", runbook.look_at.len());
            assert!(runbook.look_at.iter().any(|step| step.query.is_some()), "{alert}: nothing to ask");
        }
    }

    #[test]
    fn sentences_are_whole() {
        for indicator in indicators() {
            for text in sentences(indicator) {
                let begins = text.starts_with(|first: char| first.is_uppercase() || first == '`');
                assert!(begins && text.ends_with('.'), "{}: {text:?}", indicator.alert);
                assert!(!text.contains(['\n', '|', '{', '}']) && !text.contains("  "), "{text:?}");
                assert_eq!(text.matches('`').count() % 2, 0, "{text:?}");
            }
        }
    }

    #[test]
    fn no_sentence_names_a_metric_and_every_alert_that_one_names_exists() {
        for indicator in indicators() {
            let told = [indicator.summary, indicator.description];
            for text in sentences(indicator).chain(told) {
                let metric = text.contains("sase_") || text.contains("telemetry_");
                assert!(!metric, "{}: {text}", indicator.alert);
                let camel = |word: &&str| {
                    word.len() > 1
                        && word.starts_with(|c: char| c.is_ascii_uppercase())
                        && word.chars().all(|c| c.is_ascii_alphanumeric())
                        && word.contains(|c: char| c.is_ascii_lowercase())
                };
                for name in quoted(text).filter(camel) {
                    assert!(indicators().any(|other| other.alert == name), "{}: {name}", indicator.alert);
                    assert_ne!(name, indicator.alert, "an entry sends nobody to itself");
                }
            }
        }
    }

    #[test]
    fn every_query_has_a_window_to_look_at_and_no_recorded_series() {
        for indicator in indicators() {
            for query in indicator.runbook.look_at.iter().filter_map(|step| step.query) {
                assert!(!has_window(&query) || indicator.over != Window::ZERO, "{}", indicator.alert);
                let text = query.vector(indicator, &Config::default()).written(&Scope::plain());
                assert!(!text.contains(":sase_"), "{}: {text}", indicator.alert);
            }
        }
    }
}
