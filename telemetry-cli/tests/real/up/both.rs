//! `telemetry up` and a real Prometheus over the same samples.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use telemetry_query::{Sample, is_stale};
use telemetry_stack::history::{Exported, History, HistoryOptions};

use super::workload::{HOUR, Made, TODAY};
use crate::query::loaded;
use crate::support::{Prometheus, Scratch, Up, http};

/// How far values may be apart, in proportion to the larger one.
const CLOSE: f64 = 1e-9;

/// Both servers, each with all of the samples.
pub(super) struct Both {
    pub(super) ours: Up,
    pub(super) theirs: Prometheus,
}

/// By labels, the values by their times in milliseconds.
pub(super) type Answer = BTreeMap<BTreeMap<String, String>, BTreeMap<i64, f64>>;

impl Both {
    /// Writes a history, exports it, loads what was exported into a Prometheus, and starts our own stack on the history.
    pub(super) fn with(series: &[Made]) -> Self {
        let folder = Scratch::new();
        let exposition = exported(&folder.path().join("up/history"), series);
        let theirs = loaded(&exposition);
        let ours = Up::start_in(folder, &["--no-gateway", "--no-rules", "--retention", "36500d"]);
        Self { ours, theirs }
    }

    /// The answers of both to a request.
    pub(super) fn ask(&self, path: &str) -> [(u16, String); 2] {
        [self.ours.api().url(), self.theirs.url()].map(|url| {
            let answer = http::get(&format!("{url}/api/v1/{path}")).unwrap();
            (answer.status, answer.body)
        })
    }

    /// What is different in the answers to a query, or how many series both have.
    pub(super) fn compare(&self, path: &str) -> Result<usize, String> {
        let [ours, theirs] = self.ask(path).map(|(_, body)| body);
        let [ours, theirs] = [parsed(&ours).map_err(|error| format!("ours: {error}"))?, parsed(&theirs)?];
        difference(&ours, &theirs).map_or(Ok(theirs.len()), Err)
    }
}

/// Fills a history by all roads, the import of what is old and appending what is new, and exports everything.
fn exported(folder: &Path, series: &[Made]) -> String {
    let history = History::open(folder, HistoryOptions::default()).unwrap();
    let mut import = history.import().unwrap();
    for (labels, samples) in series {
        let old = samples.iter().copied().take_while(|sample| sample.timestamp < TODAY).collect::<Vec<_>>();
        if !old.is_empty() {
            import.series(labels, old).unwrap();
        }
    }
    import.finish().unwrap();
    for hour in 0..6 {
        append(&history, series, TODAY + hour * HOUR);
    }
    let mut text = Vec::new();
    let exported = history.export(&mut text, i64::MIN, i64::MAX).unwrap();
    let all = series.iter().flat_map(|(_, samples)| samples);
    let (stale, samples): (Vec<&Sample>, Vec<&Sample>) = all.partition(|sample| is_stale(sample.value));
    assert_eq!(exported, Exported { samples: samples.len() as u64, stale: stale.len() as u64 });
    String::from_utf8(text).unwrap()
}

/// Appends an hour and brings what is complete to its place on disk.
fn append(history: &History, series: &[Made], hour: i64) {
    let batch: Vec<_> = series
        .iter()
        .flat_map(|(labels, samples)| {
            let number = history.series_id(labels).unwrap();
            let hour = samples.iter().filter(move |sample| (hour..hour + HOUR).contains(&sample.timestamp));
            hour.map(move |sample| (number, *sample))
        })
        .collect();
    assert_eq!(history.append(&batch).unwrap().stored, batch.len());
    history.maintain(hour + HOUR).unwrap();
}

/// A vector or a matrix.
fn parsed(body: &str) -> Result<Answer, String> {
    let document: Value = serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?;
    if document["status"] != "success" {
        return Err(document["error"].as_str().unwrap_or(body).to_owned());
    }
    Ok(document["data"]["result"].as_array().into_iter().flatten().map(series).collect())
}

fn series(result: &Value) -> (BTreeMap<String, String>, BTreeMap<i64, f64>) {
    let labels = result["metric"].as_object().into_iter().flatten();
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let instant = result.get("value").into_iter();
    let samples = instant.chain(result["values"].as_array().into_iter().flatten()).map(|sample| {
        let milliseconds = (sample[0].as_f64().unwrap() * 1_000.0).round() as i64;
        (milliseconds, sample[1].as_str().unwrap().parse().unwrap())
    });
    (labels.collect(), samples.collect())
}

fn difference(ours: &Answer, theirs: &Answer) -> Option<String> {
    if let Some(labels) = ours.keys().find(|labels| !theirs.contains_key(*labels)) {
        return Some(format!("only ours: {labels:?} {:?}", ours[labels]));
    }
    theirs.iter().find_map(|(labels, theirs)| {
        let Some(ours) = ours.get(labels) else { return Some(format!("only theirs: {labels:?} {theirs:?}")) };
        let different = |time: &&i64| match (ours.get(*time), theirs.get(*time)) {
            (Some(&ours), Some(&theirs)) => !is_close(ours, theirs),
            _ => true,
        };
        let time = ours.keys().chain(theirs.keys()).find(different)?;
        Some(format!("{labels:?} at {time}: ours {:?}, theirs {:?}", ours.get(time), theirs.get(time)))
    })
}

fn is_close(one: f64, other: f64) -> bool {
    one == other
        || (one.is_nan() && other.is_nan())
        || (one - other).abs() <= CLOSE * one.abs().max(other.abs())
}
