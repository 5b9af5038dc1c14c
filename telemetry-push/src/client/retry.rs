//! Which failures are worth another attempt, and how long to pause before it.

use super::error::PushError;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::{Duration, SystemTime};

/// How a call is repeated where that is worth it.
///
/// It is worth it where the connection was refused, reset or not made, where no answer came in time, and where the answer was 429, 500,
/// 502, 503 or 504. Any other answer, such as 400 for an exposition that the gateway does not accept, would be the same again, and so
/// would a certificate that is not trusted.
///
/// The pauses double from `first` up to `longest`. Each is a random length between the half and the whole of that, so that many
/// processes do not come back all at once. A server that says when to come back (`Retry-After`) is obeyed; where it asks for more than
/// `longest`, or the pause would end after `within`, the call ends with what the server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is repeated at most, after the first one.
    pub times: usize,
    /// The pause before the first repetition.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The longest time that the whole call takes, with all its requests and pauses: the last request is cut off there.
    pub within: Duration,
}

impl Default for Retry {
    /// Three repetitions after 0.2 s, 0.4 s and 0.8 s, and all of it within 30 s.
    fn default() -> Self {
        Self {
            times: 3,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(5),
            within: Duration::from_secs(30),
        }
    }
}

impl Retry {
    /// One request and no repetition, bounded by its own timeout.
    #[must_use]
    pub fn never() -> Self {
        Self { times: 0, within: Duration::MAX, ..Self::default() }
    }

    /// The pauses between the requests. The library draws its jitter from on top of a pause, up to as much again; so it gets the half.
    pub(super) fn pauses(&self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_factor(2.0)
            .with_min_delay(self.first.min(self.longest) / 2)
            .with_max_delay(self.longest / 2)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }

    /// The pause after this failure, where `planned` was the plan: `None` where the call should end with it.
    pub(super) fn pause(
        &self,
        error: &PushError,
        planned: Option<Duration>,
        left: Duration,
    ) -> Option<Duration> {
        let pause = planned?;
        let pause = match error.retry_after() {
            Some(asked) if asked > self.longest => return None,
            Some(asked) => pause.max(asked),
            None => pause,
        };
        (pause < left).then_some(pause)
    }
}

/// What a server asks for with `Retry-After`: a number of seconds, or a date.
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Retry, retry_after};
    use crate::client::error::PushError;
    use std::time::{Duration, SystemTime};

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn asking_for(retry_after: Option<Duration>) -> PushError {
        PushError::Status { url: String::new(), status: 503, answer: String::new(), retry_after }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_more_than_said() {
        let retry = Retry { times: 6, first: seconds(1), longest: seconds(5), within: seconds(60) };
        for _ in 0..100 {
            let pauses: Vec<_> = retry.pauses().collect();
            assert_eq!(pauses.len(), 6);
            for (pause, whole) in pauses.iter().zip([1, 2, 4, 5, 5, 5]) {
                assert!((seconds(whole) / 2..=seconds(whole)).contains(pause), "{pause:?} of {whole} s");
            }
        }
        assert_eq!(Retry::never().pauses().count(), 0);
    }

    #[test]
    fn pauses_are_not_the_same_for_everybody() {
        let first = || Retry::default().pauses().next().unwrap();
        let (one, others) = (first(), (0..50).map(|_| first()));
        assert!(others.into_iter().any(|other| other != one));
    }

    #[test]
    fn extreme_bounds_are_no_panic() {
        let all = Duration::MAX;
        let retry = Retry { times: 3, first: all, longest: all, within: all };
        assert_eq!(retry.pauses().count(), 3);
        let none = Duration::ZERO;
        assert_eq!(Retry { first: none, longest: none, ..retry }.pauses().next(), Some(none));
    }

    #[test]
    fn a_server_that_says_when_to_come_back_is_obeyed_within_the_bounds() {
        let retry = Retry { times: 3, first: seconds(1), longest: seconds(10), within: seconds(30) };
        let planned = Some(seconds(2));
        for (asked, left, pause) in [
            (None, 30, Some(2)),
            (Some(0), 30, Some(2)),
            (Some(7), 30, Some(7)),
            (Some(10), 30, Some(10)),
            (Some(11), 30, None),
            (Some(7), 7, None),
            (None, 2, None),
        ] {
            let error = asking_for(asked.map(seconds));
            assert_eq!(retry.pause(&error, planned, seconds(left)), pause.map(seconds), "{asked:?} {left}");
        }
        assert_eq!(retry.pause(&asking_for(None), None, seconds(30)), None, "no repetition is left");
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + seconds(784_111_777);
        for (header, asked) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(header, now), asked.map(seconds), "{header}");
        }
    }
}
