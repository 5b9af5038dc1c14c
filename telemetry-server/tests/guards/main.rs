//! What each guard leaves behind, as a client of the real endpoint reads it: every series that the guard touches, with its value,
//! for each way in which it can end, and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking, and its support is no different"
)]

// The tables are laid out by hand, a series on each line.
#[rustfmt::skip]
mod cases;
mod endpoint;
#[path = "../support/mod.rs"]
mod support;

use cases::{AGENT, AXE, BEAD, Case, HOOK, LLM, MENTOR, NOTIFICATION, Series, VCS, WORKFLOW, WORKSPACE};
use endpoint::{Endpoint, readings};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use support::{on_any_port, scrape};
use telemetry_core::catalog::KillReason;
use telemetry_core::config::Config;
use telemetry_core::exposition::Value;
use telemetry_core::{default_registry, init};
use telemetry_server::serve;

/// How long each guard is held, so that a duration has to be right in both directions.
const HELD: Duration = Duration::from_millis(2);

#[test]
fn an_agent_run() {
    check(&AGENT);
}

#[test]
fn an_llm_invocation() {
    check(&LLM);
}

#[test]
fn an_axe_cycle() {
    check(&AXE);
}

#[test]
fn a_hook() {
    check(&HOOK);
}

#[test]
fn a_mentor() {
    check(&MENTOR);
}

#[test]
fn a_workflow() {
    check(&WORKFLOW);
}

#[test]
fn a_bead_transition() {
    check(&BEAD);
}

#[test]
fn a_vcs_operation() {
    check(&VCS);
}

#[test]
fn a_workspace_lease() {
    check(&WORKSPACE);
}

#[test]
fn a_notification() {
    check(&NOTIFICATION);
}

#[test]
fn each_reason_to_kill_an_agent_is_counted_as_itself() {
    for reason in KillReason::ALL {
        let endpoint = Endpoint::new();
        (AGENT.begin)(Some(&endpoint.registry)).killed(*reason);
        let readings = endpoint.read(Duration::ZERO);
        let killed: Vec<_> =
            readings.iter().filter(|(series, value)| series.contains("_kills_") && **value > 0.0).collect();
        assert_eq!(killed, [(&format!("sase_agent_kills_total{{reason={}}}", reason.as_str()), &1.0)]);
    }
}

#[test]
fn the_duration_of_an_agent_run_counts_from_where_its_clock_was_restarted() {
    let endpoint = Endpoint::new();
    let mut run = (AGENT.begin)(Some(&endpoint.registry));
    std::thread::sleep(HELD);
    let restarted = Instant::now();
    run.restart_clock();
    run.ok();
    let most = restarted.elapsed();
    let families = endpoint.families();
    let durations = families.iter().find(|family| family.name == "sase_agent_run_duration_seconds").unwrap();
    let Value::Histogram(histogram) = &durations.metrics[0].value else { panic!("not a histogram") };
    assert!(histogram.sum.unwrap() <= most.as_secs_f64());
}

/// The switch belongs to the process, and this is the only test here that turns it: the others have registries of their own.
#[test]
fn guards_that_began_while_off_record_nothing() {
    let mut ends = Vec::new();
    ends.extend(begun_while_off(&AGENT));
    ends.extend(begun_while_off(&LLM));
    ends.extend(begun_while_off(&AXE));
    ends.extend(begun_while_off(&HOOK));
    ends.extend(begun_while_off(&MENTOR));
    ends.extend(begun_while_off(&WORKFLOW));
    ends.extend(begun_while_off(&BEAD));
    ends.extend(begun_while_off(&VCS));
    ends.extend(begun_while_off(&WORKSPACE));
    ends.extend(begun_while_off(&NOTIFICATION));
    assert!(default_registry().is_none());
    init(&Config { enabled: Some(true), ..on_any_port() });
    ends.into_iter().for_each(|end| end());

    let server = serve(&on_any_port()).unwrap();
    assert_eq!(readings(&scrape(&server), Duration::ZERO, Duration::ZERO), BTreeMap::new());
    let _run = (AGENT.begin)(None);
    assert_eq!(readings(&scrape(&server), Duration::ZERO, Duration::ZERO).len(), AGENT.begun.len());
}

/// Guards that have begun, and for each of them one of the ways to end it.
fn begun_while_off<G>(case: &Case<G>) -> impl Iterator<Item = Box<dyn FnOnce()>> {
    case.ends.iter().map(|(_, end, _)| {
        let guard = (case.begin)(None);
        Box::new(move || end(guard)) as Box<dyn FnOnce()>
    })
}

/// Begins and ends the guard in each way, and compares what the endpoint tells after both with what the case says.
fn check<G>(case: &Case<G>) {
    for (name, end, changed) in case.ends {
        let endpoint = Endpoint::new();
        let guard = (case.begin)(Some(&endpoint.registry));
        assert_eq!(endpoint.read(Duration::ZERO), expected(case.begun, &[]), "begun");
        std::thread::sleep(HELD);
        end(guard);
        assert_eq!(endpoint.read(HELD), expected(case.begun, changed), "{name}");
    }
}

fn expected(begun: &[Series], changed: &[Series]) -> BTreeMap<String, f64> {
    begun.iter().chain(changed).map(|(series, value)| ((*series).to_owned(), *value)).collect()
}
