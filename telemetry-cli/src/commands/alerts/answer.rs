//! What a Prometheus says of its rules, and what follows from it.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;
use telemetry_catalog::verdict::Verdict;
use telemetry_stack::source::not_a_prometheus;

/// How much an alert matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It only informs: `info`, or `none` as that of an alert that always fires.
    Info,
    /// A warning, or whatever somebody calls neither of the others.
    Warning,
    /// `critical`.
    Critical,
}

/// What is known of all rules.
#[derive(Debug)]
pub(crate) struct Answer {
    rules: Vec<Rule>,
    /// The longest time from one evaluation of alert rules to the next, where it is told.
    every: Option<Duration>,
}

/// A rule. What is not known of one that is no alert rule does not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct Rule {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    health: String,
    #[serde(default, rename = "lastError")]
    pub(crate) last_error: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    alerts: Option<Vec<Told>>,
}

/// An alert as it is told.
#[derive(Debug, Deserialize)]
struct Told {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    state: String,
    #[serde(rename = "activeAt")]
    active_at: String,
    value: String,
}

/// An alert that is pending or fires.
#[derive(Debug)]
pub(crate) struct Alert<'a> {
    told: &'a Told,
    rule: &'a Rule,
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Groups>,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
    /// From one evaluation to the next, in seconds.
    #[serde(default)]
    interval: f64,
}

/// A field of the rule and not an enum of rules: of that, every rule would be taken apart into a tree before it is read.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Alerting,
    /// A kind that is not known here is none of ours.
    #[serde(other)]
    Other,
}

impl Answer {
    /// Reads the answer of `/api/v1/rules`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let envelope: Envelope =
            serde_json::from_slice(bytes).map_err(|error| not_a_prometheus(bytes, &error))?;
        let Envelope { status, error, data: Some(Groups { groups }) } = envelope else {
            return Err(format!("it answers with status {}: {}", envelope.status, envelope.error));
        };
        if status != "success" {
            return Err(format!("it answers with status {status}: {error}"));
        }
        let alerting = groups.iter().filter(|group| group.rules.iter().any(Rule::is_alerting));
        let every = alerting.map(|group| group.interval).reduce(f64::max).filter(|every| *every > 0.0);
        let rules = groups.into_iter().flat_map(|group| group.rules).filter(Rule::is_alerting);
        let every = every.and_then(|every| Duration::try_from_secs_f64(every).ok());
        Ok(Self { rules: rules.collect(), every })
    }

    /// The longest time from one evaluation of alert rules to the next, where it is told.
    pub(crate) const fn every(&self) -> Option<Duration> {
        self.every
    }

    /// Whether there are alert rules: else that nothing fires says nothing.
    pub(crate) fn has_rules(&self) -> Result<(), String> {
        if self.rules.is_empty() { Err("no alert rules are loaded there".to_owned()) } else { Ok(()) }
    }

    /// How many alert rules there are.
    pub(crate) const fn rules(&self) -> usize {
        self.rules.len()
    }

    /// The rules that were not evaluated yet, so that nobody knows whether they should fire.
    pub(crate) fn not_yet(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.health == "unknown")
    }

    /// The rules that cannot be evaluated, so that nobody knows either.
    pub(crate) fn failing(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.health == "err")
    }

    /// The alerts: what fires before what is pending, the most severe and then the oldest first.
    pub(crate) fn worst_first(&self) -> Vec<Alert<'_>> {
        let alerts = |rule| Rule::alerts(rule).map(move |told| Alert { told, rule });
        let mut alerts: Vec<_> = self.rules.iter().flat_map(alerts).collect();
        alerts.sort_by(|one, other| one.order().cmp(&other.order()));
        alerts
    }

    /// What fires decides; where nothing does, a rule that was not or cannot be evaluated might have.
    pub(crate) fn verdict(&self) -> Verdict {
        let alerts = self.worst_first();
        let firing = alerts.iter().filter(|alert| alert.is_firing());
        match firing.map(Alert::severity).max() {
            Some(Severity::Critical) => Verdict::Critical,
            Some(Severity::Warning) => Verdict::Warning,
            _ if self.not_yet().chain(self.failing()).next().is_some() => Verdict::Unknown,
            _ => Verdict::Healthy,
        }
    }
}

