//! A place in the input: looking at what stands there, stepping over it, and saying where an error is.

use super::error::{Found, ParseError, ParseErrorKind};

/// A place in the input, at the beginning of a character.
///
/// Every method that steps forward stops at a byte of ASCII, so that what lies between two places is always text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
    /// Whether every line ends in CRLF; found out when the first carriage return at the end of a line makes it matter.
    crlf: Option<bool>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, line_start: 0, crlf: None }
    }

    /// The byte at this place, or `None` at the end of the input.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The bytes between this place and the end of the input. Getting them does not ask whether a character begins
    /// here, as getting the text does.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The text between this place and the end of the input.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether `word` is here.
    pub(super) fn starts_with(&self, word: &str) -> bool {
        self.bytes().starts_with(word.as_bytes())
    }

    /// Steps over `word` if it is here.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Steps over a byte of ASCII if it is here.
    pub(super) fn eat_byte(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over the bytes that `belongs` holds for, which are all of ASCII or any part of whole characters.
    pub(super) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let bytes = self.bytes();
        self.take(bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len()))
    }

    /// Steps over so many bytes, which are whole characters.
    pub(super) fn take(&mut self, length: usize) -> &'a str {
        let taken = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    /// Steps over a word, which ends before a blank, a tab or the end of the line.
    pub(super) fn take_word(&mut self) -> &'a str {
        let start = self.at;
        self.take_while(|byte| byte > b' ');
        // Other control characters are part of the word; so is a carriage return anywhere but at the end of the line.
        while !self.at_line_end() && !matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
            self.take_while(|byte| byte > b' ');
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Steps over the rest of the line, up to what ends it.
    pub(super) fn take_line(&mut self) -> &'a str {
        let rest = self.rest();
        let line = rest.find('\n').and_then(|end| rest.get(..end)).unwrap_or(rest);
        let ended = line.len() < rest.len();
        let carriage_return = ended && line.ends_with('\r') && self.ends_lines_in_crlf();
        self.take(line.len() - usize::from(carriage_return))
    }

    /// Whether the line, or the input, ends here.
    pub(super) fn at_line_end(&mut self) -> bool {
        match self.peek() {
            None | Some(b'\n') => true,
            Some(b'\r') => self.rest().starts_with("\r\n") && self.ends_lines_in_crlf(),
            Some(_) => false,
        }
    }

    /// Steps over what ends a line, if anything does here.
    pub(super) fn end_line(&mut self) {
        if self.at_line_end() && self.peek().is_some() {
            self.at += if self.peek() == Some(b'\r') { 2 } else { 1 };
            self.line += 1;
            self.line_start = self.at;
        }
    }

    /// Whether the input has the line ends of Windows throughout.
    ///
    /// Prometheus refuses them. They are read here because files that people edit have them; but only where every
    /// line has one, because in any other input a carriage return may be the last character of a help text.
    pub(super) fn ends_lines_in_crlf(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        *self.crlf.get_or_insert_with(|| {
            let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
            // All are looked at, because then many are at once, which looking for one line end after the other does not do.
            let alone = |(before, byte): (&u8, &u8)| (*byte == b'\n') & (*before != b'\r');
            !pairs.fold(bytes.first() == Some(&b'\n'), |any, pair| any | alone(pair))
        })
    }

    /// Steps over so many bytes of this line, and the line feed behind them.
    pub(super) fn step_over_line(&mut self, length: usize) {
        self.at += length + 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// Goes to a place in the same input.
    pub(super) fn go_to(&mut self, place: &Self) {
        (self.at, self.line, self.line_start) = (place.at, place.line, place.line_start);
        self.crlf = place.crlf;
    }

    /// How far into the input this place is, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// An error of the grammar at this place.
    pub(super) fn unexpected(&mut self, expected: &'static str) -> ParseError {
        let found = match self.rest().chars().next() {
            None => Found::EndOfInput,
            Some(_) if self.at_line_end() => Found::EndOfLine,
            Some(character) => Found::Character(character),
        };
        self.error(ParseErrorKind::Unexpected { expected, found })
    }

    /// An error at this place.
    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        let before = self.text.get(self.line_start..self.at).unwrap_or_default();
        ParseError { line: self.line, column: before.chars().count() + 1, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_blanks_and_line_ends() {
        let mut cursor = Cursor::new("a\u{1}b\rc\td\n");
        assert_eq!(cursor.take_word(), "a\u{1}b\rc");
        assert_eq!(cursor.take_word(), "");
        assert!(cursor.eat("\t"));
        assert_eq!(cursor.take_word(), "d");
        assert!(cursor.at_line_end());
    }

    #[test]
    fn carriage_returns_end_lines_only_where_all_lines_have_them() {
        let mut windows = Cursor::new("one\r\ntwo\r\nthree");
        assert_eq!(windows.take_word(), "one");
        windows.end_line();
        assert_eq!(windows.take_line(), "two");
        let mut unix = Cursor::new("one\r\ntwo\n");
        assert_eq!(unix.take_line(), "one\r");
    }

    #[test]
    fn errors_count_lines_and_characters_from_one() {
        let mut cursor = Cursor::new("x\néé}");
        cursor.take_line();
        cursor.end_line();
        cursor.take_while(|byte| !byte.is_ascii());
        let error = cursor.unexpected("a name");
        assert_eq!(error.to_string(), "line 2, column 3: expected a name, found '}'");
    }
}
