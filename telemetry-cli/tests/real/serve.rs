//! `telemetry serve`: the ledger over HTTP, where that is its road.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use telemetry_core::Registry;
use telemetry_core::config::Config;
use telemetry_core::exposition::Format;
use telemetry_server::Exposition;

use crate::support::pushgateway::Groups;
use crate::support::{Prometheus, Pushgateway, Scrape, Scratch, eventually, exposition, http, require};

/// By what alert rules tell `telemetry serve` from a daemon.
const MARK: &str = "telemetry_serve_info";

/// A `telemetry serve` that runs, ended when dropped.
pub(crate) struct Served {
    process: Child,
    /// What it said when it began.
    said: String,
    /// What it says on standard error until its end.
    errors: Option<JoinHandle<String>>,
}

impl Served {
    fn start(command: &mut Command) -> Self {
        Self::start_with(command, &[])
    }

    /// The same with these further arguments.
    pub(crate) fn start_with(command: &mut Command, arguments: &[&str]) -> Self {
        let command = command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = process.stderr.take().unwrap();
        // Read to the end, so that it never waits for a reader.
        let errors = thread::spawn(move || {
            let mut said = String::new();
            errors.read_to_string(&mut said).map(|_| said).unwrap_or_default()
        });
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        Self { process, said, errors: Some(errors) }
    }

    /// Ends it: what it said on standard error.
    pub(crate) fn end(mut self) -> String {
        self.process.kill().unwrap();
        self.errors.take().unwrap().join().unwrap()
    }

    /// Host and port, as it said them.
    pub(crate) fn address(&self) -> &str {
        let (_, url) = self.said.split_once("://").unwrap();
        url.split(['/', ' ']).next().unwrap().trim()
    }

    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn get(&self, path: &str) -> http::Response {
        http::get(&format!("http://{}{path}", self.address())).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn run(scratch: &Scratch, command: &[&str]) {
    assert!(scratch.telemetry().args(["run", "--"]).args(command).status().unwrap().success());
}

#[test]
fn the_ledger_is_served_as_it_is_at_each_scrape() {
    let scratch = Scratch::new();
    let served = Served::start(&mut scratch.telemetry());
    assert!(served.said.contains("ledger.prom"), "{}", served.said);
    let runs = || exposition::total(&served.get("/metrics").body, "sase_agent_runs_total", &[]);
    assert_eq!(runs(), None, "nothing was recorded yet, and that is no failure");
    assert_eq!(served.get("/ready").status, 200);
    for expected in [1.0, 2.0] {
        run(&scratch, &["true"]);
        assert_eq!(runs(), Some(expected));
    }
    let body = served.get("/metrics").body;
    assert!(exposition::total(&body, "process_open_fds", &[]).is_some(), "its own metrics are there too");
    assert!(served.get("/info").body.contains("telemetry"));
}

#[test]
fn only_the_exposition_of_serve_says_that_it_is_one() {
    let scratch = Scratch::new();
    for carrier in ["serve", "none"] {
        let served = Served::start(scratch.telemetry().env("SASE_TELEMETRY_CARRIER", carrier));
        for scrape in 1..=2 {
            let marks = exposition::total(&served.get("/metrics").body, MARK, &[]);
            assert_eq!(marks, Some(1.0), "carrier {carrier}, scrape {scrape}");
            run(&scratch, &["true"]);
        }
    }
    let ledger =
        scratch.telemetry().args(["snapshot", "-S", "ledger", "-f", "prometheus", "--all"]).output().unwrap();
    let ledger = String::from_utf8(ledger.stdout).unwrap();
    assert!(ledger.contains("sase_agent_runs_total{") && !ledger.contains(MARK), "{ledger}");
    let daemon = Exposition::of(&Registry::new(&Config::default())).text(Format::Text);
    assert!(daemon.contains("telemetry_build_info{") && !daemon.contains(MARK), "{daemon}");
}

#[test]
fn who_was_killed_is_active_no_longer() {
    let scratch = Scratch::new();
    let served = Served::start(&mut scratch.telemetry());
    let active = || exposition::total(&served.get("/metrics").body, "sase_agent_active", &[]);
    let mut wrapper = scratch.telemetry().args(["run", "--", "sleep", "60"]).spawn().unwrap();
    eventually("the agent is active", || active().filter(|active| *active == 1.0));
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", wrapper.id()));
    wrapper.kill().unwrap();
    wrapper.wait().unwrap();
    for child in children.unwrap_or_default().split_whitespace() {
        let child = Pid::from_raw(child.parse().unwrap()).unwrap();
        let _gone_already = kill_process(child, Signal::KILL);
    }
    assert_eq!(active(), Some(0.0));
}

#[test]
fn a_signal_ends_it_well() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let scratch = Scratch::new();
        let mut served = Served::start(&mut scratch.telemetry());
        kill_process(Pid::from_child(&served.process), signal).unwrap();
        assert_eq!(served.process.wait().unwrap().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_ledger_with_another_road_is_not_served_and_that_is_said() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let pushing = || scratch.telemetry_pushing_to(&gateway.url());
    assert!(pushing().args(["run", "--", "true"]).status().unwrap().success());
    let served = Served::start(&mut pushing());
    assert!(served.said.contains("telemetry.carrier is push"), "{}", served.said);
    assert_eq!(exposition::total(&served.get("/metrics").body, "sase_agent_runs_total", &[]), None);
}

#[test]
fn what_is_served_is_never_pushed() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let mut command = scratch.telemetry_pushing_to(&gateway.url());
    command.env("SASE_TELEMETRY_CARRIER", "serve").args(["run", "--", "true"]);
    assert!(command.status().unwrap().success());
    assert!(gateway.groups().is_empty(), "{:?}", gateway.groups());
}

#[test]
fn a_port_in_use_and_a_wrong_address_are_named() {
    let scratch = Scratch::new();
    let served = Served::start(&mut scratch.telemetry());
    let again = scratch.telemetry().args(["serve", "--listen", served.address()]).output().unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(said.contains(served.address()), "{said}");
    assert!(again.stdout.is_empty(), "nothing is said to be served");
    assert_eq!(said.matches("in use").count(), 1, "{said}");
    let wrong = scratch.telemetry().args(["serve", "--listen", "localhost"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(64));
}

#[test]
fn prometheus_sees_runs_rise_and_nothing_reset() {
    require!(Prometheus);
    let scratch = Scratch::new();
    let served = Served::start(&mut scratch.telemetry());
    let prometheus = Prometheus::start(&[Scrape::of("sase_fleet", served.address())]);
    prometheus.await_up("sase_fleet");
    let seen = |expected: f64| {
        let query = "sum(sase_agent_runs_total{job=\"sase_fleet\"})";
        eventually(query, || prometheus.query(query).first().filter(|sum| sum.value == expected).map(drop));
    };
    run(&scratch, &["true"]);
    seen(1.0);
    (0..4).for_each(|_| run(&scratch, &["true"]));
    seen(5.0);
    let resets = prometheus.query("sum(resets(sase_agent_runs_total[1m]))");
    assert_eq!(resets.first().map(|resets| resets.value), Some(0.0));
}
