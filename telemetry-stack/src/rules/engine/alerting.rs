//! Rules from which alerts follow.

use super::alert::{Alert, Alerts, Change, Found, OUTAGE_TOLERANCE, Terms};
use super::asked::{Asked, Failure};
use super::state::SavedRule;
use super::status::{ActiveAlert, AlertState};
use super::write::Written;
use crate::rules::notice::Notice;
use crate::rules::set::Rule;
use crate::rules::template::{Template, TemplateData};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use telemetry_query::{Labels, METRIC_NAME};

/// The series that has an alert with its state.
const ALERTS: &str = "ALERTS";

/// The series that says since when the expression of an alert holds, in seconds since 1970.
const FOR_STATE: &str = "ALERTS_FOR_STATE";

const ALERT_NAME: &str = "alertname";
const ALERT_STATE: &str = "alertstate";

/// How many times an alert may not be heard of before it is not believed any more.
const VALID_FOR: i64 = 4;

/// What is known of an alert rule.
#[derive(Debug)]
pub(super) struct Alerting {
    /// The rule, but for one that is not in the set any more: what it left behind ends.
    rule: Option<Arc<Rule>>,
    identity: Vec<String>,
    expr: String,
    alerts: Alerts,
    written: Written,
    /// When a process before this one has evaluated it, until this one has done so.
    before: Option<i64>,
}

impl Alerting {
    pub(super) fn new(rule: &Arc<Rule>, identity: Vec<String>) -> Self {
        let expr = rule.expr.clone();
        Self {
            rule: Some(Arc::clone(rule)),
            identity,
            expr,
            alerts: Alerts::default(),
            written: Written::default(),
            before: None,
        }
    }

    /// The alerts of a rule that is not there any more.
    pub(super) fn gone(saved: &SavedRule) -> Self {
        let (identity, expr) = (saved.identity.clone(), saved.expr.clone());
        let (alerts, written) = (Alerts::default(), Written::default());
        let mut gone = Self { rule: None, identity, expr, alerts, written, before: None };
        gone.restore(saved);
        gone
    }

    /// Goes on where a process before this one has stopped.
    pub(super) fn restore(&mut self, saved: &SavedRule) {
        self.alerts = saved.restored();
        self.written = Written::of(self.series().into_keys());
        self.before = Some(saved.evaluated_at);
    }

