//! The last step: whether an alert comes of it, where somebody has a rule for the probe.

use super::ask::{Server, Unanswered};
use super::bounds::Bounds;
use super::probe::{self, Probe};
use super::rules::{self, Alert, ForProbe};
use super::step::Finding;
use super::wait::Waiting;
use serde_json::Value;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;

/// How long after an evaluation its alert is known at the latest, here and at the Alertmanager.
const SETTLED: Duration = Duration::from_secs(3);

/// How the alert stands.
enum Stand {
    Firing,
    Pending,
    Nowhere,
}

/// The servers that are asked.
pub(super) struct Servers<'a> {
    pub(super) prometheus: Server<'a>,
    /// Where one is configured.
    pub(super) alertmanager: Option<Server<'a>>,
}

/// Where there is no rule for the probe: how to have one, and whether the Alertmanager answers.
pub(super) fn without_rule(servers: &Servers<'_>, bounds: &Bounds) -> Finding {
    let finding = Finding::not_testable("no alert rule looks at the probe")
        .advice(format!("To have this step tested, add a rule such as {}", rule()));
    reached(finding, servers, bounds)
}

/// A rule for the probe, in one line.
pub(super) fn rule() -> String {
    format!("{{alert: TelemetryDoctorProbe, expr: {} == 1, labels: {{severity: none}}}}", probe::metric())
}

/// The same finding with whether the Alertmanager answers.
pub(super) fn reached(finding: Finding, servers: &Servers<'_>, bounds: &Bounds) -> Finding {
    let Some(alertmanager) = servers.alertmanager else {
        return finding.and("no Alertmanager is configured (telemetry.prometheus.alertmanager_url)");
    };
    match alertmanager.json::<Value>("/api/v2/status", &[], bounds.answer()) {
        Ok(_) => finding.and(format!("the Alertmanager at {} answers", alertmanager.address.url)),
        Err(Unanswered { why, advice }) => finding.but(Some(Finding::failed(why).advice(advice))),
    }
}

/// Waits until the alert of the probe is pending or fires, and where it fires until the Alertmanager has it.
pub(super) fn look(
    servers: &Servers<'_>,
    rule: ForProbe,
    probe: &Probe,
    bounds: &Bounds,
    quiet: bool,
) -> Finding {
    let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let due = time(rule.interval) + time(rule.hold) + SETTLED;
    let (name, hold) = (rule.name.clone(), rule.hold);
    let waiting = Waiting::begin("waiting for the alert", due.min(bounds.left()), quiet);
    match await_alert(servers.prometheus, rule, probe, bounds, waiting) {
        Err(Unanswered { why, advice }) => Finding::failed(why).advice(advice),
        Ok((Stand::Firing, took)) => {
            let fires = format!("{name} fires after {}", seconds(took.as_secs_f64()));
            told(Finding::ok(fires), servers, &name, probe, bounds, quiet)
        }
        Ok((Stand::Pending, _)) => {
            let pending =
                format!("{name} is pending, and would fire after {}; that was not waited for", seconds(hold));
            reached(Finding::ok(pending), servers, bounds)
        }
        Ok((Stand::Nowhere, took)) if took < due => {
            Finding::not_testable(format!("{name} was not evaluated in what was left of the time"))
                .advice("Give it more: `telemetry doctor --timeout 2m`.")
        }
        Ok((Stand::Nowhere, _)) => {
            Finding::failed(format!("{name} is neither pending nor fires, although its metric is there"))
                .advice(format!("Its expression should hold for every probe, as in {}", self::rule()))
        }
    }
}

fn await_alert(
    prometheus: Server<'_>,
    mut rule: ForProbe,
    probe: &Probe,
    bounds: &Bounds,
    mut waiting: Waiting,
) -> Result<(Stand, Duration), Unanswered> {
    loop {
        let stand = stand(&rule.alerts, probe);
        if matches!(stand, Stand::Firing) || !waiting.goes_on() {
            return Ok((stand, waiting.took()));
        }
        match rules::ask(prometheus, bounds)?.for_probe() {
            Some(again) => rule = again,
            None => rule.alerts.clear(),
        }
    }
}

/// How the alert of this probe stands; an expression that drops its labels has only one for all of them.
fn stand(alerts: &[Alert], probe: &Probe) -> Stand {
    let labelled = |alert: &Alert| alert.labels.contains_key("probe");
    let ours = |alert: &&Alert| !labelled(alert) || alert.labels.get("probe") == Some(&probe.id);
    let states: Vec<_> = alerts.iter().filter(ours).map(|alert| alert.state.as_str()).collect();
    match states {
        states if states.contains(&"firing") => Stand::Firing,
        states if states.contains(&"pending") => Stand::Pending,
        _ => Stand::Nowhere,
    }
}

/// Waits until the Alertmanager has the alert, where one is configured.
fn told(
    finding: Finding,
    servers: &Servers<'_>,
    name: &str,
    probe: &Probe,
    bounds: &Bounds,
    quiet: bool,
) -> Finding {
    let Some(alertmanager) = servers.alertmanager else { return reached(finding, servers, bounds) };
    let url = &alertmanager.address.url;
    let filter = format!("alertname=\"{name}\"");
    let mut waiting =
        Waiting::begin("waiting until the Alertmanager has the alert", bounds.left().min(4 * SETTLED), quiet);
    loop {
        match alertmanager.json::<Vec<InAlertmanager>>(
            "/api/v2/alerts",
            &[("filter", &filter)],
            bounds.answer(),
        ) {
            Ok(alerts) if alerts.iter().any(|alert| alert.is_of(probe)) => {
                return finding.and(format!("the Alertmanager at {url} has it"));
            }
            Ok(_) if waiting.goes_on() => {}
            Ok(_) => {
                let missing = Finding::failed(format!("the Alertmanager at {url} does not have the alert"));
                return finding
                    .but(Some(missing.advice("Does `alerting:` in prometheus.yml name that Alertmanager?")));
            }
            Err(Unanswered { why, advice }) => return finding.but(Some(Finding::failed(why).advice(advice))),
        }
    }
}

/// An alert as the Alertmanager tells of it.
#[derive(serde::Deserialize)]
struct InAlertmanager {
    labels: std::collections::BTreeMap<String, String>,
}

impl InAlertmanager {
    fn is_of(&self, probe: &Probe) -> bool {
        self.labels.get("probe").is_none_or(|id| *id == probe.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::Address;

    #[test]
    fn only_the_alert_of_this_probe_counts() {
        let gateway = Address::parse("127.0.0.1:1").unwrap();
        let probe = Probe::new(&gateway, SETTLED, SETTLED).unwrap();
        let alert = |id: Option<&str>, state: &str| Alert {
            labels: id.map(|id| ("probe".to_owned(), id.to_owned())).into_iter().collect(),
            state: state.to_owned(),
        };
        assert!(matches!(stand(&[alert(Some("other"), "firing")], &probe), Stand::Nowhere));
        assert!(matches!(stand(&[alert(None, "firing")], &probe), Stand::Firing));
        let both = [alert(Some("other"), "firing"), alert(Some(&probe.id), "pending")];
        assert!(matches!(stand(&both, &probe), Stand::Pending));
    }

    #[test]
    fn the_rule_that_is_advised_looks_at_the_probe() {
        assert!(rule().contains("telemetry_doctor_probe == 1"));
    }
}
