//! What a scrape costs, from the connection to the last byte: alone, compressed, and beside clients that are slow or hostile.
//!
//! ```console
//! $ cargo bench -p telemetry-server --bench scrape
//! ```
//!
//! The peer of the same run is the `prometheus` crate with the same number of series, behind a bare axum handler.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has failed, and tells what it found"
)]

use axum::Router;
use axum::routing::get;
use prometheus::{Encoder, IntCounterVec, Opts, TextEncoder};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_core::catalog::{AGENT_RUNS, AgentRuns, RunStatus};
use telemetry_core::config::Config;
use telemetry_server::Exposition;

const SCRAPES: usize = 500;

/// How many series there are, all of one counter.
const SERIES: usize = 1000;

/// How many clients connect and say nothing, or half of it.
const SILENT: usize = 100;

fn main() {
    let ours = ours();
    let server = Exposition::of(&ours).serve(&on_any_port()).unwrap();
    let theirs = serve_theirs();
    let address = server.local_addr();
    println!("{SERIES} series; each figure is a median, then the 99th percentile\n");
    report("prometheus crate behind axum", theirs, "");
    report("telemetry-server", address, "");
    report("telemetry-server, gzip", address, "Accept-Encoding: gzip\r\n");
    report("telemetry-server, zstd", address, "Accept-Encoding: zstd\r\n");
    let silent: Vec<_> = (0..SILENT).map(|number| half_a_request(address, number % 2 == 0)).collect();
    report("telemetry-server, 100 silent clients", address, "");
    drop(silent);
}

fn on_any_port() -> Config {
    let mut config = Config { max_series_per_metric: SERIES, ..Config::default() };
    config.prometheus.exposition_port = 0;
    config
}

fn ours() -> Registry {
    let registry = Registry::new(&on_any_port());
    for number in 0..SERIES {
        let workflow = format!("workflow-{number}");
        let labels = || AgentRuns { status: RunStatus::Ok, workflow: &workflow, llm_provider: "claude" };
        AGENT_RUNS.in_registry(&registry).with(labels).inc();
    }
    registry
}

fn serve_theirs() -> SocketAddr {
    let registry = prometheus::Registry::new();
    let labels = ["status", "workflow", "llm_provider"];
    let runs = IntCounterVec::new(Opts::new("sase_agent_runs_total", "Agent runs"), &labels).unwrap();
    (0..SERIES)
        .for_each(|number| runs.with_label_values(&["ok", &format!("workflow-{number}"), "claude"]).inc());
    registry.register(Box::new(runs)).unwrap();
    let answer = move || {
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
        text
    };
    let app = Router::new().route("/metrics", get(move || async move { answer() }));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    address
}

fn half_a_request(address: SocketAddr, begun: bool) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    if begun {
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: ").unwrap();
    }
    client
}

fn report(what: &str, address: SocketAddr, header: &str) {
    let mut bytes = 0;
    let mut times: Vec<_> = (0..SCRAPES).map(|_| scrape(address, header, &mut bytes)).collect();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("{what:40} {:>10.2?} {:>10.2?} {bytes:>8} bytes", at(50), at(99));
}

fn scrape(address: SocketAddr, header: &str, bytes: &mut usize) -> Duration {
    let begun = Instant::now();
    let mut client = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n{header}\r\n");
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    *bytes = answer.len();
    begun.elapsed()
}
