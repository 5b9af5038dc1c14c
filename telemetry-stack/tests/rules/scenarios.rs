//! The scenarios with which `promtool` tries the generated rules, played to our own evaluation: the same alerts at every check.
//!
//! The series are a second off the evaluation times, so that it makes no difference whether a window holds the moment at which it begins.

use crate::stage::{Stage, labels};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::rules::{Check, Expected, Scenario, Suite, alert_rules, recording_rules, suite};
use telemetry_catalog::subsystems;
use telemetry_core::config::Config;
use telemetry_query::{Labels, STALE, Sample};
use telemetry_stack::history::SeriesId;
use telemetry_stack::rules::{
    ActiveAlert, AlertState, Rule, RuleGroup, RuleKind, RuleSet, Rules, Template, TemplateData,
};

/// By how much samples come before the evaluation that sees them first, in milliseconds.
const AHEAD: i64 = 1_000;

/// Time begins in 1970, as for promtool: some series have times as their values.
fn at(second: u32) -> i64 {
    i64::from(second) * 1000
}

fn text(name: &str, text: &str) -> (String, Template) {
    (name.to_owned(), Template::parse(text).unwrap())
}

fn group(name: String, rules: Vec<Rule>) -> RuleGroup {
    let file = "generated".to_owned();
    RuleGroup { name, file, interval: None, limit: 0, query_offset: Duration::ZERO, rules }
}

/// The generated rules, recording ones first; put together here for as long as a rule set cannot be.
fn generated(config: &Config) -> RuleSet {
    let set = RuleSet::generated(config);
    if !set.groups.is_empty() {
        return set;
    }
    let recorded = recording_rules(config).into_iter().map(|rule| Rule {
        kind: RuleKind::Recording { record: rule.record.name },
        expr: rule.record.expr,
        labels: Vec::new(),
    });
    let recorded = group("recording".to_owned(), recorded.collect());
    let alerts = subsystems().map(|subsystem| {
        let own = alert_rules(config).into_iter().filter(|rule| rule.indicator.subsystem == subsystem);
        let rules = own.map(|rule| Rule {
            kind: RuleKind::Alert {
                alert: rule.name().to_owned(),
                hold: Duration::from_secs(rule.hold.seconds().into()),
                keep_firing: Duration::ZERO,
                annotations: rule.annotations.iter().map(|(name, of)| text(name, of)).collect(),
            },
            labels: rule.labels.iter().map(|(name, of)| text(name, of)).collect(),
            expr: rule.expr,
        });
        group(format!("{}-alerts", subsystem.slug), rules.collect())
    });
    RuleSet { groups: [recorded].into_iter().chain(alerts).collect() }
}

/// The rules of one alert, and what must be recorded for them: the others would only cost time.
fn only(mut set: RuleSet, wanted: &str) -> RuleSet {
    let mut needed: Vec<String> = Vec::new();
    for group in set.groups.iter_mut().rev() {
        // What a rule needs stands before it.
        let of_group: Vec<Rule> = group.rules.drain(..).rev().collect();
        for rule in of_group {
            let is_needed = match &rule.kind {
                RuleKind::Recording { record } => needed.iter().any(|expr| expr.contains(record)),
                RuleKind::Alert { alert, .. } => alert == wanted,
            };
            if is_needed {
                needed.push(rule.expr.clone());
                group.rules.insert(0, rule);
            }
        }
    }
    set.groups.retain(|group| !group.rules.is_empty());
    set
}

/// Whether templates are filled in, so that what people are told can be compared.
fn has_templates() -> bool {
    let data = TemplateData { labels: &Labels::default(), value: 7.0, external_url: "" };
    Template::parse("{{ $value }}").unwrap().expand(&data) == "7"
}

/// An alert as far as it is compared.
type Seen = (BTreeMap<String, String>, BTreeMap<String, String>);

