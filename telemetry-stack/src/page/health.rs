//! How well each subsystem is, and why: the verdict of each indicator about what is measured now, and what the alerts say.

use super::alerts::Alerts;
use super::desk::{Desk, Rows};
use super::shared::{Answer, Pending, Trouble};
use super::words;
use std::collections::BTreeMap;
use telemetry_catalog::indicator::{Indicator, Measure, Unit as Measured, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Vector, Window};
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::{Judgement, Reason, Verdict};
use telemetry_core::config::{Config, HealthThresholds};
use telemetry_core::metric::Subsystem;
use telemetry_query::Labels;
use tokio::time::Instant;

/// What is asked about one indicator.
pub(super) struct Question {
    indicator: &'static Indicator,
    value: Pending<Rows>,
    /// How many events there were, where that matters.
    events: Option<Pending<Rows>>,
}

/// What was found about one indicator.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) indicator: &'static Indicator,
    /// The worst of everything that it measures; `None` where nothing was measured.
    pub(super) judged: Result<Option<Judged>, Trouble>,
}

/// The verdict about one thing that an indicator measures.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// What tells it from others, such as the name of a provider; empty where there is only one.
    pub(super) which: String,
    pub(super) judgement: Judgement,
}

/// How well a subsystem is.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) subsystem: &'static Subsystem,
    pub(super) verdict: Verdict,
    /// Why, in a few words.
    pub(super) reason: String,
    /// The worst first.
    pub(super) findings: Vec<Finding>,
}

/// How well everything is.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) verdict: Verdict,
    pub(super) subsystems: Vec<Condition>,
}

/// Asks about every indicator.
pub(super) fn ask(desk: &Desk, config: &Config) -> Vec<Question> {
    let question = |indicator: &'static Indicator| Question {
        indicator,
        value: desk.value(&value(indicator, config)),
        events: events(indicator).map(|events| desk.value(&events)),
    };
    indicators().map(question).collect()
}

/// The value where the alert could fire on it. How many events there are is judged by itself, so that it can be said.
fn value(indicator: &Indicator, config: &Config) -> Vector {
    let signal = indicator.signal(config);
    let (value, mut guards) = (signal.value, signal.guards);
    if indicator.measure.least_events().is_some() {
        guards.pop();
    }
    guards.into_iter().fold(value, Vector::and)
}

/// How many events there were in the window. Of a percentile only matters whether there was any.
fn events(indicator: &Indicator) -> Option<Vector> {
    let Indicator { over, by, .. } = *indicator;
    match &indicator.measure {
        Measure::Share { whole, .. } => Some(Vector::counted(whole, over, by)),
        Measure::Surge { of, .. } => Some(Vector::counted(of, over, by)),
        Measure::P95(of) => Some(Vector::observations(of, Some(over.max(Window::minutes(1))), by)),
        _ => None,
    }
}

/// What was found by then, with what the alerts say.
pub(super) async fn health(
    questions: Vec<Question>,
    alerts: &Alerts,
    thresholds: &HealthThresholds,
    is_live: bool,
    deadline: Instant,
) -> Health {
    let mut findings = Vec::with_capacity(questions.len());
    for Question { indicator, value, events } in questions {
        let value = value.by(deadline).await;
        let events = match events {
            Some(events) => Some(events.by(deadline).await),
            None => None,
        };
        findings.push(Finding { indicator, judged: judged(indicator, thresholds, value, events) });
    }
    let of = |subsystem| condition(subsystem, &findings, alerts);
    let subsystems: Vec<_> = subsystems().map(of).collect();
    Health { verdict: overall(&subsystems, is_live), subsystems }
}

/// What is known to be bad is bad however old it is; what was well a while ago need not be any more. A subsystem of which nothing was ever
/// heard is not there, as long as another one is.
fn overall(subsystems: &[Condition], is_live: bool) -> Verdict {
    let known = subsystems.iter().map(|condition| condition.verdict);
    let silent = |condition: &&Condition| condition.verdict == Verdict::Unknown && !condition.is_silent();
    let doubt = subsystems.iter().find(silent).map(|_| Verdict::Unknown);
    let stale = (!is_live).then_some(Verdict::Unknown);
    Verdict::worst(known.filter(|verdict| *verdict != Verdict::Unknown).chain(doubt).chain(stale))
}

