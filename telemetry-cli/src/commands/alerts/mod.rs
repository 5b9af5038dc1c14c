//! `telemetry alerts`: which alerts are pending and which fire, as the Prometheus of the configuration knows them.

mod answer;
mod unknown;

use crate::args::{Patience, address};
use crate::failure::Failure;
use crate::output::{Screen, print, print_to};
use crate::session::Session;
use crate::sources::{Trouble, block_on, fetch};
use crate::tables;
use clap::Args;
use reqwest::Url;
use serde::Serialize;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::Address;

pub(crate) use answer::{Alert, Answer, Severity, exit_code};

/// Show the alerts that are pending or fire
///
/// Asks the Prometheus of the configuration, which may be `telemetry up`, for the alerts of its rules. The worst come first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry alerts
  telemetry alerts -j | jq -r '.alerts[] | select(.state == \"firing\") | .alert'
  telemetry alerts --from http://prometheus.example:9090 || echo \"look at the runbook\"

Exit codes: 0 nothing fires (what is pending or only informs counts as nothing), 1 a warning fires, 2 something critical fires, \
3 it is not known: nobody answers, there are no alert rules, or nothing fires but one was not or cannot be evaluated; 64 wrong usage.")]
pub(crate) struct AlertsArgs {
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

/// Every failure but wrong usage is the exit code 3: whoever watches this must not take it for a warning.
pub(crate) fn run(args: &AlertsArgs, session: &Session) -> Result<ExitCode, Failure> {
    show(args, session).map_err(Failure::unknown)
}

fn show(args: &AlertsArgs, session: &Session) -> Result<ExitCode, Failure> {
    let address = match &args.from {
        Some(from) => address("--from", from)?,
        None => session.config()?.prometheus.url,
    };
    let answer = ask(&address, args.patience.timeout)
        .map_err(|why| Failure::new(format!("no alerts from {address}: {why}")).advice(ADVICE))?;
    let verdict = answer.verdict();
    if args.json {
        print(&document(&answer, &address, verdict)?)?;
    } else {
        let screen = session.screen();
        print_to(screen, &page(&answer, &address, screen))?;
    }
    Ok(exit_code(verdict))
}

/// What to do where nobody knows.
const ADVICE: &str = "`telemetry up` evaluates the alert rules, and says at its start where to ask for them; beside a real Prometheus \
                      that is the port of its page: `telemetry alerts --from http://127.0.0.1:9095`";

/// Asks for all rules, since alerts are of no use where nobody looks whether they should fire.
fn ask(address: &Address, timeout: Duration) -> Result<Answer, String> {
    let answer = ask_rules(address, timeout)?;
    answer.has_rules().map(|()| answer)
}

/// Asks for all rules, of which there may be none.
pub(crate) fn ask_rules(address: &Address, timeout: Duration) -> Result<Answer, String> {
    let url = Url::parse(&format!("{}/api/v1/rules", address.url)).map_err(|_| Trouble::NoUrl.sentence())?;
    let body = block_on(fetch(address, url, timeout)).and_then(|body| body);
    let body = body.map_err(|trouble| trouble.sentence())?;
    Answer::read(&body.bytes)
}

fn page(answer: &Answer, address: &Address, screen: Screen) -> String {
    let (alerts, unknown) = (answer.worst_first(), unknown::unknown(answer, address));
    match (alerts.is_empty(), unknown.is_empty()) {
        (true, true) => {
            format!("Nothing fires and nothing is pending: {} alert rules at {address}.\n", answer.rules())
        }
        (true, false) => unknown,
        (false, _) => tables::standing(&alerts, SystemTime::now(), screen) + &unknown,
    }
}

/// The answer for programs. Its version rises when a field changes its meaning or goes away.
fn document(answer: &Answer, address: &Address, verdict: Verdict) -> Result<String, Failure> {
    let failing = answer.failing().map(|rule| json!({ "rule": rule.name, "error": rule.last_error }));
    let document = Document {
        version: 1,
        source: &address.url,
        verdict: verdict.as_str(),
        alerts: answer.worst_first().iter().map(Alert::document).collect(),
        failing_rules: failing.collect(),
        alert_rules: answer.rules(),
        not_evaluated_yet: answer.not_yet().map(|rule| &*rule.name).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// What programs are told, the version first, so that they know what the rest means before they read it.
#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    source: &'a str,
    verdict: &'a str,
    alerts: Vec<Value>,
    failing_rules: Vec<Value>,
    alert_rules: usize,
    not_evaluated_yet: Vec<&'a str>,
}
