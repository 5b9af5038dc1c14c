//! The step of the rules: how many of ours Prometheus evaluates.

use super::ask::{Server, Unanswered};
use super::bounds::Bounds;
use super::probe;
use super::step::{Finding, counted};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use telemetry_catalog::rules::{alert_rules, recording_rules};
use telemetry_core::config::Config;

/// How many names are said; the others are counted.
const NAMED: usize = 3;

/// What Prometheus says of its rules.
#[derive(Debug, Deserialize)]
pub(super) struct Rules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    interval: f64,
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    query: String,
    /// How long it holds before it fires, in seconds.
    #[serde(default)]
    pub(super) duration: f64,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    health: String,
    #[serde(default, rename = "lastError")]
    last_error: String,
    #[serde(default)]
    alerts: Option<Vec<Alert>>,
}

/// An alert that is pending or fires.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Alert {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) state: String,
}

/// The rule for the probe, as it stands.
#[derive(Debug)]
pub(super) struct ForProbe {
    pub(super) name: String,
    /// How long it holds before it fires, in seconds.
    pub(super) hold: f64,
    /// How often it is evaluated, in seconds.
    pub(super) interval: f64,
    pub(super) alerts: Vec<Alert>,
}

/// Asks for all rules.
pub(super) fn ask(prometheus: Server<'_>, bounds: &Bounds) -> Result<Rules, Unanswered> {
    prometheus.api("rules", &[], bounds.answer())
}

/// A rule by what tells it from others: its name, and for the two levels of an alert its severity.
type Key = (String, String);

/// How many of our rules are there and work. Their thresholds are not compared.
pub(super) fn look(rules: &Rules, config: &Config) -> Finding {
    let wanted = ours(config);
    let known: BTreeMap<Key, &Rule> = rules.all().map(|rule| (rule.key(), rule)).collect();
    let missing: Vec<_> =
        wanted.iter().filter(|key| !known.contains_key(*key)).map(|(name, _)| name.as_str()).collect();
    let there = || wanted.iter().filter_map(|key| known.get(key));
    let failing: Vec<_> = there().filter(|rule| rule.health == "err").collect();
    let waiting = there().filter(|rule| rule.health == "unknown").count();
    let count =
        format!("{} of {} rules of the catalog are loaded", wanted.len() - missing.len(), wanted.len());
    let waiting = (waiting > 0).then(|| format!("{waiting} of them have not been evaluated yet"));
    Finding::ok(count).with(waiting).but(absent(&missing)).but(broken(&failing))
}

fn absent(missing: &[&str]) -> Option<Finding> {
    (!missing.is_empty()).then(|| {
        Finding::failed(format!("missing of the catalog: {}: {}", numbered(missing), listed(missing)))
            .advice("`telemetry export-config` writes them to prometheus/rules/; name those files in prometheus.yml and reload Prometheus.")
    })
}

fn broken(failing: &[&&Rule]) -> Option<Finding> {
    let first = failing.first()?;
    let names: Vec<_> = failing.iter().map(|rule| rule.name.as_str()).collect();
    let finding = Finding::failed(format!(
        "{} cannot be evaluated: {}: {}",
        numbered(&names),
        listed(&names),
        first.last_error
    ));
    Some(finding.advice("Are they of this version? `telemetry export-config` writes them anew."))
}

/// How many rules these are, and how many names they have where two severities share one.
fn numbered(names: &[&str]) -> String {
    let (rules, distinct) = (counted(names.len(), "rule"), names.iter().collect::<BTreeSet<_>>().len());
    if distinct == names.len() { rules } else { format!("{rules} with {}", counted(distinct, "name")) }
}

