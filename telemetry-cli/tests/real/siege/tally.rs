//! What was counted: what attackers were answered, and how long those who mean well had to wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::besieged::Door;
use super::client::DEEDS;

/// What became of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was answered with this status.
    Answered(u16),
    /// The connection was cut, or the attacker went away.
    Unanswered,
}

/// What attackers were answered at one door.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attacks {
    /// By the first digit of the status; 0 without an answer.
    pub(super) by_class: [u64; 6],
    /// Answers that say that the server has a defect, and not that it is busy.
    pub(super) defects: u64,
    /// Connections that hung.
    pub(super) hung: u64,
}

/// What attackers were answered.
#[derive(Debug, Default)]
pub(super) struct Tally {
    doors: Mutex<BTreeMap<Door, Attacks>>,
}

impl Tally {
    pub(super) fn note(&self, door: Door, end: End) {
        let mut doors = lock(&self.doors);
        let attacks = doors.entry(door).or_default();
        let class = match end {
            End::Answered(status) => {
                attacks.defects += u64::from(status == 500);
                usize::from(status / 100)
            }
            End::Unanswered => 0,
        };
        attacks.by_class[class.min(5)] += 1;
    }

    pub(super) fn hung(&self, door: Door) {
        lock(&self.doors).entry(door).or_default().hung += 1;
    }

    pub(super) fn doors(&self) -> BTreeMap<Door, Attacks> {
        lock(&self.doors).clone()
    }
}

/// What those who mean well were answered.
#[derive(Debug)]
pub(super) struct Answers {
    deeds: Vec<Mutex<Waited>>,
}

/// How long each request of a kind took, and what went wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Waited {
    times: Vec<Duration>,
    pub(super) errors: Vec<String>,
}

impl Answers {
    pub(super) fn new() -> Self {
        Self { deeds: DEEDS.iter().map(|_| Mutex::default()).collect() }
    }

    pub(super) fn note(&self, which: usize, took: Duration, outcome: Result<(), String>) {
        let mut waited = lock(&self.deeds[which]);
        waited.times.push(took);
        waited.errors.extend(outcome.err());
    }

    /// Each kind by its name.
    pub(super) fn deeds(&self) -> Vec<(&'static str, Waited)> {
        let sorted = |waited: &Mutex<Waited>| {
            let mut waited = lock(waited).clone();
            waited.times.sort_unstable();
            waited
        };
        DEEDS.iter().zip(&self.deeds).map(|((name, ..), waited)| (*name, sorted(waited))).collect()
    }
}

impl Waited {
    pub(super) fn requests(&self) -> usize {
        self.times.len()
    }

    /// The time within which this share of the requests was done, once they are in order.
    pub(super) fn within(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

/// A thread that panicked has failed the test already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn times_are_told_by_their_share() {
    let times = (0..=100).map(Duration::from_millis).collect();
    let waited = Waited { times, errors: Vec::new() };
    assert_eq!([0.5, 0.99, 1.0].map(|share| waited.within(share).as_millis()), [50, 99, 100]);
    assert_eq!(Waited::default().within(0.5), Duration::ZERO);
}
