//! A small axe: runs cycles with the work of an orchestrator in them, and serves what it measures.
//!
//! `cargo run -p telemetry-server --example orchestrator -- 60` runs sixty cycles, one each second, and ends. Meanwhile,
//! `curl http://127.0.0.1:9464/metrics` shows its metrics. A second argument is another port, 0 for any free one.

use std::error::Error;
use std::io::{self, Write as _};
use std::thread::sleep;
use std::time::Duration;
use telemetry_core::catalog::{AXE_LUMBERJACKS_ACTIVE, CycleType, VcsOperation};
use telemetry_core::config::Config;
use telemetry_core::guard::{Agent, AgentRun, AxeCycle, LlmInvocation, VcsAction, WorkspaceLease};
use telemetry_core::init;

/// How long a cycle rests; a real orchestrator would wait for work.
const REST: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let cycles: u32 = arguments.next().map_or(Ok(60), |cycles| cycles.parse())?;
    let mut config = Config { enabled: Some(true), ..Config::default() };
    if let Some(port) = arguments.next() {
        config.prometheus.exposition_port = port.parse()?;
    }

    init(&config);
    let server = telemetry_server::serve(&config)?;
    writeln!(io::stdout(), "serving http://{}/metrics during {cycles} cycles", server.local_addr())?;

    let _lumberjack = AXE_LUMBERJACKS_ACTIVE.track();
    for cycle in 1..=cycles {
        run(cycle);
        sleep(REST);
    }
    Ok(())
}

/// One cycle, every tenth of which looks at everything.
fn run(number: u32) {
    let axe = AxeCycle::begin(if number.is_multiple_of(10) { CycleType::Full } else { CycleType::Tick });
    if number.is_multiple_of(7) {
        axe.error("stale_lock");
    }
    work(number);
    axe.done();
}

/// An agent at work: it asks a model, commits what comes of it, and fails now and then.
fn work(number: u32) {
    let _workspace = WorkspaceLease::acquire("site");
    let agent = AgentRun::begin(Agent { llm_provider: "claude", project: "site", workflow: "fix" });
    let call = LlmInvocation::begin("claude");
    call.input_tokens(u64::from(900 + number));
    if number.is_multiple_of(5) {
        call.error("rate_limit");
        return agent.error();
    }
    call.output_tokens(210);
    call.ok();
    VcsAction::begin("git", VcsOperation::Commit).committed("fix");
    agent.ok();
}
