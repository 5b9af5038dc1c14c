//! The pull parser: one event for each line that says something.
//!
//! It knows the grammar of a line and nothing of the lines before it, but that usual lines begin alike, which is in
//! [`usual`](super::usual). The two grammars differ in their blanks, their
//! comments and the end of a sample, which are in [`text_lines`](super::text_lines) and
//! [`open_metrics_lines`](super::open_metrics_lines); names, labels and values are the same and are here.

use std::borrow::Cow;
use std::collections::HashSet;

use super::alike::Usual;
use super::cursor::Cursor;
use super::error::{ParseError, ParseErrorKind};
use super::escape::{Context, unescape};
use super::format::Format;
use super::model::{Exemplar, FamilyKind, Label};
use super::names::{is_label_name_byte, is_metric_name_byte};
use super::number::parse_value;
use super::scan::quote_backslash_or_line_feed;
use super::timestamp::Timestamp;

/// What one line says. Texts borrow from the input; the labels of a sample borrow from the reader as well, which uses
/// their storage again for the next line.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'e, 'a> {
    /// What a family means.
    Help {
        /// The family's name, as the line has it.
        name: &'a str,
        /// The text, without escapes.
        text: Cow<'a, str>,
    },
    /// What kind of family it is.
    Type {
        /// The family's name, as the line has it.
        name: &'a str,
        /// Its kind.
        kind: FamilyKind,
    },
    /// The unit of a family, in OpenMetrics.
    Unit {
        /// The family's name, as the line has it.
        name: &'a str,
        /// The unit, which may be empty.
        unit: &'a str,
    },
    /// A sample.
    Sample(Sample<'e, 'a>),
    /// A comment of the text format, without its `#` and the blanks behind that; also a HELP or TYPE line that ends
    /// before it says anything.
    Comment(&'a str),
    /// The end of the exposition, from now on.
    Eof,
}

/// A sample as its line has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'e, 'a> {
    /// The sample's name, which may be longer than its family's.
    pub name: &'a str,
    /// All labels in the order of the line, `le` and `quantile` included.
    pub labels: &'e [Label<'a>],
    /// The value.
    pub value: f64,
    /// When the value was true, if not when it is read.
    pub timestamp: Option<Timestamp>,
    /// One event among those that the sample counts, in OpenMetrics.
    pub exemplar: Option<Exemplar<'a>>,
}

