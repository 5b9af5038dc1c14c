//! Which alerts fired in the course of the demo, and when each was over.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use telemetry_stack::rules::{ActiveAlert, AlertState, GroupStatus};

/// What tells one alert from another: all its labels.
type Key = Vec<(String, String)>;

/// Every alert that ever fired.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: BTreeMap<Key, Seen>,
}

/// One alert that fired. Times are from the beginning of the first phase.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The name of its rule.
    pub(super) name: String,
    /// How bad it is.
    pub(super) severity: String,
    /// What people are told.
    pub(super) summary: String,
    /// When it fired first.
    pub(super) fired: Duration,
    /// When it was over for the last time; `None` while it fires.
    pub(super) cleared: Option<Duration>,
}

/// What happened to an alert.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// It fires.
    Fires(Seen),
    /// It is over.
    Cleared(Seen),
}

impl Watch {
    /// Looks at all alerts as they are now, and says what is new.
    pub(super) fn look(&mut self, groups: &[GroupStatus], now: Duration) -> Vec<News> {
        let alerts = groups.iter().flat_map(|group| &group.rules).flat_map(|rule| &rule.alerts);
        let firing: BTreeMap<Key, &ActiveAlert> = alerts
            .filter(|alert| alert.state == AlertState::Firing)
            .map(|alert| (key(alert), alert))
            .collect();
        let mut news = Vec::new();
        for (key, seen) in
            self.seen.iter_mut().filter(|(key, seen)| seen.cleared.is_none() && !firing.contains_key(*key))
        {
            let _key = key;
            seen.cleared = Some(now);
            news.push(News::Cleared(seen.clone()));
        }
        for (key, alert) in firing {
            let seen =
                self.seen.entry(key).or_insert_with(|| Seen { cleared: Some(now), ..Seen::new(alert, now) });
            if seen.cleared.take().is_some() {
                news.push(News::Fires(seen.clone()));
            }
        }
        news
    }

    /// How many fire now.
    pub(super) fn firing(&self) -> usize {
        self.seen.values().filter(|seen| seen.cleared.is_none()).count()
    }

    /// What fired, by the name of the alert and in the order in which they began: the first time of each and the last.
    pub(super) fn by_name(&self) -> Vec<Seen> {
        let mut names: BTreeMap<&str, Seen> = BTreeMap::new();
        for seen in self.seen.values() {
            names.entry(&seen.name).and_modify(|sum| sum.join(seen)).or_insert_with(|| seen.clone());
        }
        let mut all: Vec<Seen> = names.into_values().collect();
        all.sort_by_key(|seen| seen.fired);
        all
    }
}

impl Seen {
    fn new(alert: &ActiveAlert, now: Duration) -> Self {
        let summary = alert.annotations.iter().find(|(name, _)| name == "summary");
        Self {
            name: alert.labels.get("alertname").to_owned(),
            severity: alert.labels.get("severity").to_owned(),
            summary: summary.map(|(_, text)| text.clone()).unwrap_or_default(),
            fired: now,
            cleared: None,
        }
    }

    /// Both as one: from the first that fired to the last that was over, and as bad as the worse.
    fn join(&mut self, other: &Self) {
        if other.fired < self.fired {
            (self.fired, self.summary) = (other.fired, other.summary.clone());
        }
        if other.severity == "critical" {
            self.severity.clone_from(&other.severity);
        }
        self.cleared = self.cleared.zip(other.cleared).map(|(one, other)| one.max(other));
    }
}

fn key(alert: &ActiveAlert) -> Key {
    alert.labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect()
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, seen) = match self {
            Self::Fires(seen) => ("fires", seen),
            Self::Cleared(seen) => ("is over", seen),
        };
        write!(f, "{} ({}) {what}: {}", seen.name, seen.severity, seen.summary)
    }
}
