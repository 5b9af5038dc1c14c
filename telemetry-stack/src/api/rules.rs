//! Which rules there are, how they went, and which alerts follow from them.

use super::answer::{Answered, ApiError, Data};
use super::desk::aside;
use super::moments::{NEVER, date};
use super::parameters::Parameters;
use crate::number::write_scientific;
use crate::rules::{
    ActiveAlert, AlertState, GroupStatus, Rule, RuleHealth, RuleKind, RuleStatus, Rules, Template,
};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use telemetry_query::{Labels, Matcher};

/// What both handlers have.
type Evaluated = Option<Arc<Rules>>;

/// `/api/v1/rules` and `/api/v1/alerts`, which are empty where no rules are evaluated.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(rules: Evaluated) -> Router<S> {
    Router::new().route("/api/v1/rules", get(groups)).route("/api/v1/alerts", get(alerts)).with_state(rules)
}

/// What a client wants to see of the rules.
struct Wanted {
    kind: Option<&'static str>,
    names: Vec<String>,
    groups: Vec<String>,
    files: Vec<String>,
    selectors: Vec<Vec<Matcher>>,
    alerts: bool,
}

async fn groups(State(rules): State<Evaluated>, parameters: Parameters) -> Answered {
    aside(move || wanted_groups(&rules, &parameters)).await
}

fn wanted_groups(rules: &Evaluated, parameters: &Parameters) -> Answered {
    let wanted = Wanted::by(parameters)?;
    let mut groups = known(rules);
    groups.sort_by(|one, other| (&one.file, &one.name).cmp(&(&other.file, &other.name)));
    let groups: Vec<_> = groups.iter().filter_map(|group| wanted.group(group)).collect();
    Ok(Data::document(json!({ "groups": groups })))
}

async fn alerts(State(rules): State<Evaluated>) -> Data {
    let groups = known(&rules);
    let rules = groups.iter().flat_map(|group| &group.rules);
    let alerts: Vec<_> = rules.flat_map(|rule| rule.alerts.iter()).map(alert).collect();
    Data::document(json!({ "alerts": alerts }))
}

fn known(rules: &Evaluated) -> Vec<GroupStatus> {
    rules.as_ref().map(|rules| rules.groups()).unwrap_or_default()
}

impl Wanted {
    fn by(parameters: &Parameters) -> Result<Self, ApiError> {
        let kind = match parameters.get("type").to_lowercase().as_str() {
            "" => None,
            "alert" => Some("alerting"),
            "record" => Some("recording"),
            other => return Err(ApiError::parameter("type", format_args!("not supported value {other:?}"))),
        };
        let all = |name| parameters.all(name).map(str::to_owned).collect();
        Ok(Self {
            kind,
            names: all("rule_name[]"),
            groups: all("rule_group[]"),
            files: all("file[]"),
            selectors: parameters.selectors()?,
            alerts: !truth(parameters, "exclude_alerts")?,
        })
    }

    /// A group with those of its rules that are wanted; nothing where none is.
    fn group(&self, group: &GroupStatus) -> Option<Value> {
        let any = |wanted: &[String], name: &String| wanted.is_empty() || wanted.contains(name);
        if !any(&self.groups, &group.name) || !any(&self.files, &group.file) {
            return None;
        }
        let rules = group.rules.iter().filter(|status| self.wants(&status.rule));
        let rules: Vec<_> = rules.map(|status| rule(status, self.alerts)).collect();
        let group = || {
            json!({
                "name": group.name,
                "file": group.file,
                "rules": rules,
                "interval": seconds(group.interval),
                "limit": group.limit,
                "evaluationTime": seconds(group.evaluation_time),
                "lastEvaluation": moment(group.last_evaluation),
            })
        };
        (!rules.is_empty()).then(group)
    }

    fn wants(&self, rule: &Rule) -> bool {
        let (kind, name) = kind_and_name(rule);
        let matches = |selector: &Vec<Matcher>| {
            selector.iter().all(|matcher| matcher.accepts(value(&rule.labels, &matcher.name)))
        };
        self.kind.is_none_or(|wanted| wanted == kind)
            && (self.names.is_empty() || self.names.contains(name))
            && (self.selectors.is_empty() || self.selectors.iter().any(matches))
    }
}

