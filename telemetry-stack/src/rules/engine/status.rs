//! What is told of groups, rules and alerts.

use crate::rules::set::Rule;
use std::sync::Arc;
use std::time::Duration;
use telemetry_query::Labels;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Its expression does not hold.
    Inactive,
    /// Its expression holds, but not for long enough yet.
    Pending,
    /// It fires.
    Firing,
}

impl AlertState {
    /// The word that Prometheus has for it, in its API and in the label `alertstate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// One alert that is pending or fires. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveAlert {
    /// Where it stands.
    pub state: AlertState,
    /// Its labels, with `alertname`.
    pub labels: Labels,
    /// What people are told.
    pub annotations: Vec<(String, String)>,
    /// Since when its expression holds.
    pub active_at: i64,
    /// Since when it fires.
    pub fired_at: Option<i64>,
    /// Since when it fires only because it is kept firing.
    pub keep_firing_since: Option<i64>,
    /// The last value of its expression.
    pub value: f64,
}

/// How the last evaluation of a rule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleHealth {
    /// It has not been evaluated yet.
    Unknown,
    /// Well.
    Ok,
    /// Not at all, or not as it should, for this reason.
    Err(String),
}

/// A rule with what is known of it.
#[derive(Debug, Clone)]
pub struct RuleStatus {
    /// The rule.
    pub rule: Arc<Rule>,
    /// How its last evaluation went.
    pub health: RuleHealth,
    /// When that was, in milliseconds since 1970.
    pub last_evaluation: Option<i64>,
    /// How long it took.
    pub evaluation_time: Duration,
    /// Its alerts that are pending or fire, shared with whoever else looks.
    pub alerts: Arc<[ActiveAlert]>,
}

/// A group with what is known of it.
#[derive(Debug, Clone)]
pub struct GroupStatus {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub file: String,
    /// The time from one evaluation to the next.
    pub interval: Duration,
    /// How many alerts or series a rule of it may make; 0 is as many as there are.
    pub limit: usize,
    /// When it was last evaluated, in milliseconds since 1970.
    pub last_evaluation: Option<i64>,
    /// How long that took.
    pub evaluation_time: Duration,
    /// Its rules.
    pub rules: Vec<RuleStatus>,
}
