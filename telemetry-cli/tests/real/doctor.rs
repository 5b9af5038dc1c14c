//! `telemetry doctor`: a probe on its way through real servers, and each way in which that can be broken.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::pushgateway::Groups;
use crate::support::{
    Alertmanager, Certificates, Hooks, Program, Prometheus, Pushgateway, Scrape, Scratch, Up, eventually,
    require, reviewed::reviewed, schema::conforms,
};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// What differs each time: how long something took, where it is, and how much room there is.
const FILTERS: &[(&str, &str)] = &[
    (r"(after|in) [\d.]+ (ms|s|µs)", "$1 TIME"),
    (r"\d[\d.]* KiB; its", "SIZE; its"),
    (r" +[\d.]+ (ms|s|µs)\n", "    TIME\n"),
    (r"127\.0\.0\.1:\d\d+", "ADDRESS"),
    (r"/[^ ]*/ledger/sase_agent/[^/]+/", "LEDGER/"),
    (r"instance=[^ \n]+", "instance=INSTANCE"),
    (r"[\d.]+ .iB are free", "ROOM are free"),
    (r"    \d+ of them have not been evaluated yet\n", ""),
];

/// A host with its gateway and its Prometheus.
struct Host {
    scratch: Scratch,
    gateway: String,
    prometheus: String,
}

impl Host {
    fn new(gateway: impl Into<String>, prometheus: impl Into<String>) -> Self {
        Self { scratch: Scratch::new(), gateway: gateway.into(), prometheus: prometheus.into() }
    }

    fn telemetry(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.telemetry_pushing_to(&self.gateway);
        command.env("SASE_TELEMETRY_PROMETHEUS__URL", &self.prometheus);
        command.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "me");
        command.args(args).stdin(Stdio::null());
        command
    }

    /// The walk as a document that keeps to its schema, with its exit code.
    fn doctor(&self, change: impl FnOnce(&mut Command)) -> (Option<i32>, Value) {
        let mut command = self.telemetry(&["doctor", "-j"]);
        change(&mut command);
        let output = command.output().unwrap();
        (output.status.code(), conforms("doctor", &text(&output.stdout)))
    }

    fn run(&self) {
        let status = self.telemetry(&["run", "--", "true"]).stderr(Stdio::null()).status().unwrap();
        assert!(status.success());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn unchanged(_: &mut Command) {}

/// The outcome of each step, in order.
fn outcomes(document: &Value) -> Vec<(&str, &str)> {
    let steps = document["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["step"].as_str().unwrap(), step["outcome"].as_str().unwrap())).collect()
}

/// How a step ended, with all that was said of it.
fn step<'d>(document: &'d Value, name: &str) -> (&'d str, String) {
    let step = document["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap();
    let said = step["said"].as_array().unwrap().iter().chain([&step["advice"]]);
    (step["outcome"].as_str().unwrap(), said.filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
}

#[track_caller]
fn broken(document: &Value, name: &str, words: &[&str]) {
    let (outcome, said) = step(document, name);
    assert_eq!(outcome, "failed", "{name}: {document:#}");
    words.iter().for_each(|word| assert!(said.contains(word), "{name} does not say {word}: {said}"));
}

/// A Prometheus with this configuration after its intervals.
fn prometheus(interval: &str, rest: &str, files: &[(&str, &str)]) -> Prometheus {
    let folder = Scratch::new();
    let head =
        format!("global: {{scrape_interval: {interval}, scrape_timeout: 1s, evaluation_interval: 1s}}\n");
    fs::write(folder.path().join("prometheus.yml"), head + rest).unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let home = folder.path().to_owned();
    Prometheus::start_by(folder, move |address| command(&home, address))
}

fn command(home: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(Program::Prometheus.path());
    command.current_dir(home).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg(format!("--web.listen-address={address}"));
    command
}

fn scraping(gateway: SocketAddr) -> String {
    format!(
        "scrape_configs: [{{job_name: pushgateway, honor_labels: true, static_configs: [{{targets: ['{gateway}']}}]}}]\n"
    )
}

/// Whoever is asked gets a web page.
fn web_page() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _request = stream.read(&mut [0; 4096]);
            let body = "<html>Welcome</html>";
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _answer = stream.write_all((head + body).as_bytes());
        }
    });
    address
}

