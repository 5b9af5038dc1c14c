//! How long the command may take: when it is asked to end, and when it is made to.
//!
//! The time is that of the clock on the wall: it goes on while the job is stopped. A wrapper that stands cannot act, so a
//! command whose time was over meanwhile is asked to end when the job is continued.

use std::time::{Duration, Instant};

use rustix::process::Signal;

/// The time that a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// After which it is asked to end, by `SIGTERM`.
    pub(crate) time: Duration,
    /// How much later it is made to, by `SIGKILL`.
    pub(crate) kill_after: Duration,
}

/// The limit of a command that runs; one that is too far away for the clock is none.
#[derive(Debug, Default)]
pub(super) struct Countdown {
    grace: Duration,
    next: Option<Instant>,
    sent: Option<Signal>,
}

impl Countdown {
    /// The time begins now.
    pub(super) fn start(limit: Option<Limit>, now: Instant) -> Self {
        let grace = limit.map_or(Duration::ZERO, |limit| limit.kill_after);
        Self { grace, next: limit.and_then(|limit| now.checked_add(limit.time)), sent: None }
    }

    /// The signal that is to be sent now.
    pub(super) fn due(&mut self, now: Instant) -> Option<Signal> {
        self.next.filter(|next| *next <= now)?;
        let (signal, next) = match self.sent {
            None => (Signal::TERM, now.checked_add(self.grace)),
            Some(_) => (Signal::KILL, None),
        };
        (self.sent, self.next) = (Some(signal), next);
        self.sent
    }

    /// How long until a signal is to be sent.
    pub(super) fn until(&self, now: Instant) -> Option<Duration> {
        self.next.map(|next| next.saturating_duration_since(now))
    }

    /// The last signal that was sent because the time was over.
    pub(super) fn sent(&self) -> Option<i32> {
        self.sent.map(Signal::as_raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { time: Duration::from_secs(5), kill_after: Duration::from_secs(10) };

    #[test]
    fn it_is_asked_once_and_then_made_to() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut countdown = Countdown::start(Some(LIMIT), start);
        assert_eq!((countdown.due(at(4)), countdown.until(at(4))), (None, Some(Duration::from_secs(1))));
        assert_eq!((countdown.due(at(5)), countdown.due(at(5))), (Some(Signal::TERM), None));
        assert_eq!(countdown.until(at(6)), Some(Duration::from_secs(9)));
        assert_eq!((countdown.due(at(14)), countdown.due(at(15))), (None, Some(Signal::KILL)));
        assert_eq!((countdown.due(at(99)), countdown.until(at(99))), (None, None));
        assert_eq!(countdown.sent(), Some(Signal::KILL.as_raw()));
    }

    #[test]
    fn the_grace_begins_when_it_was_asked_and_not_when_it_should_have_been() {
        let start = Instant::now();
        let mut countdown = Countdown::start(Some(LIMIT), start);
        let late = start + Duration::from_secs(60);
        assert_eq!(countdown.due(late), Some(Signal::TERM));
        assert_eq!(countdown.until(late), Some(Duration::from_secs(10)));
    }

    #[test]
    fn no_limit_is_never_due_and_neither_is_one_beyond_the_clock() {
        let now = Instant::now();
        for limit in [None, Some(Limit { time: Duration::MAX, ..LIMIT })] {
            let mut countdown = Countdown::start(limit, now);
            assert_eq!((countdown.due(now), countdown.until(now), countdown.sent()), (None, None, None));
        }
    }
}
