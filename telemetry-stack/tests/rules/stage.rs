//! A history that is written by hand, rules over it, and somebody who is told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry_query::{Labels, Sample, Steps, selector};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::rules::{
    AlertState, GroupStatus, Notice, Notifier, Rule, RuleGroup, RuleHealth, RuleKind, RuleOptions, RuleSet,
    Rules, Template,
};
use telemetry_stack::scrape::{ScrapeOptions, Scraper};
use telemetry_stack::source::{Here, Source};
use tempfile::TempDir;

/// The beginning of a test's time, at midnight.
pub(crate) const BEGIN: i64 = 1_750_032_000_000;

/// Whoever is told keeps it.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<Notice>>);

impl Notifier for Told {
    fn notify(&self, notices: &[Notice]) {
        self.0.lock().unwrap().extend_from_slice(notices);
    }
}

/// A folder with a history and the states of alerts.
pub(crate) struct Stage {
    folder: PathBuf,
    /// Removed with it, where it was made for it.
    _temporary: Option<TempDir>,
    pub(crate) history: Arc<History>,
    told: Arc<Told>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Self::at(folder.path());
        Self { _temporary: Some(folder), ..stage }
    }

    /// In memory where the system has a folder for that: for those who test no disk and would wait for it.
    pub(crate) fn in_memory() -> Self {
        let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return Self::new() };
        let stage = Self::at(folder.path());
        Self { _temporary: Some(folder), ..stage }
    }

    /// In a folder that may have been used before.
    pub(crate) fn at(folder: &Path) -> Self {
        let history = History::open(&folder.join("history"), HistoryOptions::default()).unwrap();
        let (folder, told) = (folder.to_owned(), Arc::default());
        Self { folder, _temporary: None, history: Arc::new(history), told }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.join("alerts.json")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Rules over the history, every 15 s, with the states of before.
    pub(crate) fn rules(&self, set: RuleSet) -> Arc<Rules> {
        self.rules_telling(set, vec![Arc::clone(&self.told) as _])
    }

    /// The same, telling others.
    pub(crate) fn rules_telling(&self, set: RuleSet, notifiers: Vec<Arc<dyn Notifier>>) -> Arc<Rules> {
        let (history, options) = (Arc::clone(&self.history), options(self.state()));
        Arc::new(Rules::new(set, self.source(), history, notifiers, options).unwrap())
    }

    pub(crate) fn source(&self) -> Arc<dyn Source> {
        let scraper = Scraper::new(Arc::clone(&self.history) as _, Vec::new(), ScrapeOptions::default());
        Arc::new(Here::new(Arc::clone(&self.history) as _, Arc::new(scraper)))
    }

    /// Appends one sample to each of these series, such as `up{job="a"}`, at a second of the test's time.
    pub(crate) fn scrape(&self, second: i64, samples: &[(&str, f64)]) {
        let at = BEGIN + second * 1000;
        let sample = |(series, value): &(&str, f64)| {
            (self.history.series_id(&labels(series)).unwrap(), Sample::new(at, *value))
        };
        self.history.append(&samples.iter().map(sample).collect::<Vec<_>>()).unwrap();
    }

    /// What was told since the last time: `name: event`, with what else its labels say.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = |notice: Notice| {
            let others = notice.labels.iter().filter(|label| &*label.name != "alertname");
            let others: String = others.map(|label| format!(" {}={}", label.name, label.value)).collect();
            format!("{}{others}: {:?}", notice.labels.get("alertname"), notice.event)
        };
        self.notices().into_iter().map(told).collect()
    }

    /// The same in full.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.told.0.lock().unwrap())
    }

    /// The value of an expression at a second of the test's time, in the order of the labels.
    pub(crate) fn query(&self, expr: &str, second: i64) -> Vec<(String, f64)> {
        let found = self.source().instant(expr, BEGIN + second * 1000).unwrap();
        let mut found: Vec<_> = found.iter().map(|(labels, value)| (labels.to_string(), *value)).collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }

    /// At which of these seconds an expression has a value.
    pub(crate) fn seconds_of(&self, expr: &str, seconds: std::ops::RangeInclusive<i64>) -> Vec<i64> {
        let [start, end] = [*seconds.start(), *seconds.end()].map(|second| BEGIN + second * 1000);
        let series = self.source().range(expr, Steps { start, end, step: 1000 }).unwrap();
        let samples = series.iter().flat_map(|series| &series.samples);
        samples.map(|sample| (sample.timestamp - BEGIN) / 1000).collect()
    }
}

pub(crate) fn options(state: PathBuf) -> RuleOptions {
    RuleOptions {
        interval: Duration::from_secs(15),
        resend: Duration::from_secs(60),
        external_url: "http://here:9090".to_owned(),
        state,
    }
}

/// The label set of a series as PromQL writes it.
pub(crate) fn labels(series: &str) -> Labels {
    let matchers = selector(series).unwrap();
    Labels::new(matchers.iter().map(|matcher| (matcher.name.clone(), matcher.exactly().unwrap().to_owned())))
}

pub(crate) fn set(rules: Vec<Rule>) -> RuleSet {
    let group = RuleGroup {
        name: "g".to_owned(),
        file: "test".to_owned(),
        interval: None,
        limit: 0,
        query_offset: Duration::ZERO,
        rules,
    };
    RuleSet { groups: vec![group] }
}

pub(crate) fn alert(name: &str, expr: &str, hold: u64) -> Rule {
    let kind = RuleKind::Alert {
        alert: name.to_owned(),
        hold: Duration::from_secs(hold),
        keep_firing: Duration::ZERO,
        annotations: Vec::new(),
    };
    Rule { kind, expr: expr.to_owned(), labels: Vec::new() }
}

pub(crate) fn record(name: &str, expr: &str) -> Rule {
    Rule { kind: RuleKind::Recording { record: name.to_owned() }, expr: expr.to_owned(), labels: Vec::new() }
}

pub(crate) fn labelled(rule: Rule, labels: &[(&str, &str)]) -> Rule {
    let label = |(name, text): &(&str, &str)| ((*name).to_owned(), Template::parse(text).unwrap());
    Rule { labels: labels.iter().map(label).collect(), ..rule }
}

/// The alerts that are listed, as `name state`.
pub(crate) fn listed(rules: &Rules) -> Vec<String> {
    let statuses = rules.groups().into_iter().flat_map(|group| group.rules);
    let alerts = statuses.flat_map(|status| status.alerts.to_vec());
    alerts.map(|alert| format!("{} {}", alert.labels.get("alertname"), word(alert.state))).collect()
}

const fn word(state: AlertState) -> &'static str {
    state.as_str()
}

/// Why the first rule of the first group has failed.
pub(crate) fn failure(groups: &[GroupStatus]) -> String {
    match &groups[0].rules[0].health {
        RuleHealth::Err(why) => why.clone(),
        other => panic!("it has not failed: {other:?}"),
    }
}
