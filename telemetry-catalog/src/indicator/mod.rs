//! Health indicators: what is measured to tell whether a subsystem is well, declared once.
//!
//! From each declaration come a pair of alert rules with the recording rules that they need, the panel with its threshold lines, the
//! verdict, the unit tests of the rules and the entry of the runbook. The declarations are constant tables, one file per subsystem, that
//! point at metrics by their path: a misspelt metric, label or value stops the build.
//!
//! | module | responsible for |
//! |---|---|
//! | `measure` | the ways to measure, and the expression of each |
//! | `limits` | thresholds: configured or fixed, and what lies beyond them |
//! | `runbook` | what people do when it alerts, with the queries that they paste |
//! | `agent` … `telemetry` | the declarations |

mod agent;
mod axe;
mod beads;
mod hooks;
mod limits;
mod llm;
mod measure;
mod notifications;
mod runbook;
mod telemetry;
mod vcs;

use crate::promql::{Vector, Window};
use telemetry_core::config::Config;
use telemetry_core::metric::{MetricDef, Subsystem};

pub use limits::{Beyond, Level, Limits, Severity, Unit};
pub use measure::{AT_LEAST_EVENTS, Measure, Signal, seen};
pub use runbook::{Query, Runbook, Step};

/// How long a condition holds before its alert fires, where the indicator says nothing else.
pub const HOLD: Window = Window::minutes(2);

/// One health indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// The name of its alerts, such as `AgentRunsFailing`; both levels have the same, so that one can inhibit the other.
    pub alert: &'static str,
    /// The subsystem whose health it tells.
    pub subsystem: &'static Subsystem,
    /// What it measures, as a phrase: the title of its panel.
    pub title: &'static str,
    /// How it is measured.
    pub measure: Measure,
    /// The window that is looked at.
    pub over: Window,
    /// The labels that tell one thing that can be unwell from another.
    pub by: &'static [&'static str],
    /// The unit of the value.
    pub unit: Unit,
    /// Where it turns to a warning and where it turns critical.
    pub limits: Limits,
    /// What lies beyond a limit.
    pub beyond: Beyond,
    /// How long the condition holds before the alert fires.
    pub hold: Window,
    /// The alert in a few words, which `{label}` of [`by`](Self::by) makes specific.
    pub summary: &'static str,
    /// The sentence that a person reads, with `{value}`, `{limit}`, `{window}` and the labels filled in.
    pub description: &'static str,
    /// What is in the runbook beyond that.
    pub runbook: Runbook,
}

/// Every indicator, by subsystem.
pub fn indicators() -> impl Iterator<Item = &'static Indicator> {
    let tables: [&'static [Indicator]; 8] = [
        &agent::INDICATORS,
        &llm::INDICATORS,
        &axe::INDICATORS,
        &hooks::INDICATORS,
        &beads::INDICATORS,
        &vcs::INDICATORS,
        &notifications::INDICATORS,
        &telemetry::INDICATORS,
    ];
    tables.into_iter().flatten()
}

/// The labels by which any indicator tells one thing from another, each once; an alert that is inhibited agrees in all of them.
#[must_use]
pub fn telling_labels() -> Vec<&'static str> {
    let mut labels: Vec<&'static str> = Vec::new();
    for label in indicators().flat_map(|indicator| indicator.by) {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    labels
}

impl Indicator {
    /// The part of a link that leads to its entry in the runbook: the alert's name as readers of Markdown make anchors.
    #[must_use]
    pub fn anchor(&self) -> String {
        self.alert.to_lowercase()
    }

    /// Everything that its condition is made of: the value, and then the guards.
    #[must_use]
    pub fn vectors(&self, config: &Config) -> Vec<Vector> {
        let Signal { value, guards } = self.signal(config);
        [value].into_iter().chain(guards).collect()
    }

    /// The metrics of the catalog that it looks at, each once.
    #[must_use]
    pub fn metrics(&self, config: &Config) -> Vec<&'static MetricDef> {
        let mut metrics: Vec<&'static MetricDef> = Vec::new();
        for def in self.vectors(config).iter().flat_map(Vector::metrics) {
            if !metrics.contains(&def) {
                metrics.push(def);
            }
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use telemetry_core::config::HealthThresholds;

    #[test]
    fn names_are_unique_and_subsystems_have_their_indicators() {
        let names: BTreeSet<_> = indicators().map(|indicator| indicator.alert).collect();
        assert_eq!(names.len(), indicators().count());
        for subsystem in crate::subsystems() {
            assert!(indicators().any(|indicator| indicator.subsystem == subsystem), "{}", subsystem.title);
        }
    }

    #[test]
    fn every_signal_can_be_computed_and_keeps_the_labels_of_its_indicator() {
        for indicator in indicators() {
            let signal = indicator.signal(&Config::default());
            assert_eq!(signal.value.by(), indicator.by, "{}", indicator.alert);
        }
    }

    #[test]
    fn every_indicator_has_a_level_and_none_warns_above_what_is_critical() {
        for indicator in indicators() {
            let levels = indicator.limits.levels(&HealthThresholds::default());
            assert!(!levels.is_empty(), "{}", indicator.alert);
            assert!(levels.is_sorted_by(|left, right| left.limit <= right.limit), "{}", indicator.alert);
        }
    }

    #[test]
    fn sentences_fill_in_only_what_there_is() {
        for indicator in indicators() {
            let text = format!("{} {}", indicator.summary, indicator.description);
            for part in text.split('{').skip(1) {
                let (name, _) = part.split_once('}').unwrap();
                let known = ["value", "limit", "window"].contains(&name) || indicator.by.contains(&name);
                assert!(known, "{}: {{{name}}}", indicator.alert);
            }
            assert!(indicator.description.contains("{value}"), "{}", indicator.alert);
            assert!(
                indicator.description.ends_with('.') && !indicator.summary.ends_with('.'),
                "{}",
                indicator.alert
            );
        }
    }
}
