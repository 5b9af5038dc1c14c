//! Which alerts are pending and firing, as people are told.

use super::shared::{Answer, Trouble};
use crate::rules::{ActiveAlert, AlertState, GroupStatus, RuleHealth, RuleKind, RuleStatus};
use crate::words;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use telemetry_catalog::indicator::{Indicator, Severity, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_query::METRIC_NAME;

/// What alerts have beside their own labels.
pub(crate) const ALERT_NAME: &str = "alertname";
pub(crate) const SEVERITY: &str = "severity";
pub(crate) const SUBSYSTEM: &str = "subsystem";

/// How many alerts are listed; a rule that alerts about everything must not make a page that nobody can load.
const LISTED: usize = 200;

/// How many different reasons are told for which rules fail.
const REASONS: usize = 8;

/// What is known of alerts.
#[derive(Debug, Clone, Default)]
pub(super) struct Alerts {
    /// Those that are listed: those that fire first, and of them the worst.
    pub(super) active: Vec<Alert>,
    /// How many there are beyond those that are listed.
    pub(super) more: usize,
    /// How many fire, listed or not.
    firing: usize,
    /// How many hold, but not for long enough yet, listed or not.
    pending: usize,
    /// The worst that fires in each subsystem, by its label.
    worst: BTreeMap<String, (Verdict, String)>,
    /// Why rules could not be evaluated the last time, each reason once.
    pub(super) failures: Vec<Failures>,
    /// How many rules were not evaluated yet.
    pub(super) waiting: usize,
    /// How many alert rules are loaded; `None` where nobody evaluates any.
    pub(super) rules: Option<usize>,
    /// Why nothing is known of them.
    pub(super) trouble: Option<Trouble>,
}

/// Rules that cannot be evaluated for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many they are.
    pub(super) count: usize,
    /// What the first of them is called.
    pub(super) first: String,
    /// Why; empty for all those whose reasons are too many to be told.
    pub(super) reason: String,
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

    /// Everything is counted and judged before the list is cut.
    fn among(groups: &[GroupStatus]) -> Self {
        let rules: Vec<_> = groups.iter().flat_map(|group| &group.rules).collect();
        let all = rules.iter().flat_map(|rule| rule.alerts.iter());
        let mut active: Vec<_> = all.filter(|alert| alert.state != AlertState::Inactive).collect();
        active.sort_by_cached_key(|alert| (Reverse(rank(alert)), since(alert)));
        let firing = active.iter().filter(|alert| alert.state == AlertState::Firing).count();
        let is_alert = |rule: &&&RuleStatus| matches!(rule.rule.kind, RuleKind::Alert { .. });
        Self {
            more: active.len().saturating_sub(LISTED),
            firing,
            pending: active.len() - firing,
            worst: worst(&active[..firing]),
            active: active.into_iter().take(LISTED).map(Alert::of).collect(),
            failures: failures(&rules),
            waiting: rules.iter().filter(|rule| rule.health == RuleHealth::Unknown).count(),
            rules: Some(rules.iter().filter(is_alert).count()),
            trouble: None,
        }
    }

    /// How many fire.
    pub(super) const fn firing(&self) -> usize {
        self.firing
    }

    /// How many hold, but not for long enough yet.
    pub(super) const fn pending(&self) -> usize {
        self.pending
    }

    /// What the worst alert that fires in a subsystem says of it, with its name.
    pub(super) fn worst_firing(&self, subsystem: &Subsystem) -> Option<(Verdict, &str)> {
        self.worst.get(subsystem.slug).map(|(verdict, name)| (*verdict, name.as_str()))
    }

    /// Why it is not known whether there are other alerts than these; nothing where it is.
    pub(super) fn doubt(&self) -> Option<String> {
        let failing: usize = self.failures.iter().map(|failures| failures.count).sum();
        match (self.rules, failing, self.waiting) {
            _ if self.trouble.is_some() => Some("nobody tells".to_owned()),
            (None, ..) => None,
            (Some(0), ..) => Some("no alert rules are loaded".to_owned()),
            (_, 0, 0) => None,
            (_, 0, waiting) => Some(not_yet(waiting)),
            (_, failing, 0) => Some(counted(failing, "cannot be evaluated")),
            (_, failing, waiting) => {
                Some(format!("{}, and {}", counted(failing, "cannot be evaluated"), not_yet(waiting)))
            }
        }
    }
}

