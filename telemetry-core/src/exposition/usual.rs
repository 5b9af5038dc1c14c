//! The usual line, read in one pass: `name{a="b",c="d"} 123` and a line feed, with or without a timestamp.
//!
//! It is guessed that a line has the labels of the one before: what their texts have in common is compared eight bytes at a
//! time, and only values that differ are read anew. Wherever a line is unusual it is given up and read again by the
//! grammar, which alone says what is wrong with it; so nothing here is an error, and nothing is read here that the
//! grammar reads otherwise.

use std::borrow::Cow;
use std::ops::Range;

use super::model::Label;
use super::names::{is_label_name_byte, is_metric_name_byte};
use super::number::{parse_value, short_integer};
use super::reader::{Reader, check_names};
use super::scan::{common_prefix, quote_backslash_or_line_feed};
use super::timestamp::Timestamp;

/// The labels of the latest sample as text, where its line was a usual one.
#[derive(Debug, Default)]
pub(super) struct Usual<'a> {
    /// What stands between the braces.
    text: &'a str,
    /// Where in that text each label's value is.
    values: Vec<Range<usize>>,
    /// Whether the latest line was a usual one.
    known: bool,
    /// How many bytes that text has in common with the one before, if both lines are usual and have labels of the same names.
    same: Option<usize>,
}

impl<'a> Usual<'a> {
    /// Guesses nothing for the next line.
    pub(super) fn forget(&mut self) {
        self.text = "";
        self.values.clear();
        self.known = false;
        self.same = None;
    }

    /// How many bytes [`Self::labels`] has in common with that of the sample before, if both lines are usual and have labels of the
    /// same names in the same order.
    pub(super) fn same(&self) -> Option<usize> {
        self.same
    }

