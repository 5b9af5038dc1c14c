//! Recording rules: what alerts and panels share, computed once.

use crate::indicator::{Indicator, indicators, seen};
use crate::promql::{Record, Vector};
use telemetry_core::catalog::OWN;
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
    let of_indicator = |indicator: &Indicator| {
        let subsystem = indicator.subsystem;
        needed(indicator, config).into_iter().map(move |record| RecordingRule { subsystem, record })
    };
    let of_all = seen().records().into_iter().map(|record| RecordingRule { subsystem: &OWN, record });
    let mut rules: Vec<RecordingRule> = Vec::new();
    for rule in indicators().flat_map(of_indicator).chain(of_all) {
        match rules.iter().find(|other| other.record.name == rule.record.name) {
            Some(other) => debug_assert_eq!(other.record, rule.record, "two rules of one name"),
            None => rules.push(rule),
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
