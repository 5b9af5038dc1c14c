//! When to stop and when to continue together with the command.
//!
//! The shell waits for the wrapper, so a command that stops must take the wrapper with it, or the shell would never get
//! its terminal back. Pure bookkeeping, but for the one call with which the wrapper stops itself.

use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGTSTP, SIGTTIN, SIGTTOU};

/// The signals by which job control stops a program.
const JOB_STOPS: [i32; 3] = [SIGTSTP, SIGTTIN, SIGTTOU];

/// How long after `SIGTSTP` any stop counts as its answer. A program that first restores the terminal and then stops by
/// `SIGSTOP` needs milliseconds; a second leaves room for a machine under load.
const ANSWER: Duration = Duration::from_secs(1);

/// How long the wrapper waits before it follows a stop. A `SIGCONT` that was sent right behind a `SIGTSTP` could arrive
/// between the last look and our own stop, and would be lost; after this time none is on its way.
const SETTLE: Duration = Duration::from_millis(10);

/// What is known about stopping and continuing.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// When `SIGTSTP` came that the command has not answered yet.
    asked: Option<Instant>,
    /// When to stop ourselves.
    stop_at: Option<Instant>,
    /// Whether we stopped ourselves and are running again.
    continued: bool,
}

impl Jobs {
    /// The wrapper got `SIGTSTP`. A command that already stands will not stop again, so the wrapper follows at once.
    pub(super) fn asked_to_stop(&mut self, child_is_stopped: bool, now: Instant) {
        if child_is_stopped {
            self.stop_at = self.stop_at.or(Some(now + SETTLE));
        } else {
            self.asked = Some(now);
        }
    }

    /// The command stopped. A `SIGSTOP` out of the blue was meant for the command alone and is not followed.
    pub(super) fn child_stopped(&mut self, signal: i32, now: Instant) {
        let asked = self.asked.take().is_some_and(|asked| now.duration_since(asked) < ANSWER);
        if asked || JOB_STOPS.contains(&signal) {
            self.stop_at = Some(now + SETTLE);
        }
    }

    /// The command runs again, so there is nothing left to follow.
    pub(super) fn child_continued(&mut self) {
        self.stop_at = None;
    }

    /// Whether the wrapper stopped itself and was continued, asked once each time.
    pub(super) fn was_continued(&mut self) -> bool {
        std::mem::take(&mut self.continued)
    }

    /// The wrapper was continued. Whether the command needs a `SIGCONT` of its own: where it stands, or where a request
    /// to stop may still be on its way to it. After `fg` it has one already.
    pub(super) fn must_continue(&mut self, child_is_stopped: bool) -> bool {
        self.stop_at = None;
        self.asked.take().is_some() || child_is_stopped
    }

    /// How long until the wrapper is to stop, zero if now.
    pub(super) fn until_stop(&self, now: Instant) -> Option<Duration> {
        self.stop_at.map(|at| at.saturating_duration_since(now))
    }

    /// Stops this process and returns when somebody continued it.
    ///
    /// `SIGSTOP`, because `SIGTSTP` is caught. The first process of a container cannot be stopped: it returns at once,
    /// and the command is continued again.
    pub(super) fn stop_ourselves(&mut self) {
        self.stop_at = None;
        self.continued = true;
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGTERM;

    use super::*;

    const SIGSTOP: i32 = Signal::STOP.as_raw();

    fn follows(jobs: &Jobs) -> bool {
        jobs.until_stop(Instant::now()).is_some()
    }

    #[test]
    fn a_stop_by_job_control_is_followed() {
        for signal in JOB_STOPS {
            let mut jobs = Jobs::default();
            jobs.child_stopped(signal, Instant::now());
            assert!(follows(&jobs), "{signal}");
        }
    }

    #[test]
    fn a_stop_out_of_the_blue_is_not_followed() {
        let mut jobs = Jobs::default();
        jobs.child_stopped(SIGSTOP, Instant::now());
        assert!(!follows(&jobs));
    }

    #[test]
    fn any_stop_is_an_answer_to_a_request_for_a_second_and_once() {
        let start = Instant::now();
        for (delay, expected) in [(Duration::ZERO, true), (ANSWER, false)] {
            let mut jobs = Jobs::default();
            jobs.asked_to_stop(false, start);
            jobs.child_stopped(SIGSTOP, start + delay);
            assert_eq!(follows(&jobs), expected);
            jobs.child_continued();
            jobs.child_stopped(SIGSTOP, start);
            assert!(!follows(&jobs), "the request was used up");
        }
    }

    #[test]
    fn a_request_to_a_command_that_stands_is_followed_without_an_answer() {
        let mut jobs = Jobs::default();
        jobs.asked_to_stop(true, Instant::now());
        assert!(follows(&jobs));
    }

    #[test]
    fn the_stop_waits_for_a_continue_on_its_way_and_is_cancelled_by_it() {
        let now = Instant::now();
        let mut jobs = Jobs::default();
        jobs.child_stopped(SIGTSTP, now);
        assert_eq!(jobs.until_stop(now), Some(SETTLE));
        assert_eq!(jobs.until_stop(now + SETTLE), Some(Duration::ZERO));
        assert!(jobs.must_continue(true));
        assert!(!follows(&jobs));
    }

    #[test]
    fn a_command_that_runs_and_was_not_asked_to_stop_gets_no_second_continue() {
        let mut jobs = Jobs::default();
        jobs.asked_to_stop(false, Instant::now());
        jobs.child_stopped(SIGTSTP, Instant::now());
        jobs.child_continued();
        assert!(!jobs.must_continue(false));
        jobs.child_stopped(SIGTERM, Instant::now());
        assert!(!follows(&jobs));
    }

    #[test]
    fn a_request_on_its_way_is_overtaken_by_a_continue() {
        let mut jobs = Jobs::default();
        jobs.asked_to_stop(false, Instant::now());
        assert!(jobs.must_continue(false));
        assert!(!jobs.must_continue(false));
    }
}
