//! Evaluating rules, and the states of alerts.

use super::notice::Notifier;
use super::set::{Rule, RuleSet};
use crate::history::{History, HistoryError};
use crate::source::{Source, SourceError};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use telemetry_query::Labels;

/// How rules are evaluated.
#[derive(Debug, Clone)]
pub struct RuleOptions {
    /// The time from one evaluation to the next, for groups that do not say their own: 15 s.
    pub interval: Duration,
    /// How long after it was told an alert that fires is told again: a minute.
    pub resend: Duration,
    /// Where people look at rules, without a slash at the end; for templates and links.
    pub external_url: String,
    /// The file in which the states of alerts survive a restart.
    pub state: PathBuf,
}

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
    /// Not at all, for this reason.
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
    /// Its alerts that are pending or fire.
    pub alerts: Vec<ActiveAlert>,
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

/// Why rules cannot be evaluated at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file with the states of alerts cannot be read or written.
    #[error("cannot use {path}, in which the states of alerts are kept")]
    State {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The history does not take what is recorded.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The source does not answer.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Evaluates rules. Shared by what evaluates and what asks how it goes.
pub struct Rules {
    set: RuleSet,
}

impl Rules {
    /// Rules that ask `source`, record into `history`, and tell `notifiers`. States of alerts are those of before the restart.
    ///
    /// # Errors
    /// [`RulesError::State`].
    pub fn new(
        set: RuleSet,
        source: Arc<dyn Source>,
        history: Arc<History>,
        notifiers: Vec<Arc<dyn Notifier>>,
        options: RuleOptions,
    ) -> Result<Self, RulesError> {
        let _stub = (source, history, notifiers, options);
        Ok(Self { set })
    }

    /// Evaluates each group at its own point of every interval until `stop` is there. It must run in a tokio runtime with time.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        stop.await;
    }

    /// Evaluates all groups once, as of `at` in milliseconds since 1970. It blocks.
    pub fn evaluate(&self, at: i64) {
        let _stub = at;
    }

    /// What is known of each group, in the order of the rule set.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupStatus> {
        let _stub = &self.set;
        Vec::new()
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").finish_non_exhaustive()
    }
}
