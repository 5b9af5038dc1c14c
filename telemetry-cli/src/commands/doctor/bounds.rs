//! How long the walk and each of its questions may take.

use std::time::{Duration, Instant};

/// The longest that a single answer is waited for, whatever is left.
const ANSWER: Duration = Duration::from_secs(5);

/// The shortest, unless the whole walk is to take less: a server that is busy is not to be called one that does not answer.
const MOMENT: Duration = Duration::from_secs(1);

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
        self.left().clamp(MOMENT.min(self.all), ANSWER)
    }

    /// All of it.
    pub(super) const fn all(&self) -> Duration {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answers_have_a_moment_that_is_no_longer_than_the_walk() {
        let over = |seconds| {
            let all = Duration::from_secs_f64(seconds);
            let begun = Instant::now().checked_sub(all).unwrap();
            Bounds { begun, all }.answer().as_secs_f64()
        };
        assert_eq!([over(30.0), over(1.5), over(0.3)], [1.0, 1.0, 0.3]);
        assert_eq!(Bounds::new(Duration::from_secs(600)).answer(), ANSWER);
    }
}
