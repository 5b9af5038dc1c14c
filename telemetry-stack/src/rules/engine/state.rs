//! The file in which the states of alerts survive a restart, and a kill.
//!
//! It is a [`document`], and is on disk before anybody is told.

use super::RulesError;
use super::alert::{Alert, Alerts};
use super::status::AlertState;
use crate::document;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use telemetry_query::Labels;

/// The version of what is written.
const VERSION: u32 = 1;

/// After how long, in milliseconds, states are written that have not changed: so much of the time that an alert was pending can be
/// lost by a kill.
const REFRESH: i64 = 30_000;

/// The states of a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SavedGroup {
    pub(super) file: String,
    pub(super) name: String,
    /// When it was last evaluated.
    pub(super) evaluated_at: i64,
    pub(super) rules: Vec<SavedRule>,
}

/// The states of the alerts of a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedRule {
    /// What it is recognised by, whatever its expression has become.
    pub(super) identity: Vec<String>,
    pub(super) expr: String,
    pub(super) alerts: Vec<SavedAlert>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedAlert {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    state: SavedState,
    /// As text, since JSON has no NaN.
    value: String,
    active_at: i64,
    fired_at: Option<i64>,
    keep_firing_since: Option<i64>,
    resolved_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedState {
    Inactive,
    Pending,
    Firing,
}

#[derive(Debug, Serialize, Deserialize)]
struct Groups {
    groups: Vec<SavedGroup>,
}

/// The file, and what will be written next.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    groups: Vec<SavedGroup>,
    /// When each group was last written.
    written: Vec<i64>,
    /// Whether there is a change that could not be written yet.
    pending: bool,
}

/// What a file said, and what a person should know of it.
pub(super) struct Opened {
    pub(super) groups: Vec<SavedGroup>,
    pub(super) note: Option<String>,
}

impl StateFile {
    /// Reads what was written before, for a number of groups that will be written in their places.
    pub(super) fn open(path: &Path) -> Result<(Self, Opened), RulesError> {
        let wrap = |source| RulesError::State { path: path.to_owned(), source };
        let opened = match document::read::<Groups>(path, VERSION).map_err(wrap)? {
            None => Opened { groups: Vec::new(), note: None },
            Some(Ok(Groups { groups })) => Opened { groups, note: None },
            Some(Err(reason)) => Opened { groups: Vec::new(), note: Some(set_aside(path, &reason)) },
        };
        Ok((Self { path: path.to_owned(), kept: Mutex::default() }, opened))
    }

    /// Keeps these groups, each in its place. They are written with the first change.
    pub(super) fn begin(&self, groups: Vec<SavedGroup>) {
        let mut kept = self.kept();
        kept.written = vec![i64::MIN; groups.len()];
        kept.groups = groups;
    }

    /// Keeps the states of one rule. They are on disk when this returns if they have changed, or were written long ago.
    pub(super) fn keep(&self, place: (usize, usize), rule: SavedRule, at: i64) -> io::Result<()> {
        let mut kept = self.kept();
        let Kept { groups, written, pending } = &mut *kept;
        let (Some(group), Some(last)) = (groups.get_mut(place.0), written.get_mut(place.0)) else {
            return Ok(());
        };
        group.evaluated_at = at;
        let Some(slot) = group.rules.get_mut(place.1) else { return Ok(()) };
        let is_old = !rule.alerts.is_empty() && at.saturating_sub(*last) >= REFRESH;
        *pending |= is_old || !slot.is_like(&rule);
        *slot = rule;
        if *pending {
            document::write(&self.path, VERSION, &Groups { groups: with_alerts(groups) })?;
            (*pending, *last) = (false, at);
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only what there is something to say of.
fn with_alerts(groups: &[SavedGroup]) -> Vec<SavedGroup> {
    let of = |group: &SavedGroup| {
        let rules: Vec<_> = group.rules.iter().filter(|rule| !rule.alerts.is_empty()).cloned().collect();
        SavedGroup { rules, file: group.file.clone(), name: group.name.clone(), ..*group }
    };
    groups.iter().map(of).filter(|group| !group.rules.is_empty()).collect()
}

/// Moves the file away, and says so.
fn set_aside(path: &Path, reason: &str) -> String {
    let found = format!("the states of alerts in {} cannot be used ({reason})", path.display());
    match document::set_aside(path) {
        Ok(aside) => format!("{found} and were moved to {}; alerts begin anew", aside.display()),
        Err(error) => format!("{found}, nor moved away ({error}); alerts begin anew"),
    }
}

impl SavedAlert {
    fn of((labels, alert): (&Labels, &Alert)) -> Self {
        Self {
            labels: labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect(),
            annotations: alert.annotations.clone(),
            state: match alert.state {
                AlertState::Inactive => SavedState::Inactive,
                AlertState::Pending => SavedState::Pending,
                AlertState::Firing => SavedState::Firing,
            },
            value: alert.value.to_string(),
            active_at: alert.active_at,
            fired_at: alert.fired_at,
            keep_firing_since: alert.keep_firing_since,
            resolved_at: alert.resolved_at,
        }
    }

    fn restored(&self) -> (Labels, Alert) {
        let alert = Alert {
            state: match self.state {
                SavedState::Inactive => AlertState::Inactive,
                SavedState::Pending => AlertState::Pending,
                SavedState::Firing => AlertState::Firing,
            },
            annotations: self.annotations.clone(),
            value: self.value.parse().unwrap_or(f64::NAN),
            active_at: self.active_at,
            fired_at: self.fired_at,
            keep_firing_since: self.keep_firing_since,
            resolved_at: self.resolved_at,
            // What was told in the instant of a kill may be lost, so it is told again at the first evaluation.
            told_at: None,
        };
        (Labels::new(self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))), alert)
    }
}

impl SavedRule {
    pub(super) fn of(identity: &[String], expr: &str, alerts: &Alerts) -> Self {
        Self {
            identity: identity.to_vec(),
            expr: expr.to_owned(),
            alerts: alerts.iter().map(SavedAlert::of).collect(),
        }
    }

    /// Whether all alerts are in the same states, whatever they measure at the moment.
    fn is_like(&self, other: &Self) -> bool {
        let state = |alert: &SavedAlert| {
            let SavedAlert { state, active_at, fired_at, keep_firing_since, resolved_at, .. } = *alert;
            (state, active_at, fired_at, keep_firing_since, resolved_at)
        };
        let is_like = |(one, other): (&SavedAlert, &SavedAlert)| {
            one.labels == other.labels && state(one) == state(other)
        };
        self.alerts.len() == other.alerts.len() && self.alerts.iter().zip(&other.alerts).all(is_like)
    }

    pub(super) fn restored(&self) -> Alerts {
        Alerts::of(self.alerts.iter().map(SavedAlert::restored))
    }
}
