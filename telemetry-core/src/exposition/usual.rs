//! The usual line, read in one pass: `name{a="b",c="d"} 123` and a line feed, with or without a timestamp.
//!
//! It is guessed that a line has the name and the labels of the one before; see [`alike`](super::alike). Wherever a line is unusual
//! it is given up and read again by the grammar, which alone says what is wrong with it; so nothing here is an error, and nothing is
//! read here that the grammar reads otherwise.

use super::names::is_metric_name_byte;
use super::number::{parse_value, short_integer};
use super::reader::Reader;
use super::scan::common_prefix;
use super::timestamp::Timestamp;

impl<'a> Reader<'a> {
    /// Reads the next line if it is the usual line of a sample; else stays in front of it.
    #[inline(always)]
    pub(super) fn usual_sample(&mut self) -> Option<(f64, Option<Timestamp>)> {
        let line = self.cursor.rest();
        let behind = match self.usual.same_name(line) {
            Some(alike) => self.usual_labels(line, alike)? + 1,
            None => self.usual_beginning(line)?,
        };
        let read = self.usual_value(line, behind);
        if read.is_none() {
            self.usual.forget();
        }
        let (value, timestamp, end) = read?;
        self.line.go_to(&self.cursor);
        self.cursor.step_over_line(end);
        Some((value, timestamp))
    }

    /// The length of name and labels where the labels are not expected or the name is another one.
    #[inline(never)]
    fn usual_beginning(&mut self, line: &'a str) -> Option<usize> {
        let name = self.usual_name(line)?;
        if line.as_bytes().get(name) == Some(&b'{') {
            let alike = self.usual.other_name(line, name + 1)?;
            return Some(self.usual_labels(line, alike)? + 1);
        }
        self.labels.clear();
        self.usual.note_no_labels();
        Some(name)
    }

    /// The length of the name, which is nearly always the latest one.
    #[inline]
    fn usual_name(&mut self, line: &'a str) -> Option<usize> {
        let (bytes, latest) = (line.as_bytes(), self.latest_name.as_bytes());
        if !latest.is_empty() && bytes.starts_with(latest) && ends_name(bytes.get(latest.len())) {
            return Some(latest.len());
        }
        self.other_name(line)
    }

    /// The length of a name that is not the latest one, but begins as that does where both are of a histogram.
    #[inline(never)]
    fn other_name(&mut self, line: &'a str) -> Option<usize> {
        let bytes = line.as_bytes();
        let same = common_prefix(bytes, self.latest_name.as_bytes());
        let length = same + bytes.get(same..)?.iter().position(|byte| !is_metric_name_byte(*byte))?;
        if length == 0 || bytes.first()?.is_ascii_digit() || !ends_name(bytes.get(length)) {
            return None;
        }
        self.latest_name = line.get(..length)?;
        Some(length)
    }

    /// Reads what stands behind name and labels, and says where the line ends.
    #[inline]
    fn usual_value(&mut self, line: &'a str, at: usize) -> Option<(f64, Option<Timestamp>, usize)> {
        let bytes = line.as_bytes();
        if bytes.get(at) != Some(&b' ') {
            return None;
        }
        let start = at + 1;
        let (value, end) = short_integer(bytes.get(start..)?)
            .map_or((0.0, start), |(value, length)| (value, start + length));
        match bytes.get(end)? {
            b'\n' if end > start => Some((value, None, end)),
            b' ' if end > start => self.usual_timestamp(line, value, end),
            _ => self.usual_number(line, start),
        }
    }

    /// Reads a value that is not a short integer, or in front of a carriage return, and what follows it.
    #[inline(never)]
    fn usual_number(&mut self, line: &'a str, start: usize) -> Option<(f64, Option<Timestamp>, usize)> {
        let word = word(line, start)?;
        let (value, end) = (parse_value(word)?, start + word.len());
        match line.as_bytes().get(end)? {
            b' ' => self.usual_timestamp(line, value, end),
            _ => Some((value, None, self.usual_end(line, end)?)),
        }
    }

    /// Reads a timestamp behind a value, and the blank between them.
    #[inline(never)]
    fn usual_timestamp(
        &mut self,
        line: &'a str,
        value: f64,
        blank: usize,
    ) -> Option<(f64, Option<Timestamp>, usize)> {
        let word = word(line, blank + 1)?;
        let timestamp = Timestamp::parse(word, self.format)?;
        let end = self.usual_end(line, blank + 1 + word.len())?;
        Some((value, Some(timestamp), end))
    }

    /// Where the line feed is, which is here or behind a carriage return.
    fn usual_end(&mut self, line: &str, at: usize) -> Option<usize> {
        let bytes = line.as_bytes();
        match bytes.get(at)? {
            b'\n' => Some(at),
            b'\r' if bytes.get(at + 1) == Some(&b'\n') && self.cursor.ends_lines_in_crlf() => Some(at + 1),
            _ => None,
        }
    }
}

/// Whether a name can be over in front of this byte.
fn ends_name(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'{' | b' '))
}

/// The word that begins here. One that is empty, or ends in anything but a blank or a line feed, is no number.
fn word(line: &str, at: usize) -> Option<&str> {
    let bytes = line.as_bytes().get(at..)?;
    let length = bytes.iter().position(|byte| *byte <= b' ')?;
    line.get(at..at + length)
}
