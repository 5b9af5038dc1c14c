//! What was counted: what attackers were answered, and how long those who mean well had to wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::besieged::Door;
use super::client::DEEDS;

/// How many characters of an error are kept.
const TOLD: usize = 300;

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
    /// When the last of them began.
    pub(super) last_hung: Duration,
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

    pub(super) fn hung(&self, door: Door, at: Duration) {
        let mut doors = lock(&self.doors);
        let attacks = doors.entry(door).or_default();
        (attacks.hung, attacks.last_hung) = (attacks.hung + 1, at);
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

/// How long each request of a kind took, and what went wrong. An hour has some 60,000 times of the kind that is asked for most, which are
/// kept, a megabyte; of errors, which nothing bounds, only the first of each sort is.
#[derive(Debug, Clone, Default)]
pub(super) struct Waited {
    times: Vec<Duration>,
    pub(super) faults: BTreeMap<String, Fault>,
}

/// What went wrong in one way, and when, counted from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) count: usize,
    pub(super) first: Duration,
    pub(super) last: Duration,
    /// What was said the first time.
    pub(super) told: String,
}

/// One request that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// Of which sort that is: few words, of which there are few.
    pub(super) sort: String,
    pub(super) told: String,
}

impl Failed {
    /// With what it said, as far as anybody wants to read it.
    pub(super) fn new(sort: impl Into<String>, told: &str) -> Self {
        Self { sort: sort.into(), told: told.chars().take(TOLD).collect() }
    }
}

impl Answers {
    pub(super) fn new() -> Self {
        Self { deeds: DEEDS.iter().map(|_| Mutex::default()).collect() }
    }

    /// Notes a request that was done at this time from the beginning.
    pub(super) fn note(&self, which: usize, at: Duration, took: Duration, outcome: Result<(), Failed>) {
        let mut waited = lock(&self.deeds[which]);
        waited.times.push(took);
        if let Err(failed) = outcome {
            waited.fail(at, failed);
        }
    }

    /// How many requests there were, and how many of them failed.
    pub(super) fn so_far(&self) -> (usize, usize) {
        let all = self.deeds.iter().map(|waited| {
            let waited = lock(waited);
            (waited.requests(), waited.errors())
        });
        all.fold((0, 0), |(requests, errors), (more, failed)| (requests + more, errors + failed))
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
    fn fail(&mut self, at: Duration, Failed { sort, told }: Failed) {
        let first = Fault { count: 0, first: at, last: at, told };
        let fault = self.faults.entry(sort).or_insert(first);
        (fault.count, fault.last) = (fault.count + 1, at);
    }

    pub(super) fn errors(&self) -> usize {
        self.faults.values().map(|fault| fault.count).sum()
    }

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
    let waited = Waited { times, ..Waited::default() };
    assert_eq!([0.5, 0.99, 1.0].map(|share| waited.within(share).as_millis()), [50, 99, 100]);
    assert_eq!(Waited::default().within(0.5), Duration::ZERO);
}

#[test]
fn errors_are_counted_by_their_sort_with_the_times_of_the_first_and_the_last() {
    let (answers, second) = (Answers::new(), Duration::from_secs(1));
    for (at, sort) in [(1, "ConnectionReset"), (2, "status 503"), (5, "ConnectionReset")] {
        answers.note(0, at * second, second, Err(Failed::new(sort, &at.to_string().repeat(1_000))));
    }
    answers.note(1, second, second, Ok(()));
    assert_eq!(answers.so_far(), (4, 3));
    let (_, waited) = answers.deeds().swap_remove(0);
    let told = "1".repeat(TOLD);
    let reset = Fault { count: 2, first: second, last: 5 * second, told };
    assert_eq!((waited.faults.len(), &waited.faults["ConnectionReset"]), (2, &reset));
}
