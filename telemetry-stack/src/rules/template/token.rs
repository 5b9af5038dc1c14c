//! From the text of a template to tokens.

use super::TemplateError;
use super::number::number_length;

/// A token, and the line on which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// What means itself, outside of actions.
    Text(String),
    /// `{{`
    Open,
    /// `}}`
    Close,
    /// What separates operands.
    Space,
    /// `|`
    Pipe,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// `,`
    Comma,
    /// A dot on its own.
    Dot,
    /// A name after a dot.
    Field(String),
    /// A variable, with its dollar.
    Variable(String),
    /// The name of a function, or a word of the language.
    Word(String),
    /// A number as it is written.
    Number(String),
    /// What a string in quotes says.
    Quoted(String),
}

/// What is trimmed and what separates; Go's templates know no other.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The tokens of a template.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, TemplateError> {
    let mut reader = Reader { rest: text, line: 1, tokens: Vec::new(), trims: false };
    while !reader.rest.is_empty() {
        reader.text();
        reader.action()?;
    }
    Ok(reader.tokens)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
    /// Whether the next text loses the blanks at its beginning.
    trims: bool,
}

impl<'a> Reader<'a> {
    fn error<T>(&self, what: impl Into<String>) -> Result<T, TemplateError> {
        Err(TemplateError::new(self.line, what))
    }

    fn push(&mut self, kind: Kind) {
        self.tokens.push(Token { kind, line: self.line });
    }

