//! `printf`, as Go formats.

use super::float::{decimal, general, scientific};
use super::run::grow;
use super::value::Value;

/// Widths and precisions beyond this are no numbers to Go.
const LARGEST: usize = 1_000_000;

/// What can be written.
const VERBS: &str = "vdsqfFeEgGtxX%";

/// How a value is written.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Text, a verb with its flags, or a `%` that nothing follows.
enum Part<'a> {
    Text(&'a str),
    Verb(Flags, char),
    Nothing,
}

/// Refuses by name what a format asks for and is not known here.
pub(super) fn check_format(format: &str) -> Result<(), String> {
    let mut parts = Parts { rest: format };
    parts.try_for_each(|part| match part {
        Part::Verb(flags, verb) => check_verb(flags, verb),
        Part::Text(_) | Part::Nothing => Ok(()),
    })
}

fn check_verb(flags: Flags, verb: char) -> Result<(), String> {
    if verb == '*' || verb == '[' {
        return Err(format!("`{verb}` in a format is not supported here; write the number itself"));
    }
    if !VERBS.contains(verb) {
        return Err(format!("`%{verb}` is not supported here; there are %v %d %s %q %f %e %g %t %x and %%"));
    }
    if flags.sharp {
        return Err(format!("`%#{verb}` is not supported here; write it without `#`"));
    }
    Ok(())
}

/// The values in the format. What does not fit is said in its place, as Go does.
pub(super) fn printf(format: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut values = values.iter();
    for part in (Parts { rest: format }) {
        match part {
            Part::Text(text) => grow(&mut out, text)?,
            Part::Nothing => grow(&mut out, "%!(NOVERB)")?,
            Part::Verb(_, '%') => grow(&mut out, "%")?,
            Part::Verb(flags, verb) => {
                check_verb(flags, verb)?;
                match values.next() {
                    Some(value) => grow(&mut out, &written(value, flags, verb)?)?,
                    None => grow(&mut out, &format!("%!{verb}(MISSING)"))?,
                }
            }
        }
    }
    extra(&mut out, values.as_slice())?;
    Ok(out)
}

/// Says which values the format does not ask for.
fn extra(out: &mut String, values: &[Value]) -> Result<(), String> {
    if values.is_empty() {
        return Ok(());
    }
    let each = |value: &Value| format!("{}={}", value.type_name(), value.written());
    let all: Vec<_> = values.iter().map(each).collect();
    grow(out, &format!("%!(EXTRA {})", all.join(", ")))
}

/// The parts of a format.
struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let Some(behind) = self.rest.strip_prefix('%') else {
            let length = self.rest.find('%').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(length);
            self.rest = rest;
            return (!text.is_empty()).then_some(Part::Text(text));
        };
        self.rest = behind;
        let flags = self.flags();
        let mut rest = self.rest.chars();
        let verb = rest.next();
        self.rest = rest.as_str();
        Some(verb.map_or(Part::Nothing, |verb| Part::Verb(flags, verb)))
    }
}

impl Parts<'_> {
    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(first) = self.rest.chars().next() {
            match first {
                '-' => flags.minus = true,
                '+' => flags.plus = true,
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                '0' => flags.zero = true,
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        flags.width = self.number();
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            // A point alone is a precision of 0.
            flags.precision = Some(self.number().unwrap_or(0));
        }
        // Nothing is filled up with zeros on the right.
        flags.zero &= !flags.minus;
        flags
    }

    /// A number, if one stands here. Behind one that is too large, Go does not look for a verb.
    fn number(&mut self) -> Option<usize> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        let number = digits.parse().ok().filter(|number| *number <= LARGEST);
        self.rest = if number.is_none() && length > 0 { "" } else { rest };
        number
    }
}

