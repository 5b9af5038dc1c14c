//! Which alerts are pending and firing, as people are told.

use super::health::unit;
use super::shared::{Answer, Trouble};
use super::words;
use crate::rules::{ActiveAlert, AlertState, GroupStatus, RuleHealth, RuleKind, RuleStatus};
use telemetry_catalog::indicator::{Indicator, Severity, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_query::METRIC_NAME;

/// What alerts have beside their own labels.
const ALERT_NAME: &str = "alertname";

/// How many alerts are listed; a rule that alerts about everything must not make a page that nobody can load.
const LISTED: usize = 200;

/// What is known of alerts.
#[derive(Debug, Clone, Default)]
pub(super) struct Alerts {
    /// Those that fire first, and of them the worst.
    pub(super) active: Vec<Alert>,
    /// How many there are beyond those that are listed.
    pub(super) more: usize,
    /// Rules whose last evaluation failed, with the reason.
    pub(super) failed: Vec<(String, String)>,
    /// How many alert rules are evaluated; `None` where no rules are.
    pub(super) rules: Option<usize>,
    /// Why nothing is known of them.
    pub(super) trouble: Option<Trouble>,
}

/// An alert that is pending or fires.
#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) is_firing: bool,
    /// How bad it is, where its labels say so.
    pub(super) severity: Option<Severity>,
    /// The word in its labels, whatever it is.
    pub(super) severity_word: String,
    pub(super) subsystem: String,
    pub(super) summary: String,
    pub(super) description: String,
    /// Its other labels.
    pub(super) labels: Vec<(String, String)>,
    /// Since when it is what it is, in milliseconds since 1970.
    pub(super) since: i64,
    pub(super) value: String,
    /// The indicator from which it follows, where it is one of ours.
    pub(super) indicator: Option<&'static Indicator>,
}

impl Alerts {
    /// What the rules know; `None` where none are evaluated.
    pub(super) fn of(groups: Option<&Answer<Vec<GroupStatus>>>) -> Self {
        match groups {
            None => Self::default(),
            Some(Err(trouble)) => Self { rules: Some(0), trouble: Some(trouble.clone()), ..Self::default() },
            Some(Ok(groups)) => Self::among(groups),
        }
    }

    fn among(groups: &[GroupStatus]) -> Self {
        let rules: Vec<_> = groups.iter().flat_map(|group| &group.rules).collect();
        let mut active: Vec<_> =
            rules.iter().flat_map(|rule| rule.alerts.iter()).filter_map(Alert::of).collect();
        active.sort_by(|left, right| right.rank().cmp(&left.rank()).then(left.since.cmp(&right.since)));
        let more = active.len().saturating_sub(LISTED);
        active.truncate(LISTED);
        let is_alert = |rule: &&&RuleStatus| matches!(rule.rule.kind, RuleKind::Alert { .. });
        Self {
            active,
            more,
            failed: rules.iter().filter_map(|rule| failed(rule)).collect(),
            rules: Some(rules.iter().filter(is_alert).count()),
            trouble: None,
        }
    }

    /// Those that fire.
    pub(super) fn firing(&self) -> impl Iterator<Item = &Alert> {
        self.active.iter().filter(|alert| alert.is_firing)
    }

    /// How many hold, but not for long enough yet.
    pub(super) fn pending(&self) -> usize {
        self.active.len() - self.firing().count()
    }

    /// What the worst alert that fires in a subsystem says of it, with its name.
    pub(super) fn worst_firing(&self, subsystem: &Subsystem) -> Option<(Verdict, &str)> {
        let own = self.firing().filter(|alert| alert.subsystem == subsystem.slug);
        let said = own.filter_map(|alert| Some((Verdict::of(alert.severity?), alert.name.as_str())));
        said.filter(|(verdict, _)| *verdict > Verdict::Healthy).max_by_key(|(verdict, _)| *verdict)
    }
}

fn failed(status: &RuleStatus) -> Option<(String, String)> {
    let RuleHealth::Err(reason) = &status.health else { return None };
    let (RuleKind::Recording { record: name } | RuleKind::Alert { alert: name, .. }) = &status.rule.kind;
    Some((words::cut(name), words::cut(reason)))
}

impl Alert {
    fn of(active: &ActiveAlert) -> Option<Self> {
        let is_firing = match active.state {
            AlertState::Inactive => return None,
            AlertState::Pending => false,
            AlertState::Firing => true,
        };
        let label = |name| words::cut(active.labels.get(name));
        let annotation = |name: &str| {
            let found = active.annotations.iter().find(|(own, _)| own == name);
            found.map(|(_, text)| words::cut_long(text)).unwrap_or_default()
        };
        let name = label(ALERT_NAME);
        let indicator = indicators().find(|indicator| indicator.alert == name);
        let shown = indicator.map_or(Unit::Count, |indicator| unit(indicator.unit));
        let severity_word = label("severity");
        Some(Self {
            is_firing,
            severity: severity(&severity_word),
            severity_word,
            subsystem: label("subsystem"),
            summary: annotation("summary"),
            description: annotation("description"),
            labels: others(active),
            since: active.fired_at.filter(|_| is_firing).unwrap_or(active.active_at),
            value: shown.shown(active.value),
            indicator,
            name,
        })
    }