#[test]
fn the_whole_path_works_with_telemetry_up() {
    let up = Up::start(&[]);
    let host = Host::new(up.gateway_url(), up.api().url());
    host.run();
    let ledger = fs::read_to_string(host.scratch.ledger_file()).unwrap();
    let output = host.telemetry(&["doctor"]).output().unwrap();
    let printed = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{printed}");
    reviewed("doctor-up", &printed, FILTERS);
    let (code, document) = host.doctor(unchanged);
    assert_eq!(code, Some(0));
    let all =
        ["configuration", "ledger", "push", "gateway", "scrape", "query", "rule"].map(|name| (name, "ok"));
    assert_eq!(outcomes(&document), [&all[..], &[("alert", "not_testable")]].concat());
    let groups = up.api().query("count({job=\"telemetry_doctor\"})");
    assert!(groups.len() <= 1, "Prometheus may still remember it");
    let at_gateway = crate::support::http::get(&format!("{}/metrics", up.gateway_url())).unwrap().body;
    assert!(!at_gateway.contains("telemetry_doctor"), "the probe is deleted");
    assert_eq!(fs::read_to_string(host.scratch.ledger_file()).unwrap(), ledger, "no count was touched");
}

#[test]
fn where_nothing_runs_each_step_says_what_to_do() {
    let host = Host::new(NOWHERE, NOWHERE.replace(":1", ":2"));
    let output = host.telemetry(&["doctor"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    reviewed("doctor-nothing", &text(&output.stdout), FILTERS);
    let (_, document) = host.doctor(unchanged);
    broken(&document, "push", &["connection refused", "telemetry.prometheus.pushgateway_url"]);
    broken(&document, "scrape", &["connection refused", "telemetry.prometheus.url"]);
    assert_eq!(step(&document, "query").0, "skipped");
}

#[test]
fn a_real_prometheus_brings_the_probe_back_and_its_scrape_job_is_judged() {
    require!(Pushgateway, Prometheus);
    let gateway = Pushgateway::start(Groups::AreLost);
    let good = Prometheus::start(&[Scrape::of("gw", gateway.address()).honoring_labels()]);
    let (code, document) = Host::new(gateway.url(), good.url()).doctor(unchanged);
    assert_eq!(code, Some(1), "the rules are missing");
    assert_eq!(step(&document, "query").0, "ok", "{document:#}");
    broken(&document, "rule", &["missing of the catalog: ", "export-config"]);

    let renaming = Prometheus::start(&[Scrape::of("gw", gateway.address())]);
    let (_, document) = Host::new(gateway.url(), renaming.url()).doctor(unchanged);
    broken(&document, "query", &["exported_job", "honor_labels: true"]);

    let without = Prometheus::start(&[Scrape::of("itself", "127.0.0.1:2")]);
    let (_, document) = Host::new(gateway.url(), without.url()).doctor(unchanged);
    broken(
        &document,
        "scrape",
        &["does not scrape the Pushgateway", "telemetry endpoint -f prometheus", "itself"],
    );
    assert_eq!(step(&document, "query").0, "skipped");
    assert_eq!(gateway.groups(), Vec::<Value>::new());
}

#[test]
fn an_alert_for_the_probe_reaches_the_alertmanager() {
    require!(Pushgateway, Prometheus, Alertmanager);
    let (gateway, hooks) = (Pushgateway::start(Groups::AreLost), Hooks::start());
    let alertmanager = Alertmanager::start(&hooks.url("doctor"));
    let rest = format!(
        "rule_files: [rules.yml]\nalerting: {{alertmanagers: [{{static_configs: [{{targets: ['{}']}}]}}]}}\n{}",
        alertmanager.address(),
        scraping(gateway.address())
    );
    let rules = "groups: [{name: doctor, rules: [{alert: TelemetryDoctorProbe, expr: telemetry_doctor_probe == 1, labels: {severity: none}}]}]\n";
    let server = prometheus("1s", &rest, &[("rules.yml", rules)]);
    let host = Host::new(gateway.url(), server.url());
    let at = |url: String| {
        move |command: &mut Command| _ = command.env("SASE_TELEMETRY_PROMETHEUS__ALERTMANAGER_URL", url)
    };
    let (_, document) = host.doctor(at(format!("http://{}", alertmanager.address())));
    let (outcome, said) = step(&document, "alert");
    assert_eq!(outcome, "ok", "{document:#}");
    assert!(said.contains("TelemetryDoctorProbe fires") && said.contains("has it"), "{said}");
    let (_, document) = host.doctor(at(NOWHERE.to_owned()));
    broken(&document, "alert", &["connection refused", "telemetry.prometheus.alertmanager_url"]);
}

#[test]
fn a_gateway_that_refuses_or_is_none_is_told_apart() {
    require!(Pushgateway);
    let certificates = Certificates::new();
    let guarded = Pushgateway::start_guarded(&certificates);
    let host = Host::new(guarded.https_url(), NOWHERE);
    let (_, document) = host.doctor(unchanged);
    broken(&document, "push", &["authority", "ca_file"]);
    let (_, document) = host.doctor(|command| {
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__CA_FILE", certificates.authority());
    });
    broken(&document, "push", &["401", "password_file"]);
    let (_, document) = Host::new(format!("http://{}", web_page()), NOWHERE).doctor(unchanged);
    broken(&document, "push", &["web page", "Pushgateway"]);
    let gateway = Pushgateway::start(Groups::AreLost);
    let (_, document) = Host::new(format!("{}/elsewhere", gateway.url()), NOWHERE).doctor(unchanged);
    broken(&document, "push", &["404", "path"]);
}

#[test]
fn a_ledger_that_is_damaged_or_cannot_be_written_is_named_and_left_alone() {
    let host = Host::new(NOWHERE, NOWHERE);
    host.run();
    let file = host.scratch.ledger_file();
    let whole = fs::read_to_string(&file).unwrap();
    let half = &whole[..whole.len() / 2];
    fs::write(&file, half).unwrap();
    let (code, document) = host.doctor(unchanged);
    assert_eq!(code, Some(1));
    broken(&document, "ledger", &["no ledger that can be read", "Keep a copy"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), half, "nothing is set aside by a look");
    // Root may write in every folder, but for those that the kernel itself makes.
    let (_, document) = host.doctor(|command| _ = command.env("SASE_TELEMETRY_LEDGER_PATH", "/proc/ledger"));
    broken(&document, "ledger", &["cannot create", "telemetry.ledger_path"]);
}

#[test]
fn two_ledgers_of_one_group_are_named() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let host = Host::new(gateway.url(), NOWHERE);
    host.run();
    let (_, document) = host.doctor(unchanged);
    assert_eq!((step(&document, "ledger").0, step(&document, "gateway").0), ("ok", "ok"), "{document:#}");
    // Somebody on another machine took the same instance.
    let other = Host::new(gateway.url(), NOWHERE);
    (0..2).for_each(|_| other.run());
    let (_, document) = host.doctor(unchanged);
    broken(
        &document,
        "gateway",
        &["somebody else pushes the group job=sase_agent instance=me", "is 2 there and 1 in the ledger"],
    );
    // Another ledger of this machine has it too.
    let mut usual = host.telemetry(&["run", "--", "true"]);
    usual.env("SASE_TELEMETRY_LEDGER_PATH", host.scratch.path().join("telemetry"));
    assert!(usual.status().unwrap().success());
    let (_, document) = host.doctor(unchanged);
    broken(
        &document,
        "ledger",
        &["another ledger is pushed under the same group", "telemetry/sase_agent/me"],
    );
}

/// A doctor that waits for a scrape which does not come.
fn waiting(host: &Host, gateway: &Pushgateway, timeout: &str) -> std::process::Child {
    let mut command = host.telemetry(&["doctor", "--timeout", timeout]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the probe is there", || (!gateway.groups().is_empty()).then_some(()));
    child
}

#[test]
fn whoever_is_interrupted_takes_the_probe_along() {
    require!(Pushgateway, Prometheus);
    let gateway = Pushgateway::start(Groups::AreLost);
    let rarely = prometheus("10m", &scraping(gateway.address()), &[]);
    let host = Host::new(gateway.url(), rarely.url());
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let child = waiting(&host, &gateway, "60s");
        let begun = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        // Promised are 2 s, on a machine that is not busy; whoever does not heed the signal waits for a minute.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!((status.code(), gateway.groups()), (Some(code), Vec::new()), "{signal:?}");
        assert!(text(&stderr).contains("the probe is deleted"), "{}", text(&stderr));
    }
}

#[test]
fn whoever_is_killed_leaves_the_probe_to_the_next_doctor() {
    require!(Pushgateway, Prometheus);
    let gateway = Pushgateway::start(Groups::AreLost);
    let rarely = prometheus("10m", &scraping(gateway.address()), &[]);
    // Which takes longer than the walks here.
    eventually("it has looked for its targets", || (!rarely.targets().is_empty()).then_some(()));
    let host = Host::new(gateway.url(), rarely.url());
    // Time enough for the next walk to meet it, which has to ask everybody in its own time.
    let mut child = waiting(&host, &gateway, "15s");
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, document) = host.doctor(|command| _ = command.args(["--timeout", "5"]));
    assert!(!step(&document, "gateway").1.contains("removed"), "it might still be looked for");
    assert_eq!(gateway.groups().len(), 1);
    let (outcome, said) = step(&document, "query");
    assert!(outcome == "not_testable" && said.contains("--timeout"), "{said}");
    eventually("it is removed", || {
        let (_, document) = host.doctor(|command| _ = command.args(["--timeout", "5"]));
        step(&document, "gateway").1.contains("removed 1 probe").then_some(())
    });
    assert_eq!(gateway.groups(), Vec::<Value>::new());
}

