//! How long the walk and each of its questions may take.

use std::time::{Duration, Instant};

/// The longest that a single answer is waited for, whatever is left.
const ANSWER: Duration = Duration::from_secs(5);

/// The time of one walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    begun: Instant,
    all: Duration,
}

impl Bounds {
    /// From now on there is this time.
    pub(super) fn new(all: Duration) -> Self {
        Self { begun: Instant::now(), all }
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        self.all.saturating_sub(self.begun.elapsed())
    }

    /// How long the next answer may take. Where nothing is left it still gets a moment: it says more than that there was no time.
    pub(super) fn answer(&self) -> Duration {
        self.left().clamp(Duration::from_millis(100), ANSWER)
    }

    /// All of it.
    pub(super) const fn all(&self) -> Duration {
        self.all
    }
}
