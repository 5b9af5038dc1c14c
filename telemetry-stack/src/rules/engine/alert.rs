//! The alerts of one rule, and how they go from pending to firing to resolved. No clock, no input and no output.
//!
//! The states and their order are those of Prometheus. Times are in milliseconds since 1970, durations in milliseconds.

use super::status::{ActiveAlert, AlertState};
use crate::rules::notice::Event;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use telemetry_query::Labels;

/// For how long it is told again that an alert has ended: 15 minutes, as in Prometheus.
pub(super) const RESOLVED_RETENTION: i64 = 15 * 60 * 1000;

/// How far evaluations may be apart for what was before to count still: an hour, as in Prometheus.
pub(super) const OUTAGE_TOLERANCE: i64 = 60 * 60 * 1000;

/// What an expression says of one alert now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) annotations: Vec<(String, String)>,
    pub(super) value: f64,
}

/// How alerts of a rule become what they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// How long the expression holds before an alert fires.
    pub(super) hold: i64,
    /// How long it goes on firing when the expression does not hold any more.
    pub(super) keep_firing: i64,
    /// After how long an alert is told again.
    pub(super) resend: i64,
    /// How many there may be; 0 is as many as there are.
    pub(super) limit: usize,
}

/// One alert: pending, firing, or resolved and still told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub(super) state: AlertState,
    pub(super) annotations: Vec<(String, String)>,
    pub(super) value: f64,
    pub(super) active_at: i64,
    pub(super) fired_at: Option<i64>,
    pub(super) keep_firing_since: Option<i64>,
    pub(super) resolved_at: Option<i64>,
    /// When people were last told of it.
    pub(super) told_at: Option<i64>,
}

/// Something of which people are told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) event: Event,
    pub(super) labels: Labels,
    pub(super) alert: Alert,
}

/// The alerts of one rule, by their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Alerts {
    all: BTreeMap<Labels, Alert>,
}

impl Alert {
    fn beginning(found: Found, at: i64) -> Self {
        Self {
            state: AlertState::Pending,
            annotations: found.annotations,
            value: found.value,
            active_at: at,
            fired_at: None,
            keep_firing_since: None,
            resolved_at: None,
            told_at: None,
        }
    }

    fn resolve(&mut self, at: i64) {
        self.state = AlertState::Inactive;
        self.resolved_at = Some(at);
        self.told_at = Some(at);
    }

    /// Whether it fires on although its expression does not hold any more.
    fn is_kept(&mut self, at: i64, keep_firing: i64) -> bool {
        if self.state != AlertState::Firing || keep_firing == 0 {
            return false;
        }
        let since = *self.keep_firing_since.get_or_insert(at);
        at - since < keep_firing
    }

    /// Whether it is time to tell of it again; it is noted as told then.
    fn is_due(&mut self, at: i64, resend: i64) -> bool {
        let due = self.told_at.is_none_or(|told| at - told >= resend);
        if due {
            self.told_at = Some(at);
        }
        due
    }

    /// What an alert says that is held still.
    fn hold(&mut self, at: i64, terms: &Terms) -> Option<Event> {
        match self.state {
            AlertState::Pending if at - self.active_at >= terms.hold => {
                (self.state, self.fired_at, self.told_at) = (AlertState::Firing, Some(at), Some(at));
                Some(Event::Firing)
            }
            AlertState::Firing => self.is_due(at, terms.resend).then_some(Event::StillFiring),
            _ => None,
        }
    }

    /// No time of an alert is later than the present, whatever the clock has done.
    fn clamp(&mut self, at: i64) {
        self.active_at = self.active_at.min(at);
        for time in
            [&mut self.fired_at, &mut self.keep_firing_since, &mut self.resolved_at, &mut self.told_at]
        {
            *time = time.map(|time| time.min(at));
        }
    }

    /// Goes on after a time in which nobody looked.
    pub(super) fn resume(&mut self, skipped: i64, at: i64) {
        if skipped != 0 {
            self.skip(skipped);
        }
        self.clamp(at);
    }

    /// Takes a time in which nobody looked out of what counts for it.
    fn skip(&mut self, milliseconds: i64) {
        if self.state == AlertState::Pending {
            self.active_at = self.active_at.saturating_add(milliseconds);
        }
        self.keep_firing_since = self.keep_firing_since.map(|since| since.saturating_add(milliseconds));
    }
}

