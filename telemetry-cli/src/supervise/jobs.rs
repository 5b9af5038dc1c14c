//! When to stop and when to continue together with the command.
//!
//! The shell waits for the wrapper, so a command that stops must take the wrapper with it, or the shell would never get
//! its terminal back. Pure bookkeeping, but for the one call with which the wrapper stops itself.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};

use super::inbox::Arrived;

/// The signals by which job control stops a program.
const JOB_STOPS: [i32; 3] = [SIGTSTP, SIGTTIN, SIGTTOU];

/// How long after `SIGTSTP` any stop counts as its answer. A program that first restores the terminal and then stops by
/// `SIGSTOP` needs milliseconds; a second leaves room for a machine under load.
const ANSWER: Duration = Duration::from_secs(1);

/// How long the wrapper waits before it follows a stop.
///
/// A `SIGCONT` that arrives between the last look and our own stop, a fraction of a microsecond, is lost. One that was
/// sent right behind a `SIGTSTP` would find that moment now and then, but after this time it has long arrived. It delays
/// the shell's prompt by less than a person notices.
const SETTLE: Duration = Duration::from_millis(25);

/// What the signals of one look ask of the job.
#[derive(Debug, PartialEq)]
pub(super) enum Request<'a> {
    /// To go on as it is.
    Nothing,
    /// To stop, by this signal.
    Stop(&'a Arrived),
    /// To run.
    Continue,
}

/// What is known about stopping and continuing.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// When `SIGTSTP` came that the command has not answered yet.
    asked: Option<Instant>,
    /// When to stop ourselves.
    stop_at: Option<Instant>,
    /// Whether we stopped ourselves and were continued since the last look.
    woken: bool,
}

impl Jobs {
    /// What the signals of one look ask for.
    ///
    /// A pause of our own can only have ended by a `SIGCONT`, and what else arrived came after that one. Beyond that the
    /// order of signals is unknown: where the kernel finds two, it runs the handler of the later one first. Between
    /// `SIGTSTP` and `SIGCONT` the latter wins, since a job that runs can be stopped again, while one that stands after
    /// its last `SIGCONT` would wait forever.
    pub(super) fn request<'a>(&mut self, arrived: &'a [Arrived], now: Instant) -> Request<'a> {
        let woken = std::mem::take(&mut self.woken);
        let continues = arrived.iter().filter(|arrived| arrived.signal == SIGCONT).count();
        let suspend = arrived.iter().find(|arrived| arrived.signal == SIGTSTP);
        self.asked = suspend.map(|_| now).or(self.asked);
        match suspend {
            Some(suspend) if continues <= usize::from(woken) => Request::Stop(suspend),
            _ if woken || continues > 0 => Request::Continue,
            _ => Request::Nothing,
        }
    }

    /// The request to stop was passed on. A command that already stands will not stop again, so the wrapper follows
    /// without an answer.
    pub(super) fn passed_on(&mut self, child_is_stopped: bool, now: Instant) {
        if child_is_stopped {
            self.asked = None;
            self.stop_at = self.stop_at.or(Some(now + SETTLE));
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
    pub(super) fn stop(&mut self, ourselves: Pid) {
        self.stop_at = None;
        self.woken = true;
        let _ = kill_process(ourselves, Signal::STOP);
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::Sender;
    use super::*;

    const SIGSTOP: i32 = Signal::STOP.as_raw();

    fn arrived(signals: &[i32]) -> Vec<Arrived> {
        signals.iter().map(|&signal| Arrived { signal, sender: Sender::Process(1) }).collect()
    }

    fn follows(jobs: &Jobs) -> bool {
        jobs.until_stop(Instant::now()).is_some()
    }

    /// After a request to stop that was passed on to a command which runs.
    fn asked(now: Instant) -> Jobs {
        let mut jobs = Jobs::default();
        assert!(matches!(jobs.request(&arrived(&[SIGTSTP]), now), Request::Stop(_)));
        jobs.passed_on(false, now);
        jobs
    }

    #[test]
    fn a_continue_wins_over_a_stop_unless_it_ended_our_own_pause() {
        let (stop, go, nothing) = (Some(true), Some(false), None);
        for (signals, running, woken) in [
            (&[][..], nothing, go),
            (&[SIGCONT], go, go),
            (&[SIGTSTP], stop, stop),
            (&[SIGCONT, SIGTSTP], go, stop),
            (&[SIGCONT, SIGCONT, SIGTSTP], go, go),
        ] {
            for (was_woken, expected) in [(false, running), (true, woken)] {
                let mut jobs = Jobs { woken: was_woken, ..Jobs::default() };
                let signals = arrived(signals);
                let request = match jobs.request(&signals, Instant::now()) {
                    Request::Nothing => nothing,
                    Request::Stop(_) => stop,
                    Request::Continue => go,
                };
                assert_eq!(request, expected, "{signals:?}, woken: {was_woken}");
                assert!(!jobs.woken, "a pause ends once");
            }
        }
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
            let mut jobs = asked(start);
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
        jobs.passed_on(true, Instant::now());
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
        let now = Instant::now();
        let mut jobs = asked(now);
        jobs.child_stopped(SIGTSTP, now);
        jobs.child_continued();
        assert!(!jobs.must_continue(false));
    }

    #[test]
    fn a_request_that_may_be_on_its_way_is_overtaken_by_a_continue_of_its_own() {
        let mut jobs = asked(Instant::now());
        assert!(jobs.must_continue(false));
        assert!(!jobs.must_continue(false));

        let both = arrived(&[SIGCONT, SIGTSTP]);
        assert_eq!(jobs.request(&both, Instant::now()), Request::Continue);
        assert!(jobs.must_continue(false), "the terminal may have stopped the command");
    }
}
