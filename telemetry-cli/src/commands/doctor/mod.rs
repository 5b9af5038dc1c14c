//! `telemetry doctor`: walks the path that a count takes, with a probe, and says where it breaks.
//!
//! | module | responsible for |
//! |---|---|
//! | `walk` | which step comes after which, and which need which |
//! | `step` | what is found at a step |
//! | `configuration`, `ledger`, `gateway`, `scrape`, `query`, `rules`, `alert` | one step each, the gateway both of its own |
//! | `other_roads` | the steps of a count that is not pushed |
//! | `rivals` | who else pushes the group of the ledger |
//! | `probe`, `signals` | the probe, from its push to its end, also by a signal |
//! | `ask`, `wait`, `bounds` | questions to servers, waiting for them, and for how long |

mod alert;
mod ask;
mod bounds;
mod configuration;
mod gateway;
mod ledger;
mod other_roads;
mod probe;
mod query;
mod rivals;
mod rules;
mod scrape;
mod signals;
mod step;
mod wait;
mod walk;

use crate::args::timeout;
use crate::failure::Failure;
use crate::output::{print_json, print_to};
use crate::session::Session;
use crate::tables;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;
use walk::Walk;

#[cfg(test)]
pub(crate) use step::{Finding, Name};
pub(crate) use step::{Outcome, Step};

/// Walk the whole path of a count with a probe, and say where it breaks
///
/// The path is configuration, ledger, push, gateway, scrape, query, rule, alert. The probe is one metric, telemetry_doctor_probe, under
/// the job telemetry_doctor; it is deleted at the end, also after Ctrl-C. What was counted is never touched. Doctors that were
/// killed leave their probe to the next one, which removes it.
///
/// The alert is tested only where Prometheus has a rule for the probe, such as
/// {alert: TelemetryDoctorProbe, expr: telemetry_doctor_probe == 1, labels: {severity: none}}.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry doctor
  telemetry doctor --timeout 2m
  telemetry doctor -j | jq -r '.steps[] | select(.outcome == \"failed\") | .step'

Exit codes: 0 every step works or cannot be tested from here, 1 something is broken, 64 wrong usage, 130 ended by Ctrl-C.")]
pub(crate) struct DoctorArgs {
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    /// How long the walk may take, such as 10, 45s or 2m; what is left to ask after that still has up to a second for each answer
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    timeout: Duration,
}

/// The walk for programs.
#[derive(Debug, Serialize)]
struct Document<'w> {
    /// Whether anything is broken.
    verdict: &'static str,
    /// The job of the probe, and the instance of its group; nothing where none was pushed.
    probe: Option<walk::Pushed>,
    steps: &'w [Step],
}

pub(crate) fn run(args: &DoctorArgs, session: &Session) -> Result<ExitCode, Failure> {
    let loaded = session.load();
    if let Err(failure) = &loaded
        && failure.is_usage()
    {
        return loaded.map(|_| ExitCode::SUCCESS);
    }
    let screen = session.screen();
    let show = |step: &Step| {
        // Whoever has closed the output still has the exit code.
        let _printed =
            if args.json { Ok(ExitCode::SUCCESS) } else { print_to(screen, &tables::step(step, screen)) };
    };
    let mut walk = Walk::begin(args.timeout, session.global().quiet, &show)?;
    walk.go(&loaded);
    let pushed = walk.end();
    let broken = walk.is_broken() || pushed.as_ref().is_some_and(|pushed| pushed.trouble.is_some());
    if args.json {
        let verdict = if broken { "broken" } else { "ok" };
        print_json(&Document { verdict, probe: pushed, steps: walk.steps() })?;
    } else {
        print_to(screen, &summary(walk.steps(), pushed.as_ref()))?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The last lines: what is broken, and what became of the probe.
fn summary(steps: &[Step], pushed: Option<&walk::Pushed>) -> String {
    let names = |outcome| {
        let steps = steps.iter().filter(move |step| step.outcome == outcome);
        steps.map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (broken, unknown) = (names(Outcome::Failed), names(Outcome::NotTestable));
    let mut text = match (broken.is_empty(), unknown.is_empty()) {
        (true, true) => "\nThe whole path works.\n".to_owned(),
        (true, false) => format!("\nThe path works as far as it can be tested; not tested: {unknown}.\n"),
        (false, _) => format!("\nBroken: {broken}.\n"),
    };
    if let Some(trouble) = pushed.and_then(|pushed| pushed.trouble.as_ref()) {
        text += &format!("The probe could not be deleted, and the next doctor removes it: {trouble}\n");
    }
    text
}
