//! The only place that prints. Everything goes to standard error, as cargo's own progress does, so that the standard output
//! of the programs which the chores run stays theirs alone.
#![expect(clippy::print_stderr, reason = "a command-line tool talks to its user, and does it here")]

use std::fmt::Display;
use std::io::{IsTerminal as _, stderr};

/// Announces a step in a line that stands out.
pub(crate) fn title(text: impl Display) {
    eprintln!("\n{}", bold(&format!("== {text}")));
}

/// Says something on a line of its own.
pub(crate) fn say(text: impl Display) {
    eprintln!("{text}");
}

/// Reports the failure that ends the chore.
pub(crate) fn error(failure: impl Display) {
    eprintln!("{} {failure}", bold("error:"));
}

fn bold(text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !stderr().is_terminal() { text.to_owned() } else { format!("\x1b[1m{text}\x1b[0m") }
}
