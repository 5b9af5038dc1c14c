//! Escapes, both ways: in help texts, which end with their line, and in label values, which end with a quote.

use std::borrow::Cow;

use super::format::Format;

/// Which characters a text must not contain as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A help text: `\` and line feeds are escaped, in OpenMetrics quotes as well.
    Help(Format),
    /// A label value: `\`, line feeds and quotes are escaped.
    LabelValue(Format),
}

impl Context {
    fn escapes_quotes(self) -> bool {
        self != Self::Help(Format::Text)
    }

    /// The grammar of OpenMetrics lets a backslash before any other character stand for itself; the reference parser
    /// of the text format refuses it.
    fn keeps_unknown_escapes(self) -> bool {
        matches!(self, Self::Help(Format::OpenMetrics) | Self::LabelValue(Format::OpenMetrics))
    }
}

/// Writes `text` with escapes where it needs them.
pub(super) fn write_escaped(out: &mut String, text: &str, context: Context) {
    let mut rest = text;
    while let Some(at) = position_of_special(rest.as_bytes()) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'\\') => "\\\\",
            Some(b'\n') => "\\n",
            _ if context.escapes_quotes() => "\\\"",
            _ => "\"",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Where the first byte stands that may need an escape.
#[inline]
fn position_of_special(text: &[u8]) -> Option<usize> {
    if has_no_special(text) { None } else { text.iter().position(|byte| SPECIAL.contains(byte)) }
}

/// Whether no byte needs an escape; of a very short text this does not tell.
#[inline]
fn has_no_special(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk() {
        return text.as_chunks().0.iter().all(|chunk| is_plain(*chunk)) && is_plain(*last);
    }
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some([a, b, c, d]), Some([e, f, g, h])) => is_plain([*a, *b, *c, *d, *e, *f, *g, *h]),
        _ => false,
    }
}

/// The bytes that need an escape in one context or another.
const SPECIAL: [u8; 3] = [b'\\', b'\n', b'"'];

/// Whether none of eight bytes needs an escape. Most label values are plain, and this looks at all bytes at once.
#[inline]
fn is_plain(chunk: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let word = u64::from_ne_bytes(chunk);
    // The top bit of a byte is set where taking one from it borrows, and that is where it is zero; see "Bit Twiddling Hacks".
    let has = |special: u8| {
        let zero_where_same = word ^ (ONES * u64::from(special));
        zero_where_same.wrapping_sub(ONES) & !zero_where_same & TOPS
    };
    SPECIAL.into_iter().fold(0, |found, special| found | has(special)) == 0
}

/// Reads `text`, or hands back where in it a backslash stands before something that it cannot escape.
///
/// `\"` is read in every context. Older versions of the reference parser refuse it in a help text of the text format,
/// newer ones read it, and there is nothing else that it could mean.
pub(super) fn unescape(text: &str, context: Context) -> Result<Cow<'_, str>, usize> {
    let Some(mut at) = text.find('\\') else { return Ok(Cow::Borrowed(text)) };
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    loop {
        out.push_str(text.get(copied..at).unwrap_or_default());
        copied = at + 2;
        match text.as_bytes().get(at + 1) {
            Some(b'\\') => out.push('\\'),
            Some(b'n') => out.push('\n'),
            Some(b'"') => out.push('"'),
            _ if context.keeps_unknown_escapes() => {
                out.push('\\');
                copied = at + 1;
            }
            _ => return Err(at),
        }
        let rest = text.get(copied..).unwrap_or_default();
        match rest.find('\\') {
            Some(next) => at = copied + next,
            None => {
                out.push_str(rest);
                return Ok(Cow::Owned(out));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT_HELP: Context = Context::Help(Format::Text);
    const TEXT_LABEL: Context = Context::LabelValue(Format::Text);
    const OPEN_LABEL: Context = Context::LabelValue(Format::OpenMetrics);

    #[test]
    fn each_context_escapes_what_it_must() {
        let written = |context| {
            let mut out = String::new();
            write_escaped(&mut out, "a\\b\"c\nd", context);
            out
        };
        assert_eq!(written(TEXT_HELP), r#"a\\b"c\nd"#);
        assert_eq!(written(Context::Help(Format::OpenMetrics)), r#"a\\b\"c\nd"#);
        assert_eq!(written(TEXT_LABEL), r#"a\\b\"c\nd"#);
    }

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for length in 1..40 {
            for (at, special) in (0..length).zip(SPECIAL.into_iter().cycle()) {
                // Among bytes that differ from it by one bit, and beyond ASCII.
                let mut text = [[special ^ 1, special ^ 0x80], [0, 0xff]].concat().repeat(length);
                text.truncate(length);
                assert_eq!(position_of_special(&text), None, "{text:?}");
                text[at] = special;
                assert_eq!(position_of_special(&text), Some(at), "{text:?}");
            }
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(unescape("plain, {é}", TEXT_LABEL), Ok(Cow::Borrowed("plain, {é}"))));
    }

    #[test]
    fn unknown_escapes_are_refused_in_text_and_kept_in_open_metrics() {
        assert_eq!(unescape(r"ab\q", TEXT_LABEL), Err(2));
        assert_eq!(unescape(r"ab\", TEXT_HELP), Err(2));
        assert_eq!(unescape(r"\é\\n\", OPEN_LABEL).as_deref(), Ok(r"\é\n\"));
    }
}