#[test]
fn other_carriers_have_another_path() {
    for (carrier, own, outcome) in
        [("serve", "exposition", "failed"), ("textfile", "textfile", "not_testable")]
    {
        let host = Host::new(NOWHERE, NOWHERE);
        let (_, document) = host.doctor(|command| {
            command
                .env("SASE_TELEMETRY_CARRIER", carrier)
                .env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "3");
            command.env("SASE_TELEMETRY_TEXTFILE_PATH", host.scratch.path());
        });
        assert_eq!((step(&document, "push").0, step(&document, "gateway").0), ("not_used", "not_used"));
        assert_eq!(step(&document, own).0, outcome, "{document:#}");
        assert_eq!(document["probe"], Value::Null);
    }
    let (code, document) =
        Host::new(NOWHERE, NOWHERE).doctor(|command| _ = command.env("SASE_TELEMETRY_CARRIER", "none"));
    assert_eq!(code, Some(0), "{document:#}");
    let (code, document) =
        Host::new(NOWHERE, NOWHERE).doctor(|command| _ = command.env("SASE_TELEMETRY_CARRIER", "pigeon"));
    assert_eq!(code, Some(1));
    broken(&document, "configuration", &["pigeon"]);
}

#[test]
fn wrong_usage_is_64() {
    let host = Host::new(NOWHERE, NOWHERE);
    for args in
        [&["doctor", "--timeout", "0"][..], &["doctor", "--set", "carrier=pigeon"], &["doctor", "now"]]
    {
        assert_eq!(host.telemetry(args).output().unwrap().status.code(), Some(64), "{args:?}");
    }
}
