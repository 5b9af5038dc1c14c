//! The one way in which a command fails: a sentence that says what, the cause, what to do about it, and an exit code.

use crate::output::written_on_stderr;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use telemetry_push::in_sentences;

/// The exit codes that all commands share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command could not do what it was asked.
    Failure = 1,
    /// The command cannot say what it was asked: the code of commands whose codes 1 and 2 are answers.
    Unknown = 3,
    /// The command was asked in the wrong way.
    Usage = 64,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    /// What caused it, and what caused that, a sentence each.
    causes: Vec<String>,
    advice: Option<String>,
}

impl Failure {
    /// A failure that this sentence describes; it begins with a small letter and has no final stop.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into(), causes: Vec::new(), advice: None }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// The same failure of a command whose exit code is its answer. Wrong usage stays that.
    pub(crate) fn unknown(self) -> Self {
        let exit = if self.exit == Exit::Usage { Exit::Usage } else { Exit::Unknown };
        Self { exit, ..self }
    }

    /// Whether the command was asked in the wrong way.
    pub(crate) fn is_usage(&self) -> bool {
        self.exit == Exit::Usage
    }

    /// The same failure with what caused it.
    pub(crate) fn because(self, cause: impl Error + 'static) -> Self {
        Self { causes: in_sentences(&cause), ..self }
    }

    /// The same failure with what to do about it.
    pub(crate) fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// The sentence with what caused it, on one line.
    pub(crate) fn line(&self) -> String {
        let sentences = std::iter::once(&self.message).chain(&self.causes);
        sentences.map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// Prints the failure on standard error: with `verbose`, each cause on a line of its own.
    pub(crate) fn report(&self, verbose: bool) -> ExitCode {
        let mut text = if verbose { self.message.clone() } else { self.line() };
        if verbose {
            self.causes.iter().for_each(|cause| text.push_str(&format!("\n  caused by: {cause}")));
        }
        if let Some(advice) = &self.advice {
            text.push_str(&format!("\n  {advice}"));
        }
        tell(&text);
        self.exit.into()
    }
}

/// Whether nothing is said but results and failures.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on nothing is said but results and failures: `--quiet`.
pub(crate) fn hush() {
    QUIET.store(true, Ordering::Relaxed);
}

/// A remark, on one line of standard error, unless nobody wants to hear any.
pub(crate) fn warn(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        tell(text);
    }
}

/// One line on standard error, whoever wants to hear it. Where that is closed, nobody is there to be told.
pub(crate) fn tell(text: &str) {
    let _nobody_listens = writeln!(io::stderr(), "telemetry: {}", written_on_stderr(text));
}

/// Any error of the libraries is a failure of the command, in its own words.
impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut causes = in_sentences(&error);
        let message = causes.remove(0);
        Self { causes, ..Self::new(message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    /// An error with a cause.
    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the push failed")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_chain_is_kept_whoever_wraps_it() {
        let outer = || Outer(io::Error::other("no route"));
        let failure = Failure::from(outer());
        assert_eq!(
            (failure.message.as_str(), failure.line().as_str()),
            ("the push failed", "the push failed: no route")
        );
        let failure = Failure::new("cannot go on").because(outer());
        assert_eq!(failure.causes, ["the push failed", "no route"]);
        assert_eq!(failure.line(), "cannot go on: the push failed: no route");
    }

    #[test]
    fn a_command_whose_code_is_an_answer_fails_with_3_but_for_wrong_usage() {
        assert_eq!(Failure::new("x").unknown().exit, Exit::Unknown);
        assert_eq!(Failure::usage("x").unknown().exit, Exit::Usage);
    }
}
