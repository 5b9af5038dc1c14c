//! The lines of the text format, version 0.0.4, as the reference parser of Prometheus reads them.
//!
//! The reference is `TextParser` of `prometheus/common`, which is what `promtool check metrics`, the Pushgateway and
//! the textfile collector use. Two things are read that it refuses: a last line without line feed, which Prometheus
//! itself accepts in a scrape, and line ends of Windows.

use super::error::ParseError;
use super::escape::{Context, unescape};
use super::format::Format;
use super::model::FamilyKind;
use super::reader::{Line, Reader, unknown_escape, wrong_word};
use super::timestamp::Timestamp;

impl<'a> Reader<'a> {
    /// What the next line says that is not blank.
    pub(super) fn next_in_text(&mut self) -> Result<Line<'a>, ParseError> {
        loop {
            self.skip_blanks();
            self.line = self.cursor.clone();
            match self.cursor.peek() {
                None => return Ok(Line::Eof),
                Some(b'#') => return self.text_comment(),
                Some(_) if self.cursor.at_line_end() => self.cursor.end_line(),
                Some(_) => return self.text_sample(),
            }
        }
    }

    fn text_sample(&mut self) -> Result<Line<'a>, ParseError> {
        self.sample_name()?;
        self.labels.clear();
        self.skip_blanks();
        if self.cursor.eat_byte(b'{') {
            self.sample_labels()?;
            self.skip_blanks();
        }
        let value = self.value()?;
        let timestamp = if self.cursor.at_line_end() { None } else { Some(self.text_timestamp()?) };
        self.expect_line_end("the end of the line after the timestamp")?;
        Ok(Line::Sample { value, timestamp, exemplar: None })
    }

    /// Reads what stands behind a value. Blanks with nothing behind them are an error in the reference parser too.
    fn text_timestamp(&mut self) -> Result<Timestamp, ParseError> {
        self.skip_blanks();
        self.timestamp()
    }

    /// Reads a line that begins with `#`: a description if its first word is HELP or TYPE, else a comment.
    fn text_comment(&mut self) -> Result<Line<'a>, ParseError> {
        self.cursor.eat_byte(b'#');
        self.skip_blanks();
        let comment = self.cursor.clone().take_line();
        let event = match self.cursor.take_word() {
            "HELP" => self.text_help()?,
            "TYPE" => self.text_type()?,
            _ => None,
        };
        self.cursor.take_line();
        self.cursor.end_line();
        Ok(event.unwrap_or(Line::Comment(comment)))
    }

    /// Reads a name behind HELP or TYPE, unless the line ends before or right behind it: such a line says nothing,
    /// and the reference parser passes over it.
    fn described_name(&mut self) -> Result<Option<&'a str>, ParseError> {
        self.skip_blanks();
        if self.cursor.at_line_end() {
            return Ok(None);
        }
        let name = self.metric_name("a metric name after HELP or TYPE")?;
        match self.cursor.peek() {
            Some(b' ' | b'\t') => Ok(Some(name)),
            _ if self.cursor.at_line_end() => Ok(None),
            _ => Err(self.cursor.unexpected("a blank after the metric name")),
        }
    }

    fn text_help(&mut self) -> Result<Option<Line<'a>>, ParseError> {
        let Some(name) = self.described_name()? else { return Ok(None) };
        // One blank ends the name. What follows is the text, further blanks included: they could not be escaped, so
        // that a text which begins with a blank would not be read back otherwise.
        self.cursor.take(1);
        let raw = self.cursor.clone().take_line();
        let text =
            unescape(raw, Context::Help(Format::Text)).map_err(|at| unknown_escape(&mut self.cursor, at))?;
        Ok(Some(Line::Help { name, text }))
    }

    fn text_type(&mut self) -> Result<Option<Line<'a>>, ParseError> {
        let Some(name) = self.described_name()? else { return Ok(None) };
        self.skip_blanks();
        let start = self.cursor.clone();
        let word = self.cursor.take_line();
        if word.is_empty() {
            return Ok(None);
        }
        let expected = "counter, gauge, histogram, summary or untyped as type";
        match FamilyKind::from_word(word, Format::Text) {
            Some(kind) => Ok(Some(Line::Type { name, kind })),
            None => Err(wrong_word(start, word, expected)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Event;

    fn events(input: &str) -> Vec<String> {
        let mut reader = Reader::new(input, Format::Text);
        let mut events = Vec::new();
        loop {
            match reader.next_event() {
                Ok(Event::Eof) => return events,
                Ok(event) => events.push(format!("{event:?}")),
                Err(error) => return vec![error.to_string()],
            }
        }
    }

    #[test]
    fn blanks_and_tabs_are_allowed_where_the_reference_allows_them() {
        let spaced = " \ta \t{ b\t= \"c\" , }\t1 \t 2\n";
        assert_eq!(events(spaced), events("a{b=\"c\"} 1 2"));
    }

    #[test]
    fn comments_are_kept_and_unfinished_descriptions_are_comments() {
        let expected =
            ["HELP", "TYPE a", "HELPER a b", "telemetry: x "].map(|text| format!("Comment({text:?})"));
        assert_eq!(events("# HELP\n#TYPE a\n\n# HELPER a b\n#\ttelemetry: x \n"), expected);
    }

    #[test]
    fn errors_point_at_what_is_wrong() {
        let cases = [
            ("a{b 1", "line 1, column 5: expected '=' after label name, found '1'"),
            (
                "a{b=\"c",
                "line 1, column 7: expected '\"' at the end of a label value, found the end of the input",
            ),
            (
                "a{b=\"c\n\"} 1",
                "line 1, column 7: expected '\"' at the end of a label value, found the end of the line",
            ),
            ("a{b=\"é\\x\"} 1", "line 1, column 8: expected '\\', 'n' or '\"' after a backslash, found 'x'"),
            ("a one", "line 1, column 3: expected a number, found `one`"),
            ("\na", "line 2, column 2: expected a number, found the end of the input"),
            (
                "# TYPE a thing",
                "line 1, column 10: expected counter, gauge, histogram, summary or untyped as type, found `thing`",
            ),
            (
                "# HELP a \\",
                "line 1, column 11: expected '\\', 'n' or '\"' after a backslash, found the end of the input",
            ),
            ("a 1 2 3", "line 1, column 6: expected the end of the line after the timestamp, found ' '"),
            ("1a 1", "line 1, column 1: expected a metric name, found '1'"),
        ];
        for (input, expected) in cases {
            assert_eq!(events(input), [expected], "{input}");
        }
    }
}
