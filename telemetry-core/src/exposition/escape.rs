//! Escapes, both ways: in help texts, which end with their line, and in label values, which end with a quote.

use std::borrow::Cow;

use super::format::Format;
use super::scan::quote_backslash_or_line_feed;

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
#[inline]
pub(super) fn write_escaped(out: &mut String, text: &str, context: Context) {
    match quote_backslash_or_line_feed(text.as_bytes()) {
        None => out.push_str(text),
        Some(first) => write_with_escapes(out, text, first, context),
    }
}

/// Writes `text`, of which the first byte that may need an escape stands at `first`.
#[cold]
fn write_with_escapes(out: &mut String, text: &str, first: usize, context: Context) {
    let (mut rest, mut special) = (text, Some(first));
    while let Some(at) = special {
        let (plain, from_special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match from_special.as_bytes().first() {
            Some(b'\\') => "\\\\",
            Some(b'\n') => "\\n",
            _ if context.escapes_quotes() => "\\\"",
            _ => "\"",
        });
        rest = from_special.get(1..).unwrap_or_default();
        special = quote_backslash_or_line_feed(rest.as_bytes());
    }
    out.push_str(rest);
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
