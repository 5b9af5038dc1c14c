//! The answer for programs: one sample per line.

use super::Asked;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Error, Map, Value as Json, json};
use telemetry_catalog::quantity::exact;
use telemetry_query::{Labels, Sample, Series, Steps, Value};

/// What was asked and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    expr: &'a str,
    source: &'a str,
    range: Option<Json>,
    result_type: &'static str,
    result: Vec<Element>,
    warnings: &'a [String],
}

/// A series. What is raw is written on one line, whatever is around it.
#[derive(Debug, Serialize)]
struct Element {
    labels: Box<RawValue>,
    samples: Vec<Box<RawValue>>,
}

/// Each sample is its time in seconds since 1970 and its value; what JSON has no number for is a text, as Prometheus writes it.
pub(super) fn document(asked: &Asked) -> Result<Document<'_>, Error> {
    Ok(Document {
        expr: &asked.expr,
        source: &asked.source,
        range: asked.steps.map(range),
        result_type: asked.answer.value.type_name(),
        result: result(&asked.answer.value)?,
        warnings: &asked.answer.warnings,
    })
}

fn range(steps: Steps) -> Json {
    json!({ "start": seconds(steps.start), "end": seconds(steps.end), "step": seconds(steps.step) })
}

fn result(value: &Value) -> Result<Vec<Element>, Error> {
    let none = Labels::default();
    match value {
        Value::Scalar(at) => Ok(vec![series(&none, [sample(at)])?]),
        Value::String { timestamp, text } => Ok(vec![series(&none, [json!([seconds(*timestamp), text])])?]),
        Value::Vector(elements) => elements.iter().map(|(labels, at)| series(labels, [sample(at)])).collect(),
        Value::Matrix(all) => {
            let of = |Series { labels, samples }: &Series| series(labels, samples.iter().map(sample));
            all.iter().map(of).collect()
        }
        // A type that is not known here has no samples that are.
        _ => Ok(Vec::new()),
    }
}

fn series(labels: &Labels, samples: impl IntoIterator<Item = Json>) -> Result<Element, Error> {
    let labels: Map<_, _> =
        labels.iter().map(|label| (label.name.to_string(), Json::from(&*label.value))).collect();
    let samples = samples.into_iter().map(|sample| to_raw_value(&sample)).collect::<Result<_, _>>()?;
    Ok(Element { labels: to_raw_value(&labels)?, samples })
}

fn sample(sample: &Sample) -> Json {
    let value = sample.value;
    let value = if value.is_finite() { Json::from(value) } else { Json::from(exact(value)) };
    json!([seconds(sample.timestamp), value])
}

fn seconds(milliseconds: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a float has all milliseconds of a hundred thousand years"
    )]
    let milliseconds = milliseconds as f64;
    milliseconds / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_a_list_of_series_with_samples() {
        let zone = Labels::new([("zone", "north")]);
        let numbers = [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let samples: Vec<_> = numbers.map(|value| Sample::new(1_500, value)).to_vec();
        let result = |value| serde_json::to_value(result(&value).unwrap()).unwrap();
        let written = result(Value::Matrix(vec![Series { labels: zone, samples }]));
        let expected = json!([{
            "labels": { "zone": "north" },
            "samples": [[1.5, 1.5], [1.5, "NaN"], [1.5, "+Inf"], [1.5, "-Inf"]],
        }]);
        assert_eq!(written, expected);
        let text = result(Value::String { timestamp: 1_000, text: "a".to_owned() });
        assert_eq!(text, json!([{ "labels": {}, "samples": [[1.0, "a"]] }]));
        assert_eq!(result(Value::Scalar(Sample::new(0, 2.0)))[0]["samples"], json!([[0.0, 2.0]]));
        assert_eq!(result(Value::Vector(Vec::new())), json!([]));
    }

    #[test]
    fn a_sample_and_the_labels_are_one_line_each() {
        let samples = [1.0, 2.0].map(|value| Sample::new(500, value)).to_vec();
        let series = Series { labels: Labels::new([("job", "a"), ("zone", "b")]), samples };
        let written = result(&Value::Matrix(vec![series])).unwrap();
        let expected = r#"[
  {
    "labels": {"job":"a","zone":"b"},
    "samples": [
      [0.5,1.0],
      [0.5,2.0]
    ]
  }
]"#;
        assert_eq!(serde_json::to_string_pretty(&written).unwrap(), expected);
    }
}
