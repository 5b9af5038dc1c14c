//! Results as JSON, written at once: an answer may have a million samples, and a tree of them would take many times their room.

use crate::number::{write_decimal, write_value};
use std::fmt::Write as _;
use telemetry_query::{Labels, Sample, Series, Value};

/// Writes a result of a query as the API has it.
pub(super) fn push_result(out: &mut String, value: &Value) {
    let _ = write!(out, r#"{{"resultType":"{}","result":"#, value.type_name());
    match value {
        Value::Scalar(sample) => push_scalar(out, *sample),
        Value::String { timestamp, text } => {
            out.push('[');
            push_short_seconds(out, *timestamp);
            out.push(',');
            push_string(out, text);
            out.push(']');
        }
        Value::Vector(elements) => push_list(out, elements, |out, (labels, sample)| {
            push_metric(out, labels);
            out.push_str(r#","value":"#);
            push_sample(out, *sample);
            out.push('}');
        }),
        Value::Matrix(series) => push_list(out, series, push_series),
        _ => out.push_str("[]"),
    }
    out.push('}');
}

fn push_series(out: &mut String, series: &Series) {
    push_metric(out, &series.labels);
    out.push_str(r#","values":"#);
    push_list(out, &series.samples, |out, sample| push_sample(out, *sample));
    out.push('}');
}

fn push_metric(out: &mut String, labels: &Labels) {
    out.push_str(r#"{"metric":"#);
    push_labels(out, labels);
}

/// Writes a label set as an object.
pub(super) fn push_labels(out: &mut String, labels: &Labels) {
    out.push('{');
    for (position, label) in labels.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push_string(out, &label.name);
        out.push(':');
        push_string(out, &label.value);
    }
    out.push('}');
}

/// Writes a list of anything.
pub(super) fn push_list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_sample(out: &mut String, sample: Sample) {
    out.push('[');
    push_seconds(out, sample.timestamp);
    out.push_str(",\"");
    write_value(out, sample.value);
    out.push_str("\"]");
}

/// A scalar has no exponent in the API, however large it is.
fn push_scalar(out: &mut String, sample: Sample) {
    out.push('[');
    push_short_seconds(out, sample.timestamp);
    out.push_str(",\"");
    write_decimal(out, sample.value);
    out.push_str("\"]");
}

/// Writes milliseconds as seconds, with three decimals or none.
fn push_seconds(out: &mut String, milliseconds: i64) {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let size = milliseconds.unsigned_abs();
    let _ = match size % 1_000 {
        0 => write!(out, "{sign}{}", size / 1_000),
        rest => write!(out, "{sign}{}.{rest:03}", size / 1_000),
    };
}

/// Writes milliseconds as seconds, with as many decimals as it takes: scalars and texts come from another writer in Prometheus.
fn push_short_seconds(out: &mut String, milliseconds: i64) {
    push_seconds(out, milliseconds);
    if milliseconds % 1_000 != 0 {
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// Writes a text in quotes.
pub(super) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        push_escaped(out, characters.next().unwrap_or_default());
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn push_escaped(out: &mut String, special: char) {
    match special {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        control => {
            let _ = write!(out, "\\u{:04x}", u32::from(control));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn results_look_as_in_prometheus() {
        let labels = Labels::new([("__name__", "up"), ("path", "C:\\ \"x\"\n\u{1}é")]);
        let vector = Value::Vector(vec![(labels.clone(), Sample::new(1_435_781_451_781, 1.0))]);
        assert_eq!(
            written(|out| push_result(out, &vector)),
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","path":"C:\\ \"x\"\n\u0001é"},"value":[1435781451.781,"1"]}]}"#
        );
        let samples =
            vec![Sample::new(-1_500, f64::NAN), Sample::new(50, f64::NEG_INFINITY), Sample::new(2_000, 1e21)];
        let matrix = Value::Matrix(vec![Series { labels: Labels::default(), samples }]);
        assert_eq!(
            written(|out| push_result(out, &matrix)),
            r#"{"resultType":"matrix","result":[{"metric":{},"values":[[-1.500,"NaN"],[0.050,"-Inf"],[2,"1e+21"]]}]}"#
        );
        assert_eq!(
            written(|out| push_result(out, &Value::Scalar(Sample::new(250, 1e21)))),
            r#"{"resultType":"scalar","result":[0.25,"1000000000000000000000"]}"#
        );
        let text = Value::String { timestamp: 1_000, text: "a".to_owned() };
        assert_eq!(written(|out| push_result(out, &text)), r#"{"resultType":"string","result":[1,"a"]}"#);
        assert_eq!(
            written(|out| push_result(out, &Value::Vector(Vec::new()))),
            r#"{"resultType":"vector","result":[]}"#
        );
    }

    proptest::proptest! {
        #[test]
        fn every_text_reads_back_equal(text in ".*") {
            let read: String = serde_json::from_str(&written(|out| push_string(out, &text))).unwrap();
            assert_eq!(read, text);
        }
    }
}
