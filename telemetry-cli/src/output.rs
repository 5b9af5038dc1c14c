//! The one place through which a result reaches standard output, and what is known of the screen behind it.

use crate::args::Colour;
use crate::failure::Failure;
use comfy_table::Table;
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

mod ascii;
pub(crate) mod file;
mod locale;
pub(crate) mod stage;

pub(crate) use stage::Stage;

/// What tables may use of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// The number of columns; `None` where nobody said, as in a pipe, so that nothing is cut or wrapped.
    pub(crate) width: Option<u16>,
    /// Whether there is colour and bold.
    pub(crate) colour: bool,
    /// Whether it shows more than ASCII.
    pub(crate) utf8: bool,
}

impl Screen {
    /// A pipe: no bound, no colour, and UTF-8.
    pub(crate) const PLAIN: Self = Self { width: None, colour: false, utf8: true };

    /// The screen behind standard output.
    pub(crate) fn of_stdout(wish: Colour) -> Self {
        let environment = |name: &str| std::env::var_os(name);
        Self::new(wish, io::stdout().is_terminal(), Table::new().width(), environment)
    }

    fn new(
        wish: Colour,
        terminal: bool,
        width: Option<u16>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        Self {
            width: if terminal { width } else { None },
            colour: is_coloured(wish, terminal, &environment),
            utf8: locale::is_utf8(terminal, &environment),
        }
    }

    /// The text as this screen can show it, every character in the columns that it had.
    pub(crate) fn written(self, text: &str) -> String {
        if self.utf8 { text.to_owned() } else { ascii::ascii(text) }
    }
}

/// Colour is for terminals, and as the environment wants it (<https://no-color.org>, <http://bixense.com/clicolors/>). Whoever refuses
/// colour is asked before whoever forces it.
fn is_coloured(wish: Colour, terminal: bool, environment: impl Fn(&str) -> Option<OsString>) -> bool {
    let value = |name: &str| environment(name).unwrap_or_default();
    match wish {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if !value("NO_COLOR").is_empty() => false,
        Colour::Auto if !["", "0"].iter().any(|off| value("CLICOLOR_FORCE") == *off) => true,
        Colour::Auto => terminal && value("CLICOLOR") != "0" && value("TERM") != "dumb",
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

/// Writes a result for people, as the screen can show it.
pub(crate) fn print_to(screen: Screen, text: &str) -> Result<ExitCode, Failure> {
    print(&screen.written(text))
}

/// The text as whoever reads standard error can show it.
pub(crate) fn written_on_stderr(text: &str) -> String {
    let environment = |name: &str| std::env::var_os(name);
    Screen::new(Colour::Never, io::stderr().is_terminal(), None, environment).written(text)
}

/// Writes the result. Whoever reads it may stop early, as `head` does, and that is no failure.
pub(crate) fn print(text: &str) -> Result<ExitCode, Failure> {
    print_on(text).map(|_read| ExitCode::SUCCESS)
}

/// Writes a part of the result, and says whether somebody still reads.
pub(crate) fn print_on(text: &str) -> Result<bool, Failure> {
    written(&mut io::stdout().lock(), text.as_bytes())
}

/// Writes a result that is no text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    written(&mut io::stdout().lock(), bytes).map(drop)
}

fn written(out: &mut impl Write, bytes: &[u8]) -> Result<bool, Failure> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new("cannot write the result to standard output").because(error)),
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
        assert!(written(&mut Failing(ErrorKind::BrokenPipe), b"x").is_ok_and(|read| !read));
        let failure = written(&mut Failing(ErrorKind::StorageFull), b"x").unwrap_err();
        assert!(failure.line().starts_with("cannot write the result to standard output: "));
    }

    fn screen(wish: Colour, terminal: bool, environment: &[(&str, &str)]) -> Screen {
        let value =
            |name: &str| environment.iter().find(|(of, _)| *of == name).map(|(_, value)| value.into());
        Screen::new(wish, terminal, Some(80), value)
    }

    #[test]
    fn only_a_terminal_has_a_width() {
        assert_eq!(screen(Colour::Auto, false, &[]), Screen::PLAIN);
        let forced = Screen { colour: true, ..Screen::PLAIN };
        assert_eq!(screen(Colour::Always, false, &[("NO_COLOR", "1")]), forced);
        let terminal = Screen { width: Some(80), colour: true, utf8: true };
        assert_eq!(screen(Colour::Auto, true, &[("LANG", "C.UTF-8")]), terminal);
    }

    #[test]
    fn colour_is_as_somebody_wants_it_and_else_for_terminals() {
        use Colour::{Always, Auto, Never};
        for (wish, terminal, environment, expected) in [
            (Auto, true, &[][..], true),
            (Auto, true, &[("TERM", "dumb")], false),
            (Auto, true, &[("NO_COLOR", "")], true),
            (Auto, true, &[("NO_COLOR", "0")], false),
            (Auto, true, &[("CLICOLOR", "0")], false),
            (Auto, false, &[("CLICOLOR", "1")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "")], false),
            (Auto, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (Always, false, &[("NO_COLOR", "1")], true),
            (Never, true, &[("CLICOLOR_FORCE", "1")], false),
        ] {
            assert_eq!(screen(wish, terminal, environment).colour, expected, "{wish:?} {environment:?}");
        }
    }
}