impl Alerts {
    pub(super) fn of(all: impl IntoIterator<Item = (Labels, Alert)>) -> Self {
        Self { all: all.into_iter().collect() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Labels, &Alert)> {
        self.all.iter()
    }

    /// Those that are pending or fire.
    pub(super) fn active(&self) -> impl Iterator<Item = (&Labels, &Alert)> {
        self.all.iter().filter(|(_, alert)| alert.state != AlertState::Inactive)
    }

    pub(super) fn told(&self) -> Arc<[ActiveAlert]> {
        let told = |(labels, alert): (&Labels, &Alert)| ActiveAlert {
            state: alert.state,
            labels: labels.clone(),
            annotations: alert.annotations.clone(),
            active_at: alert.active_at,
            fired_at: alert.fired_at,
            keep_firing_since: alert.keep_firing_since,
            value: alert.value,
        };
        self.active().map(told).collect()
    }

    /// Takes what the expression says now, and returns what has changed, in the order of the labels.
    ///
    /// # Errors
    /// Where there are more than there may be. All have ended then, and are told as ended. Prometheus forgets them without a word, and
    /// whoever was told of them believes in them for as long as they were said to last; the end is the same, and here it is heard at once.
    pub(super) fn update(
        &mut self,
        found: &BTreeMap<Labels, Found>,
        at: i64,
        terms: &Terms,
    ) -> (Vec<Change>, Result<(), String>) {
        let kept = self.keep(found, at, terms.keep_firing);
        let count = kept + found.len();
        if terms.limit > 0 && count > terms.limit {
            let changes = self.advance(&BTreeMap::new(), at, &Terms { keep_firing: 0, ..*terms });
            return (changes, Err(format!("exceeded limit of {} with {count} alerts", terms.limit)));
        }
        let begun = self.begin(found, at);
        let mut changes = self.advance(found, at, terms);
        changes.extend(begun.into_iter().filter_map(|labels| self.pending(labels)));
        changes.sort_by(|one, other| one.labels.cmp(&other.labels));
        (changes, Ok(()))
    }

    /// How many fire on although they are not found.
    fn keep(&mut self, found: &BTreeMap<Labels, Found>, at: i64, keep_firing: i64) -> usize {
        let missing = self.all.iter_mut().filter(|(labels, _)| !found.contains_key(*labels));
        missing.filter_map(|(_, alert)| alert.is_kept(at, keep_firing).then_some(())).count()
    }

    /// Notes what is found, and returns the labels of those that begin with it.
    fn begin(&mut self, found: &BTreeMap<Labels, Found>, at: i64) -> Vec<Labels> {
        let mut begun = Vec::new();
        for (labels, found) in found {
            match self.all.entry(labels.clone()) {
                Entry::Occupied(entry) if entry.get().state != AlertState::Inactive => {
                    let alert = entry.into_mut();
                    (alert.value, alert.annotations) = (found.value, found.annotations.clone());
                    alert.keep_firing_since = None;
                }
                Entry::Occupied(mut ended) => {
                    begun.push(labels.clone());
                    ended.insert(Alert::beginning(found.clone(), at));
                }
                Entry::Vacant(entry) => {
                    begun.push(labels.clone());
                    entry.insert(Alert::beginning(found.clone(), at));
                }
            }
        }
        begun
    }

    /// Lets each alert go on to what it is now.
    fn advance(&mut self, found: &BTreeMap<Labels, Found>, at: i64, terms: &Terms) -> Vec<Change> {
        let mut changes = Vec::new();
        self.all.retain(|labels, alert| {
            let is_held = found.contains_key(labels) || alert.is_kept(at, terms.keep_firing);
            let (event, stays) = match alert.state {
                _ if is_held => (alert.hold(at, terms), true),
                AlertState::Pending => (Some(Event::Gone), false),
                AlertState::Firing => {
                    alert.resolve(at);
                    (Some(Event::Resolved), true)
                }
                AlertState::Inactive => {
                    let stays = alert.resolved_at.is_some_and(|ended| at - ended <= RESOLVED_RETENTION);
                    let due = stays && alert.is_due(at, terms.resend);
                    (due.then_some(Event::StillResolved), stays)
                }
            };
            let change = |event| Change { event, labels: labels.clone(), alert: alert.clone() };
            changes.extend(event.map(change));
            stays
        });
        changes
    }

    /// One that has begun and does not fire at once.
    fn pending(&self, labels: Labels) -> Option<Change> {
        let alert = self.all.get(&labels).filter(|alert| alert.state == AlertState::Pending)?.clone();
        Some(Change { event: Event::Pending, labels, alert })
    }

    /// Goes on after a time in which the clock has moved and nobody looked: it does not count, and nothing is later than the present.
    pub(super) fn resume(&mut self, skipped: i64, at: i64) {
        for alert in self.all.values_mut() {
            alert.resume(skipped, at);
        }
    }

    /// Whether one of these labels is pending or fires.
    pub(super) fn has(&self, labels: &Labels) -> bool {
        self.all.get(labels).is_some_and(|alert| alert.state != AlertState::Inactive)
    }

    pub(super) fn insert(&mut self, labels: Labels, alert: Alert) {
        self.all.insert(labels, alert);
    }

    pub(super) fn remove(&mut self, labels: &Labels) -> Option<Alert> {
        self.all.remove(labels)
    }

    /// Those that fire and of which it is time to tell again, though nobody has looked whether they still do. A clock that was set back
    /// does not put that off.
    pub(super) fn remind(&mut self, at: i64, resend: i64) -> Vec<Change> {
        let mut changes = Vec::new();
        for (labels, alert) in self.all.iter_mut().filter(|(_, alert)| alert.state == AlertState::Firing) {
            alert.told_at = alert.told_at.map(|told| told.min(at));
            if alert.is_due(at, resend) {
                let (labels, alert) = (labels.clone(), alert.clone());
                changes.push(Change { event: Event::StillFiring, labels, alert });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { hold: 60_000, keep_firing: 0, resend: 60_000, limit: 0 };

    fn found(names: &[&str]) -> BTreeMap<Labels, Found> {
        let found = |name: &&str| {
            (Labels::new([("alertname", *name)]), Found { annotations: Vec::new(), value: f64::NAN })
        };
        names.iter().map(found).collect()
    }

    /// What happens at each time, as `name: event`.
    fn events(alerts: &mut Alerts, names: &[&str], at: i64, terms: &Terms) -> Vec<String> {
        let (changes, _) = alerts.update(&found(names), at, terms);
        changes
            .iter()
            .map(|change| format!("{}: {:?}", change.labels.get("alertname"), change.event))
            .collect()
    }

    #[test]
    fn an_alert_is_pending_fires_is_told_again_and_ends() {
        let mut alerts = Alerts::default();
        let mut at = |seconds: i64, names: &[&str]| events(&mut alerts, names, seconds * 1000, &TERMS);
        assert_eq!(at(0, &["a"]), ["a: Pending"]);
        assert_eq!(at(59, &["a", "b"]), ["b: Pending"]);
        assert_eq!(at(60, &["a"]), ["a: Firing", "b: Gone"]);
        assert_eq!(at(119, &["a"]), [""; 0]);
        assert_eq!(at(120, &["a"]), ["a: StillFiring"]);
        assert_eq!(at(130, &[]), ["a: Resolved"]);
        assert_eq!(at(189, &[]), [""; 0]);
        assert_eq!(at(190, &[]), ["a: StillResolved"]);
        assert_eq!(at(130 + 900, &[]), ["a: StillResolved"]);
        assert_eq!(at(130 + 901, &[]), [""; 0]);
        assert!(alerts.all.is_empty());
    }

    #[test]
    fn one_without_a_hold_fires_at_once_and_one_that_comes_back_begins_anew() {
        let mut alerts = Alerts::default();
        let terms = Terms { hold: 0, ..TERMS };
        assert_eq!(events(&mut alerts, &["a"], 0, &terms), ["a: Firing"]);
        assert_eq!(events(&mut alerts, &[], 1_000, &terms), ["a: Resolved"]);
        assert_eq!(events(&mut alerts, &["a"], 2_000, &TERMS), ["a: Pending"]);
        assert_eq!(events(&mut alerts, &["a"], 62_000, &TERMS), ["a: Firing"]);
        let alert = alerts.all.values().next().unwrap();
        assert_eq!((alert.active_at, alert.fired_at, alert.resolved_at), (2_000, Some(62_000), None));
    }

    #[test]
    fn one_that_is_kept_firing_ends_later_and_not_at_all_where_it_holds_again() {
        let mut alerts = Alerts::default();
        let terms = Terms { hold: 0, keep_firing: 10_000, ..TERMS };
        assert_eq!(events(&mut alerts, &["a"], 0, &terms), ["a: Firing"]);
        assert_eq!(events(&mut alerts, &[], 5_000, &terms), [""; 0]);
        assert_eq!(events(&mut alerts, &["a"], 14_000, &terms), [""; 0]);
        assert_eq!(events(&mut alerts, &[], 20_000, &terms), [""; 0]);
        assert_eq!(alerts.told()[0].keep_firing_since, Some(20_000));
        assert_eq!(events(&mut alerts, &[], 29_999, &terms), [""; 0]);
        assert_eq!(events(&mut alerts, &[], 30_000, &terms), ["a: Resolved"]);
    }

    #[test]
    fn more_than_there_may_be_are_an_error_and_end() {
        let mut alerts = Alerts::default();
        let terms = Terms { hold: 0, limit: 1, ..TERMS };
        assert_eq!(events(&mut alerts, &["a"], 0, &terms), ["a: Firing"]);
        let (changes, result) = alerts.update(&found(&["a", "b"]), 1_000, &terms);
        assert_eq!(result, Err("exceeded limit of 1 with 2 alerts".to_owned()));
        assert_eq!(changes.iter().map(|change| change.event).collect::<Vec<_>>(), [Event::Resolved]);
        assert_eq!(alerts.active().count(), 0);
    }

    #[test]
    fn a_time_in_which_nobody_looked_does_not_count_and_no_time_is_later_than_the_present() {
        let mut alerts = Alerts::default();
        events(&mut alerts, &["a"], 0, &TERMS);
        events(&mut alerts, &["a"], 30_000, &TERMS);
        alerts.resume(3_600_000, 3_645_000);
        assert_eq!(events(&mut alerts, &["a"], 3_659_999, &TERMS), [""; 0]);
        assert_eq!(events(&mut alerts, &["a"], 3_660_000, &TERMS), ["a: Firing"]);
        alerts.resume(-3_600_000, 70_000);
        assert_eq!(alerts.told()[0].fired_at, Some(70_000));
        assert_eq!(alerts.told()[0].active_at, 70_000);
    }
}
