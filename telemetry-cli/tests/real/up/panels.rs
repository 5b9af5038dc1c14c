//! Everything that the project generates for Grafana and Prometheus, asked of both over the same hours.
//!
//! The text that is loaded into Prometheus cannot say where a series ended. What ended is therefore looked at every five minutes only, at
//! times at which the mark and the time for which Prometheus looks back come to the same; see the workload's phases. Where nothing ended the
//! steps are of no such kind. No step, less any range or offset, meets a sample: Debian's Prometheus 2.42 has closed windows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Steps};

use super::both::Both;
use super::workload::{self, DAY, HOUR, MINUTE, Made, TODAY};
use crate::stack::compare::{as_grafana_would, panel_queries, recording_rules};
use crate::support::http::escape;
use crate::support::require;

/// Four scrapes, which is what Grafana puts there.
const RATE_INTERVAL: &str = "4m";

/// Rules are evaluated so many milliseconds after the minute.
const EVALUATED: i64 = 41_625;

/// Queries are made so many milliseconds after the minute.
const ASKED: i64 = 7_300;

/// Where something ends, and everywhere else.
const RANGES: [Steps; 2] = [
    Steps { start: TODAY + 5 * MINUTE + ASKED, end: TODAY + 5 * HOUR, step: 5 * MINUTE },
    Steps { start: TODAY + 190 * MINUTE + ASKED, end: TODAY + 5 * HOUR, step: 70_000 },
];

/// Instants, of which the first are multiples of five minutes.
const INSTANTS: [i64; 4] = [40, 95, 207, 299];

/// How many of the panels' queries have something to show, at least.
const LEAST_SHOWN: f64 = 0.95;

struct Alert {
    labels: Vec<(String, String)>,
    expression: String,
}

fn monitoring(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitoring").join(path)
}

fn recordings() -> Vec<(String, String)> {
    recording_rules(&fs::read_to_string(monitoring("prometheus/rules/recording.yml")).unwrap())
}

fn alerts() -> Vec<Alert> {
    let text = fs::read_to_string(monitoring("prometheus/rules/alerts.yml")).unwrap();
    let document: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let groups = document["groups"].as_sequence().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_sequence().unwrap()).map(alert).collect()
}

fn alert(rule: &serde_yaml::Value) -> Alert {
    let text = |value: &serde_yaml::Value| value.as_str().unwrap().to_owned();
    let own = rule["labels"].as_mapping().unwrap().iter().map(|(name, value)| (text(name), text(value)));
    let firing = [("alertname", text(&rule["alert"])), ("alertstate", "firing".to_owned())];
    let firing = firing.map(|(name, value)| (name.to_owned(), value));
    Alert { labels: own.chain(firing).collect(), expression: text(&rule["expr"]) }
}

/// The queries of all panels of all boards, each once.
fn panels() -> BTreeSet<String> {
    let boards = fs::read_dir(monitoring("grafana/dashboards")).unwrap();
    let boards = boards.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let queries = boards.flat_map(|board| panel_queries(&serde_json::from_str::<Value>(&board).unwrap()));
    queries.map(|(_, query)| as_grafana_would(&query, RATE_INTERVAL)).collect()
}

/// The workload with what the rules make of it, as it would be in the history: the series of each rule,
/// and `ALERTS` for every minute in which an alert's condition holds.
fn with_rules(mut series: Vec<Made>) -> Vec<Made> {
    let mut store = MemoryStore::default();
    series.iter().for_each(|(labels, samples)| store.append(labels, samples.iter().copied()));
    for (name, expression) in recordings() {
        let recorded = evaluated(&store, &expression, &[("__name__".to_owned(), name)]);
        recorded.iter().for_each(|(labels, samples)| store.append(labels, samples.iter().copied()));
        series.extend(recorded);
    }
    for Alert { mut labels, expression } in alerts() {
        labels.push(("__name__".to_owned(), "ALERTS".to_owned()));
        let mut firing = evaluated(&store, &expression, &labels);
        firing.iter_mut().flat_map(|(_, samples)| samples).for_each(|sample| sample.value = 1.0);
        series.extend(firing);
    }
    series
}

/// What an expression is worth at every minute of both days, with these labels in addition.
fn evaluated(store: &MemoryStore, expression: &str, labels: &[(String, String)]) -> Vec<Made> {
    let query = Query::parse(expression).unwrap();
    let mut all: Vec<Made> = Vec::new();
    for (start, end) in [(TODAY - DAY + 3 * HOUR, TODAY - DAY + 5 * HOUR), (TODAY, TODAY + 5 * HOUR)] {
        let steps = Steps { start: start + EVALUATED, end, step: MINUTE };
        for found in query.range(store, steps, &Limits::default()).unwrap() {
            let kept =
                found.labels.iter().filter(|label| labels.iter().all(|(name, _)| **name != *label.name));
            let kept = kept.map(|label| (label.name.to_string(), label.value.to_string()));
            let labels = Labels::new(kept.chain(labels.iter().cloned()));
            let samples: Vec<Sample> = found.samples;
            match all.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, known)) => known.extend(samples),
                None => all.push((labels, samples)),
            }
        }
    }
    all
}

/// Every request by which an expression is compared.
fn requests(expression: &str) -> Vec<String> {
    let query = escape(expression);
    let seconds = |time: i64| time as f64 / 1_000.0;
    let ranges = RANGES.iter().map(|Steps { start, end, step }| {
        let [start, end, step] = [*start, *end, *step].map(seconds);
        format!("query_range?query={query}&start={start}&end={end}&step={step}")
    });
    let instants = INSTANTS.map(|minute| seconds(TODAY + minute * MINUTE + ASKED));
    ranges.chain(instants.map(|time| format!("query?query={query}&time={time}"))).collect()
}

#[test]
fn every_generated_expression_has_the_same_answers_as_in_prometheus() {
    require!(Prometheus, Promtool);
    let both = Both::with(&with_rules(workload::series()));
    let mut faults = Vec::new();
    let mut share_that_shows = |what: &str, expressions: &BTreeSet<String>| {
        let mut shown = 0_u32;
        for expression in expressions {
            let answers = requests(expression).into_iter().map(|request| both.compare(&request));
            match answers.collect::<Result<Vec<_>, _>>() {
                Ok(series) if series.iter().all(|series| *series == 0) => println!("nothing: {expression}"),
                Ok(_) => shown += 1,
                Err(difference) => faults.push(format!("{expression}\n{difference}")),
            }
        }
        println!("{what}: {shown} of {} have something to show", expressions.len());
        f64::from(shown) / expressions.len() as f64
    };
    let shown = share_that_shows("panels", &panels());
    let recorded =
        share_that_shows("recording rules", &recordings().into_iter().map(|rule| rule.1).collect());
    let alerted = share_that_shows("alerts", &alerts().into_iter().map(|alert| alert.expression).collect());
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n\n"));
    assert!(shown >= LEAST_SHOWN && recorded >= LEAST_SHOWN && alerted > 0.6, "{shown} {recorded} {alerted}");
}
