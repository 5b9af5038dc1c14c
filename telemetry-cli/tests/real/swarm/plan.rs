//! The life of each process, drawn from a seed: how it counts, and how it ends.

use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

/// The signals that kill, by name.
pub(crate) const SIGNALS: [(&str, Signal); 7] = [
    ("SIGKILL", Signal::KILL),
    ("SIGTERM", Signal::TERM),
    ("SIGINT", Signal::INT),
    ("SIGHUP", Signal::HUP),
    ("SIGQUIT", Signal::QUIT),
    ("SIGABRT", Signal::ABORT),
    ("SIGSEGV", Signal::SEGV),
];

/// A bound with which the processes of a crowded machine get what they need, so that what they leave is certain.
pub(crate) const ENOUGH: Duration = Duration::from_secs(30);

/// How a process ends by itself, if it gets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum End {
    /// The guard is dropped, and `main` returns.
    Returns,
    /// `exit` is called, with the guard in a `static`.
    Exits,
    /// A panic unwinds.
    Panics,
    /// The guard is dropped, and nothing else has a chance to do anything.
    DropsAndAborts,
    /// It stops counting and waits to be killed; where its counts are only safe once they were flushed, it flushes them before.
    WaitsStill { flushes: bool },
    /// It counts until it is killed.
    Never,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long after it was started, whatever it is doing.
    After(Duration),
    /// When it has stopped counting.
    WhenStill,
}

/// The life of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// From which the process draws its own steps.
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    /// How long its guard may hold it up.
    pub(crate) bound: Duration,
    /// The period of its guard, where it has one.
    pub(crate) every: Option<Duration>,
    pub(crate) end: End,
    pub(crate) killed: Option<(Signal, Moment)>,
}

impl Life {
    /// The life of the n-th process of this seed: a third and a few more are sent a signal.
    pub(crate) fn draw(seed: u64, number: usize) -> Self {
        let mut random = Rng::with_seed(seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let length = Duration::from_millis(random.u64(100..=600));
        let period = Duration::from_millis(random.u64(100..=300));
        let (_, signal) = SIGNALS[random.usize(..SIGNALS.len())];
        let after = Moment::After(length.mul_f64(random.f64()));
        let by_itself = [End::Returns, End::Exits, End::Panics, End::DropsAndAborts][random.usize(..4)];
        let (end, killed) = match random.u8(..24) {
            0..=3 => (End::WaitsStill { flushes: !is_handled(signal) }, Some((signal, Moment::WhenStill))),
            4..=7 => (End::Never, Some((signal, after))),
            // At the time at which it ends, or a little before or after.
            8 | 9 => (by_itself, Some((signal, Moment::After(length.mul_f64(0.8 + random.f64()))))),
            _ => (by_itself, None),
        };
        let every = (random.u8(..4) > 0).then_some(period);
        Self { seed: random.u64(..), length, bound: ENOUGH, every, end, killed }
    }

    /// The same life in a hurry: what its guard cannot carry out at once is left behind.
    pub(crate) fn hurried(self) -> Self {
        Self { bound: Duration::from_millis(100), ..self }
    }

    /// Whether nothing is open about what this process leaves behind, unless a signal comes while it ends.
    pub(crate) fn is_certain(&self) -> bool {
        self.bound >= ENOUGH && !matches!(self.killed, Some((_, Moment::After(_))))
    }
}

/// Whether the guard catches this signal.
pub(crate) fn is_handled(signal: Signal) -> bool {
    [Signal::TERM, Signal::INT, Signal::HUP].contains(&signal)
}

#[test]
fn a_third_is_killed_and_the_same_seed_draws_the_same_lives() {
    let lives: Vec<_> = (0..1000).map(|number| Life::draw(7, number)).collect();
    let surely = lives.iter().filter(|life| matches!(life.end, End::Never | End::WaitsStill { .. })).count();
    assert!((280..400).contains(&surely), "{surely} of 1000 are surely killed");
    assert_eq!(lives[3].length, Life::draw(7, 3).length);
    assert_ne!(lives[3].seed, Life::draw(8, 3).seed);
}