    /// Goes on by that many bytes, and counts lines.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn takes(&mut self, prefix: &str) -> bool {
        let is_there = self.rest.starts_with(prefix);
        if is_there {
            self.take(prefix.len());
        }
        is_there
    }

    /// A token of that many bytes.
    fn token(&mut self, length: usize, kind: Kind) {
        self.push(kind);
        self.take(length);
    }

    /// What stands before the next action.
    fn text(&mut self) {
        let length = self.rest.find("{{").unwrap_or(self.rest.len());
        let trims_end = self.rest[length..].strip_prefix("{{-").is_some_and(|rest| rest.starts_with(BLANKS));
        let mut text = &self.rest[..length];
        if std::mem::take(&mut self.trims) {
            text = text.trim_start_matches(BLANKS);
        }
        if trims_end {
            text = text.trim_end_matches(BLANKS);
        }
        if !text.is_empty() {
            self.push(Kind::Text(text.to_owned()));
        }
        self.take(length);
    }

    /// One action or comment with its braces.
    fn action(&mut self) -> Result<(), TemplateError> {
        let begin = self.line;
        if !self.takes("{{") {
            return Ok(());
        }
        if self.rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(BLANKS)) {
            self.take(2);
        }
        if self.rest.starts_with("/*") {
            return self.comment();
        }
        self.tokens.push(Token { kind: Kind::Open, line: begin });
        while !self.closes() {
            if self.rest.is_empty() {
                return Err(TemplateError::new(begin, "`{{` without `}}`"));
            }
            self.inside()?;
        }
        self.push(Kind::Close);
        Ok(())
    }

    fn comment(&mut self) -> Result<(), TemplateError> {
        let Some(length) = self.rest.find("*/") else { return self.error("`/*` without `*/`") };
        self.take(length + 2);
        if self.closes() { Ok(()) } else { self.error("a comment must end right before `}}`") }
    }

    /// Takes the end of an action, if this is one.
    fn closes(&mut self) -> bool {
        let trimmed = self.rest.trim_start_matches(BLANKS);
        if trimmed.len() < self.rest.len() && trimmed.starts_with("-}}") {
            self.take(self.rest.len() - trimmed.len() + 3);
            self.trims = true;
            return true;
        }
        self.takes("}}")
    }

    /// One token inside of an action.
    fn inside(&mut self) -> Result<(), TemplateError> {
        let first = self.rest.chars().next().unwrap_or_default();
        if let Some(length) = number_length(self.rest) {
            let number = Kind::Number(self.rest[..length].to_owned());
            self.token(length, number);
            return self.ends("a number");
        }
        match first {
            first if BLANKS.contains(&first) => self.blanks(),
            '|' => self.token(1, Kind::Pipe),
            '(' => self.token(1, Kind::LeftParen),
            ')' => self.token(1, Kind::RightParen),
            ',' => self.token(1, Kind::Comma),
            '=' => self.token(1, Kind::Assign),
            ':' if self.rest.starts_with(":=") => self.token(2, Kind::Declare),
            '"' => return self.quoted(),
            '`' => return self.raw(),
            '\'' => {
                return self.error(
                    "a character in single quotes is not supported here; write a string in double quotes",
                );
            }
            '.' => {
                return self
                    .name(1, |name| if name.is_empty() { Kind::Dot } else { Kind::Field(name.to_owned()) });
            }
            '$' => return self.name(1, |name| Kind::Variable(format!("${name}"))),
            first if is_word(first) => return self.name(0, |name| Kind::Word(name.to_owned())),
            other => return self.error(format!("{other:?} has no meaning in an action")),
        }
        Ok(())
    }

    /// Blanks up to the next token, but for the one that belongs to `-}}`.
    fn blanks(&mut self) {
        let length = self.rest.len() - self.rest.trim_start_matches(BLANKS).len();
        self.push(Kind::Space);
        // `closes` was asked before, so these blanks do not belong to the end.
        self.take(length);
    }

    /// A name behind a mark of that many bytes.
    fn name(&mut self, mark: usize, kind: impl FnOnce(&str) -> Kind) -> Result<(), TemplateError> {
        let rest = &self.rest[mark..];
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let kind = kind(&rest[..length]);
        let what = format!("`{}`", &self.rest[..mark + length]);
        let is_dot = kind == Kind::Dot;
        self.token(mark + length, kind);
        if is_dot { Ok(()) } else { self.ends(&what) }
    }

    /// Nothing that could belong to it stands behind a word or a number.
    fn ends(&self, what: &str) -> Result<(), TemplateError> {
        match self.rest.chars().next() {
            Some(next) if !BLANKS.contains(&next) && !".,|:()}".contains(next) => {
                self.error(format!("{next:?} must not stand right behind {what}"))
            }
            _ => Ok(()),
        }
    }

    fn quoted(&mut self) -> Result<(), TemplateError> {
        let Some((length, said)) = unquoted(self.rest) else {
            return self.error("a string that does not end on its line, or has an escape that is none");
        };
        self.token(length, Kind::Quoted(said));
        Ok(())
    }

    fn raw(&mut self) -> Result<(), TemplateError> {
        let Some(length) = self.rest[1..].find('`') else {
            return self.error("a string in backquotes that does not end");
        };
        // As in Go's own strings, carriage returns do not count.
        let said = self.rest[1..=length].replace('\r', "");
        self.token(length + 2, Kind::Quoted(said));
        Ok(())
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of a string in double quotes, and what it says.
fn unquoted(text: &str) -> Option<(usize, String)> {
    let mut bytes = Vec::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        let first = rest.chars().next().filter(|c| *c != '\n')?;
        rest = &rest[first.len_utf8()..];
        match first {
            '"' => return Some((text.len() - rest.len(), String::from_utf8(bytes).ok()?)),
            '\\' => rest = escaped(rest, &mut bytes)?,
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
}

/// Reads what stands behind a backslash, and hands back the rest.
fn escaped<'a>(text: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let plain = |byte| Some((byte, 1));
    let (byte, length) = match *text.as_bytes().first()? {
        b'a' => plain(7),
        b'b' => plain(8),
        b'f' => plain(12),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'v' => plain(11),
        mark @ (b'\\' | b'"') => plain(mark),
        b'x' => Some((u8::try_from(digits(text.get(1..3)?, 16)?).ok()?, 3)),
        b'0'..=b'7' => Some((u8::try_from(digits(text.get(..3)?, 8)?).ok()?, 3)),
        b'u' => return character(text, 5, out),
        b'U' => return character(text, 9, out),
        _ => None,
    }?;
    out.push(byte);
    text.get(length..)
}

fn character<'a>(text: &'a str, length: usize, out: &mut Vec<u8>) -> Option<&'a str> {
    let character = char::from_u32(digits(text.get(1..length)?, 16)?)?;
    out.extend(character.encode_utf8(&mut [0; 4]).bytes());
    text.get(length..)
}

fn digits(text: &str, radix: u32) -> Option<u32> {
    let all = text.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(text, radix).ok().filter(|_| all)
}
