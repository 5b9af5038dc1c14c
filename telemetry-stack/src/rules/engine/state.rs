//! The file in which the states of alerts survive a restart, and a kill.
//!
//! It is a [`document`], and is on disk before anybody is told.

use super::RulesError;
use super::alert::{Alert, Alerts};
use super::status::AlertState;
use crate::document;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
    pub(super) rules: Vec<SavedRule>,
}

/// The states of the alerts of a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedRule {
    /// What it is recognised by, whatever its expression has become.
    pub(super) identity: Vec<String>,
    pub(super) expr: String,
    /// When it was last evaluated.
    pub(super) evaluated_at: i64,
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

#[derive(Debug, Deserialize)]
struct Groups {
    groups: Vec<SavedGroup>,
}

/// The same, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    groups: Vec<WrittenGroup<'a>>,
}

#[derive(Serialize)]
struct WrittenGroup<'a> {
    file: &'a str,
    name: &'a str,
    rules: Vec<&'a SavedRule>,
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
    /// When it was last written, in milliseconds since 1970.
    written: Option<i64>,
    /// Whether there is a change that could not be written yet.
    pending: bool,
    /// Whether alerts were looked at since it was written, though nothing has changed.
    older: bool,
    /// How many alerts there was no room for.
    left_out: usize,
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
        *self.kept() = Kept { groups, ..Kept::default() };
    }

    /// Keeps the states of one rule. They are on disk when this returns if they have changed, or were written long ago.
    ///
    /// # Errors
    /// What the operating system says, or that there are more alerts than are read at a start: those that fire are kept first.
    pub(super) fn keep(&self, place: (usize, usize), rule: SavedRule, at: i64) -> io::Result<()> {
        let mut kept = self.kept();
        let Kept { groups, written, pending, older, .. } = &mut *kept;
        let rules = groups.get_mut(place.0).map(|group| &mut group.rules);
        let Some(slot) = rules.and_then(|rules| rules.get_mut(place.1)) else { return Ok(()) };
        let has_alerts = !rule.alerts.is_empty();
        let is_old = written.is_none_or(|written| at.saturating_sub(written) >= REFRESH);
        *pending |= (has_alerts && is_old) || !slot.is_like(&rule);
        *older |= has_alerts;
        *slot = rule;
        if *pending {
            kept.write(&self.path, at)?;
        }
        if has_alerts { kept.has_room_for_all() } else { Ok(()) }
    }

    /// Writes until when alerts were looked at. It is on disk when this returns.
    pub(super) fn finish(&self) -> io::Result<()> {
        let mut kept = self.kept();
        let at = kept.written.unwrap_or_default();
        if kept.older { kept.write(&self.path, at) } else { Ok(()) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn write(&mut self, path: &Path, at: i64) -> io::Result<()> {
        let (text, left_out) = text(&self.groups, usize::try_from(document::LONGEST).unwrap_or(usize::MAX))?;
        document::replace(path, &text)?;
        (self.written, self.pending, self.older, self.left_out) = (Some(at), false, false, left_out);
        Ok(())
    }

    fn has_room_for_all(&self) -> io::Result<()> {
        match self.left_out {
            0 => Ok(()),
            some => Err(io::Error::other(format!(
                "{some} alerts do not fit into {} MiB, and begin anew after a restart",
                document::LONGEST / 1024 / 1024
            ))),
        }
    }
}

/// What is written, of at most this many bytes, and how many alerts are not in it for want of room.
fn text(groups: &[SavedGroup], room: usize) -> io::Result<(Vec<u8>, usize)> {
    let whole = json(groups, &|rule| !rule.alerts.is_empty())?;
    if whole.len() <= room {
        return Ok((whole, 0));
    }
    let (some, left_out) = shortened(groups, room)?;
    Ok((json(&some, &|rule| !rule.alerts.is_empty())?, left_out))
}

fn json(groups: &[SavedGroup], is_wanted: &dyn Fn(&SavedRule) -> bool) -> io::Result<Vec<u8>> {
    let groups = groups.iter().map(|SavedGroup { file, name, rules }| WrittenGroup {
        file,
        name,
        rules: rules.iter().filter(|rule| is_wanted(rule)).collect(),
    });
    let groups = groups.filter(|group| !group.rules.is_empty()).collect();
    document::text(VERSION, &Written { groups })
}

/// As many alerts as there is room for: those that fire first, and then those that are pending.
fn shortened(groups: &[SavedGroup], room: usize) -> io::Result<(Vec<SavedGroup>, usize)> {
    let without = |rule: &SavedRule| SavedRule { alerts: Vec::new(), ..rule.clone() };
    let emptied = |group: &SavedGroup| {
        let rules = group.rules.iter().map(without).collect();
        SavedGroup { file: group.file.clone(), name: group.name.clone(), rules }
    };
    let mut some: Vec<_> = groups.iter().map(emptied).collect();
    let mut room = room.saturating_sub(json(&some, &|_| true)?.len());
    let mut left_out = 0;
    for state in [SavedState::Firing, SavedState::Pending, SavedState::Inactive] {
        let rules = groups.iter().flat_map(|group| &group.rules);
        let to = some.iter_mut().flat_map(|group| &mut group.rules);
        for (rule, to) in rules.zip(to) {
            for alert in rule.alerts.iter().filter(|alert| alert.state == state) {
                // And a comma.
                let length = serde_json::to_vec(alert)?.len() + 1;
                match room.checked_sub(length) {
                    Some(rest) => {
                        room = rest;
                        to.alerts.push(alert.clone());
                    }
                    None => left_out += 1,
                }
            }
        }
    }
    Ok((some, left_out))
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
    pub(super) fn of(identity: &[String], expr: &str, evaluated_at: i64, alerts: &Alerts) -> Self {
        Self {
            identity: identity.to_vec(),
            expr: expr.to_owned(),
            evaluated_at,
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

    /// The labels of the alerts that are pending or fire.
    pub(super) fn active(&self) -> impl Iterator<Item = Vec<(String, String)>> {
        let active = self.alerts.iter().filter(|alert| alert.state != SavedState::Inactive);
        active.map(|alert| alert.labels.clone())
    }

    /// Forgets the alerts that have these labels.
    pub(super) fn drop_alerts(&mut self, labels: &BTreeSet<Vec<(String, String)>>) {
        self.alerts.retain(|alert| !labels.contains(&alert.labels));
    }

    pub(super) fn restored(&self) -> Alerts {
        Alerts::of(self.alerts.iter().map(SavedAlert::restored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(state: SavedState, number: usize) -> SavedAlert {
        SavedAlert {
            labels: vec![("alertname".to_owned(), number.to_string())],
            annotations: Vec::new(),
            state,
            value: "1".to_owned(),
            active_at: 0,
            fired_at: None,
            keep_firing_since: None,
            resolved_at: None,
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_what_fires_is_kept_first() {
        let states = [SavedState::Inactive, SavedState::Pending, SavedState::Firing];
        let alerts: Vec<_> = (0..300).map(|number| saved(states[number % 3], number)).collect();
        let rule = |identity: &str, alerts: &[SavedAlert]| SavedRule {
            identity: vec![identity.to_owned()],
            alerts: alerts.to_vec(),
            ..SavedRule::default()
        };
        let rules = vec![rule("A", &alerts[..150]), SavedRule::default(), rule("B", &alerts[150..])];
        let groups = [SavedGroup { file: "f".to_owned(), name: "g".to_owned(), rules }];
        let (whole, left_out) = text(&groups, usize::MAX).unwrap();
        assert_eq!(left_out, 0);
        let room = whole.len() / 2;
        let (some, left_out) = text(&groups, room).unwrap();
        assert!(some.len() <= room && some.len() > room - 300, "{} of {room}", some.len());
        let read: Groups = serde_json::from_slice(&some).unwrap();
        let kept: Vec<_> = read.groups[0].rules.iter().flat_map(|rule| &rule.alerts).collect();
        let count = |state| kept.iter().filter(|alert| alert.state == state).count();
        assert_eq!(kept.len() + left_out, 300);
        assert_eq!((count(SavedState::Firing), count(SavedState::Inactive)), (100, 0));
    }
}
