//! How long the thing took that a guard is about.

use crate::handle::BoundHistogram;
use std::time::{Duration, Instant};

/// Measures from the beginning of a guard to its end, unless somebody who knows better says how long it took.
#[derive(Debug)]
pub(super) enum Clock {
    Runs {
        since: Instant,
    },
    Told(Duration),
    /// Nobody knows how long it took.
    Unknown,
}

impl Clock {
    /// It begins now.
    pub(super) fn start() -> Self {
        Self::Runs { since: Instant::now() }
    }

    /// Observes how long it took, if that is known.
    pub(super) fn observe(self, duration: &BoundHistogram) {
        match self {
            Self::Runs { since } => duration.observe(since.elapsed()),
            Self::Told(lasted) => duration.observe(lasted),
            Self::Unknown => {}
        }
    }
}

/// The calls by which a guard with a duration is told how long it took. With `AgentRun` it expands to
/// `impl AgentRun { pub fn lasted(&mut self, duration: Duration) { … } pub fn lasted_unknown(&mut self) { … } }`.
macro_rules! told_durations {
    ($guard:ident) => {
        impl $guard {
            /// It took so long, whatever the clock says: for something that is over when it is recorded. The last word before the
            /// end counts.
            pub fn lasted(&mut self, duration: std::time::Duration) {
                self.0.change(|begun| begun.clock = Clock::Told(duration));
            }

            /// Nobody knows how long it took: everything but its duration is recorded.
            pub fn lasted_unknown(&mut self) {
                self.0.change(|begun| begun.clock = Clock::Unknown);
            }
        }
    };
}

pub(super) use told_durations;
