//! Recording rules: what alerts and panels share, computed once.

use crate::indicator::{Indicator, indicators};
use crate::promql::{Record, Vector};
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// One recording rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingRule {
    /// The subsystem of the indicator that first needs it.
    pub subsystem: &'static Subsystem,
    /// Its name, its labels and its expression.
    pub record: Record,
}

/// Every recording rule, each once and those first that others are computed from.
#[must_use]
pub fn recording_rules(config: &Config) -> Vec<RecordingRule> {
    let mut rules: Vec<RecordingRule> = Vec::new();
    for indicator in indicators() {
        for record in needed(indicator, config) {
            if !rules.iter().any(|rule| rule.record.name == record.name) {
                rules.push(RecordingRule { subsystem: indicator.subsystem, record });
            }
        }
    }
    rules
}

fn needed(indicator: &Indicator, config: &Config) -> Vec<Record> {
    let signal = indicator.signal(config);
    let vectors = signal.guards.iter().chain([&signal.value]);
    vectors.flat_map(Vector::records).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_have_three_parts_and_stand_after_what_they_need() {
        let rules = recording_rules(&Config::default());
        let names: Vec<_> = rules.iter().map(|rule| rule.record.name.as_str()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for (at, rule) in rules.iter().enumerate() {
            assert_eq!(rule.record.name.split(':').count(), 3, "{}", rule.record.name);
            for later in &names[at..] {
                assert!(!rule.record.expr.contains(later), "{} needs {later}", rule.record.name);
            }
        }
    }
}
