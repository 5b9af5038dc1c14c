//! The lines of OpenMetrics 1.0, whose grammar leaves no choice: single blanks, no comments, no empty lines, and
//! `# EOF` at the end.

use super::cursor::Cursor;
use super::error::ParseError;
use super::escape::{Context, unescape};
use super::format::Format;
use super::model::{Exemplar, FamilyKind};
use super::reader::{Line, Reader, unknown_escape, wrong_word};
use super::timestamp::Timestamp;

impl<'a> Reader<'a> {
    /// What the next line says.
    pub(super) fn next_in_open_metrics(&mut self) -> Result<Line<'a>, ParseError> {
        self.line = self.cursor.clone();
        if self.finished {
            return Ok(Line::Eof);
        }
        match self.cursor.peek() {
            None => Err(self.cursor.unexpected("`# EOF` as the last line")),
            Some(b'#') => self.description(),
            Some(_) => self.open_metrics_sample(),
        }
    }

    fn open_metrics_sample(&mut self) -> Result<Line<'a>, ParseError> {
        self.sample_name()?;
        self.labels.clear();
        if self.cursor.eat_byte(b'{') {
            self.sample_labels()?;
        }
        self.expect(b' ', "a blank before the value")?;
        let value = self.value()?;
        let timestamp = if self.cursor.starts_with(" #") { None } else { self.optional_timestamp()? };
        let exemplar = if self.cursor.eat(" #") { Some(self.exemplar()?) } else { None };
        self.expect_line_end("the end of the line after the sample")?;
        Ok(Line::Sample { value, timestamp, exemplar })
    }

    fn optional_timestamp(&mut self) -> Result<Option<Timestamp>, ParseError> {
        if self.cursor.eat_byte(b' ') { self.timestamp().map(Some) } else { Ok(None) }
    }

    /// Reads an exemplar behind its `#`.
    fn exemplar(&mut self) -> Result<Exemplar<'a>, ParseError> {
        let expected = "the labels of an exemplar after ` # `";
        self.expect(b' ', expected)?;
        self.expect(b'{', expected)?;
        let mut labels = Vec::new();
        self.labels_into(&mut labels)?;
        self.expect(b' ', "a blank before the value of the exemplar")?;
        let value = self.value()?;
        Ok(Exemplar { labels, value, timestamp: self.optional_timestamp()? })
    }

    /// Reads a line that begins with `#`.
    fn description(&mut self) -> Result<Line<'a>, ParseError> {
        self.cursor.eat_byte(b'#');
        self.expect(b' ', "a blank after '#'")?;
        let start = self.cursor.clone();
        match self.cursor.take_word() {
            "HELP" => self.help(),
            "TYPE" => self.kind(),
            "UNIT" => self.unit(),
            "EOF" => self.end(),
            word => Err(wrong_word(start, word, "HELP, TYPE, UNIT or EOF")),
        }
    }

    /// Reads a name behind HELP, TYPE or UNIT, and the text behind the name.
    fn described(&mut self) -> Result<(&'a str, Cursor<'a>, &'a str), ParseError> {
        self.expect(b' ', "a blank before the metric name")?;
        let name = self.metric_name("a metric name after HELP, TYPE or UNIT")?;
        self.expect(b' ', "a blank after the metric name")?;
        let start = self.cursor.clone();
        Ok((name, start, self.cursor.take_line()))
    }

    fn help(&mut self) -> Result<Line<'a>, ParseError> {
        let (name, mut start, raw) = self.described()?;
        let text =
            unescape(raw, Context::Help(Format::OpenMetrics)).map_err(|at| unknown_escape(&mut start, at))?;
        self.cursor.end_line();
        Ok(Line::Help { name, text })
    }

    fn kind(&mut self) -> Result<Line<'a>, ParseError> {
        let (name, start, word) = self.described()?;
        let expected =
            "counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown as type";
        let kind = FamilyKind::from_word(word, Format::OpenMetrics);
        let kind = kind.ok_or_else(|| wrong_word(start, word, expected))?;
        self.cursor.end_line();
        Ok(Line::Type { name, kind })
    }

    fn unit(&mut self) -> Result<Line<'a>, ParseError> {
        let (name, _, unit) = self.described()?;
        self.cursor.end_line();
        Ok(Line::Unit { name, unit })
    }

    /// Reads the end of the exposition behind `# EOF`; the line feed there may be missing.
    fn end(&mut self) -> Result<Line<'a>, ParseError> {
        self.cursor.end_line();
        if self.cursor.peek().is_some() {
            return Err(self.cursor.unexpected("the end of the input after `# EOF`"));
        }
        self.finished = true;
        Ok(Line::Eof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Event;

    fn outcome(input: &str) -> String {
        let mut reader = Reader::new(input, Format::OpenMetrics);
        loop {
            match reader.next_event() {
                Ok(Event::Eof) => return "read".to_owned(),
                Ok(_) => (),
                Err(error) => return error.to_string(),
            }
        }
    }

    #[test]
    fn the_parts_of_a_sample_are_read() {
        let mut reader = Reader::new("a_total{b=\"c\"} 1 2.5 # {t=\"x\"} 3 4\n# EOF", Format::OpenMetrics);
        let Ok(Event::Sample(sample)) = reader.next_event() else { panic!("a sample") };
        assert_eq!((sample.value, sample.timestamp), (1.0, Some(Timestamp::from_millis(2500))));
        let exemplar = sample.exemplar.expect("an exemplar");
        assert_eq!((exemplar.value, exemplar.timestamp), (3.0, Some(Timestamp::from_millis(4000))));
        assert_eq!(reader.next_event(), Ok(Event::Eof));
        assert_eq!(reader.next_event(), Ok(Event::Eof));
    }

    #[test]
    fn the_grammar_leaves_no_choice() {
        let cases = [
            ("a 1\n", "line 2, column 1: expected `# EOF` as the last line, found the end of the input"),
            (
                "# EOF\n\n",
                "line 2, column 1: expected the end of the input after `# EOF`, found the end of the line",
            ),
            ("# EOF ", "line 1, column 6: expected the end of the input after `# EOF`, found ' '"),
            ("\n# EOF", "line 1, column 1: expected a metric name, found the end of the line"),
            ("a  1\n# EOF", "line 1, column 3: expected a number, found ' '"),
            ("a\t1\n# EOF", "line 1, column 2: expected a blank before the value, found '\\t'"),
            (
                "a 1 \n# EOF",
                "line 1, column 5: expected a number of seconds as timestamp, found the end of the line",
            ),
            ("a 1 # x\n# EOF", "line 1, column 7: expected the labels of an exemplar after ` # `, found 'x'"),
            ("# a comment\n# EOF", "line 1, column 3: expected HELP, TYPE, UNIT or EOF, found `a`"),
            ("#\n# EOF", "line 1, column 2: expected a blank after '#', found the end of the line"),
            (
                "# HELP a\n# EOF",
                "line 1, column 9: expected a blank after the metric name, found the end of the line",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(outcome(input), expected, "{input}");
        }
    }
}
