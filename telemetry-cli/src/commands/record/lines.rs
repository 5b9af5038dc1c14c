//! The lines of standard input, each of a bounded length, read by a thread of their own: what was recorded is merged also while the
//! next line is long in coming, and when a signal ends the program.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// The longest line that is an event, in bytes.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// How many lines are read ahead.
const AHEAD: usize = 16;

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(String),
    /// It is longer than [`MAX_LINE`]; the rest of it is skipped.
    TooLong,
    NotUtf8,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Line(Line),
    /// Nothing for as long as was waited.
    Nothing,
    End,
    Broken(io::Error),
    /// A signal asks to end.
    Signal(i32),
}

/// Lines that are on their way.
pub(super) struct Lines(Receiver<Next>);

impl Lines {
    /// The lines of standard input. From here on, signals that would end the program are told among them.
    pub(super) fn of_stdin() -> io::Result<Self> {
        let (sender, receiver) = sync_channel(AHEAD);
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let for_signals = sender.clone();
        thread::Builder::new()
            .spawn(move || signals.forever().try_for_each(|signal| for_signals.send(Next::Signal(signal))))?;
        thread::Builder::new().spawn(move || read(io::stdin(), &sender))?;
        Ok(Self(receiver))
    }

    /// The next line, if it comes within the time.
    pub(super) fn next_within(&self, time: Duration) -> Next {
        match self.0.recv_timeout(time) {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }
}

/// Sends every line, and how they ended. Whoever listens no longer has heard enough.
fn read(input: impl Read, sender: &SyncSender<Next>) {
    let mut input = BufReader::new(input);
    loop {
        let next = match line(&mut input) {
            Ok(Some(line)) => Next::Line(line),
            Ok(None) => Next::End,
            Err(error) => Next::Broken(error),
        };
        let last = !matches!(next, Next::Line(_));
        if sender.send(next).is_err() || last {
            return;
        }
    }
}

/// The next line; `None` at the end.
fn line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    // The end of a line of the full length is read with it.
    input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)?;
    let ended = bytes.pop_if(|last| *last == b'\n').is_some();
    if bytes.len() > MAX_LINE {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    if bytes.is_empty() && !ended {
        return Ok(None);
    }
    Ok(Some(String::from_utf8(bytes).map_or(Line::NotUtf8, Line::Text)))
}

#[cfg(test)]
mod tests {
    use super::{Line, MAX_LINE, line};

    fn lines(mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| line(&mut input).unwrap()).collect()
    }

    #[test]
    fn lines_are_told_apart_and_the_last_needs_no_end() {
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(lines(b"a\n\nb\r\n\xff\nc"), [text("a"), text(""), text("b\r"), Line::NotUtf8, text("c")]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        for (length, whole) in [(MAX_LINE, true), (MAX_LINE + 1, false), (3 * MAX_LINE, false)] {
            let read = lines(format!("{}\nnext\n", "x".repeat(length)).as_bytes());
            assert_eq!(read.len(), 2, "{length}");
            assert_eq!(read[0] != Line::TooLong, whole, "{length}");
            assert_eq!(read[1], Line::Text("next".to_owned()));
        }
    }
}