fn judged(
    indicator: &Indicator,
    thresholds: &HealthThresholds,
    value: Answer<Rows>,
    events: Option<Answer<Rows>>,
) -> Result<Option<Judged>, Trouble> {
    let mut pairs: BTreeMap<Labels, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for (labels, value) in &value?.rows {
        pairs.entry(told(indicator, labels)).or_default().0 = Some(*value);
    }
    for (labels, events) in events.transpose()?.iter().flat_map(|events| &events.rows) {
        pairs.entry(told(indicator, labels)).or_default().1 = Some(*events);
    }
    let judged = pairs.into_iter().map(|(labels, (value, events))| Judged {
        which: words::cut(&values(indicator, &labels)),
        judgement: indicator.judge(thresholds, value, events),
    });
    // Of several that are as bad, the first.
    Ok(judged.reduce(|worst, other| if other.rank() > worst.rank() { other } else { worst }))
}

/// The labels that tell one thing from another; a recorded series has others beside them.
fn told(indicator: &Indicator, labels: &Labels) -> Labels {
    Labels::new(indicator.by.iter().map(|label| (*label, labels.get(label))))
}

fn values(indicator: &Indicator, labels: &Labels) -> String {
    indicator.by.iter().map(|label| labels.get(label)).collect::<Vec<_>>().join(", ")
}

impl Judged {
    /// What is beyond a limit says more than what is idle.
    fn rank(&self) -> (Verdict, u8) {
        let told = match self.judgement.reason {
            Reason::Beyond { .. } => 3,
            Reason::TooFew { .. } => 2,
            Reason::Within { .. } => 1,
            Reason::Idle | Reason::Missing => 0,
        };
        (self.judgement.verdict, told)
    }
}

impl Finding {
    /// Nothing where nothing was measured.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        match &self.judged {
            Ok(Some(judged)) if matches!(judged.judgement.reason, Reason::Missing) => None,
            Ok(judged) => judged.as_ref().map(|judged| judged.judgement.verdict),
            Err(_) => Some(Verdict::Unknown),
        }
    }

    /// What was found, in a few words.
    pub(super) fn said(&self) -> String {
        match &self.judged {
            Ok(Some(Judged { which, judgement })) if which.is_empty() => said(judgement),
            Ok(Some(Judged { which, judgement })) => format!("{which}: {}", said(judgement)),
            Ok(None) => "nothing measured".to_owned(),
            Err(trouble) => words::cut(&trouble.to_string()),
        }
    }
}

impl Condition {
    /// Whether nothing was ever heard of it, though who was asked did answer.
    pub(super) fn is_silent(&self) -> bool {
        self.verdict == Verdict::Unknown && self.findings.iter().all(|finding| finding.verdict().is_none())
    }
}

fn condition(subsystem: &'static Subsystem, findings: &[Finding], alerts: &Alerts) -> Condition {
    let mut own: Vec<_> =
        findings.iter().filter(|finding| finding.indicator.subsystem == subsystem).cloned().collect();
    own.sort_by_key(|finding| std::cmp::Reverse(finding.verdict()));
    let measured = Verdict::worst(own.iter().filter_map(Finding::verdict));
    let firing = alerts.worst_firing(subsystem);
    let (verdict, reason) = match firing {
        Some((verdict, name)) if verdict > measured || measured <= Verdict::Unknown => {
            (verdict.max(measured), format!("{name} is firing"))
        }
        _ => (measured, reason(&own, measured)),
    };
    Condition { subsystem, verdict, reason, findings: own }
}

fn reason(findings: &[Finding], verdict: Verdict) -> String {
    let measured = findings.iter().filter(|finding| finding.verdict().is_some()).count();
    match (verdict, findings.iter().find(|finding| finding.verdict() == Some(verdict))) {
        (Verdict::Healthy, _) if measured == 1 => "1 check is within its limits".to_owned(),
        (Verdict::Healthy, _) => format!("{measured} checks are within their limits"),
        (Verdict::Unknown, None) => "no data: nothing of it was measured".to_owned(),
        (_, Some(finding)) => format!("{}: {}", finding.indicator.title, finding.said()),
        (_, None) => String::new(),
    }
}

/// The unit as panels have it.
pub(super) const fn unit(measured: Measured) -> Unit {
    match measured {
        Measured::Share => Unit::Share,
        Measured::Seconds => Unit::Seconds,
        Measured::Count => Unit::Count,
        Measured::Times => Unit::Times,
        Measured::State => Unit::State,
    }
}

