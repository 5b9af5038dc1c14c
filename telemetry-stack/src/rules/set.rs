//! Rules as data.

use super::template::Template;
use std::time::Duration;

/// All rules that are evaluated.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// The groups, in the order in which they were read.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other, at one time.
#[derive(Debug, Clone)]
pub struct RuleGroup {
    /// Its name, unique in its file.
    pub name: String,
    /// Where it comes from: the path of a file, or `built in`.
    pub file: String,
    /// The time from one evaluation to the next, where it has one of its own.
    pub interval: Option<Duration>,
    /// How many alerts or series a rule of it may make; 0 is as many as there are.
    pub limit: usize,
    /// How far behind the present it is evaluated.
    pub query_offset: Duration,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What follows from it.
    pub kind: RuleKind,
    /// The expression, as it was written.
    pub expr: String,
    /// The labels that it adds, with their templates; those of a recording rule have none.
    pub labels: Vec<(String, Template)>,
}

/// What follows from a rule.
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// A series.
    Recording {
        /// Its name.
        record: String,
    },
    /// Alerts.
    Alert {
        /// Their name.
        alert: String,
        /// How long the expression holds before they fire.
        hold: Duration,
        /// How long they go on firing when it does not hold any more.
        keep_firing: Duration,
        /// What people are told.
        annotations: Vec<(String, Template)>,
    },
}