fn not_yet(waiting: usize) -> String {
    if waiting == 1 {
        "1 rule is not evaluated yet".to_owned()
    } else {
        format!("{waiting} rules are not evaluated yet")
    }
}

/// So many rules, and what is true of them.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 rule {what}") } else { format!("{count} rules {what}") }
}

impl Failures {
    /// Which rules they are.
    pub(super) fn which(&self) -> String {
        if self.count == 1 { format!("The rule {}", self.first) } else { format!("{} rules", self.count) }
    }
}

/// Each reason once, the one of most rules first; whoever cannot be asked is so for every rule.
fn failures(rules: &[&RuleStatus]) -> Vec<Failures> {
    let mut found: Vec<Failures> = Vec::new();
    let mut places = HashMap::new();
    for rule in rules {
        let RuleHealth::Err(reason) = &rule.health else { continue };
        let place = *places.entry(reason.as_str()).or_insert(found.len());
        match found.get_mut(place) {
            Some(failures) => failures.count += 1,
            None => found.push(Failures { count: 1, first: name(rule), reason: words::cut_long(reason) }),
        }
    }
    found.sort_by_key(|failures| Reverse(failures.count));
    let others = found.split_off(found.len().min(REASONS));
    let others = others.into_iter().reduce(|all, next| Failures { count: all.count + next.count, ..all });
    found.extend(others.map(|others| Failures { reason: String::new(), ..others }));
    found
}

fn name(status: &RuleStatus) -> String {
    let (RuleKind::Recording { record: name } | RuleKind::Alert { alert: name, .. }) = &status.rule.kind;
    words::cut(name)
}

/// Of those that fire, which come the worst first, the first of each subsystem of which it says anything bad.
fn worst(firing: &[&ActiveAlert]) -> BTreeMap<String, (Verdict, String)> {
    let mut worst = BTreeMap::new();
    for alert in firing {
        let verdict = severity(alert.labels.get(SEVERITY)).map(Verdict::of);
        let Some(verdict) = verdict.filter(|verdict| *verdict > Verdict::Healthy) else { continue };
        let subsystem = alert.labels.get(SUBSYSTEM);
        if !worst.contains_key(subsystem) {
            worst.insert(subsystem.to_owned(), (verdict, words::cut(alert.labels.get(ALERT_NAME))));
        }
    }
    worst
}

/// What fires comes before what does not, and then the worse.
fn rank(alert: &ActiveAlert) -> (bool, Option<Severity>) {
    (alert.state == AlertState::Firing, severity(alert.labels.get(SEVERITY)))
}

/// Since when it is what it is.
fn since(alert: &ActiveAlert) -> i64 {
    alert.fired_at.filter(|_| alert.state == AlertState::Firing).unwrap_or(alert.active_at)
}

impl Alert {
    fn of(active: &ActiveAlert) -> Self {
        let label = |name| words::cut(active.labels.get(name));
        let annotation = |name: &str| {
            let found = active.annotations.iter().find(|(own, _)| own == name);
            found.map(|(_, text)| words::cut_long(text)).unwrap_or_default()
        };
        let name = label(ALERT_NAME);
        let indicator = indicators().find(|indicator| indicator.alert == name);
        let shown = indicator.map_or(Unit::Count, |indicator| indicator.unit.into());
        let severity_word = label(SEVERITY);
        Self {
            is_firing: active.state == AlertState::Firing,
            severity: severity(&severity_word),
            severity_word,
            summary: annotation("summary"),
            description: annotation("description"),
            labels: others(active),
            since: since(active),
            value: shown.shown(active.value),
            indicator,
            name,
        }
    }
}