fn said(judgement: &Judgement) -> String {
    let shown = |value| unit(judgement.unit).shown(value);
    let is_state = judgement.unit == Measured::State;
    match judgement.reason {
        Reason::Within { value, .. } | Reason::Beyond { value, .. } if is_state => shown(value),
        Reason::Within { value, limit } => format!("{}, the limit is {}", shown(value), shown(limit)),
        Reason::Beyond { value, level } => {
            format!("{}, {} at {}", shown(value), level.severity.as_str(), shown(level.limit))
        }
        Reason::TooFew { value, events } => {
            format!("{} of only {}, too few to tell", shown(value), Unit::Count.shown(events))
        }
        Reason::Idle => "nothing happened".to_owned(),
        Reason::Missing => "no data".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::alerts;
    use std::sync::Arc;
    use telemetry_core::catalog::{AGENT, BEADS, LLM};

    fn indicator(alert: &str) -> &'static Indicator {
        indicators().find(|indicator| indicator.alert == alert).unwrap()
    }

    fn rows(rows: &[(&str, f64)]) -> Answer<Rows> {
        let labels = |provider: &str| Labels::new([("provider", provider), ("__name__", "recorded")]);
        let rows = rows.iter().map(|(provider, value)| (labels(provider), *value)).collect();
        Ok(Arc::new(Rows { rows }))
    }

    fn finding(alert: &str, value: Answer<Rows>, events: Option<Answer<Rows>>) -> Finding {
        let indicator = indicator(alert);
        Finding { indicator, judged: judged(indicator, &HealthThresholds::default(), value, events) }
    }

    fn of(subsystem: &'static Subsystem, findings: &[Finding], alerts: &Alerts) -> Condition {
        condition(subsystem, findings, alerts)
    }

    #[test]
    fn the_worst_of_several_decides_and_is_named() {
        let values = rows(&[("a", 0.01), ("b", 0.3), ("c", 0.9)]);
        let events = rows(&[("a", 100.0), ("b", 100.0), ("c", 2.0)]);
        let found = finding("LlmErrors", values, Some(events));
        assert_eq!(found.verdict(), Some(Verdict::Critical));
        assert!(found.said().starts_with("b: 30"), "{}", found.said());
    }

    #[test]
    fn idle_is_healthy_and_what_was_never_measured_does_not_count() {
        let idle = finding("LlmErrors", rows(&[]), Some(rows(&[("a", 0.0)])));
        let silent = finding("LlmSlow", rows(&[]), Some(rows(&[])));
        assert_eq!((idle.verdict(), silent.verdict()), (Some(Verdict::Healthy), None));
        let both = of(&LLM, &[idle, silent.clone()], &Alerts::default());
        assert_eq!(both.verdict, Verdict::Healthy);
        let alone = of(&LLM, &[silent], &Alerts::default());
        assert!(alone.verdict == Verdict::Unknown && alone.is_silent());
    }

    #[test]
    fn an_alert_that_fires_makes_its_subsystem_at_least_as_bad() {
        let well = finding("LlmErrors", rows(&[("a", 0.0)]), Some(rows(&[("a", 9.0)])));
        let condition = of(&LLM, &[well], &alerts::tests::some());
        assert_eq!(
            (condition.verdict, condition.reason.as_str()),
            (Verdict::Critical, "LlmErrors is firing")
        );
        assert_eq!(of(&LLM, &[], &alerts::tests::some()).verdict, Verdict::Critical);
    }

    #[test]
    fn trouble_is_unknown_and_told() {
        let trouble = || Err(Trouble::Source("refused".to_owned()));
        let condition = of(&LLM, &[finding("LlmErrors", trouble(), None)], &Alerts::default());
        assert_eq!(condition.verdict, Verdict::Unknown);
        assert!(condition.reason.ends_with("refused") && !condition.is_silent());
    }

    #[test]
    fn the_fleet_is_healthy_only_where_that_is_known_of_now() {
        let healthy =
            || of(&AGENT, &[finding("AgentRunsFailing", rows(&[("", 0.0)]), None)], &Alerts::default());
        let silent = || of(&BEADS, &[], &Alerts::default());
        let doubtful = || of(&LLM, &[finding("LlmErrors", Err(Trouble::Defect), None)], &Alerts::default());
        assert_eq!(overall(&[healthy(), silent()], true), Verdict::Healthy);
        assert_eq!(overall(&[healthy(), silent()], false), Verdict::Unknown);
        assert_eq!(overall(&[healthy(), doubtful()], true), Verdict::Unknown);
        assert_eq!(overall(&[silent()], true), Verdict::Unknown);
        let bad = of(&LLM, &[], &alerts::tests::some());
        assert_eq!(overall(&[healthy(), doubtful(), bad], false), Verdict::Critical);
    }

    #[test]
    fn what_is_asked_keeps_the_labels_of_its_indicator() {
        for indicator in indicators() {
            assert_eq!(value(indicator, &Config::default()).by(), indicator.by, "{}", indicator.alert);
            if let Some(events) = events(indicator) {
                assert_eq!(events.by(), indicator.by, "{}", indicator.alert);
            }
        }
    }
}
