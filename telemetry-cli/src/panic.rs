//! What happens where the program itself has a mistake: a sentence of its own in place of Rust's, and an exit code that no caller
//! takes for an answer.

use crate::failure::{Exit, tell};
use crate::tables::harmless;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;

/// From now on a panic of any thread is told in our words: where, and with `verbose` also what and how it got there.
pub(crate) fn tell_of_panics(verbose: bool) {
    set_hook(Box::new(move |panic| tell(&sentence(panic, verbose))));
}

/// Runs the command. If it panics, which the hook has told by then, the program ends with this code.
pub(crate) fn caught(exit: Exit, command: impl FnOnce() -> ExitCode) -> ExitCode {
    // Nothing is looked at that the panic may have left half done.
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| exit.into())
}

fn sentence(panic: &PanicHookInfo<'_>, verbose: bool) -> String {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    if verbose {
        let message = harmless(message(panic));
        let trace = std::backtrace::Backtrace::force_capture();
        format!(
            "internal error at {place}: {message}\n{trace}  This is a mistake of telemetry itself. Please report all of this with what you did."
        )
    } else {
        format!(
            "internal error at {place}\n  This is a mistake of telemetry itself. Please report this line with what you did; -v says more."
        )
    }
}

/// What the program said when it panicked: a text of its source, or one that was made for the occasion.
fn message<'p>(panic: &'p PanicHookInfo<'_>) -> &'p str {
    let payload = panic.payload();
    let made = || payload.downcast_ref::<String>().map(String::as_str);
    payload.downcast_ref::<&str>().copied().or_else(made).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_panics_ends_with_the_given_code() {
        let code = |exit| format!("{:?}", caught(exit, || panic!("on purpose")));
        assert_eq!(code(Exit::Unknown), format!("{:?}", ExitCode::from(3)));
        assert_eq!(code(Exit::Failure), format!("{:?}", ExitCode::from(1)));
        let fine = format!("{:?}", caught(Exit::Failure, || ExitCode::SUCCESS));
        assert_eq!(fine, format!("{:?}", ExitCode::SUCCESS));
    }

    #[test]
    fn a_panic_is_told_in_our_words() {
        // The hook belongs to the whole process; nothing else in this test binary looks at it.
        let (send, receive) = std::sync::mpsc::channel();
        let send = std::sync::Mutex::new(send);
        let before = std::panic::take_hook();
        set_hook(Box::new(move |panic| {
            if message(panic) == "a \u{1b}[31m secret" {
                let said = [false, true].map(|verbose| sentence(panic, verbose));
                let _sent = send.lock().map(|send| send.send(said));
            }
        }));
        let _caught = catch_unwind(|| panic!("a \u{1b}[31m secret"));
        set_hook(before);
        let [short, long] = receive.recv().unwrap_or_default();
        assert!(
            short.starts_with("internal error at telemetry-cli/src/panic.rs:") && !short.contains("secret"),
            "{short}"
        );
        assert!(long.contains("panic.rs:") && long.contains("secret") && !long.contains('\u{1b}'), "{long}");
        assert!(!short.contains("panicked") && short.contains("report"), "{short}");
    }
}
