//! How the command ended, as an exit code and as a message.

use std::ffi::OsStr;
use std::io;

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
}

impl Supervised {
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
            Ended::Exited(code) => self.told_to_stop.filter(|signal| code == SIGNAL_BASE + signal),
            Ended::NotFound(_) | Ended::NotExecutable(_) | Ended::Failed(_) => None,
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
    use signal_hook::consts::{SIGINT, SIGKILL, SIGTERM};

    use super::*;

    fn supervised(ended: Ended, told_to_stop: Option<i32>) -> Supervised {
        Supervised { ended, told_to_stop }
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
    fn only_a_command_that_did_not_run_has_a_message() {
        let message = |ended| supervised(ended, None).message(OsStr::new("foo"));
        assert_eq!(message(Ended::NotFound(error())).unwrap(), "cannot run 'foo': not found in PATH");
        assert_eq!(message(Ended::Exited(1)), None);
        assert_eq!(message(Ended::Signalled(SIGTERM)), None);
    }
}