impl Rule {
    fn is_alerting(&self) -> bool {
        self.kind == Kind::Alerting
    }

    fn alerts(&self) -> impl Iterator<Item = &Told> {
        self.alerts.iter().flatten()
    }
}

impl Alert<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.rule.name
    }

    pub(crate) fn state(&self) -> &str {
        &self.told.state
    }

    pub(crate) fn is_firing(&self) -> bool {
        self.told.state == "firing"
    }

    pub(crate) fn severity(&self) -> Severity {
        match self.severity_label() {
            "critical" => Severity::Critical,
            "info" | "none" => Severity::Info,
            _ => Severity::Warning,
        }
    }

    /// The severity as the rule has it; empty where it has none.
    pub(crate) fn severity_label(&self) -> &str {
        self.told.labels.get("severity").map_or("", |severity| severity)
    }

    /// The subsystem whose health it tells; empty where it tells none.
    pub(crate) fn subsystem(&self) -> &str {
        self.told.labels.get("subsystem").map_or("", |subsystem| subsystem)
    }

    /// Since when its expression holds, as RFC 3339.
    pub(crate) fn since(&self) -> &str {
        &self.told.active_at
    }

    /// The value of its expression.
    pub(crate) fn value(&self) -> Option<f64> {
        self.told.value.parse().ok()
    }

    /// The labels that tell it from the other alerts of its rule.
    pub(crate) fn own_labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let of_the_rule = |name: &str| name == "alertname" || self.rule.labels.contains_key(name);
        let labels = self.told.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        labels.filter(move |(name, _)| !of_the_rule(name))
    }

    /// The sentence that a person should read; empty where there is none.
    pub(crate) fn sentence(&self) -> &str {
        let annotations = &self.told.annotations;
        annotations.get("summary").or_else(|| annotations.get("description")).map_or("", |text| text)
    }

    fn order(&self) -> (bool, std::cmp::Reverse<Severity>, &str, &str, &BTreeMap<String, String>) {
        let severity = std::cmp::Reverse(self.severity());
        (!self.is_firing(), severity, self.since(), self.name(), &self.told.labels)
    }

    pub(crate) fn document(&self) -> Value {
        json!({
            "alert": self.name(),
            "state": self.state(),
            "severity": self.told.labels.get("severity"),
            "labels": self.told.labels,
            "annotations": self.told.annotations,
            "since": self.since(),
            // What JSON has no number for stands there as the word that Prometheus has for it.
            "value": self.value().filter(|value| value.is_finite()).map_or(json!(self.told.value), Value::from),
        })
    }
}

