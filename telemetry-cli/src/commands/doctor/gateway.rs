//! The steps at the Pushgateway: whether it takes the probe, and whether it shows it.

use super::ask::{Server, denied, proxy};
use super::bounds::Bounds;
use super::ledger;
use super::probe::{self, Probe};
use super::rivals;
use super::step::{Finding, counted};
use crate::sources::{Reading, ask_gateway, block_on};
use std::time::{SystemTime, UNIX_EPOCH};
use telemetry_catalog::quantity::seconds;
use telemetry_core::config::Config;
use telemetry_core::exposition::Family;
use telemetry_push::PushError;
use telemetry_push::in_sentences;

/// The setting that names the gateway.
const SETTING: &str = "prometheus.pushgateway_url";

/// How the sentence ends that says that the gateway shows the probe.
pub(super) const SHOWN: &str = "shows it";

/// How far the clocks of the gateway and of this machine may be apart before that is worth a word, in seconds.
const TOLERANCE: f64 = 30.0;

/// Pushes the probe.
pub(super) fn push(config: &Config, probe: &Result<Probe, PushError>) -> Finding {
    let url = &config.prometheus.pushgateway_url.url;
    match probe.as_ref().map_err(refused).and_then(|probe| probe.push().map_err(|error| refused(&error))) {
        Ok(()) => Finding::ok(format!("{url} took a probe of the job {}", probe::JOB)),
        Err(finding) => finding,
    }
}

fn refused(error: &PushError) -> Finding {
    let advice = match error {
        PushError::Refused { .. } => {
            format!(
                "Start a Pushgateway there, such as that of `telemetry up`, or set telemetry.{SETTING} to where one runs."
            )
        }
        PushError::Denied { .. } => denied(SETTING),
        PushError::WebPage { .. } | PushError::Status { status: 404 | 405, .. } => {
            format!(
                "Is it a Pushgateway, and the path of telemetry.{SETTING} the one under which it is served?"
            )
        }
        PushError::Status { .. } => "Its own log says why.".to_owned(),
        PushError::Tls { .. } => format!(
            "Set telemetry.{SETTING}.ca_file to the authority that has signed its certificate, or mend that."
        ),
        PushError::Setup(_) => format!("Mend the files that telemetry.{SETTING} names."),
        PushError::Moved { .. } => format!("Set telemetry.{SETTING} to its new address."),
        _ => format!(
            "See whether telemetry.{SETTING} has the right scheme, host and port, and whether a firewall is between{}",
            proxy(|name| std::env::var_os(name).is_some())
        ),
    };
    Finding::failed(in_sentences(error).join(": ")).advice(advice)
}

/// Looks whether the gateway shows the probe; removes those that were left behind, and looks who else pushes the group of the ledger.
pub(super) fn show(
    config: &Config,
    probe: &Probe,
    pushed: SystemTime,
    found: &ledger::Found,
    bounds: &Bounds,
) -> Finding {
    let address = &config.prometheus.pushgateway_url;
    let before = rivals::totals(found);
    let asked = match block_on(ask_gateway(config, bounds.answer())) {
        Ok(asked) => asked,
        Err(trouble) => return Finding::failed(trouble.sentence()),
    };
    let server = Server { address, setting: SETTING };
    let reading = Reading::of(&asked);
    let families = match (&reading.families, &asked.result) {
        (Ok(families), _) => families,
        (Err(_), Err(trouble)) => {
            let unanswered = server.unanswered(trouble);
            return Finding::failed(unanswered.why).advice(unanswered.advice);
        }
        (Err(lack), Ok(_)) => {
            return Finding::failed(format!("what {}/metrics shows is {}", address.url, lack.why))
                .advice(format!("Set telemetry.{SETTING} to the address of a Pushgateway."));
        }
    };
    let Some(taken) = taken(families, probe) else {
        return Finding::failed(format!("{} took the probe and does not show it", address.url))
            .advice(format!("Is it a Pushgateway, or something that takes any request? Set telemetry.{SETTING} to a Pushgateway."));
    };
    let apart = taken - since_1970(pushed);
    let swept = match probe::sweep(families, taken, address) {
        0 => None,
        count => Some(format!("removed {}, left there by doctors that were killed", counted(count, "probe"))),
    };
    let rival = rivals::at_the_gateway(families, found, before.as_ref(), apart);
    Finding::ok(format!("{}/metrics {SHOWN}", address.url)).with(swept).with(clocks(apart)).but(rival)
}

/// When the gateway took the probe, by its own clock; `None` where it does not show it.
fn taken(families: &[Family<'_>], probe: &Probe) -> Option<f64> {
    let of_probe = |name| {
        let mut gauges = probe::gauges(families, name, probe::JOB);
        gauges.find(|(instance, _)| *instance == Some(&probe.id)).map(|(_, value)| value)
    };
    of_probe(probe::metric()).filter(|value| (*value - 1.0).abs() < f64::EPSILON)?;
    Some(of_probe(probe::PUSHED).unwrap_or_else(|| since_1970(SystemTime::now())))
}

fn clocks(apart: f64) -> Option<String> {
    let direction = if apart > 0.0 { "ahead of" } else { "behind" };
    (apart.abs() > TOLERANCE)
        .then(|| format!("its clock is {} {direction} that of this machine", seconds(apart.abs())))
}

/// A time in seconds since 1970.
pub(super) fn since_1970(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
