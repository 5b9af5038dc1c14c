//! How the command ended, as an exit code and as a message.

use std::ffi::OsStr;
use std::io;

use signal_hook::consts::{SIGKILL, SIGTERM};

/// What a shell adds to a signal's number to make an exit code of it.
const SIGNAL_BASE: i32 = 128;

/// The exit code of shells for a command that exists but cannot be run.
const NOT_EXECUTABLE: u8 = 126;

/// The exit code of shells for a command that does not exist.
const NOT_FOUND: u8 = 127;

/// How the command ended. Where it never began, the error says why in words for the user.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With this code, by itself.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It does not exist, or the interpreter that it names does not.
    NotFound(io::Error),
    /// It exists, but is no program, or none that this user may run.
    NotExecutable(io::Error),
    /// The system refused for another reason, such as arguments that are too long.
    Failed(io::Error),
}

/// A command that is over.
#[derive(Debug)]
pub(crate) struct Supervised {
    /// How it ended.
    pub(crate) ended: Ended,
    /// The last of `SIGINT`, `SIGQUIT`, `SIGTERM` and `SIGHUP` that the wrapper saw, whether it passed it on or the
    /// command had it from the terminal.
    pub(crate) told_to_stop: Option<i32>,
    /// The last signal that was sent to the command because its time was over.
    pub(crate) sent_at_limit: Option<i32>,
}

impl Supervised {
    /// The end of a wrapper that was asked to end while there was no command to pass it on to.
    pub(crate) const fn asked_to_end(signal: i32) -> Self {
        Self { ended: Ended::Signalled(signal), told_to_stop: Some(signal), sent_at_limit: None }
    }

    /// The exit code that makes the wrapper indistinguishable from the command: its own, 126 where it could not be run,
    /// 127 where it was not found, and 128 + N where signal N ended it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.ended {
            Ended::Exited(code) => low_byte(code),
            Ended::Signalled(signal) => low_byte(SIGNAL_BASE + signal),
            Ended::NotFound(_) => NOT_FOUND,
            Ended::NotExecutable(_) | Ended::Failed(_) => NOT_EXECUTABLE,
        }
    }

    /// The signal that ended the command.
    ///
    /// A program that tidies up on a signal and then exits with 128 + N was killed as well; but only the signal that was
    /// really seen counts, since any program may use such a code for something else.
    pub(crate) fn was_killed(&self) -> Option<i32> {
        match self.ended {
            Ended::Signalled(signal) => Some(signal),
            Ended::Exited(code) => {
                let mut seen = [self.told_to_stop, self.sent_at_limit].into_iter().flatten();
                seen.find(|signal| code == SIGNAL_BASE + signal)
            }
            Ended::NotFound(_) | Ended::NotExecutable(_) | Ended::Failed(_) => None,
        }
    }

    /// Whether the command was killed because its time was over. One that ended in another way after it was asked to was not.
    pub(crate) fn ran_out_of_time(&self) -> bool {
        match self.was_killed() {
            Some(SIGTERM) => self.sent_at_limit.is_some(),
            Some(SIGKILL) => self.sent_at_limit == Some(SIGKILL),
            _ => false,
        }
    }

    /// What to tell the user, where the command could not be run.
    pub(crate) fn message(&self, program: &OsStr) -> Option<String> {
        match &self.ended {
            Ended::Exited(_) | Ended::Signalled(_) => None,
            Ended::NotFound(error) | Ended::NotExecutable(error) | Ended::Failed(error) => {
                Some(format!("cannot run '{}': {error}", program.display()))
            }
        }
    }
}

/// The part of an exit code that a parent gets to see.
fn low_byte(code: i32) -> u8 {
    code.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGINT;

    use super::*;

    fn supervised(ended: Ended, told_to_stop: Option<i32>) -> Supervised {
        Supervised { ended, told_to_stop, sent_at_limit: None }
    }

    fn error() -> io::Error {
        io::Error::other("not found in PATH")
    }

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        let code = |ended| supervised(ended, None).exit_code();
        assert_eq!(code(Ended::Exited(0)), 0);
        assert_eq!(code(Ended::Exited(255)), 255);
        assert_eq!(code(Ended::Signalled(SIGKILL)), 137);
        assert_eq!(code(Ended::Signalled(64)), 192);
        assert_eq!(code(Ended::NotFound(error())), 127);
        assert_eq!(code(Ended::NotExecutable(error())), 126);
        assert_eq!(code(Ended::Failed(error())), 126);
    }

    #[test]
    fn a_code_counts_as_a_signal_only_if_that_signal_was_seen() {
        let killed = |ended, told| supervised(ended, told).was_killed();
        assert_eq!(killed(Ended::Signalled(SIGKILL), None), Some(SIGKILL));
        assert_eq!(killed(Ended::Signalled(SIGKILL), Some(SIGTERM)), Some(SIGKILL));
        assert_eq!(killed(Ended::Exited(130), Some(SIGINT)), Some(SIGINT));
        assert_eq!(killed(Ended::Exited(130), Some(SIGTERM)), None);
        assert_eq!(killed(Ended::Exited(130), None), None);
        assert_eq!(killed(Ended::Exited(0), Some(SIGINT)), None);
        assert_eq!(killed(Ended::NotFound(error()), Some(SIGINT)), None);
    }

    #[test]
    fn only_what_the_limit_sent_makes_an_end_one_of_time() {
        let of_time = |ended, sent_at_limit| {
            let supervised = Supervised { ended, told_to_stop: None, sent_at_limit };
            (supervised.was_killed().is_some(), supervised.ran_out_of_time())
        };
        assert_eq!(of_time(Ended::Signalled(SIGTERM), Some(SIGTERM)), (true, true));
        assert_eq!(of_time(Ended::Exited(143), Some(SIGTERM)), (true, true));
        assert_eq!(of_time(Ended::Signalled(SIGKILL), Some(SIGKILL)), (true, true));
        assert_eq!(of_time(Ended::Signalled(SIGTERM), Some(SIGKILL)), (true, true));
        assert_eq!(of_time(Ended::Signalled(SIGKILL), Some(SIGTERM)), (true, false));
        assert_eq!(of_time(Ended::Signalled(SIGTERM), None), (true, false));
        assert_eq!(of_time(Ended::Exited(0), Some(SIGTERM)), (false, false));
        assert_eq!(of_time(Ended::Exited(1), Some(SIGTERM)), (false, false));
    }

    #[test]
    fn only_a_command_that_did_not_run_has_a_message() {
        let message = |ended| supervised(ended, None).message(OsStr::new("foo"));
        assert_eq!(message(Ended::NotFound(error())).unwrap(), "cannot run 'foo': not found in PATH");
        assert_eq!(message(Ended::Exited(1)), None);
        assert_eq!(message(Ended::Signalled(SIGTERM)), None);
    }
}
