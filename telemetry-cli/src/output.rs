//! The one place through which a result reaches standard output, and what is known of the screen behind it.

use crate::args::Colour;
use crate::failure::Failure;
use comfy_table::Table;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// What tables may use of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// The number of columns; `None` where nobody said, as in a pipe, so that nothing is cut or wrapped.
    pub(crate) width: Option<u16>,
    /// Whether there is colour and bold.
    pub(crate) colour: bool,
}

impl Screen {
    /// Nothing is known: no bound and no colour.
    pub(crate) const PLAIN: Self = Self { width: None, colour: false };

    /// The screen behind standard output.
    pub(crate) fn of_stdout(_wish: Colour) -> Self {
        let terminal = io::stdout().is_terminal();
        let refused = ["NO_COLOR", "TERM"].map(|name| std::env::var_os(name).unwrap_or_default());
        let [no_colour, term] = refused;
        Self::new(terminal, Table::new().width(), no_colour.is_empty() && term != "dumb")
    }

    /// Colour is for terminals, and only where the environment allows it (<https://no-color.org>).
    const fn new(terminal: bool, width: Option<u16>, colour_allowed: bool) -> Self {
        Self { width: if terminal { width } else { None }, colour: terminal && colour_allowed }
    }
}

/// A document for programs. Its version rises when a field changes its meaning or goes away.
#[derive(serde::Serialize)]
struct Document<'d, T> {
    version: u32,
    #[serde(flatten)]
    body: &'d T,
}

/// Writes a result for programs: one JSON object, which begins with its `version`.
pub(crate) fn print_json(body: &impl serde::Serialize) -> Result<ExitCode, Failure> {
    print(&(serde_json::to_string_pretty(&Document { version: 1, body })? + "\n"))
}

/// Writes the result. Whoever reads it may stop early, as `head` does, and that is no failure.
pub(crate) fn print(text: &str) -> Result<ExitCode, Failure> {
    written(&mut io::stdout().lock(), text)
}

fn written(out: &mut impl Write, text: &str) -> Result<ExitCode, Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new("cannot write the result to standard output").because(error))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that fails.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
        assert!(written(&mut Failing(ErrorKind::BrokenPipe), "x").is_ok());
        let failure = written(&mut Failing(ErrorKind::StorageFull), "x").unwrap_err();
        assert!(failure.line().starts_with("cannot write the result to standard output: "));
    }

    #[test]
    fn only_a_terminal_has_a_width_and_colour() {
        assert_eq!(Screen::new(false, Some(80), true), Screen { width: None, colour: false });
        assert_eq!(Screen::new(true, Some(80), false), Screen { width: Some(80), colour: false });
        assert_eq!(Screen::new(true, None, true), Screen { width: None, colour: true });
    }
}
