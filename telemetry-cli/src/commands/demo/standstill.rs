//! Whether there is sense in waiting for what takes longer than planned: on a machine that has much else to do, everything does.

use super::show::Progress;
use std::time::Duration;

/// Since when nothing has come and nothing has gone, neither an agent nor an alert.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    /// How many agents were there, had ended, and how many alerts fired.
    before: Option<(usize, usize, usize)>,
    since: Duration,
}

impl Standstill {
    /// Notes how it goes; the answer is how long nothing has changed.
    pub(super) fn look(&mut self, progress: Progress) -> Duration {
        let now = (progress.active, progress.ended, progress.firing);
        if self.before.replace(now) != Some(now) {
            self.since = progress.elapsed;
        }
        progress.elapsed.saturating_sub(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::super::course::Phase;
    use super::*;

    #[test]
    fn whatever_comes_or_goes_ends_a_standstill() {
        let mut standstill = Standstill::default();
        let mut look = |seconds, active, ended, firing| {
            let elapsed = Duration::from_secs(seconds);
            let progress = Progress { elapsed, phase: Phase::Recovery, active, ended, firing };
            standstill.look(progress).as_secs()
        };
        assert_eq!([look(5, 1, 0, 0), look(9, 1, 0, 0)], [0, 4]);
        // An agent has ended and another one has begun.
        assert_eq!([look(10, 1, 1, 0), look(12, 1, 1, 0)], [0, 2]);
        assert_eq!([look(13, 1, 1, 1), look(14, 1, 1, 1), look(15, 0, 1, 1)], [0, 1, 0]);
    }
}