/// The severity of this name, if it is one of ours.
pub(crate) fn severity(word: &str) -> Option<Severity> {
    let all = [Severity::Info, Severity::Warning, Severity::Critical];
    all.into_iter().find(|severity| severity.as_str() == word)
}

/// The labels that have no place of their own on the page.
fn others(active: &ActiveAlert) -> Vec<(String, String)> {
    let placed = [ALERT_NAME, METRIC_NAME, SEVERITY, SUBSYSTEM];
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
        assert_eq!((alerts.firing(), alerts.pending(), alerts.rules), (2, 1, Some(1)));
        assert_eq!((alerts.active[0].since, alerts.active[2].since), (5_000, 1_000));
        assert_eq!(alerts.active[0].labels, [("provider".to_owned(), "a<b>\u{fffd}".to_owned())]);
        assert_eq!(alerts.failures, [failures(1, "many-to-many")]);
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

    fn failures(count: usize, reason: &str) -> Failures {
        Failures { count, first: "LlmErrors".to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn very_many_alerts_are_counted_and_judged_though_not_listed() {
        let mut many = vec![active("LlmErrors", "critical", AlertState::Firing); LISTED];
        let elsewhere = |name, severity, state| {
            let mut alert = active(name, severity, state);
            alert.labels = Labels::new([(ALERT_NAME, name), (SEVERITY, severity), (SUBSYSTEM, "agent")]);
            alert
        };
        many.extend(vec![elsewhere("AgentRunsFailing", "warning", AlertState::Firing); 5]);
        many.extend(vec![elsewhere("AgentsStalled", "critical", AlertState::Pending); 3]);
        let alerts = Alerts::among(&groups(many, RuleHealth::Ok));
        assert_eq!((alerts.active.len(), alerts.more), (LISTED, 8));
        assert_eq!((alerts.firing(), alerts.pending()), (LISTED + 5, 3));
        assert_eq!(alerts.worst_firing(&AGENT), Some((Verdict::Warning, "AgentRunsFailing")));
    }

    #[test]
    fn each_reason_is_told_once_with_the_number_of_its_rules() {
        let mut all = groups(Vec::new(), RuleHealth::Ok);
        let status = all[0].rules[0].clone();
        let failing =
            |reason: &str| RuleStatus { health: RuleHealth::Err(reason.to_owned()), ..status.clone() };
        all[0].rules = vec![failing("one")];
        all[0].rules.extend(vec![failing("refused"); 43]);
        let alerts = Alerts::among(&all);
        assert_eq!(alerts.failures, [failures(43, "refused"), failures(1, "one")]);
        assert_eq!(alerts.doubt().unwrap(), "44 rules cannot be evaluated");
        assert_eq!(alerts.failures[0].which(), "43 rules");
        assert_eq!(alerts.failures[1].which(), "The rule LlmErrors");
        all[0].rules = (0..20).map(|at| failing(&at.to_string())).collect();
        let many = Alerts::among(&all).failures;
        assert_eq!((many.len(), &many[REASONS]), (REASONS + 1, &failures(20 - REASONS, "")));
    }

    #[test]
    fn what_is_not_evaluated_is_not_known() {
        let doubt = |health| Alerts::among(&groups(Vec::new(), health)).doubt();
        assert_eq!(doubt(RuleHealth::Ok), None);
        assert_eq!(doubt(RuleHealth::Unknown).unwrap(), "1 rule is not evaluated yet");
        assert_eq!(doubt(RuleHealth::Err(String::new())).unwrap(), "1 rule cannot be evaluated");
        assert_eq!(Alerts::among(&[]).doubt().unwrap(), "no alert rules are loaded");
        assert_eq!(Alerts::of(None).doubt(), None);
    }
}
