//! What can be wrong with an exposition, where it is wrong, and what would be right there.

use crate::harmless::harmless;
use std::fmt;

/// An exposition that cannot be read: the place and the reason.
///
/// ```
/// use telemetry_core::exposition::{Format, parse};
///
/// let error = parse("up{job} 1\n", Format::Text).unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 7: expected '=' after label name, found '}'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
#[non_exhaustive]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column within the line, counted in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// The reason why an exposition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The grammar allows one thing at this place and another is there.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What the grammar allows.
        expected: &'static str,
        /// What the input has.
        found: Found,
    },
    /// The bytes are not UTF-8.
    #[error("expected UTF-8 text, found a byte sequence that is not UTF-8")]
    InvalidUtf8,
    /// A label is called `__name__`, which is where Prometheus keeps the metric's own name.
    #[error("expected a label name other than `__name__`, which stands for the metric's own name")]
    ReservedLabel,
    /// One sample or exemplar has two labels of the same name.
    #[error("expected each label once, found a second `{0}`")]
    DuplicateLabel(String),
    /// Two samples have the same name and the same labels.
    #[error("expected one sample for each name and label set, found a second `{0}` with these labels")]
    DuplicateSample(String),
    /// A second line of the same kind describes the same family.
    #[error("expected one {keyword} line for each family, found a second one for `{family}`")]
    SecondDescription {
        /// `HELP`, `TYPE` or `UNIT`.
        keyword: &'static str,
        /// The family that is described twice.
        family: String,
    },
    /// A family is described after its first sample.
    #[error("expected {keyword} before the samples of `{family}`, found it after them")]
    LateDescription {
        /// `HELP`, `TYPE` or `UNIT`.
        keyword: &'static str,
        /// The family that is described too late.
        family: String,
    },
    /// The described name is already the name of another family's samples.
    #[error("expected a name that no other family uses, found `{name}`, which clashes with `{family}`")]
    NameClash {
        /// The name that is described.
        name: String,
        /// The family whose samples have that name.
        family: String,
    },
    /// A sample's name is that of its family, but samples of this type are named otherwise.
    #[error("expected {expected} as a sample of the {kind} `{family}`, found `{family}`")]
    WrongSampleName {
        /// The family's type.
        kind: &'static str,
        /// The family's name as its TYPE line has it.
        family: String,
        /// The names that samples of this type have.
        expected: String,
    },
    /// A sample lacks the label that its type requires.
    #[error("expected label `{label}` on this sample of `{family}`, found none")]
    MissingLabel {
        /// The label that is missing.
        label: String,
        /// The family's name as its TYPE line has it.
        family: String,
    },
    /// A `le` or `quantile` label is where it has no meaning, so that two lines of one metric would differ in it.
    #[error("expected `{0}` only on buckets and quantiles, found it on another sample of the family")]
    MisplacedLabel(&'static str),
    /// A counter's creation time stands before its value, or alone.
    #[error("expected `{total}` before `{created}` for each label set, found no such sample")]
    CreatedBeforeTotal {
        /// The name of the sample with the value.
        total: String,
        /// The name of the sample with the creation time.
        created: String,
    },
    /// The exemplar belongs to a sample that cannot have one.
    #[error("expected exemplars on counters and buckets only, found one on another sample")]
    MisplacedExemplar,
    /// The labels of an exemplar are longer than OpenMetrics allows.
    #[error(
        "expected at most {most} characters in the names and values of an exemplar's labels, found {found}"
    )]
    LongExemplar {
        /// How many there may be.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A bucket stands behind one with a higher bound.
    #[error(
        "expected the buckets of `{0}` in the order of their bounds, found a bound below the one before it"
    )]
    FallingBounds(String),
    /// A family whose values are no quantities has a unit.
    #[error("expected no unit of the {kind} `{family}`, found `{unit}`")]
    UnitOfNoQuantity {
        /// The family's type.
        kind: &'static str,
        /// The family's name as its UNIT line has it.
        family: String,
        /// The unit.
        unit: String,
    },
    /// The unit is not the last word of the family's name.
    #[error("expected the name `{family}` to end in its unit, as `_{unit}`")]
    UnitNotInName {
        /// The family's name as its UNIT line has it.
        family: String,
        /// The unit.
        unit: String,
    },
    /// Lines of one family, or of one label set in it, are apart from each other.
    #[error(
        "expected all lines of `{0}`, and of each label set in it, next to each other, found others between them"
    )]
    Interleaved(String),
}

impl ParseErrorKind {
    /// An error of the grammar about a whole word of the input.
    pub(super) fn word(expected: &'static str, word: &str) -> Self {
        Self::Unexpected { expected, found: Found::Text(excerpt(word)) }
    }
}

/// What stands in the input where something else was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One character.
    Character(char),
    /// A word or number, shortened when it is long.
    Text(String),
    /// The end of a line.
    EndOfLine,
    /// The end of the input.
    EndOfInput,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(c) => write!(f, "'{}'", harmless(c.encode_utf8(&mut [0; 4]))),
            Self::Text(text) => write!(f, "`{text}`"),
            Self::EndOfLine => f.write_str("the end of the line"),
            Self::EndOfInput => f.write_str("the end of the input"),
        }
    }
}

/// The beginning of `text`, so that a message stays readable when the input is one word of many megabytes, and harmless whatever the word
/// is.
pub(super) fn excerpt(text: &str) -> String {
    /// Longer than any name or number that a person would write.
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => harmless(&text[..end]) + "…",
        None => harmless(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Format, parse};

    #[test]
    fn found_things_are_named_as_a_person_would() {
        assert_eq!(Found::Character('}').to_string(), "'}'");
        assert_eq!(Found::Character('\t').to_string(), "'\\t'");
        assert_eq!(Found::EndOfInput.to_string(), "the end of the input");
    }

    /// Messages go to terminals and logs, and what they repeat was written by anybody.
    #[test]
    fn nothing_that_a_terminal_would_obey_is_repeated() {
        for (input, expected) in [
            ("a \u{1b}[2J\u{7}\n", r"line 1, column 3: expected a number, found `\u{1b}[2J\u{7}`"),
            ("a{\u{202e}} 1\n", r"line 1, column 3: expected a label name or '}', found '\u{202e}'"),
            (
                "# TYPE a histogram\na_bucket{le=\"1\\n\u{202e}all is well\"} 1\n",
                r"line 2, column 1: expected a number in the label `le` or `quantile`, found `1\n\u{202e}all is well`",
            ),
        ] {
            assert_eq!(parse(input, Format::Text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let cut = excerpt(&"é".repeat(1000));
        assert_eq!(cut.chars().count(), 81);
        assert_eq!(excerpt("short"), "short");
    }
}