/// What one line says, where the name and the labels of a sample are left with the reader.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// See [`Event::Help`].
    Help { name: &'a str, text: Cow<'a, str> },
    /// See [`Event::Type`].
    Type { name: &'a str, kind: FamilyKind },
    /// See [`Event::Unit`].
    Unit { name: &'a str, unit: &'a str },
    /// See [`Event::Sample`].
    Sample { value: f64, timestamp: Option<Timestamp>, exemplar: Option<Exemplar<'a>> },
    /// See [`Event::Comment`].
    Comment(&'a str),
    /// See [`Event::Eof`].
    Eof,
}

/// A pull parser of one exposition.
///
/// ```
/// use telemetry_core::exposition::{Event, Format, Reader};
///
/// let mut reader = Reader::new("# made by hand\nup{job=\"api\"} 1\n", Format::Text);
/// assert_eq!(reader.next_event()?, Event::Comment("made by hand"));
/// let Event::Sample(sample) = reader.next_event()? else { unreachable!() };
/// assert_eq!((sample.name, sample.value), ("up", 1.0));
/// assert_eq!(sample.labels[0].value, "api");
/// assert_eq!(reader.next_event()?, Event::Eof);
/// # Ok::<(), telemetry_core::exposition::ParseError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) format: Format,
    /// Where the present line began, for errors that concern all of it.
    pub(super) line: Cursor<'a>,
    pub(super) finished: bool,
    pub(super) labels: Vec<Label<'a>>,
    /// The name of the latest sample, which the next one is likely to have as well.
    pub(super) latest_name: &'a str,
    pub(super) usual: Usual<'a>,
    /// Whether usual lines are read in one pass.
    guesses: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of `input`.
    #[must_use]
    pub fn new(input: &'a str, format: Format) -> Self {
        Self::at(Cursor::new(input), format)
    }

    /// A reader at the beginning of a line.
    pub(super) fn at(cursor: Cursor<'a>, format: Format) -> Self {
        let line = cursor.clone();
        let (labels, usual) = (Vec::new(), Usual::default());
        Self { cursor, format, line, finished: false, labels, latest_name: "", usual, guesses: true }
    }

    /// The same reader by the grammar alone, which says the same and takes longer: what is compared with it to see that.
    #[doc(hidden)]
    #[must_use]
    pub fn without_shortcuts(self) -> Self {
        Self { guesses: false, ..self }
    }

    /// What the next line says that says something.
    ///
    /// # Errors
    /// When the line does not follow the grammar of the format. The reader is of no use after that.
    pub fn next_event(&mut self) -> Result<Event<'_, 'a>, ParseError> {
        Ok(match self.next_line()? {
            Line::Help { name, text } => Event::Help { name, text },
            Line::Type { name, kind } => Event::Type { name, kind },
            Line::Unit { name, unit } => Event::Unit { name, unit },
            Line::Sample { value, timestamp, exemplar } => {
                Event::Sample(self.sample(value, timestamp, exemplar))
            }
            Line::Comment(text) => Event::Comment(text),
            Line::Eof => Event::Eof,
        })
    }

    /// The sample of the latest line.
    pub(super) fn sample(
        &self,
        value: f64,
        timestamp: Option<Timestamp>,
        exemplar: Option<Exemplar<'a>>,
    ) -> Sample<'_, 'a> {
        Sample { name: self.latest_name, labels: &self.labels, value, timestamp, exemplar }
    }

    /// What the next line says that says something.
    #[inline]
    pub(super) fn next_line(&mut self) -> Result<Line<'a>, ParseError> {
        if self.guesses
            && let Some((value, timestamp)) = self.usual_sample()
        {
            return Ok(Line::Sample { value, timestamp, exemplar: None });
        }
        self.next_line_by_grammar()
    }

    pub(super) fn next_line_by_grammar(&mut self) -> Result<Line<'a>, ParseError> {
        self.usual.forget();
        match self.format {
            Format::Text => self.next_in_text(),
            Format::OpenMetrics => self.next_in_open_metrics(),
        }
    }

    /// An error about the line of the latest event as a whole.
    pub(super) fn error_in_line(&self, kind: ParseErrorKind) -> ParseError {
        self.line.error(kind)
    }

    /// Reads the name of a sample.
    pub(super) fn sample_name(&mut self) -> Result<(), ParseError> {
        if !self.eat_latest_name() {
            self.latest_name = self.metric_name("a metric name")?;
        }
        Ok(())
    }

    /// Steps over the latest name if this sample has it too; comparing is cheaper than looking at each byte.
    fn eat_latest_name(&mut self) -> bool {
        let name = self.latest_name;
        let behind = self.cursor.bytes().get(name.len()).copied();
        !name.is_empty() && !behind.is_some_and(is_metric_name_byte) && self.cursor.eat(name)
    }

    /// Reads the name of a metric or family.
    pub(super) fn metric_name(&mut self, expected: &'static str) -> Result<&'a str, ParseError> {
        if self.cursor.peek().is_some_and(|first| first.is_ascii_digit()) {
            return Err(self.cursor.unexpected(expected));
        }
        let name = self.cursor.take_while(is_metric_name_byte);
        if name.is_empty() { Err(self.cursor.unexpected(expected)) } else { Ok(name) }
    }

    /// Reads the labels of a sample, behind their opening brace.
    pub(super) fn sample_labels(&mut self) -> Result<(), ParseError> {
        let mut labels = std::mem::take(&mut self.labels);
        let read = self.labels_into(&mut labels);
        self.labels = labels;
        read
    }

    /// Reads labels behind their opening brace, up to and with the closing one.
    ///
    /// A comma may stand behind the last label. The grammar of the text format has it; that of OpenMetrics has not,
    /// but newer versions of Prometheus read it there as well, and it leaves nothing unclear.
    pub(super) fn labels_into(&mut self, labels: &mut Vec<Label<'a>>) -> Result<(), ParseError> {
        let opening = self.cursor.clone();
        loop {
            self.skip_blanks();
            if self.cursor.eat_byte(b'}') {
                break;
            }
            self.label(labels)?;
            self.skip_blanks();
            if !self.cursor.eat_byte(b',') && self.cursor.peek() != Some(b'}') {
                return Err(self.cursor.unexpected("',' or '}' after a label"));
            }
        }
        check_names(labels).map_err(|kind| opening.error(kind))
    }

    fn label(&mut self, labels: &mut Vec<Label<'a>>) -> Result<(), ParseError> {
        if !self.cursor.peek().is_some_and(|first| is_label_name_byte(first) && !first.is_ascii_digit()) {
            return Err(self.cursor.unexpected("a label name or '}'"));
        }
        let name = self.cursor.take_while(is_label_name_byte);
        self.skip_blanks();
        self.expect(b'=', "'=' after label name")?;
        self.skip_blanks();
        self.expect(b'"', "'\"' at the start of a label value")?;
        let value = self.label_value()?;
        labels.push(Label { name: Cow::Borrowed(name), value });
        Ok(())
    }

    /// Reads a label value behind its opening quote, up to and with the closing one.
    fn label_value(&mut self) -> Result<Cow<'a, str>, ParseError> {
        let bytes = self.cursor.bytes();
        let plain = quote_backslash_or_line_feed(bytes).unwrap_or(bytes.len());
        let escaped = bytes.get(plain) == Some(&b'\\');
        let value = if escaped { self.escaped_value(plain)? } else { Cow::Borrowed(self.cursor.take(plain)) };
        self.expect(b'"', "'\"' at the end of a label value")?;
        Ok(value)
    }

    /// Reads a label value whose first escape is `plain` bytes further on, up to the closing quote.
    fn escaped_value(&mut self, plain: usize) -> Result<Cow<'a, str>, ParseError> {
        let rest = self.cursor.rest();
        let length = plain + escaped_length(rest.as_bytes().get(plain..).unwrap_or_default());
        let raw = rest.get(..length).unwrap_or_default();
        let value = unescape(raw, Context::LabelValue(self.format))
            .map_err(|at| unknown_escape(&mut self.cursor, at))?;
        self.cursor.take(length);
        Ok(value)
    }

    /// Reads the value of a sample or exemplar.
    pub(super) fn value(&mut self) -> Result<f64, ParseError> {
        let start = self.cursor.clone();
        let word = self.cursor.take_word();
        parse_value(word).ok_or_else(|| wrong_word(start, word, "a number"))
    }

    /// Reads a timestamp.
    pub(super) fn timestamp(&mut self) -> Result<Timestamp, ParseError> {
        let expected = match self.format {
            Format::Text => "a whole number of milliseconds as timestamp, or the end of the line",
            Format::OpenMetrics => "a number of seconds as timestamp",
        };
        let start = self.cursor.clone();
        let word = self.cursor.take_word();
        Timestamp::parse(word, self.format).ok_or_else(|| wrong_word(start, word, expected))
    }

    /// Steps over a byte of ASCII, which must be here.
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), ParseError> {
        if self.cursor.eat_byte(byte) { Ok(()) } else { Err(self.cursor.unexpected(expected)) }
    }

    /// Steps over the end of the line, which must be here.
    pub(super) fn expect_line_end(&mut self, expected: &'static str) -> Result<(), ParseError> {
        if !self.cursor.at_line_end() {
            return Err(self.cursor.unexpected(expected));
        }
        self.cursor.end_line();
        Ok(())
    }

    /// Steps over blanks and tabs in the text format. OpenMetrics has single blanks in certain places and none
    /// elsewhere.
    pub(super) fn skip_blanks(&mut self) {
        if self.format == Format::Text {
            self.cursor.take_while(|byte| matches!(byte, b' ' | b'\t'));
        }
    }
}