fn written(value: &Value, flags: Flags, verb: char) -> Result<String, String> {
    // Before anything of that length is made.
    let longest = flags.width.unwrap_or(0).max(flags.precision.unwrap_or(0));
    check_length(longest)?;
    // Of `%v`, a plus asks for the names of fields, which nothing here has.
    let flags = Flags { plus: flags.plus && verb != 'v', ..flags };
    Ok(match (value, verb) {
        (Value::Text(text), 'v' | 's') => padded(&cut(text, flags), flags),
        (Value::Text(text), 'q') => padded(&quoted(&cut(text, flags), flags.plus), flags),
        (Value::Text(text), 'x' | 'X') => padded(&hexadecimal(text, flags, verb), flags),
        (Value::Float(value), 'v' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G') => float(*value, flags, verb),
        (Value::Float(_), 'x' | 'X') => return Err(format!("%{verb} of a float64 is not supported here")),
        (Value::Int(_), 'q') => return Err("%q of an int is not supported here".to_owned()),
        (Value::Int(value), 'v' | 'd' | 'x' | 'X') => integer(*value, flags, verb),
        (Value::Bool(value), 'v' | 't') => padded(&value.to_string(), flags),
        (Value::Labels(_), 'v' | 's') => value.written(),
        (Value::Labels(_), _) => return Err(format!("%{verb} of all labels is not supported here")),
        _ => format!("%!{verb}({}={})", value.type_name(), written(value, flags, 'v')?),
    })
}

fn check_length(length: usize) -> Result<(), String> {
    if length >= super::LONGEST {
        Err(format!("the text would be longer than {} bytes", super::LONGEST))
    } else {
        Ok(())
    }
}

/// Filled up to the width.
fn padded(text: &str, flags: Flags) -> String {
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if flags.minus {
        return format!("{text}{}", " ".repeat(missing));
    }
    format!("{}{text}", if flags.zero { "0" } else { " " }.repeat(missing))
}

/// As many characters as the precision says.
fn cut(text: &str, flags: Flags) -> String {
    text.chars().take(flags.precision.unwrap_or(usize::MAX)).collect()
}

fn float(value: f64, flags: Flags, verb: char) -> String {
    let text = match verb {
        'f' | 'F' => decimal(value, Some(flags.precision.unwrap_or(6))),
        'e' | 'E' => scientific(value, Some(flags.precision.unwrap_or(6))),
        _ => general(value, flags.precision),
    };
    let text = if matches!(verb, 'E' | 'G') && value.is_finite() { text.to_uppercase() } else { text };
    let unsigned = text.trim_start_matches(['-', '+']);
    // What is infinite has its sign even where it is not asked for, and is not filled up with zeros.
    let plus = match (flags.plus, flags.space) {
        (true, _) => "+",
        (false, true) => " ",
        (false, false) if value.is_infinite() => "+",
        _ => "",
    };
    let sign = if text.starts_with('-') { "-" } else { plus };
    signed(sign, unsigned, Flags { zero: flags.zero && value.is_finite(), ..flags })
}

fn integer(value: i64, flags: Flags, verb: char) -> String {
    let size = value.unsigned_abs();
    let digits = match verb {
        'x' => format!("{size:x}"),
        'X' => format!("{size:X}"),
        _ => size.to_string(),
    };
    let least = flags.precision.unwrap_or(0);
    // A zero with a precision of zero is nothing at all.
    let digits =
        if value == 0 && flags.precision == Some(0) { String::new() } else { format!("{digits:0>least$}") };
    let plus = if flags.plus {
        "+"
    } else if flags.space {
        " "
    } else {
        ""
    };
    let sign = if value < 0 { "-" } else { plus };
    if digits.is_empty() {
        return padded("", Flags { zero: false, ..flags });
    }
    signed(sign, &digits, Flags { zero: flags.zero && flags.precision.is_none(), ..flags })
}

/// Zeros stand behind the sign, blanks before it.
fn signed(sign: &str, unsigned: &str, flags: Flags) -> String {
    if flags.zero {
        let width = flags.width.map(|width| width.saturating_sub(sign.len()));
        return format!("{sign}{}", padded(unsigned, Flags { width, ..flags }));
    }
    padded(&format!("{sign}{unsigned}"), flags)
}

fn hexadecimal(text: &str, flags: Flags, verb: char) -> String {
    let bytes = text.bytes().take(flags.precision.unwrap_or(usize::MAX));
    let each: Vec<_> =
        bytes.map(|byte| if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") }).collect();
    each.join(if flags.space { " " } else { "" })
}

/// In double quotes, with escapes for what cannot be seen.
fn quoted(text: &str, ascii: bool) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            ' '..='~' => out.push(c),
            '\0'..='\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if !ascii && is_seen(c) => out.push(c),
            '\u{80}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether a character can be seen; Rust's own escapes know.
fn is_seen(c: char) -> bool {
    c.is_alphanumeric() || !c.escape_debug().to_string().starts_with("\\u")
}
