//! How often new samples come from a source that does not say so.

use super::USUAL;
use super::found::Road;
use std::collections::VecDeque;
use std::time::Duration;

/// Of how many distances the middle one is taken: one push that came late or early says nothing.
const KEPT: usize = 5;

/// When the newest samples of a source were taken, look by look.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    of: Option<Road>,
    newest: Option<i64>,
    between: VecDeque<i64>,
}

impl Rhythm {
    /// Notes the time of the newest sample of this look, and says what is typical between two of them; `None` where that is not known. What
    /// comes more seldom than a Prometheus usually scrapes has no rhythm: it is pushed when something happens.
    pub(super) fn note(&mut self, of: Road, newest: Option<i64>) -> Option<Duration> {
        if self.of != Some(of) {
            *self = Self { of: Some(of), ..Self::default() };
        }
        if let Some((last, newest)) = self.newest.zip(newest).filter(|(last, newest)| newest > last) {
            self.between.push_back(newest - last);
            self.between.drain(..self.between.len().saturating_sub(KEPT));
        }
        self.newest = self.newest.max(newest);
        let mut sorted: Vec<_> = self.between.iter().copied().collect();
        sorted.sort_unstable();
        let typical = sorted.get(sorted.len() / 2)?;
        Some(Duration::from_millis(typical.unsigned_abs()).min(USUAL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: Road = Road::Served { name: "pushgateway", has_ledger: false };

    fn noted(times: &[i64]) -> Option<u64> {
        let mut rhythm = Rhythm::default();
        let last = times.iter().map(|time| rhythm.note(GATEWAY, Some(*time))).last().flatten();
        last.map(|interval| u64::try_from(interval.as_millis()).unwrap())
    }

    #[test]
    fn it_is_what_is_typical_between_two_samples() {
        assert_eq!((noted(&[1000]), noted(&[1000, 1000, 1000])), (None, None));
        assert_eq!(noted(&[1000, 2000, 3000, 3000, 3000]), Some(1000));
        assert_eq!(noted(&[0, 1000, 2000, 9000, 10_000, 11_000]), Some(1000));
        // Another one that was faster is forgotten.
        assert_eq!(noted(&[0, 1, 4000, 8000, 12_000, 16_000]), Some(4000));
    }

    #[test]
    fn what_is_pushed_when_something_happens_has_no_interval_of_its_own() {
        assert_eq!(noted(&[0, 600_000, 1_200_000]), Some(15_000));
    }

    #[test]
    fn another_source_is_a_new_beginning() {
        let mut rhythm = Rhythm::default();
        rhythm.note(GATEWAY, Some(0));
        assert!(rhythm.note(GATEWAY, Some(1000)).is_some());
        let ledger = Road::Served { name: "ledger", has_ledger: true };
        assert_eq!((rhythm.note(ledger, Some(5000)), rhythm.note(ledger, None)), (None, None));
    }
}
