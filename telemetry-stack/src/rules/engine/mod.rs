//! Evaluating rules, and the states of alerts.
//!
//! | module | responsible for |
//! |---|---|
//! | `rhythm` | when a group is evaluated |
//! | `group` | its rules, one after the other at one time |
//! | `asked` | one evaluation of one rule: what it needs |
//! | `recording` | rules that record series |
//! | `alerting` | rules from which alerts follow, and what is told of them |
//! | `alert` | how alerts go from pending to firing to resolved |
//! | `write` | series in the history, and marks where they have ended |
//! | `state` | the file in which the states of alerts survive a restart |
//! | `restore` | which rule goes on with what is in it |
//! | `left` | what rules that are not there any more have left |
//! | `trouble` | when rules begin and cease to fail, in a sentence |
//! | `status` | what is told of groups, rules and alerts |
//! | `metrics` | what is told of the evaluation itself |

mod alert;
mod alerting;
mod asked;
mod group;
mod left;
pub mod metrics;
mod recording;
mod restore;
mod rhythm;
mod state;
mod status;
mod trouble;
mod write;

pub use status::{ActiveAlert, AlertState, GroupStatus, RuleHealth, RuleStatus};

use super::notice::Notifier;
use super::set::{RuleKind, RuleSet};
use crate::history::{History, HistoryError};
use crate::scrape::{Clock, SystemClock};
use crate::source::{Source, SourceError};
use asked::{Moment, Shared};
use group::Group;
use left::Left;
use metrics::Instruments;
use restore::{Restored, restored};
use state::StateFile;
use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry_core::snapshot::SnapshotMetric;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;
use trouble::Trouble;

/// How long an evaluation that is under way at the end is waited for, and then the disk.
const STOP_TIME: Duration = Duration::from_millis(400);

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
///
/// The state of every alert is on disk before anybody is told of a change, so that after a restart, or a kill, an alert that fires does
/// so since the same time and is not told anew. What is told in the instant of a kill may be lost; it is told again after
/// [`RuleOptions::resend`].
pub struct Rules {
    /// Those of the rule set, and one more of what rules that are gone have left.
    groups: Vec<Group>,
    shared: Shared,
    clock: Arc<dyn Clock>,
    notes: Vec<String>,
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
        let (state, opened) = StateFile::open(&options.state)?;
        let instruments = Instruments::new(set.groups.iter().map(|group| group.name.as_str()));
        let mut restored = restored(&set, opened.groups);
        restored.drop_what_others_have();
        let left = Left::new(&set, &restored);
        let trouble = Trouble::new(set.groups.iter().filter(|group| !group.rules.is_empty()).count());
        let groups = groups(set, options.interval, &restored, &left);
        let of_set = groups.iter().map(Group::saved).take(groups.len() - 1);
        state.begin(of_set.chain([left.saved()]).collect());
        let shared = Shared {
            source,
            sink: history,
            notifiers,
            state,
            left,
            trouble,
            instruments,
            external_url: options.external_url,
            resend: milliseconds(options.resend),
        };
        let notes = opened.note.into_iter().collect();
        Ok(Self { groups, shared, clock: Arc::new(SystemClock), notes })
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Evaluates each group at its own point of every interval until `stop` is there, and ends within a second of that. No group waits
    /// for another; one that takes longer than its interval leaves evaluations out. It must run in a tokio runtime with time.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (stopping, stopped) = watch::channel(());
        let given_up = Arc::new(AtomicBool::new(false));
        let mut groups = JoinSet::new();
        for (place, _) in self.groups.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
            groups.spawn(rhythm::keep(Arc::clone(&self), place, stopped.clone(), Arc::clone(&given_up)));
        }
        stop.await;
        given_up.store(true, Ordering::Relaxed);
        drop(stopping);
        let all = async { while groups.join_next().await.is_some() {} };
        // What takes longer is left behind: it sees that it was given up, and nothing follows from it.
        let _late = timeout(STOP_TIME, all).await;
        // The time that alerts were pending counts until now. A disk that takes nothing more does not hold up the end.
        let keep = spawn_blocking(move || self.shared.state.finish());
        let _kept_or_late = timeout(STOP_TIME, keep).await;
    }

    /// Evaluates all groups once, as of `at` in milliseconds since 1970. It blocks.
    pub fn evaluate(&self, at: i64) {
        let moment = Moment { at, ..Moment::default() };
        self.groups.iter().for_each(|group| group.evaluate(&moment, &self.shared));
    }

    fn evaluate_group(&self, place: usize, moment: &Moment) {
        self.groups.get(place).into_iter().for_each(|group| group.evaluate(moment, &self.shared));
    }

    /// What is known of each group, in the order of the rule set. It waits for no evaluation.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupStatus> {
        let of_set = self.groups.split_last().map_or(&[][..], |(_gone, of_set)| of_set);
        of_set.iter().map(Group::status).collect()
    }

    /// What a person should know of the start, a sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// When a group was last evaluated, in milliseconds since 1970: the youngest evaluation of all.
    #[must_use]
    pub fn last_evaluation(&self) -> Option<i64> {
        self.groups.iter().filter_map(Group::last_evaluation).max()
    }

    /// What the evaluation tells of itself, counted since the rules were made.
    #[must_use]
    pub fn metrics(&self) -> Vec<SnapshotMetric> {
        self.shared.instruments.metrics()
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

/// The groups of the set, each with what was kept of it, and at the end one of what is left over.
fn groups(set: RuleSet, interval: Duration, restored: &Restored, left: &Left) -> Vec<Group> {
    let mut records: HashMap<String, usize> = HashMap::new();
    for rule in set.groups.iter().flat_map(|group| &group.rules) {
        if let RuleKind::Recording { record } = &rule.kind {
            *records.entry(record.clone()).or_default() += 1;
        }
    }
    let is_unique = |record: &str| records.get(record).is_none_or(|count| *count < 2);
    let mut groups: Vec<_> = set
        .groups
        .into_iter()
        .enumerate()
        .map(|group| Group::new(group, interval, &restored.own, &is_unique))
        .collect();
    groups.push(Group::of_left(groups.len(), interval, left));
    groups
}

/// A time in milliseconds, at most as long as there can be.
fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
