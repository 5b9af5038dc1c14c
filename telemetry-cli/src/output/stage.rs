//! The screen of a terminal as a stage on which one page takes the place of another.
//!
//! What stood on the terminal is there again afterwards, however the command ends.

use super::{Screen, print_on};
use crate::failure::Failure;
use rustix::termios::tcgetwinsize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use unicode_width::UnicodeWidthStr as _;

/// To the other screen of the terminal, which has no lines above, without a cursor.
pub(crate) const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Back to where it was.
pub(crate) const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// A terminal that knows them shows everything between these two at once.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[J\x1b[?2026l";

/// A terminal that was taken over.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Tells that the page has to be shown again.
    disturbed: Receiver<()>,
}

impl Stage {
    /// Whether standard output is a terminal that can be taken over.
    pub(crate) fn is_possible() -> bool {
        io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Takes the terminal over. A signal gives it back and then does what it always does.
    pub(crate) fn enter() -> Result<Self, Failure> {
        let signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH])
            .map_err(|error| Failure::new("cannot catch signals").because(error))?;
        let (tell, disturbed) = channel();
        std::thread::spawn(move || obey(signals, &tell));
        print_on(ENTER)?;
        Ok(Self { disturbed })
    }

    /// Shows a page in place of the one before, as much of it as there is room for; false where the terminal is gone.
    pub(crate) fn show(&self, screen: Screen, page: &str) -> Result<bool, Failure> {
        let height = tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_row);
        let mut text = BEGIN.to_owned();
        let lines = fitting(&screen.written(page), screen.width, height);
        // What is left of a longer line before is taken away, and no line feed follows the last line, which would scroll.
        text += &lines.iter().map(|line| format!("{line}\x1b[K")).collect::<Vec<_>>().join("\r\n");
        print_on(&(text + END))
    }

    /// Waits, until the page has to be shown again or for that long.
    pub(crate) fn is_disturbed(&self, at_most: Duration) -> bool {
        match self.disturbed.recv_timeout(at_most) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(at_most);
                false
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _gone = print_on(LEAVE);
    }
}

fn obey(mut signals: Signals, tell: &Sender<()>) {
    for signal in &mut signals {
        if signal != SIGWINCH {
            let _gone = print_on(LEAVE);
            let _survived = emulate_default_handler(signal);
            // Whoever was stopped goes on here.
            let _gone = print_on(ENTER);
        }
        if tell.send(()).is_err() {
            return;
        }
    }
}

/// As many lines as there is room for, and in the last row how many more there are. A line that is wider than the screen takes several
/// rows. A height or width of 0 is none that anybody knows.
fn fitting(page: &str, width: Option<u16>, height: u16) -> Vec<String> {
    let width = usize::from(width.unwrap_or_default());
    let rows = |line: &str| columns(line).div_ceil(if width == 0 { usize::MAX } else { width }).max(1);
    let lines: Vec<_> = page.lines().collect();
    let height = if height == 0 { usize::MAX } else { usize::from(height) };
    if lines.iter().map(|line| rows(line)).sum::<usize>() <= height {
        return lines.into_iter().map(str::to_owned).collect();
    }
    let mut room = height.saturating_sub(1);
    let fits = |line: &&&str| {
        let left = room.checked_sub(rows(line));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut shown: Vec<_> = lines.iter().take_while(fits).map(|line| (*line).to_owned()).collect();
    shown.push(format!("{} more lines", lines.len() - shown.len()));
    shown
}

/// How many columns a line takes, without what only paints it.
fn columns(line: &str) -> usize {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().width();
    let painted = |part: &str| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
        part[end..].width()
    };
    first + parts.map(painted).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::{columns, fitting};

    #[test]
    fn paint_takes_no_columns() {
        assert_eq!(columns("\x1b[1mAgent\x1b[0m \x1b[38;5;2m日本\x1b[39m"), 10);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let page = "a\nbbbbbb\n\nd\n";
        assert_eq!(fitting(page, Some(4), 5), ["a", "bbbbbb", "", "d"]);
        assert_eq!(fitting(page, Some(4), 4), ["a", "bbbbbb", "2 more lines"]);
        assert_eq!(fitting(page, Some(4), 3), ["a", "3 more lines"]);
        assert_eq!(fitting(page, Some(4), 1), ["4 more lines"]);
        assert_eq!(fitting(page, None, 0).len(), 4);
    }
}
