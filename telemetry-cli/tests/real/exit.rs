//! `push_on_exit` with a real Pushgateway: what a process counted has arrived when the process is gone.
//!
//! The process is this test program once more, told by its environment to count and how to end.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
use telemetry_core::config::{Address, Config};
use telemetry_push::{ExitGuard, push_on_exit};

use crate::support::pushgateway::Groups;
use crate::support::{Pushgateway, Scratch, exposition, require};

/// How the process is to end.
const END: &str = "TELEMETRY_TEST_END";

/// The gateway that it pushes to.
const GATEWAY: &str = "TELEMETRY_TEST_GATEWAY";

static GUARD: OnceLock<ExitGuard> = OnceLock::new();

/// Counts five and ends as it is told to; told nothing, it does nothing.
#[test]
#[ignore = "this is the process that the tests below start"]
fn the_process() {
    let Ok(end) = std::env::var(END) else { return };
    let mut config = Config { enabled: Some(true), ..Config::default() };
    config.ledger_path = Some(std::env::current_dir().unwrap());
    config.prometheus.pushgateway_url = Address::parse(&std::env::var(GATEWAY).unwrap()).unwrap();
    telemetry_core::init(&config);
    let guard = push_on_exit(&config).unwrap();
    LLM_RETRIES.with(|| LlmRetries { provider: "p" }).add(5);
    match end.as_str() {
        "drop" => {
            drop(guard);
            // Nothing is done by this end of the process, so it was the drop.
            std::process::abort();
        }
        "exit" => {
            GUARD.set(guard).unwrap();
            std::process::exit(7);
        }
        _ => {
            println!("\ncounted");
            loop {
                thread::park();
            }
        }
    }
}

/// Runs the process to its end; where it waits for a signal, it gets that one.
fn run(gateway: &Pushgateway, end: &str, signal: Option<Signal>) -> ExitStatus {
    let scratch = Scratch::new();
    let mut command = scratch.command(std::env::current_exe().unwrap().to_str().unwrap());
    command.args(["--exact", "exit::the_process", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(END, end).env(GATEWAY, gateway.url());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    if let Some(signal) = signal {
        assert!(lines.any(|line| line == "counted"), "it ended too early");
        kill_process(Pid::from_child(&process), signal).unwrap();
    }
    lines.for_each(drop);
    process.wait().unwrap()
}

#[test]
fn what_was_counted_arrives_however_the_process_ends() {
    require!(Pushgateway);
    for (end, signal, expected) in [
        ("drop", None, (None, Some(Signal::ABORT.as_raw()))),
        ("exit", None, (Some(7), None)),
        ("signal", Some(Signal::TERM), (None, Some(Signal::TERM.as_raw()))),
        ("signal", Some(Signal::INT), (None, Some(Signal::INT.as_raw()))),
        ("signal", Some(Signal::HUP), (None, Some(Signal::HUP.as_raw()))),
    ] {
        let gateway = Pushgateway::start(Groups::AreLost);
        let status = run(&gateway, end, signal);
        assert_eq!((status.code(), status.signal()), expected, "{end} {signal:?}");
        let arrived = exposition::total(&gateway.metrics(), "sase_llm_retries_total", &[("provider", "p")]);
        assert_eq!(arrived, Some(5.0), "{end} {signal:?}");
    }
}
