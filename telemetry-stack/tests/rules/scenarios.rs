//! The scenarios with which `promtool` tries the generated rules, played to our own evaluation: the same alerts at every check.
//!
//! The series are a second off the evaluation times, so that it makes no difference whether a window holds the moment at which it begins.

use crate::stage::{Stage, labels};
use std::collections::{BTreeMap, BTreeSet};
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::rules::{Check, Expected, Scenario, Suite, suite};
use telemetry_core::config::Config;
use telemetry_query::{STALE, Sample};
use telemetry_stack::history::SeriesId;
use telemetry_stack::rules::{ActiveAlert, AlertState, Rule, RuleHealth, RuleKind, RuleSet, Rules};

/// By how much samples come before the evaluation that sees them first, in milliseconds.
const AHEAD: i64 = 1_000;

/// Time begins in 1970, as for promtool: some series have times as their values.
fn at(second: u32) -> i64 {
    i64::from(second) * 1000
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

/// An alert as far as it is compared.
type Seen = (BTreeMap<String, String>, BTreeMap<String, String>);

fn pairs<N: ToString, V: ToString>(pairs: impl IntoIterator<Item = (N, V)>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn seen(alert: &ActiveAlert) -> Seen {
    let labels = alert.labels.iter().filter(|label| &*label.name != "alertname");
    let labels = pairs(labels.map(|label| (&label.name, &label.value)));
    (labels, pairs(alert.annotations.clone()))
}

fn expected(alert: &Expected) -> Seen {
    (pairs(alert.labels.clone()), pairs(alert.annotations.clone()))
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

fn play(suite: &Suite, scenario: &Scenario, set: &RuleSet) {
    let stage = Stage::in_memory();
    let rules = stage.rules(set.clone());
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
        assert_eq!(status.health, RuleHealth::Ok, "{}", status.rule.expr);
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
        let set = only(RuleSet::generated(&config), suite.alert);
        suite.scenarios.iter().for_each(|scenario| play(&suite, scenario, &set));
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