    fn rank(&self) -> (bool, Option<Severity>) {
        (self.is_firing, self.severity)
    }
}

fn severity(word: &str) -> Option<Severity> {
    let all = [Severity::Info, Severity::Warning, Severity::Critical];
    all.into_iter().find(|severity| severity.as_str() == word)
}

/// The labels that have no place of their own on the page.
fn others(active: &ActiveAlert) -> Vec<(String, String)> {
    let placed = [ALERT_NAME, METRIC_NAME, "severity", "subsystem"];
    let others = active.labels.iter().filter(|label| !placed.contains(&&*label.name));
    others.map(|label| (words::cut(&label.name), words::cut(&label.value))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rules::Rule;
    use std::sync::Arc;
    use std::time::Duration;
    use telemetry_core::catalog::{AGENT, LLM};
    use telemetry_query::Labels;

    fn active(name: &str, severity: &str, state: AlertState) -> ActiveAlert {
        let labels =
            [(ALERT_NAME, name), ("severity", severity), ("subsystem", "llm"), ("provider", "a<b>\u{202e}")];
        ActiveAlert {
            state,
            labels: Labels::new(labels),
            annotations: vec![("summary".to_owned(), "Calls fail".to_owned())],
            active_at: 1_000,
            fired_at: (state == AlertState::Firing).then_some(5_000),
            keep_firing_since: None,
            value: 0.3,
        }
    }

    /// A group with one rule, which has these alerts.
    pub(in crate::page) fn groups(alerts: Vec<ActiveAlert>, health: RuleHealth) -> Vec<GroupStatus> {
        let kind = RuleKind::Alert {
            alert: "LlmErrors".to_owned(),
            hold: Duration::ZERO,
            keep_firing: Duration::ZERO,
            annotations: Vec::new(),
        };
        let rule = Rule { kind, expr: String::new(), labels: Vec::new() };
        let status = RuleStatus {
            rule: Arc::new(rule),
            health,
            last_evaluation: None,
            evaluation_time: Duration::ZERO,
            alerts: alerts.into(),
        };
        vec![GroupStatus {
            name: "llm".to_owned(),
            file: "built in".to_owned(),
            interval: Duration::from_secs(15),
            limit: 0,
            last_evaluation: None,
            evaluation_time: Duration::ZERO,
            rules: vec![status],
        }]
    }

    /// One that fires and one that is about to.
    pub(in crate::page) fn some() -> Alerts {
        let alerts = vec![
            active("Foreign", "page", AlertState::Firing),
            active("LlmSlow", "warning", AlertState::Pending),
            active("LlmErrors", "critical", AlertState::Firing),
            active("LlmRetries", "critical", AlertState::Inactive),
        ];
        Alerts::among(&groups(alerts, RuleHealth::Err("many-to-many".to_owned())))
    }

    #[test]
    fn what_fires_comes_first_and_the_worst_of_it() {
        let alerts = some();
        let names: Vec<_> = alerts.active.iter().map(|alert| alert.name.as_str()).collect();
        assert_eq!(names, ["LlmErrors", "Foreign", "LlmSlow"]);
        assert_eq!((alerts.firing().count(), alerts.pending(), alerts.rules), (2, 1, Some(1)));
        assert_eq!((alerts.active[0].since, alerts.active[2].since), (5_000, 1_000));
        assert_eq!(alerts.active[0].labels, [("provider".to_owned(), "a<b>\u{fffd}".to_owned())]);
        assert_eq!(alerts.failed, [("LlmErrors".to_owned(), "many-to-many".to_owned())]);
    }

    #[test]
    fn a_subsystem_is_as_bad_as_the_worst_that_fires_in_it() {
        let alerts = some();
        assert_eq!(alerts.worst_firing(&LLM), Some((Verdict::Critical, "LlmErrors")));
        assert_eq!(alerts.worst_firing(&AGENT), None);
    }

    #[test]
    fn no_rules_are_something_else_than_rules_that_are_not_known() {
        assert_eq!(Alerts::of(None).rules, None);
        let unknown = Alerts::of(Some(&Err(Trouble::Defect)));
        assert!(unknown.rules.is_some() && unknown.trouble.is_some());
    }

    #[test]
    fn very_many_alerts_are_counted_and_not_listed() {
        let many = vec![active("LlmErrors", "critical", AlertState::Firing); LISTED + 7];
        let alerts = Alerts::among(&groups(many, RuleHealth::Ok));
        assert_eq!((alerts.active.len(), alerts.more), (LISTED, 7));
    }
}