fn pairs<N: ToString, V: ToString>(pairs: impl IntoIterator<Item = (N, V)>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn seen(alert: &ActiveAlert) -> Seen {
    let labels = alert.labels.iter().filter(|label| &*label.name != "alertname");
    let labels = pairs(labels.map(|label| (&label.name, &label.value)));
    let annotations = alert.annotations.iter().map(|(name, text)| (name, text));
    (labels, if has_templates() { pairs(annotations) } else { BTreeMap::new() })
}

fn expected(alert: &Expected) -> Seen {
    let annotations = if has_templates() { pairs(alert.annotations.clone()) } else { BTreeMap::new() };
    (pairs(alert.labels.clone()), annotations)
}

/// What fires under this name.
fn firing(rules: &Rules, name: &str) -> BTreeSet<Seen> {
    let statuses = rules.groups().into_iter().flat_map(|group| group.rules);
    let alerts = statuses.flat_map(|status| status.alerts.to_vec());
    let own =
        alerts.filter(|alert| alert.state == AlertState::Firing && alert.labels.get("alertname") == name);
    own.map(|alert| seen(&alert)).collect()
}

/// The samples of a series in promtool's notation, one for each step: none where there is none.
fn values(notation: &str) -> Vec<Option<f64>> {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let run = |text: &str| -> Vec<Option<f64>> {
        if let Some(count) = text.strip_prefix("_x") {
            return vec![None; count.parse().unwrap()];
        }
        match (text, text.rsplit_once('x')) {
            ("_", _) => vec![None],
            ("stale", _) => vec![Some(STALE)],
            (text, None) => vec![Some(number(text))],
            (_, Some((line, count))) => {
                let (from, slope) = line.rsplit_once('+').unwrap();
                let (from, slope, count) = (number(from), number(slope), count.parse::<u32>().unwrap());
                (0..=count).map(|step| Some(slope.mul_add(f64::from(step), from))).collect()
            }
        }
    };
    notation.split(' ').flat_map(run).collect()
}

/// All samples of a scenario in the order of their times.
fn samples(stage: &Stage, scenario: &Scenario) -> Vec<(SeriesId, Sample)> {
    let mut all = Vec::new();
    for series in &scenario.series {
        let id = stage.history.series_id(&labels(&series.selector)).unwrap();
        let times = (0..).map(|step| at(step * scenario.interval) - AHEAD);
        let values = times.zip(values(&series.values));
        all.extend(values.filter_map(|(time, value)| Some((id, Sample::new(time, value?)))));
    }
    all.sort_by_key(|(_, sample)| sample.timestamp);
    all
}

fn play(suite: &Suite, scenario: &Scenario, config: &Config) {
    let stage = Stage::new();
    let rules = stage.rules(only(generated(config), suite.alert));
    let samples = samples(&stage, scenario);
    let mut waiting = &*samples;
    let last = scenario.checks.last().map_or(0, |check| check.at);
    for second in (0..=last).step_by(suite.step as usize) {
        let (due, later) =
            waiting.split_at(waiting.partition_point(|(_, sample)| sample.timestamp <= at(second)));
        stage.history.append(due).unwrap();
        waiting = later;
        rules.evaluate(at(second));
        let checks = scenario.checks.iter().filter(|check| check.at == second);
        checks.for_each(|check| compare(&rules, suite.alert, &scenario.about, check));
    }
    for status in rules.groups().iter().flat_map(|group| &group.rules) {
        assert_eq!(status.health, telemetry_stack::rules::RuleHealth::Ok, "{}", status.rule.expr);
    }
}

fn compare(rules: &Rules, alert: &str, about: &str, check: &Check) {
    let expected: BTreeSet<_> = check.alerts.iter().map(expected).collect();
    assert_eq!(firing(rules, alert), expected, "{alert}: {about}, at {} s", check.at);
}

/// Plays what the indicators of a subsystem are tried with.
fn play_all(slug: &str) {
    let config = Config::default();
    let mut checks = 0;
    for indicator in indicators().filter(|indicator| indicator.subsystem.slug == slug) {
        let suite = suite(indicator, &config);
        suite.scenarios.iter().for_each(|scenario| play(&suite, scenario, &config));
        checks += suite.scenarios.iter().map(|scenario| scenario.checks.len()).sum::<usize>();
    }
    assert!(checks > 0, "nothing is tried of {slug}");
}

/// One test for each subsystem, so that they run side by side.
macro_rules! subsystems {
    ($($test:ident = $slug:literal),+ $(,)?) => {
        $(#[test] fn $test() { play_all($slug); })+

        #[test]
        fn every_subsystem_with_indicators_is_played() {
            let played = BTreeSet::from([$($slug),+]);
            let all: BTreeSet<_> = indicators().map(|indicator| indicator.subsystem.slug).collect();
            assert_eq!(played, all);
        }
    };
}

subsystems! {
    of_agents = "agent",
    of_cycles = "axe",
    of_beads = "beads",
    of_hooks = "hooks",
    of_models = "llm",
    of_notifications = "notifications",
    of_telemetry = "telemetry",
    of_repositories = "vcs",
}
