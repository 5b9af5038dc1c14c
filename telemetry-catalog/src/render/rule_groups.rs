//! Groups of rules as Prometheus and its operator for Kubernetes both read them; only the indentation differs.

use super::yaml;
use crate::promql::Window;
use crate::rules::{AlertRule, RecordingRule, alert_rules, recording_rules};
use crate::subsystems;
use std::fmt::Write as _;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// The name of the group with the recording rules of a subsystem.
pub(super) fn recording_group(subsystem: &Subsystem) -> String {
    format!("{}-recording", subsystem.slug)
}

/// The name of the group with the alert rules of a subsystem.
pub(super) fn alert_group(subsystem: &Subsystem) -> String {
    format!("{}-alerts", subsystem.slug)
}

/// The subsystems that have recording rules, in the order of their groups.
pub(super) fn recording_subsystems(config: &Config) -> Vec<&'static Subsystem> {
    let rules = recording_rules(config);
    subsystems().filter(|subsystem| rules.iter().any(|rule| rule.subsystem == *subsystem)).collect()
}

/// A group for each subsystem that has recording rules, as items of a list that stands that deep.
pub(super) fn recording_groups(config: &Config, indent: usize) -> String {
    let rules = recording_rules(config);
    let mut out = Lines::at(indent);
    for subsystem in recording_subsystems(config) {
        out.group(&recording_group(subsystem));
        let own = rules.iter().filter(|rule| rule.subsystem == subsystem);
        own.for_each(|rule| out.recording(rule));
    }
    out.text
}

/// A group for each subsystem with its alert rules, as items of a list that stands that deep.
pub(super) fn alert_groups(config: &Config, indent: usize) -> String {
    let rules = alert_rules(config);
    let mut out = Lines::at(indent);
    for subsystem in subsystems() {
        out.group(&alert_group(subsystem));
        let own = rules.iter().filter(|rule| rule.indicator.subsystem == subsystem);
        own.for_each(|rule| out.alert(rule));
    }
    out.text
}

/// Lines of YAML below a certain depth.
struct Lines {
    text: String,
    indent: usize,
}

impl Lines {
    const fn at(indent: usize) -> Self {
        Self { text: String::new(), indent }
    }

    fn line(&mut self, deeper: usize, text: &str) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{:1$}{text}", "", self.indent + deeper);
    }

    fn group(&mut self, name: &str) {
        self.line(0, &format!("- name: {}", yaml::string(name)));
        self.line(2, "rules:");
    }

    fn recording(&mut self, rule: &RecordingRule) {
        // A name has colons, and is plain for every reader all the same: none of them is followed by a blank.
        self.line(4, &format!("- record: {}", rule.record.name));
        self.expression(&rule.record.expr);
    }

    fn alert(&mut self, rule: &AlertRule) {
        self.line(4, &format!("- alert: {}", yaml::string(rule.name())));
        self.expression(&rule.expr);
        if rule.hold > Window::ZERO {
            self.line(6, &format!("for: {}", rule.hold));
        }
        self.line(6, "labels:");
        for (name, value) in &rule.labels {
            self.line(8, &format!("{name}: {}", yaml::string(value)));
        }
        self.line(6, "annotations:");
        for (name, text) in &rule.annotations {
            self.line(8, &format!("{name}: {}", yaml::string(text)));
        }
    }

    /// As a block, in which nothing needs to be escaped and every line keeps its place.
    fn expression(&mut self, expr: &str) {
        self.line(6, "expr: |-");
        expr.lines().for_each(|line| self.line(8, line));
    }
}
