//! What Prometheus says beside what the plan predicts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use telemetry_catalog::rules::hurried;
use telemetry_core::catalog::SERVE_INFO;

use super::parts::Parts;
use super::predict::{Labels, Line, World};

/// Over how many seconds a series is looked at.
const SECONDS: u32 = 6;

/// What Grafana would put in the place of `$__rate_interval`: four scrapes and more.
const RATE_INTERVAL: &str = "8s";

/// The programs and the plan that they are compared by.
pub(crate) struct Comparison<'a> {
    parts: &'a Parts,
    lines: &'a [Line],
    recorded: BTreeMap<String, String>,
}

impl<'a> Comparison<'a> {
    /// Compares the programs with a plan.
    pub(crate) fn new(parts: &'a Parts, lines: &'a [Line]) -> Self {
        let rules = parts.files("prometheus/rules", "recording.yml");
        let recorded = rules.iter().flat_map(|(_, text)| recording_rules(&hurried(text))).collect();
        Self { parts, lines, recorded }
    }

    /// Every recording rule has recorded what the plan predicts.
    pub(crate) fn every_recording_rule(&self) {
        assert!(!self.recorded.is_empty());
        let faults: Vec<_> = self.recorded.keys().flat_map(|name| self.faults(name, name)).collect();
        assert!(faults.is_empty(), "recording rules:\n{}", faults.join("\n"));
    }

    /// Every query of every panel gives what the plan predicts.
    pub(crate) fn every_panel(&self) {
        let boards = self.parts.files("grafana/dashboards", ".json");
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, text) in &boards {
            let board: Value = serde_json::from_str(text).unwrap();
            for (title, query) in panel_queries(&board) {
                seen.insert(query.clone());
                let place = format!("{}: {title}", file.rsplit('/').next().unwrap_or_default());
                faults.extend(self.faults(&place, &as_grafana_would(&query, RATE_INTERVAL)));
            }
        }
        assert!(seen.len() >= 34, "only {} queries", seen.len());
        assert!(faults.is_empty(), "panels:\n{}", faults.join("\n"));
    }

    /// Every variable of every board offers the values that the plan has for one of its labels, each of them and no others.
    pub(crate) fn every_variable(&self) {
        let mut seen = 0;
        for (file, text) in self.parts.files("grafana/dashboards", ".json") {
            let board: Value = serde_json::from_str(&text).unwrap();
            for query in variable_queries(&board) {
                let (selector, label) = query.rsplit_once(", ").unwrap();
                let found: BTreeSet<_> =
                    self.parts.prometheus.label_values(selector, label).into_iter().collect();
                let names = selector.split('"').nth(1).unwrap().split('|').collect::<BTreeSet<_>>();
                let planned = self.lines.iter().filter(|line| names.contains(line.name.as_str()));
                let planned: BTreeSet<_> =
                    planned.filter_map(|line| line.labels.get(label).cloned()).collect();
                assert!(
                    !planned.is_empty() && found == planned,
                    "{file}: {query}: {found:?} and not {planned:?}"
                );
                seen += 1;
            }
        }
        assert!(seen > 5, "only {seen} variables");
    }

    /// What is wrong with the answer to a query; nothing where all is as predicted.
    fn faults(&self, place: &str, query: &str) -> Vec<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let predicted = World { lines: self.lines, recorded: &self.recorded, now }.value_of(query);
        let predicted: BTreeMap<Labels, f64> =
            predicted.into_iter().map(|(labels, value)| (plain(labels), value)).collect();
        let found = self.parts.prometheus.last_seconds(query, SECONDS);
        let mut faults = Vec::new();
        let mut fault =
            |what: String| faults.push(format!("{place}: {what}\n    {}", query.replace('\n', "\n    ")));
        // Of what this fleet does not have at all, nothing is there.
        let is_absent = query.contains(SERVE_INFO.def().name) && found.is_empty();
        if predicted.is_empty() && !is_absent {
            fault("the plan predicts nothing".to_owned());
        }
        let found: BTreeMap<Labels, Vec<f64>> = found
            .into_iter()
            .map(|series| (plain(series.labels), series.samples.iter().map(|sample| sample.1).collect()))
            .collect();
        for (labels, values) in &found {
            let expected = predicted.get(labels).copied();
            if expected.is_none() && values.iter().all(|value| *value == 0.0) {
                continue;
            }
            let right = |value: &f64| expected.is_some_and(|expected| near(query, *value, expected));
            if values.len() < 2 || !values.iter().all(right) {
                fault(format!("{labels:?} is {values:?} and not {expected:?}"));
            }
        }
        for (labels, expected) in predicted.iter().filter(|(labels, _)| !found.contains_key(*labels)) {
            fault(format!("{labels:?} is not there, but should be {expected}"));
        }
        faults
    }
}

/// Whether a value is the expected one, as far as scrapes of a second and runs of a process can tell.
fn near(query: &str, value: f64, expected: f64) -> bool {
    let slack = match () {
        // A run is active for a moment; a push happens every second or so.
        () if query.contains("sase_agent_active") => 2.0,
        () if query.contains("push_time_seconds") => 15.0,
        // A run begins each second, and one in twenty is killed: a window of seconds holds one more or one less.
        () if query.contains("sase_agent") && query.contains("ratio") => 0.1,
        () if query.contains("sase_agent") && query.contains("increase") => 1.5,
        () if query.contains("sase_agent") && query.contains("* 60") => 12.0,
        () if query.contains("sase_agent") => 0.2,
        () if query.contains("leaked") => 3.0,
        () => 0.02,
    };
    (value - expected).abs() <= slack + 0.3 * expected.abs()
}

/// Labels without the name, with bounds of buckets written one way.
fn plain(mut labels: Labels) -> Labels {
    labels.remove("__name__");
    if let Some(bound) = labels.get_mut("le") {
        *bound = bound.parse::<f64>().unwrap().to_string();
    }
    labels
}

/// Each recording rule's name with its expression.
pub(crate) fn recording_rules(text: &str) -> Vec<(String, String)> {
    let document: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    let groups = document["groups"].as_sequence().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_sequence().unwrap());
    let text = |value: &serde_yaml::Value| value.as_str().unwrap().to_owned();
    rules.map(|rule| (text(&rule["record"]), text(&rule["expr"]))).collect()
}

/// What stands in the `label_values(…)` of each variable.
fn variable_queries(board: &Value) -> Vec<String> {
    let list = board["templating"]["list"].as_array().into_iter().flatten();
    let texts = list.filter_map(|variable| variable["query"]["query"].as_str());
    let inner =
        |text: &str| text.strip_prefix("label_values(").unwrap().strip_suffix(')').unwrap().to_owned();
    texts.map(inner).collect()
}

/// Title and expression of each query of each panel, those inside of rows too.
pub(crate) fn panel_queries(board: &Value) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for panel in board["panels"].as_array().into_iter().flatten() {
        queries.extend(panel_queries(panel));
        for target in panel["targets"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            queries.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    queries
}

/// The query with what Grafana puts in the place of its variables while all is chosen.
pub(crate) fn as_grafana_would(query: &str, rate_interval: &str) -> String {
    let query = query.replace("$__rate_interval", rate_interval);
    ["vcs_provider", "provider", "project", "workflow"].iter().fold(query, |query, name| {
        query.replace(&format!("\"${name}\""), "\".*\"").replace(&format!("\"${{{name}}}\""), "\".*\"")
    })
}
