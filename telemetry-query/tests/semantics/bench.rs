//! A bench for expressions: series from a short notation, and answers as text.

use std::fmt::Write as _;

use telemetry_query::{Labels, Limits, MemoryStore, Query, QueryError, STALE, Sample, Steps, Value};

/// Series that begin at 0 and have a sample every ten seconds.
#[derive(Default)]
pub(crate) struct Bench {
    pub(crate) store: MemoryStore,
}

/// Series, one a line: labels as `name{a="b"}`, then its samples; `_` is a missing one and `stale` the end of the series.
pub(crate) fn series(lines: &str) -> Bench {
    let mut bench = Bench::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (labels, samples) = line.split_once(' ').unwrap();
        let samples = samples.split_whitespace().enumerate().filter_map(|(position, text)| {
            let value = if text == "stale" { STALE } else { text.parse().ok()? };
            Some(Sample::new(i64::try_from(position).unwrap() * 10_000, value))
        });
        bench.store.append(&parsed(labels), samples);
    }
    bench
}

fn parsed(text: &str) -> Labels {
    let (name, labels) = text.split_once('{').unwrap_or((text, ""));
    let pairs = labels.trim_end_matches('}').split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()));
    Labels::new([("__name__".to_owned(), name.to_owned())].into_iter().chain(pairs))
}

impl Bench {
    /// The result at a time in seconds: elements as `{labels} value`, separated by `; `.
    pub(crate) fn at(&self, seconds: i64, expression: &str) -> String {
        match self.tried(seconds, expression).unwrap_or_else(|error| panic!("{expression}: {error}")) {
            Value::Scalar(sample) => written(sample.value),
            Value::String { text, .. } => text,
            Value::Vector(elements) => {
                let elements =
                    elements.iter().map(|(labels, sample)| format!("{labels} {}", written(sample.value)));
                elements.collect::<Vec<_>>().join("; ")
            }
            Value::Matrix(all) => {
                let series =
                    all.iter().map(|series| format!("{}{}", series.labels, samples(&series.samples)));
                series.collect::<Vec<_>>().join("; ")
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn tried(&self, seconds: i64, expression: &str) -> Result<Value, QueryError> {
        Query::parse(expression)?.instant(&self.store, seconds * 1_000, &Limits::default())
    }

    /// The only number that an expression has at a time in seconds.
    pub(crate) fn number(&self, seconds: i64, expression: &str) -> f64 {
        match self.tried(seconds, expression) {
            Ok(Value::Vector(elements)) if elements.len() == 1 => elements[0].1.value,
            Ok(Value::Scalar(sample)) => sample.value,
            other => panic!("{expression}: {other:?}"),
        }
    }

    /// The results over a range in seconds: series as `{labels} value@second value@second`, separated by `; `.
    pub(crate) fn over(&self, (start, end, step): (i64, i64, i64), expression: &str) -> String {
        let steps = Steps { start: start * 1_000, end: end * 1_000, step: step * 1_000 };
        let query = Query::parse(expression).unwrap();
        let all = query.range(&self.store, steps, &Limits::default());
        let all = all.unwrap_or_else(|error| panic!("{expression}: {error}"));
        let series = all.iter().map(|series| format!("{}{}", series.labels, samples(&series.samples)));
        series.collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn error(&self, seconds: i64, expression: &str) -> QueryError {
        self.tried(seconds, expression).map(|value| panic!("{expression}: {value:?}")).unwrap_err()
    }
}

fn samples(samples: &[Sample]) -> String {
    samples.iter().fold(String::new(), |mut text, sample| {
        write!(text, " {}@{}", written(sample.value), sample.timestamp as f64 / 1_000.0).unwrap();
        text
    })
}

/// Twelve digits tell whether a value is right, and hide how it was rounded.
fn written(value: f64) -> String {
    let text = if value.is_finite() { format!("{value:.12}") } else { value.to_string() };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
