//! Rules as data.

use super::template::Template;
use std::time::Duration;

/// All rules that are evaluated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSet {
    /// The groups, in the order in which they were read.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other, at one time.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What follows from it.
    pub kind: RuleKind,
    /// The expression, as it was written.
    pub expr: String,
    /// The labels that it adds, with their templates; those of a recording rule have none.
    pub labels: Vec<(String, Template)>,
}

/// What follows from a rule.
#[derive(Debug, Clone, PartialEq)]
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

impl RuleSet {
    /// Takes over the groups of another set. Groups of different files may have the same name; of a file that comes twice, the first
    /// counts.
    pub fn merge(&mut self, other: Self) {
        for group in other.groups {
            if !self.groups.iter().any(|known| (&known.file, &known.name) == (&group.file, &group.name)) {
                self.groups.push(group);
            }
        }
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.rules.len()).sum()
    }

    /// Whether there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rules from which alerts follow.
    pub fn alerts(&self) -> impl Iterator<Item = &Rule> {
        let rules = self.groups.iter().flat_map(|group| &group.rules);
        rules.filter(|rule| matches!(rule.kind, RuleKind::Alert { .. }))
    }
}

impl Rule {
    /// The name of what follows from it: of a series or of alerts.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.kind {
            RuleKind::Recording { record } => record,
            RuleKind::Alert { alert, .. } => alert,
        }
    }
}
