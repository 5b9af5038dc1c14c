//! Whatever the input, the parser answers; and whatever it has read, the writer can say again.

#[path = "exposition/families.rs"]
mod families;

use families::families;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use telemetry_core::exposition::{Format, ParseErrorKind, parse, parse_bytes, write};

/// What the formats are made of; text of these alone gets further into the parser than any text.
const PIECES: [&str; 36] = [
    "# HELP ",
    "# TYPE ",
    "# UNIT ",
    "# EOF",
    "# ",
    "#",
    "a",
    "b",
    "a_total",
    "_sum",
    "_count",
    "_bucket",
    "_created",
    " counter",
    " histogram",
    " summary",
    " gauge",
    " info",
    "{",
    "}",
    "=",
    "\"",
    ",",
    "le=\"1\"",
    "quantile=\"0.5\"",
    "\\",
    "\\n",
    " ",
    "\t",
    "\n",
    "\r\n",
    "1",
    "-",
    ".5e3",
    "NaN",
    "é",
];

fn format() -> impl Strategy<Value = Format> {
    select(&[Format::Text, Format::OpenMetrics][..])
}

/// A change to a text: what to cut out, and what to put there.
fn changes() -> impl Strategy<Value = Vec<(Index, usize, &'static str)>> {
    vec((any::<Index>(), 0..4_usize, select(&PIECES[..])), 1..4)
}

fn changed(text: &str, changes: &[(Index, usize, &str)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, length, piece) in changes {
        let at = at.index(characters.len() + 1);
        let end = characters.len().min(at + length);
        characters.splice(at..end, piece.chars());
    }
    characters.into_iter().collect()
}

/// Reads the input, and what is written of it.
fn check(input: &str, format: Format) -> Result<(), TestCaseError> {
    let Ok(families) = parse(input, format) else { return Ok(()) };
    let mut written = String::new();
    write(&families, format, &mut written);
    match parse(&written, format) {
        // A family that was described before another one took its samples' names cannot be described again.
        Err(error) if matches!(error.kind, ParseErrorKind::NameClash { .. }) && format == Format::Text => {
            Ok(())
        }
        again => {
            prop_assert_eq!(again, Ok(families), "{:?} was written as {:?}", input, written);
            Ok(())
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(input in any::<String>(), format in format()) {
        check(&input, format)?;
    }

    #[test]
    fn any_bytes_are_answered(input in vec(any::<u8>(), 0..200), format in format()) {
        let _ = parse_bytes(&input, format);
    }

    #[test]
    fn any_pieces_are_answered(pieces in vec(select(&PIECES[..]), 0..40), format in format()) {
        check(&pieces.concat(), format)?;
    }

    #[test]
    fn changed_text_is_answered(families in families(Format::Text), changes in changes()) {
        let mut text = String::new();
        write(&families, Format::Text, &mut text);
        check(&changed(&text, &changes), Format::Text)?;
    }

    #[test]
    fn changed_open_metrics_is_answered(families in families(Format::OpenMetrics), changes in changes()) {
        let mut text = String::new();
        write(&families, Format::OpenMetrics, &mut text);
        check(&changed(&text, &changes), Format::OpenMetrics)?;
    }

    #[test]
    fn cut_text_is_answered(families in families(Format::Text), at in any::<Index>()) {
        let mut text = String::new();
        write(&families, Format::Text, &mut text);
        let bytes = text.as_bytes();
        let _ = parse_bytes(&bytes[..at.index(bytes.len() + 1)], Format::Text);
    }
}