/// An error about a word that began at `start`, or about what stands there instead of a word.
pub(super) fn wrong_word(mut start: Cursor<'_>, word: &str, expected: &'static str) -> ParseError {
    if word.is_empty() {
        start.unexpected(expected)
    } else {
        start.error(ParseErrorKind::word(expected, word))
    }
}

/// An error about the escape that is so many bytes behind `start`.
pub(super) fn unknown_escape(start: &mut Cursor<'_>, at: usize) -> ParseError {
    start.take(at + 1);
    start.unexpected("'\\', 'n' or '\"' after a backslash")
}

/// The length of a label value in front of its closing quote, or of what there is of it where that is missing. A
/// value ends with its line at the latest, because a line feed in it is always escaped.
fn escaped_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(plain) = quote_backslash_or_line_feed(rest) else { return bytes.len() };
        at += plain;
        match (rest.get(plain), rest.get(plain + 1)) {
            (Some(b'\\'), Some(escaped)) if *escaped != b'\n' => at += 2,
            (Some(b'\\'), _) => at += 1,
            _ => return at,
        }
    }
}

/// Refuses a label that occurs twice and the one that stands for the metric's name.
pub(super) fn check_names(labels: &[Label<'_>]) -> Result<(), ParseErrorKind> {
    if labels.iter().any(|label| label.name == "__name__") {
        return Err(ParseErrorKind::ReservedLabel);
    }
    match first_repeated(labels) {
        Some(label) => Err(ParseErrorKind::DuplicateLabel(super::error::excerpt(&label.name))),
        None => Ok(()),
    }
}

/// The first label whose name an earlier one has.
fn first_repeated<'l, 'a>(labels: &'l [Label<'a>]) -> Option<&'l Label<'a>> {
    /// Up to so many labels, comparing each with each is faster than hashing them.
    const FEW: usize = 12;
    if labels.len() > FEW {
        let mut seen = HashSet::with_capacity(labels.len());
        return labels.iter().find(|label| !seen.insert(&*label.name));
    }
    let repeats =
        |(at, label): &(usize, &Label<'_>)| labels.iter().take(*at).any(|other| other.name == label.name);
    labels.iter().enumerate().find(repeats).map(|(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_end_at_a_quote_that_is_not_escaped() {
        assert_eq!(escaped_length(br#"a}b,c" 1"#), 5);
        assert_eq!(escaped_length(br#"a\"b\\" 1"#), 6);
        assert_eq!(escaped_length(b"a\\\nb\""), 2);
        assert_eq!(escaped_length(b"open\\"), 5);
    }

    #[test]
    fn repeated_labels_are_found_among_few_and_many() {
        for count in [2, 40] {
            let mut labels: Vec<_> = (0..count).map(|n| Label::new(format!("l{n}"), "")).collect();
            assert_eq!(first_repeated(&labels), None);
            labels.push(Label::new("l1", "x"));
            assert_eq!(first_repeated(&labels), labels.last());
        }
    }

    #[test]
    fn a_longer_name_is_not_taken_for_the_latest_one() {
        let mut reader = Reader::new("a 1\nab 2\n", Format::Text);
        let mut name = || match reader.next_event() {
            Ok(Event::Sample(sample)) => sample.name,
            other => panic!("{other:?}"),
        };
        assert_eq!((name(), name()), ("a", "ab"));
    }

    #[test]
    fn texts_are_borrowed_from_the_input() {
        let mut reader = Reader::new("a{b=\"plain\",c=\"es\\\"caped\"} 1\n", Format::Text);
        let Ok(Event::Sample(sample)) = reader.next_event() else { panic!("a sample") };
        let [plain, escaped] = sample.labels else { panic!("two labels") };
        assert!(matches!(plain.value, Cow::Borrowed("plain")));
        assert_eq!(escaped.value, "es\"caped");
    }
}