    /// What stands between the braces of the latest line, if that was a usual one: names and values without escapes,
    /// with commas between them and nothing else.
    pub(super) fn labels(&self) -> Option<&'a str> {
        self.known.then_some(self.text)
    }

    /// The same without a label whose name has so many bytes, unless that stands in the middle.
    pub(super) fn labels_without(&self, number: usize, name: usize) -> Option<&'a str> {
        let (text, value) = (self.labels()?, self.values.get(number)?);
        let start = value.start.checked_sub(name + 2)?;
        if value.end + 1 == text.len() {
            text.get(..start.saturating_sub(1))
        } else if start == 0 {
            text.get(value.end + 2..)
        } else {
            None
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads the next line if it is the usual line of a sample; else stays in front of it.
    #[inline]
    pub(super) fn usual_sample(&mut self) -> Option<(f64, Option<Timestamp>)> {
        let line = self.cursor.rest();
        let name = self.usual_name(line)?;
        let labels = if line.as_bytes().get(name) == Some(&b'{') {
            self.usual_labels(line.get(name + 1..)?)? + 2
        } else {
            self.labels.clear();
            self.usual.forget();
            self.usual.known = true;
            0
        };
        let read = self.usual_value(line, name + labels);
        if read.is_none() {
            self.usual.forget();
        }
        let (value, timestamp, end) = read?;
        self.line.go_to(&self.cursor);
        self.cursor.step_over_line(end);
        Some((value, timestamp))
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

    /// The length of the labels, whose closing brace is behind them.
    #[inline]
    fn usual_labels(&mut self, text: &'a str) -> Option<usize> {
        let read = self.labels_like_latest(text);
        if read.is_none() {
            self.labels.clear();
            self.usual.forget();
        }
        read
    }

    /// Reads labels that nearly always have the names of those of the latest line.
    #[inline]
    fn labels_like_latest(&mut self, text: &'a str) -> Option<usize> {
        let (number, at, same) = self.labels_of_same_names(text)?;
        if number < self.usual.values.len() || !self.usual.known || text.as_bytes().get(at) != Some(&b'}') {
            return self.other_labels(text, number, at, same);
        }
        self.usual.text = text.get(..at)?;
        self.usual.same = Some(same);
        Some(at)
    }

    /// Reads on behind so many labels.
    #[inline(never)]
    fn other_labels(&mut self, text: &'a str, number: usize, at: usize, same: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let (before, comparable) = (self.usual.values.len(), self.usual.known);
        let (mut number, mut at, mut renamed) = (number, at, false);
        loop {
            match bytes.get(at)? {
                b'}' => break,
                b',' if number > 0 => at += 1,
                _ if number == 0 => {}
                _ => return None,
            }
            let name = self.usual_label_name(text, number, at, &mut renamed)?;
            at = self.usual_label_value(text, number, at + name + 2)?;
            number += 1;
        }
        self.labels.truncate(number);
        self.usual.values.truncate(number);
        if renamed {
            check_names(&self.labels).ok()?;
        }
        self.usual.text = text.get(..at)?;
        self.usual.known = true;
        self.usual.same = (comparable && !renamed && number == before).then_some(same);
        Some(at)
    }

    /// Reads the first labels as long as they have the names of those of the latest line, and says how many there are, where the next one
    /// would be, and how many bytes are the same as there.
    ///
    /// Behind a value that is another one, the texts are compared anew.
    #[inline]
    fn labels_of_same_names(&mut self, text: &'a str) -> Option<(usize, usize, usize)> {
        let (bytes, latest) = (text.as_bytes(), self.usual.text.as_bytes());
        let first = common_prefix(bytes, latest);
        let same_before = self.usual.values.iter().position(|value| first <= value.end);
        let mut number = same_before.unwrap_or(self.usual.values.len());
        // From here on and from there on, so many bytes are the same.
        let (mut here, mut there, mut same) = (0, 0, first);
        while let Some(value) = self.usual.values.get_mut(number)
            && there + same >= value.start
        {
            let start = here + (value.start - there);
            if there + same > value.end {
                *value = start..here + (value.end - there);
            } else {
                let end = end_of_value(bytes, here + same)?;
                self.labels.get_mut(number)?.value = Cow::Borrowed(text.get(start..end)?);
                (here, there) = (end, value.end);
                *value = start..end;
                // Behind the last label there is only its quote.
                same = if there + 1 == latest.len() {
                    1
                } else {
                    common_prefix(bytes.get(here..)?, latest.get(there..)?)
                };
            }
            number += 1;
        }
        let last = number.checked_sub(1).and_then(|last| self.usual.values.get(last));
        Some((number, last.map_or(0, |value| value.end + 1), first))
    }

    /// The length of a label's name, behind which an equals sign and a quote are.
    fn usual_label_name(
        &mut self,
        text: &'a str,
        number: usize,
        at: usize,
        renamed: &mut bool,
    ) -> Option<usize> {
        let bytes = text.as_bytes().get(at..)?;
        let is_end = |length| bytes.get(length..length + 2) == Some(b"=\"");
        if let Some(label) = self.labels.get(number)
            && bytes.starts_with(label.name.as_bytes())
            && is_end(label.name.len())
        {
            return Some(label.name.len());
        }
        let length = bytes.iter().position(|byte| !is_label_name_byte(*byte))?;
        if length == 0 || bytes.first()?.is_ascii_digit() || !is_end(length) {
            return None;
        }
        *renamed = true;
        let name = Cow::Borrowed(text.get(at..at + length)?);
        match self.labels.get_mut(number) {
            Some(label) => label.name = name,
            None => self.labels.push(Label { name, value: Cow::Borrowed("") }),
        }
        Some(length)
    }

    /// Notes a label's value, which begins at `start`, and says where it is over.
    #[inline]
    fn usual_label_value(&mut self, text: &'a str, number: usize, start: usize) -> Option<usize> {
        let end = end_of_value(text.as_bytes(), start)?;
        self.labels.get_mut(number)?.value = Cow::Borrowed(text.get(start..end)?);
        match self.usual.values.get_mut(number) {
            Some(value) => *value = start..end,
            None => self.usual.values.push(start..end),
        }
        Some(end + 1)
    }

    /// Reads what stands behind name and labels, and says where the line ends.
    #[inline]
    fn usual_value(&self, line: &'a str, at: usize) -> Option<(f64, Option<Timestamp>, usize)> {
        let bytes = line.as_bytes();
        if bytes.get(at) != Some(&b' ') {
            return None;
        }
        let start = at + 1;
        let (value, end) = short_integer(bytes.get(start..)?).map_or((0.0, start), |(value, length)| (value, start + length));
        match bytes.get(end)? {
            b'\n' if end > start => Some((value, None, end)),
            b' ' if end > start => self.usual_timestamp(line, value, end),
            _ => self.usual_number(line, start),
        }
    }

    /// Reads a value that is not a short integer, and what follows it.
    #[inline(never)]
    fn usual_number(&self, line: &'a str, start: usize) -> Option<(f64, Option<Timestamp>, usize)> {
        let word = word(line, start)?;
        let (value, end) = (parse_value(word)?, start + word.len());
        match line.as_bytes().get(end)? {
            b'\n' => Some((value, None, end)),
            b' ' => self.usual_timestamp(line, value, end),
            _ => None,
        }
    }

    /// Reads a timestamp behind a value, and the blank between them.
    #[inline(never)]
    fn usual_timestamp(&self, line: &'a str, value: f64, blank: usize) -> Option<(f64, Option<Timestamp>, usize)> {
        let word = word(line, blank + 1)?;
        let timestamp = Timestamp::parse(word, self.format)?;
        let end = blank + 1 + word.len();
        (line.as_bytes().get(end) == Some(&b'\n')).then_some((value, Some(timestamp), end))
    }
}

/// Whether a name can be over in front of this byte.
fn ends_name(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'{' | b' '))
}

/// Where the quote is that ends a label's value, if there is no escape in what of the value stands from here on.
#[inline]
fn end_of_value(bytes: &[u8], from: usize) -> Option<usize> {
    let end = from + quote_backslash_or_line_feed(bytes.get(from..)?)?;
    (bytes.get(end) == Some(&b'"')).then_some(end)
}

/// The word that begins here. One that is empty, or ends in anything but a blank or a line feed, is no number.
fn word(line: &str, at: usize) -> Option<&str> {
    let bytes = line.as_bytes().get(at..)?;
    let length = bytes.iter().position(|byte| *byte <= b' ')?;
    line.get(at..at + length)
}