/// The labels of a rule are compared as they were written, before anything is filled in.
fn value<'r>(labels: &'r [(String, Template)], name: &str) -> &'r str {
    labels.iter().find(|(known, _)| known == name).map_or("", |(_, template)| template.text())
}

/// A parameter that is true or not, in the words of Go.
fn truth(parameters: &Parameters, name: &str) -> Result<bool, ApiError> {
    match parameters.get(name) {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        text => {
            let why = format!("error converting {name}: strconv.ParseBool: parsing {text:?}: invalid syntax");
            Err(ApiError::parameter(name, why))
        }
    }
}

const fn kind_and_name(rule: &Rule) -> (&'static str, &String) {
    match &rule.kind {
        RuleKind::Recording { record } => ("recording", record),
        RuleKind::Alert { alert, .. } => ("alerting", alert),
    }
}

fn rule(status: &RuleStatus, with_alerts: bool) -> Value {
    let (kind, name) = kind_and_name(&status.rule);
    let mut rule = json!({
        "name": name,
        "query": status.rule.expr,
        "evaluationTime": seconds(status.evaluation_time),
        "lastEvaluation": moment(status.last_evaluation),
        "health": health(&status.health),
        "type": kind,
    });
    let labels = templates(&status.rule.labels);
    // Where there is nothing to say, recording rules do without, and alerts say so.
    if kind == "alerting" || !status.rule.labels.is_empty() {
        rule["labels"] = labels;
    }
    if let RuleHealth::Err(why) = &status.health {
        rule["lastError"] = json!(why);
    }
    if let RuleKind::Alert { hold, keep_firing, annotations, .. } = &status.rule.kind {
        let alerts = || status.alerts.iter().map(alert).collect::<Vec<_>>();
        rule["state"] = json!(state(status));
        rule["duration"] = seconds(*hold);
        rule["keepFiringFor"] = seconds(*keep_firing);
        rule["annotations"] = templates(annotations);
        rule["alerts"] = if with_alerts { json!(alerts()) } else { Value::Null };
    }
    rule
}

/// A rule stands where the worst of its alerts does.
fn state(status: &RuleStatus) -> &'static str {
    let worst = status.alerts.iter().map(|alert| alert.state).max();
    word(worst.unwrap_or(AlertState::Inactive))
}

const fn word(state: AlertState) -> &'static str {
    match state {
        AlertState::Inactive => "inactive",
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
    }
}

const fn health(health: &RuleHealth) -> &'static str {
    match health {
        RuleHealth::Unknown => "unknown",
        RuleHealth::Ok => "ok",
        RuleHealth::Err(_) => "err",
    }
}

fn alert(alert: &ActiveAlert) -> Value {
    let mut value = String::new();
    write_scientific(&mut value, alert.value);
    let annotations = alert.annotations.iter().map(|(name, text)| (name.clone(), json!(text)));
    let mut shown = json!({
        "labels": object(&alert.labels),
        "annotations": annotations.collect::<Map<_, _>>(),
        "state": word(alert.state),
        "activeAt": date(alert.active_at),
        "value": value,
    });
    if let Some(since) = alert.keep_firing_since {
        shown["keepFiringSince"] = json!(date(since));
    }
    shown
}

fn object(labels: &Labels) -> Value {
    labels.iter().map(|label| (label.name.to_string(), json!(*label.value))).collect::<Map<_, _>>().into()
}

fn templates(templates: &[(String, Template)]) -> Value {
    templates
        .iter()
        .map(|(name, template)| (name.clone(), json!(template.text())))
        .collect::<Map<_, _>>()
        .into()
}

fn moment(milliseconds: Option<i64>) -> String {
    milliseconds.map_or_else(|| NEVER.to_owned(), date)
}

/// A number of seconds, without a fraction where there is none.
fn seconds(duration: Duration) -> Value {
    if duration.subsec_nanos() == 0 { json!(duration.as_secs()) } else { json!(duration.as_secs_f64()) }
}