    /// The name of its alerts.
    pub(super) fn name(&self) -> &str {
        self.identity.first().map_or("", String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alerts.iter().next().is_none()
    }

    /// What there is to keep of it before this process has evaluated it.
    pub(super) fn saved(&self) -> SavedRule {
        self.saved_at(self.before.unwrap_or_default())
    }

    fn saved_at(&self, evaluated_at: i64) -> SavedRule {
        SavedRule::of(&self.identity, &self.expr, evaluated_at, &self.alerts)
    }

    pub(super) fn told(&self) -> Arc<[ActiveAlert]> {
        self.alerts.told()
    }

    /// Goes on after the evaluation before, by this process or by the one before it. Whether that is too long ago to count.
    pub(super) fn resume(&mut self, asked: &Asked<'_>) -> bool {
        let (at, jump) = (asked.moment.at, asked.moment.jump);
        let skipped = self.skipped(asked).unwrap_or(jump);
        let apart = self.before.take().map(|before| at.saturating_sub(before));
        if apart.is_some() || skipped != 0 {
            self.alerts.resume(skipped, at);
        }
        apart.is_some_and(|apart| apart > OUTAGE_TOLERANCE)
    }

    /// For how long nobody looked since the process before this one did.
    fn skipped(&self, asked: &Asked<'_>) -> Option<i64> {
        let before = self.before?;
        Some(asked.moment.at.saturating_sub(before).saturating_sub(asked.interval).max(0))
    }

    /// Hands over an alert that another rule has now, as it is now, without an end of it. Nothing, where it has ended already or nobody
    /// looked for too long.
    pub(super) fn give(&mut self, labels: &Labels, asked: &Asked<'_>) -> Option<Alert> {
        let mut alert = self.alerts.remove(labels)?;
        self.written.forget(&series(labels, &alert).map(|(labels, _)| labels));
        let skipped = self.skipped(asked).unwrap_or_default();
        alert.resume(skipped, asked.moment.at);
        (alert.state != AlertState::Inactive && skipped <= OUTAGE_TOLERANCE).then_some(alert)
    }

    /// Has the alerts that it finds and that rules have left which are not there any more.
    fn adopt(&mut self, found: &BTreeMap<Labels, Found>, asked: &Asked<'_>) {
        for (labels, alert) in asked.shared.left.take(found.keys(), asked) {
            if !self.alerts.has(&labels) {
                self.written.also(series(&labels, &alert).map(|(labels, _)| labels));
                self.alerts.insert(labels, alert);
            }
        }
        asked.shared.left.heard_of(self.name(), asked.place);
    }

    /// Tells again of what fires, at a time of which nothing can be said: whoever is not told again believes that it has ended.
    pub(super) fn remind(&mut self, asked: &Asked<'_>) {
        let changes = self.alerts.remind(asked.moment.at, asked.shared.resend);
        asked.tell(&changes.into_iter().map(|change| self.notice(change, asked)).collect::<Vec<_>>());
    }

    /// Ends all alerts: too long ago somebody has looked at them.
    pub(super) fn forget(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        self.advance(&BTreeMap::new(), asked, Terms { keep_firing: 0, ..self.terms(asked) })
    }

    /// Evaluates the expression, and does what follows from it. Where it fails, alerts stay as they are.
    pub(super) fn evaluate(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        let found = match &self.rule {
            Some(rule) => found(rule, asked)?,
            None => return self.advance(&BTreeMap::new(), asked, self.terms(asked)),
        };
        self.adopt(&found, asked);
        self.advance(&found, asked, self.terms(asked))
    }

    /// States are on disk before anybody is told, and a disk that is full keeps nobody from being told.
    fn advance(
        &mut self,
        found: &BTreeMap<Labels, Found>,
        asked: &Asked<'_>,
        terms: Terms,
    ) -> Result<(), Failure> {
        let (changes, within_limit) = self.alerts.update(found, asked.moment.at, &terms);
        let kept = asked.shared.state.keep(asked.place, self.saved_at(asked.moment.at), asked.moment.at);
        asked.tell(&changes.into_iter().map(|change| self.notice(change, asked)).collect::<Vec<_>>());
        let series = self.series();
        let appended = self.written.replace(&*asked.shared.sink, series, asked.sampled_at())?;
        asked.shared.instruments.appended(appended);
        within_limit.map_err(Failure::Rule)?;
        Ok(kept?)
    }

    fn terms(&self, asked: &Asked<'_>) -> Terms {
        let (hold, keep_firing) = match self.rule.as_ref().map(|rule| &rule.kind) {
            Some(crate::rules::RuleKind::Alert { hold, keep_firing, .. }) => (*hold, *keep_firing),
            _ => (Duration::ZERO, Duration::ZERO),
        };
        let [hold, keep_firing] = [hold, keep_firing].map(super::milliseconds);
        Terms { hold, keep_firing, resend: asked.shared.resend, limit: asked.limit }
    }

    fn notice(&self, change: Change, asked: &Asked<'_>) -> Notice {
        let Change { event, labels, alert } = change;
        let (at, apart) = (asked.moment.at, asked.interval.max(asked.shared.resend));
        Notice {
            event,
            labels,
            // A clock that was set back is no reason to tell of something that ends before it begins.
            starts_at: alert.fired_at.unwrap_or(alert.active_at).min(at),
            ends_at: match alert.state {
                AlertState::Firing => at.saturating_add(apart.saturating_mul(VALID_FOR)),
                _ => alert.resolved_at.unwrap_or(at),
            },
            annotations: alert.annotations,
            value: alert.value,
            generator_url: generator_url(&asked.shared.external_url, &self.expr),
        }
    }

    /// The series of all alerts that are pending or fire, as Prometheus has them.
    fn series(&self) -> BTreeMap<Labels, f64> {
        self.alerts.active().flat_map(|(labels, alert)| series(labels, alert)).collect()
    }
}

fn series(labels: &Labels, alert: &Alert) -> [(Labels, f64); 2] {
    let state = with(labels, &[(METRIC_NAME, ALERTS), (ALERT_STATE, alert.state.as_str())]);
    // Seconds since 1970 are far below what a number can say exactly.
    let since = alert.active_at.div_euclid(1000) as f64;
    [(state, 1.0), (with(labels, &[(METRIC_NAME, FOR_STATE)]), since)]
}

/// The alerts for which the expression holds.
fn found(rule: &Rule, asked: &Asked<'_>) -> Result<BTreeMap<Labels, Found>, Failure> {
    let crate::rules::RuleKind::Alert { alert, annotations, .. } = &rule.kind else {
        return Ok(BTreeMap::new());
    };
    let mut all = BTreeMap::new();
    for (labels, value) in asked.instant(&rule.expr)? {
        let labels = with(&labels, &[(METRIC_NAME, "")]);
        let data = TemplateData { labels: &labels, value, external_url: &asked.shared.external_url };
        let added = filled(&rule.labels, &data);
        let added = added.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let own = with(&labels, &added.chain([(ALERT_NAME, alert.as_str())]).collect::<Vec<_>>());
        let found = Found { annotations: filled(annotations, &data), value };
        if all.insert(own, found).is_some() {
            let why = "vector contains metrics with the same labelset after applying alert labels";
            return Err(Failure::Rule(why.to_owned()));
        }
    }
    Ok(all)
}

fn filled(templates: &[(String, Template)], data: &TemplateData<'_>) -> Vec<(String, String)> {
    templates.iter().map(|(name, template)| (name.clone(), template.expand(data))).collect()
}

/// What a rule is recognised by over restarts: its name and its labels, but not its expression, in which thresholds stand.
pub(super) fn identity(rule: &Rule, alert: &str) -> Vec<String> {
    let nothing = Labels::default();
    let data = TemplateData { labels: &nothing, value: f64::NAN, external_url: "" };
    let labels = filled(&rule.labels, &data).into_iter().map(|(name, value)| format!("{name}={value}"));
    [alert.to_owned()].into_iter().chain(labels).collect()
}

/// The labels with these set, or removed where the value is empty.
fn with(labels: &Labels, set: &[(&str, &str)]) -> Labels {
    let before = labels.iter().map(|label| (&*label.name, &*label.value));
    Labels::new(before.chain(set.iter().copied()))
}

fn generator_url(external_url: &str, expr: &str) -> String {
    let expr: String = form_urlencoded::byte_serialize(expr.as_bytes()).collect();
    format!("{external_url}/graph?g0.expr={expr}&g0.tab=1")
}

#[cfg(test)]
mod tests {
    use super::generator_url;

    #[test]
    fn an_expression_can_be_looked_at_where_the_rules_are() {
        assert_eq!(
            generator_url("http://localhost:9090", "up{job=\"a b\"} == 0"),
            "http://localhost:9090/graph?g0.expr=up%7Bjob%3D%22a+b%22%7D+%3D%3D+0&g0.tab=1"
        );
    }
}
