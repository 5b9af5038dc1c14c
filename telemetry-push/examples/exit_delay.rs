//! How long the guard of `push_on_exit` delays the end of a process whose gateway is healthy.
//!
//! ```console
//! $ cargo run --release -p telemetry-push --example exit_delay                                  # with a gateway of its own
//! $ cargo run --release -p telemetry-push --example exit_delay -- http://localhost:9091         # with a real one
//! ```
//!
//! Starts one process after the other, each with a ledger that the one before has filled. Printed are the median and the 95th percentile
//! of the drop of the guard, which merges and pushes; and for comparison those of the start and of a merge alone.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on is none")]

use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Instant;
use telemetry_core::Registry;
use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
use telemetry_core::config::{Address, Carrier, Config};
use telemetry_core::guard::{Agent, AgentRun};
use telemetry_push::PushOnExit;

/// How many processes are measured.
const PROCESSES: usize = 200;

/// What a process is told by the one that measures it.
const FOLDER: &str = "EXIT_DELAY_FOLDER";

fn main() {
    let url = env::args().nth(1);
    match env::var_os(FOLDER) {
        Some(folder) => measured(Config { ledger_path: Some(folder.into()), ..Config::default() }, url),
        None => measure(&url.unwrap_or_else(gateway)),
    }
}

/// Starts the processes, and prints what they say.
fn measure(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..PROCESSES {
        let mut command = Command::new(env::current_exe().unwrap());
        let output = command.arg(url).env(FOLDER, folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for (column, number) in columns.iter_mut().zip(text.split_whitespace()) {
            column.push(number.parse::<f64>().unwrap());
        }
    }
    for (name, column) in ["start", "drop", "drop without a gateway"].into_iter().zip(&mut columns) {
        column.sort_by(f64::total_cmp);
        let at = |share: f64| column[((column.len() - 1) as f64 * share).round() as usize];
        println!("{name}: median {:.1} ms, 95th percentile {:.1} ms, of {}", at(0.5), at(0.95), column.len());
    }
}

/// One process: says how long the start and the drop took, and how long the drop takes where nothing is pushed, in milliseconds.
fn measured(mut config: Config, url: Option<String>) {
    config.prometheus.instance = Some("exit-delay".to_owned());
    config.prometheus.pushgateway_url = Address::parse(&url.unwrap()).unwrap();
    let (start, drop) = start_and_drop(&config);
    config.carrier = Carrier::Serve;
    println!("{start} {drop} {}", start_and_drop(&config).1);
}

fn start_and_drop(config: &Config) -> (f64, f64) {
    let registry = Registry::new(config);
    let begun = Instant::now();
    let guard = PushOnExit::new(config).registry(&registry).start().unwrap();
    let started = begun.elapsed();
    AgentRun::begin_in(&registry, Agent { llm_provider: "claude", project: "site", workflow: "fix" }).ok();
    LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
    // As a process does that lives for a moment: the push of the start is over.
    let flushed = guard.flush();
    assert!(flushed.durable, "{flushed:?}");
    LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "claude" }).inc();
    let begun = Instant::now();
    drop(guard);
    (started.as_secs_f64() * 1e3, begun.elapsed().as_secs_f64() * 1e3)
}

/// A gateway that takes everything at once.
fn gateway() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || answer(client));
        }
    });
    url
}

/// Takes one request, whose length its head tells.
fn answer(mut client: TcpStream) -> Option<()> {
    let (mut text, mut buffer) = (String::new(), [0; 16384]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                return client.write_all(answer).ok();
            }
        }
        match client.read(&mut buffer).ok()? {
            0 => return None,
            read => text.push_str(std::str::from_utf8(&buffer[..read]).ok()?),
        }
    }
}