fn listed(names: &[&str]) -> String {
    let each: BTreeSet<_> = names.iter().copied().collect();
    let shown: Vec<_> = each.iter().take(NAMED).copied().collect();
    match each.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The rules that the catalog has.
fn ours(config: &Config) -> BTreeSet<Key> {
    let alerts = alert_rules(config);
    let alerts = alerts.iter().map(|rule| (rule.name().to_owned(), rule.severity().as_str().to_owned()));
    let records = recording_rules(config);
    let records = records.iter().map(|rule| (rule.record.name.to_string(), String::new()));
    alerts.chain(records).collect()
}

impl Rules {
    fn all(&self) -> impl Iterator<Item = &Rule> {
        self.groups.iter().flat_map(|group| &group.rules)
    }

    /// The alert rule that looks at the probe, if somebody has one.
    pub(super) fn for_probe(self) -> Option<ForProbe> {
        let rules = self
            .groups
            .into_iter()
            .flat_map(|group| group.rules.into_iter().map(move |rule| (group.interval, rule)));
        let mut alerts =
            rules.filter(|(_, rule)| rule.kind == "alerting" && rule.query.contains(probe::metric()));
        let (interval, rule) = alerts.next()?;
        Some(ForProbe {
            name: rule.name,
            hold: rule.duration,
            interval,
            alerts: rule.alerts.unwrap_or_default(),
        })
    }
}

impl Rule {
    fn key(&self) -> Key {
        let severity = self.labels.get("severity").filter(|_| self.kind == "alerting");
        (self.name.clone(), severity.cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::step::Outcome;
    use serde_json::{Value, json};

    fn rules(rules: &[Value]) -> Rules {
        serde_json::from_value(json!({ "groups": [{ "interval": 15, "rules": rules }] })).unwrap()
    }

    /// Every rule of the catalog, as Prometheus tells of it.
    fn all() -> Vec<Value> {
        let rule = |(name, severity): Key| {
            let kind = if severity.is_empty() { "recording" } else { "alerting" };
            json!({ "name": name, "type": kind, "health": "ok", "labels": { "severity": severity } })
        };
        ours(&Config::default()).into_iter().map(rule).collect()
    }

    #[test]
    fn all_of_ours_are_counted_and_others_are_welcome() {
        let mut known = all();
        known.push(json!({ "name": "Mine", "type": "alerting", "health": "err", "lastError": "no" }));
        let found = look(&rules(&known), &Config::default());
        assert_eq!(found.outcome, Outcome::Ok, "{found:?}");
        let count = known.len() - 1;
        assert!(found.said[0].starts_with(&format!("{count} of {count} rules")), "{found:?}");
    }

    #[test]
    fn what_is_missing_or_fails_is_named() {
        let mut known = all();
        let gone = known.pop().unwrap();
        known[0]["health"] = json!("err");
        known[0]["lastError"] = json!("many-to-many");
        let found = look(&rules(&known), &Config::default());
        assert_eq!(found.outcome, Outcome::Failed);
        assert!(
            found.said[0].contains("1 rule cannot be evaluated") && found.said[0].contains("many-to-many"),
            "{found:?}"
        );
        assert!(found.said[1].contains(gone["name"].as_str().unwrap()), "{found:?}");
    }

    #[test]
    fn the_numbers_of_what_is_missing_add_up() {
        let names = ["A", "A", "B", "C", "D", "E"];
        assert_eq!(
            (numbered(&names[1..]), numbered(&names)),
            ("5 rules".to_owned(), "6 rules with 5 names".to_owned())
        );
        assert_eq!(listed(&names), format!("A, B, C and {} more", 5 - NAMED));
    }

    #[test]
    fn the_rule_for_the_probe_is_known_by_its_expression() {
        let mine = json!({ "name": "P", "type": "alerting", "query": "telemetry_doctor_probe == 1", "duration": 30, "alerts": [] });
        let found = rules(&[mine]).for_probe().unwrap();
        assert_eq!((found.name.as_str(), found.hold, found.interval), ("P", 30.0, 15.0));
        assert!(rules(&all()).for_probe().is_none());
    }
}
