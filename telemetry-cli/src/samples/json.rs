//! Samples as JSON: one array, one sample per line.

use serde::ser::{Serialize, SerializeMap, Serializer};
use telemetry_core::exposition::{self, Event, Family, Format, Label, ParseError, Reader, write_value};

/// Whole numbers up to here are written without a point; beyond it not every whole number is a float.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// One element of the array.
#[derive(Debug, serde::Serialize)]
struct Element<'s> {
    name: &'s str,
    r#type: &'static str,
    labels: Labels<'s>,
    value: Number,
}

/// Labels as an object, in the order in which they are written.
#[derive(Debug)]
struct Labels<'s>(&'s [Label<'s>]);

/// A number, or the word of the text format for what JSON has no number for.
#[derive(Debug)]
struct Number(f64);

/// The samples of the families, one element for each line that the text format has for them.
///
/// They are read back from that format, so that the parts of a histogram have their names in one place only.
///
/// # Errors
/// What the parser says of text that the writer made, which is never but for names that no format allows.
pub(crate) fn json(families: &[Family<'_>]) -> Result<String, serde_json::Error> {
    let lines = all_elements(families)?;
    Ok(if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) })
}

/// The same on one line.
///
/// # Errors
/// As [`json`].
pub(crate) fn json_line(families: &[Family<'_>]) -> Result<String, serde_json::Error> {
    Ok(format!("[{}]\n", all_elements(families)?.join(",")))
}

fn all_elements(families: &[Family<'_>]) -> Result<Vec<String>, serde_json::Error> {
    let mut lines = Vec::new();
    let mut text = String::new();
    for family in families {
        text.clear();
        exposition::write(std::slice::from_ref(family), Format::Text, &mut text);
        let kind = family.kind.as_str(Format::Text);
        elements(&text, kind, &mut lines).map_err(serde::ser::Error::custom)?;
    }
    Ok(lines)
}

fn elements(text: &str, kind: &'static str, lines: &mut Vec<String>) -> Result<(), ElementError> {
    let mut reader = Reader::new(text, Format::Text);
    loop {
        match reader.next_event()? {
            Event::Eof => return Ok(()),
            Event::Sample(sample) => {
                let (labels, value) = (Labels(sample.labels), Number(sample.value));
                lines.push(serde_json::to_string(&Element {
                    name: sample.name,
                    r#type: kind,
                    labels,
                    value,
                })?);
            }
            _ => {}
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ElementError {
    #[error(transparent)]
    Text(#[from] ParseError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for label in self.0 {
            map.serialize_entry(&label.name, &label.value)?;
        }
        map.end()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = *self;
        let whole = value.trunc() == value
            && value.abs() < EXACT_INTEGERS
            && !(value == 0.0 && value.is_sign_negative());
        if !value.is_finite() {
            let mut word = String::new();
            write_value(&mut word, value);
            serializer.serialize_str(&word)
        } else if whole {
            #[expect(clippy::cast_possible_truncation, reason = "the number is a small integer")]
            serializer.serialize_i64(value as i64)
        } else {
            serializer.serialize_f64(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::parse;

    fn lines(text: &str) -> Vec<String> {
        json(&parse(text, Format::Text).unwrap()).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn each_line_of_a_histogram_is_an_element() {
        let text = "# TYPE h histogram\nh_bucket{a=\"b\",le=\"10\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\nh_sum{a=\"b\"} 11.5\nh_count{a=\"b\"} 2\n";
        assert_eq!(
            lines(text),
            [
                "[",
                r#"{"name":"h_bucket","type":"histogram","labels":{"a":"b","le":"10"},"value":1},"#,
                r#"{"name":"h_bucket","type":"histogram","labels":{"a":"b","le":"+Inf"},"value":2},"#,
                r#"{"name":"h_sum","type":"histogram","labels":{"a":"b"},"value":11.5},"#,
                r#"{"name":"h_count","type":"histogram","labels":{"a":"b"},"value":2}"#,
                "]",
            ]
        );
    }

    #[test]
    fn what_json_has_no_number_for_is_a_word() {
        let values: Vec<_> = lines("a 1e300\nb NaN\nc +Inf\nd -Inf\ne -0\nf -3\n")
            .iter()
            .filter_map(|line| Some(line.split_once("\"value\":")?.1.trim_end_matches([',', '}']).to_owned()))
            .collect();
        assert_eq!(values, ["1e+300", "\"NaN\"", "\"+Inf\"", "\"-Inf\"", "-0.0", "-3"]);
    }

    #[test]
    fn label_values_stay_on_their_line() {
        let [_, line, _] = &*lines("a{b=\"x\\ny\\\"z\"} 1\n") else { panic!("three lines") };
        assert_eq!(line, r#"{"name":"a","type":"untyped","labels":{"b":"x\ny\"z"},"value":1}"#);
    }

    #[test]
    fn nothing_is_an_empty_array() {
        assert_eq!((json(&[]).unwrap(), json_line(&[]).unwrap()), ("[]\n".to_owned(), "[]\n".to_owned()));
    }
}
