//! Whether a command that ended is run once more, and after which pause.

use crate::supervise::{Ended, Supervised};
use signal_hook::consts::{SIGINT, SIGQUIT};
use std::time::Duration;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The exit codes by which a shell says, too, that there was nothing to run.
const NOTHING_RAN: [i32; 2] = [126, 127];

/// The attempts that a command has.
#[derive(Debug)]
pub(super) struct Turns {
    all: u64,
    ended: u64,
    pause: Duration,
}

impl Turns {
    /// One attempt and this many more.
    pub(super) fn new(retries: u32, first_pause: Duration) -> Self {
        Self { all: u64::from(retries) + 1, ended: 0, pause: first_pause.min(LONGEST_PAUSE) }
    }

    /// After an attempt that ended so: the pause before the next, if there is to be one.
    pub(super) fn next(&mut self, supervised: &Supervised) -> Option<Duration> {
        self.ended += 1;
        if self.ended >= self.all || !may_succeed_later(supervised) {
            return None;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }

    /// How the last attempt failed, in words.
    pub(super) fn failed(&self, supervised: &Supervised) -> String {
        let code = supervised.exit_code();
        format!("attempt {} of {} failed with exit code {code}", self.ended, self.all)
    }
}

/// What somebody ended is to stay so, and what could not be run will not be found a moment later.
fn may_succeed_later(supervised: &Supervised) -> bool {
    let failed = match supervised.ended {
        Ended::Exited(code) => code != 0 && !NOTHING_RAN.contains(&code),
        Ended::Signalled(signal) => ![SIGINT, SIGQUIT].contains(&signal),
        Ended::NotFound(_) | Ended::NotExecutable(_) | Ended::Failed(_) => false,
    };
    failed && supervised.told_to_stop.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use signal_hook::consts::{SIGSEGV, SIGTERM};

    fn supervised(ended: Ended) -> Supervised {
        Supervised { ended, told_to_stop: None, sent_at_limit: None }
    }

    #[test]
    fn the_pause_doubles_up_to_half_a_minute_and_the_attempts_are_counted() {
        let failed = supervised(Ended::Exited(1));
        let mut turns = Turns::new(7, Duration::from_secs(1));
        let pauses: Vec<_> =
            std::iter::from_fn(|| turns.next(&failed)).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(turns.failed(&failed), "attempt 8 of 8 failed with exit code 1");
        assert_eq!(Turns::new(0, Duration::ZERO).next(&failed), None);
        assert_eq!(Turns::new(1, Duration::MAX).next(&failed), Some(LONGEST_PAUSE));
    }

    #[test]
    fn only_a_failure_of_the_command_itself_is_tried_again() {
        let error = || std::io::Error::other("no");
        for (ended, again) in [
            (Ended::Exited(0), false),
            (Ended::Exited(1), true),
            (Ended::Exited(126), false),
            (Ended::Exited(127), false),
            (Ended::Signalled(SIGSEGV), true),
            (Ended::Signalled(SIGTERM), true),
            (Ended::Signalled(SIGINT), false),
            (Ended::NotFound(error()), false),
            (Ended::NotExecutable(error()), false),
            (Ended::Failed(error()), false),
        ] {
            let supervised = supervised(ended);
            assert_eq!(may_succeed_later(&supervised), again, "{supervised:?}");
        }
    }

    #[test]
    fn after_a_request_to_end_there_is_no_further_attempt() {
        let told = Supervised { told_to_stop: Some(SIGTERM), ..supervised(Ended::Exited(1)) };
        assert!(!may_succeed_later(&told));
        let of_time = Supervised { sent_at_limit: Some(SIGTERM), ..supervised(Ended::Signalled(SIGTERM)) };
        assert!(may_succeed_later(&of_time));
    }
}
