//! One evaluation of one rule: when it is, what it may do, and what it needs.

use super::left::Left;
use super::metrics::Instruments;
use super::state::StateFile;
use super::trouble::Trouble;
use crate::history::HistoryError;
use crate::rules::notice::{Notice, Notifier};
use crate::scrape::Sink;
use crate::source::{Source, SourceError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use telemetry_query::Labels;

/// What all rules have in common.
pub(super) struct Shared {
    pub(super) source: Arc<dyn Source>,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) notifiers: Vec<Arc<dyn Notifier>>,
    pub(super) state: StateFile,
    /// What rules that are not there any more have left.
    pub(super) left: Left,
    /// Which rules fail.
    pub(super) trouble: Trouble,
    pub(super) instruments: Instruments,
    pub(super) external_url: String,
    /// After how long an alert is told again, in milliseconds.
    pub(super) resend: i64,
}

/// When a group is evaluated.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    /// The time of the evaluation, in milliseconds since 1970.
    pub(super) at: i64,
    /// By how much the clock has moved since the evaluation before beyond the time that has passed, in milliseconds.
    pub(super) jump: i64,
    /// Set when nobody wants the evaluation any more.
    pub(super) given_up: Arc<AtomicBool>,
}

/// One evaluation of one rule.
pub(super) struct Asked<'a> {
    pub(super) shared: &'a Shared,
    pub(super) moment: &'a Moment,
    /// The places of its group among all groups, and of the rule in its group.
    pub(super) place: (usize, usize),
    /// How far behind the present its expression is evaluated, in milliseconds.
    pub(super) offset: i64,
    /// How many alerts or series it may make; 0 is as many as there are.
    pub(super) limit: usize,
    /// The time from one evaluation to the next, in milliseconds.
    pub(super) interval: i64,
}

/// Why an evaluation has failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Rule(String),
    #[error("the evaluation was given up")]
    GivenUp,
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("cannot keep the states of alerts: {0}")]
    State(#[from] io::Error),
}

impl Shared {
    /// Takes the rules of a group that have failed, by their index and why, and says so where that is news.
    pub(super) fn tell_of_trouble(&self, group: usize, failed: Vec<(usize, String)>, at: i64) {
        if let Some(words) = self.trouble.heard(group, failed, at) {
            self.notifiers.iter().for_each(|notifier| notifier.say(&words));
        }
    }
}

impl Moment {
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

impl Asked<'_> {
    /// The time of which the expression speaks, and that of what is recorded.
    pub(super) const fn sampled_at(&self) -> i64 {
        self.moment.at.saturating_sub(self.offset)
    }

    /// What an expression says. Nothing may follow from it if the evaluation was given up meanwhile.
    pub(super) fn instant(&self, expr: &str) -> Result<Vec<(Labels, f64)>, Failure> {
        let answer = self.shared.source.instant(expr, self.sampled_at())?;
        if self.moment.is_given_up() { Err(Failure::GivenUp) } else { Ok(answer) }
    }

    pub(super) fn tell(&self, notices: &[Notice]) {
        if !notices.is_empty() {
            self.shared.notifiers.iter().for_each(|notifier| notifier.notify(notices));
        }
    }
}