/// How bad it is, as the exit code of a command that answers with it.
pub(crate) fn exit_code(verdict: Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Healthy => 0,
        Verdict::Warning => 1,
        Verdict::Critical => 2,
        Verdict::Unknown => 3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with these alerts, by state and severity, of one rule each.
    fn answer(alerts: &[(&str, Option<&str>)]) -> Answer {
        let rule = |(state, severity): &(&str, Option<&str>)| {
            let severity = severity.map(|severity| json!({ "severity": severity })).unwrap_or(json!({}));
            let alert = json!({
                "labels": severity, "annotations": {}, "state": state, "activeAt": "2026-01-01T00:00:00Z", "value": "1e+00",
            });
            json!({ "type": "alerting", "name": "A", "health": "ok", "labels": severity, "alerts": [alert] })
        };
        let rules: Vec<_> = alerts.iter().map(rule).collect();
        read(&json!({ "status": "success", "data": { "groups": [{ "rules": rules }] } })).unwrap()
    }

    fn read(document: &Value) -> Result<Answer, String> {
        Answer::read(document.to_string().as_bytes())
    }

    #[test]
    fn what_fires_decides_by_its_severity() {
        for (alerts, verdict) in [
            (&[("pending", Some("critical"))][..], Verdict::Healthy),
            (&[("firing", Some("info")), ("firing", Some("none"))], Verdict::Healthy),
            (&[("firing", Some("warning"))], Verdict::Warning),
            (&[("firing", None)], Verdict::Warning),
            (&[("firing", Some("page"))], Verdict::Warning),
            (&[("firing", Some("warning")), ("firing", Some("critical"))], Verdict::Critical),
        ] {
            assert_eq!(answer(alerts).verdict(), verdict, "{alerts:?}");
        }
    }

    #[test]
    fn the_worst_come_first() {
        let answer = answer(&[
            ("pending", Some("critical")),
            ("firing", Some("info")),
            ("firing", Some("critical")),
            ("firing", None),
        ]);
        let order: Vec<_> =
            answer.worst_first().iter().map(|alert| (alert.is_firing(), alert.severity())).collect();
        let expected = [
            (true, Severity::Critical),
            (true, Severity::Warning),
            (true, Severity::Info),
            (false, Severity::Critical),
        ];
        assert_eq!(order, expected);
    }

    /// An answer with one group of these rules.
    fn of(rules: &Value) -> Answer {
        read(&json!({ "status": "success", "data": { "groups": [{ "rules": rules }] } })).unwrap()
    }

    #[test]
    fn without_alert_rules_nothing_is_said() {
        let recording = of(&json!([{ "type": "recording", "name": "a:b", "health": "ok", "query": "1" }]));
        assert!(recording.has_rules().unwrap_err().contains("no alert rules"));
    }

    #[test]
    fn a_rule_that_is_no_alert_rule_says_nothing() {
        let strange = json!({ "type": "oracle", "labels": { "a": "b" }, "health": "unknown" });
        let recording = json!({ "type": "recording", "name": "a:b", "health": "err", "query": "1" });
        let alerting = json!({ "type": "alerting", "name": "A", "health": "ok", "alerts": [] });
        let answer = of(&json!([strange, recording, alerting]));
        assert_eq!((answer.rules(), answer.verdict()), (1, Verdict::Healthy));
        assert!(
            read(&json!({ "status": "success", "data": { "groups": [{ "rules": [{ "name": "A" }] }] } }))
                .is_err()
        );
    }

    #[test]
    fn a_rule_that_nobody_evaluates_is_not_known_unless_something_fires() {
        let known = json!({ "type": "alerting", "name": "A", "health": "ok", "alerts": [] });
        let fresh = json!({ "type": "alerting", "name": "B", "health": "unknown", "alerts": [] });
        let failing =
            json!({ "type": "alerting", "name": "C", "health": "err", "lastError": "no", "alerts": null });
        let firing = |severity: &str| {
            let alert = json!({
                "labels": { "severity": severity }, "state": "firing", "activeAt": "2026-01-01T00:00:00Z", "value": "1",
            });
            json!({ "type": "alerting", "name": "D", "health": "ok", "alerts": [alert] })
        };
        for (rules, verdict) in [
            (json!([known]), Verdict::Healthy),
            (json!([fresh]), Verdict::Unknown),
            (json!([known, fresh]), Verdict::Unknown),
            (json!([known, failing]), Verdict::Unknown),
            (json!([fresh, failing, firing("info")]), Verdict::Unknown),
            (json!([fresh, failing, firing("warning")]), Verdict::Warning),
            (json!([fresh, failing, firing("critical")]), Verdict::Critical),
        ] {
            assert_eq!(of(&rules).verdict(), verdict, "{rules}");
        }
    }

    #[test]
    fn what_is_no_prometheus_is_no_answer() {
        assert!(Answer::read(b"<html>").unwrap_err().contains("no Prometheus"));
        let error = json!({ "status": "error", "errorType": "internal", "error": "broken" });
        assert!(read(&error).unwrap_err().contains("broken"));
        assert!(read(&json!({ "status": "success", "data": {} })).is_err());
    }
}
