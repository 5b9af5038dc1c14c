//! `telemetry health`: what it says of real events, by a real Prometheus, by our stack and by the ledger.

use crate::support::pushgateway::Groups;
use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{
    Api, DelayProxy, Mode, Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, require,
};
use serde_json::{Value, json};
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use telemetry_catalog::GATEWAY_JOB;

/// What no machine has in common with another.
const FILTERS: [(&str, &str); 8] = [
    (r"http://127\.0\.0\.1:\d+", "http://HOST:PORT"),
    (r"/\S*ledger\.prom", "LEDGER"),
    (r"(begins at|since) \d\d:\d\d", "$1 TIME"),
    (r"of which \d[\w. ]* are covered", "of which SOME are covered"),
    (r"the last \d+ [mh]( \d+ [ms])?(: the copies of a ledger are of half hours)?", "the last SOME"),
    (r"healthy +[\d.]+ s ", "healthy  SOME s "),
    // The windows of minutes, of which those of a ledger are as long as it is old.
    (r" {2,}\d+ (s|m( \d+ s)?) {2,}", "  SPAN  "),
    // Columns are as wide as what is in them.
    (r" {2,}", "  "),
];

/// A gateway to push to, where to ask about it, and the folder with the ledger of whoever pushes.
struct Fleet {
    folder: Scratch,
    gateway: String,
    api: Api,
}

/// What the command said.
#[derive(Debug)]
struct Said {
    code: i32,
    printed: String,
    told: String,
}

impl Fleet {
    fn new(gateway: String, api: &str) -> Self {
        Self { folder: Scratch::new(), gateway, api: Api::at(api) }
    }

    /// Runs so many commands that end with this exit code.
    fn run(&self, times: usize, code: u8) {
        for _ in 0..times {
            let mut command = self.telemetry_run();
            let status = command.args(["--", "sh", "-c", &format!("exit {code}")]).status().unwrap();
            assert_eq!(status.code(), Some(i32::from(code)));
        }
    }

    fn telemetry_run(&self) -> Command {
        let mut command = self.folder.telemetry_pushing_to(&self.gateway);
        command.args(["run", "--provider", "claude", "--workflow", "fix"]).stderr(Stdio::null());
        command
    }

    /// Begins a run and waits until its series have been scraped: what they rise by from now on is counted by everybody.
    fn begin(&self) {
        let mut first: Child = self
            .telemetry_run()
            .args(["--", "sh", "-c", "until test -e go; do sleep 0.05; done"])
            .spawn()
            .unwrap();
        let series = "sase_agent_runs_total{status=\"error\"} == 0";
        eventually("the first run is scraped", || (!self.api.query(series).is_empty()).then_some(()));
        fs::write(self.folder.path().join("go"), "").unwrap();
        assert!(first.wait().unwrap().success());
    }

    fn health(&self, arguments: &[&str]) -> Said {
        health(&self.folder, &self.api.url(), arguments)
    }

    /// Waits until the Prometheus has so many runs in its count.
    fn await_runs(&self, runs: f64) {
        eventually("the runs are scraped", || {
            let found = self.api.query("sum(sase_agent_runs_total)");
            found.iter().any(|sample| sample.value >= runs).then_some(())
        });
    }
}

fn health(folder: &Scratch, prometheus: &str, arguments: &[&str]) -> Said {
    let mut command = folder.telemetry();
    command.env("SASE_TELEMETRY_PROMETHEUS__URL", prometheus);
    let output = command.arg("health").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), printed: text(output.stdout), told: text(output.stderr) }
}

/// The indicator of an alert in a document.
fn indicator<'d>(document: &'d Value, alert: &str) -> &'d Value {
    let subsystems = document["subsystems"].as_array().unwrap().iter();
    let mut all = subsystems.flat_map(|subsystem| subsystem["indicators"].as_array().unwrap());
    all.find(|indicator| indicator["alert"] == alert).unwrap()
}

/// From healthy to a warning to critical, as runs fail; and what the ledger says of the same runs.
fn follows(fleet: &Fleet) {
    fleet.begin();
    let mut runs = 1.0;
    for (fine, failing, code, verdict) in [(9, 0, 0, "healthy"), (0, 2, 1, "warning"), (0, 6, 2, "critical")]
    {
        fleet.run(fine, 0);
        fleet.run(failing, 1);
        runs += (fine + failing) as f64;
        fleet.await_runs(runs);
        let said = fleet.health(&["-j", "--timeout", "30", "-s", "agent"]);
        assert_eq!(said.code, code, "{said:?}");
        let by_prometheus = conforms("health", &said.printed);
        assert_eq!(
            (&by_prometheus["verdict"], &by_prometheus["source"]),
            (&json!(verdict), &json!("prometheus"))
        );
        let said = fleet.health(&["-j", "-S", "ledger", "-s", "agent"]);
        assert_eq!(said.code, code, "{said:?}");
        let by_ledger = conforms("health", &said.printed);
        assert_eq!(by_ledger["source"], "ledger");
        for alert in ["AgentRunsFailing", "AgentRunsKilled", "AgentRunsSlow"] {
            let [one, other] =
                [&by_prometheus, &by_ledger].map(|document| indicator(document, alert).clone());
            assert_eq!((&one["verdict"], &one["reason"]), (&other["verdict"], &other["reason"]), "{alert}");
        }
        let window = &by_prometheus["window"];
        assert!(window["seconds"] == 1800 && window["covered_seconds"].as_u64().unwrap() < 600, "{window}");
        assert_eq!(by_prometheus["live"], true);
    }
}

#[test]
fn a_real_prometheus_and_the_ledger_say_the_same_of_real_runs() {
    require!(Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of(GATEWAY_JOB, gateway.address()).honoring_labels()]);
    let fleet = Fleet::new(gateway.url(), &prometheus.url());
    follows(&fleet);
    let said = fleet.health(&["--timeout", "30"]);
    assert!(said.code == 2 && said.told.is_empty(), "{said:?}");
    reviewed("health-by-prometheus", &said.printed, &FILTERS);
    let said = fleet.health(&["--timeout", "30", "-s", "agent"]);
    reviewed("health-of-a-subsystem", &said.printed, &FILTERS);
}

#[test]
fn our_stack_and_the_ledger_say_the_same_of_real_runs() {
    let up = Up::start(&["--no-rules"]);
    let fleet = Fleet::new(up.gateway_url(), &up.api().url());
    follows(&fleet);
}

#[test]
fn a_prometheus_that_knows_nothing_of_the_fleet_gives_way_to_the_ledger() {
    require!(Prometheus);
    let prometheus = Prometheus::start(&[]);
    let fleet = Fleet::new("http://127.0.0.1:1".to_owned(), &prometheus.url());
    let said = fleet.health(&["-j", "--timeout", "30"]);
    assert_eq!(said.code, 3, "{said:?}");
    let document = conforms("health", &said.printed);
    assert_eq!((&document["source"], &document["window"]["from"]), (&json!("prometheus"), &Value::Null));
    record(&fleet.folder, 6, 0);
    let said = fleet.health(&["-j", "--timeout", "30"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(conforms("health", &said.printed)["source"], "ledger");
    assert!(said.told.contains("has scraped nothing of the fleet"), "{said:?}");
    let said = fleet.health(&["--timeout", "30", "--from", &prometheus.url()]);
    assert!(said.code == 3 && said.printed.contains("nothing is known of the last 30 m"), "{said:?}");
}

#[test]
fn a_stack_that_no_agent_has_reached_yet_is_not_healthy_and_gives_way_to_the_ledger() {
    let up = Up::start(&["--no-rules"]);
    let fleet = Fleet::new(up.gateway_url(), &up.api().url());
    eventually("the gateway is scraped", || {
        (!fleet.api.query("up{job=\"pushgateway\"} == 1").is_empty()).then_some(())
    });
    for arguments in [&["-j", "--timeout", "30"][..], &["-j", "--timeout", "30", "-S", "prometheus"]] {
        let said = fleet.health(arguments);
        let document = conforms("health", &said.printed);
        assert_eq!((said.code, &document["verdict"]), (3, &json!("unknown")), "{said:?}");
        assert_eq!(document["source"], "prometheus");
        assert!(said.told.contains("knows nothing of the fleet"), "{said:?}");
    }
    record(&fleet.folder, 6, 0);
    let said = fleet.health(&["-j", "--timeout", "30"]);
    assert_eq!((said.code, &conforms("health", &said.printed)["source"]), (0, &json!("ledger")), "{said:?}");
}

/// Runs so many commands that end well and so many that fail, which go to the ledger and nowhere else.
fn record(folder: &Scratch, fine: usize, failing: usize) {
    for code in std::iter::repeat_n("true", fine).chain(std::iter::repeat_n("false", failing)) {
        let mut command = folder.telemetry();
        command.args(["run", "--provider", "claude", "--workflow", "fix", "--", code]).status().unwrap();
    }
}

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn the_ledger_alone_tells_by_the_configured_limits() {
    let folder = Scratch::new();
    let said = health(&folder, NOWHERE, &[]);
    assert_eq!((said.code, said.printed.as_str()), (3, ""), "{said:?}");
    assert!(said.told.contains("nothing was ever recorded there"), "{said:?}");
    record(&folder, 6, 2);
    let said = health(&folder, NOWHERE, &["-v"]);
    assert_eq!(said.code, 2, "{said:?}");
    reviewed("health-by-the-ledger", &said.printed, &FILTERS);
    assert!(said.told.contains("no Prometheus tells"), "{said:?}");
    assert_eq!(health(&folder, NOWHERE, &["-q"]).told, "");
    for (warn, critical, code) in [("20", "50", 1), ("26", "50", 0), ("5", "25", 2)] {
        let limits = [("error_rate_warn", warn), ("error_rate_critical", critical)]
            .map(|(limit, percent)| format!("health_thresholds.{limit}={percent}"));
        let said = health(&folder, NOWHERE, &["--set", &limits[0], "--set", &limits[1]]);
        assert_eq!(said.code, code, "{said:?}");
    }
}

#[test]
fn a_prometheus_that_hangs_is_waited_for_once_and_the_ledger_tells() {
    let folder = Scratch::new();
    record(&folder, 5, 0);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let begun = Instant::now();
    let said = health(&folder, &url, &["-j", "--timeout", "8"]);
    // Waited for twice it would be 16 s; a loaded machine starts programs slowly.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(conforms("health", &said.printed)["source"], "ledger");
    let said = health(&folder, &url, &["--timeout", "0.5", "-S", "prometheus"]);
    assert!(said.code == 3 && said.told.contains("no answer within 0.5 s"), "{said:?}");
}

#[test]
fn a_slow_prometheus_is_asked_everything_at_once() {
    let up = Up::start(&["--no-rules"]);
    let api: SocketAddr = up.api().url().trim_start_matches("http://").parse().unwrap();
    let proxy = DelayProxy::start(api, Duration::from_millis(1), 1);
    let fleet = Fleet::new(up.gateway_url(), &up.api().url());
    fleet.begin();
    let before = proxy.requests();
    let said = health(&fleet.folder, &proxy.url(), &["--timeout", "30", "-S", "prometheus"]);
    assert!(said.code == 0, "{said:?}");
    // One for what is covered, one for the rules, and a few for all the indicators.
    let requests = proxy.requests() - before;
    assert!(requests <= 12, "{requests}");
    proxy.set(Mode::Fail);
    let said = health(&fleet.folder, &proxy.url(), &["--timeout", "30", "-S", "prometheus"]);
    assert!(said.code == 3 && said.told.contains("HTTP status 500"), "{said:?}");
}

#[test]
fn wrong_usage_and_what_is_not_known_have_codes_of_their_own() {
    let folder = Scratch::new();
    for wrong in [
        &["--window", "5s"][..],
        &["--window", "soon"],
        &["-s", "nonsense"],
        &["-S", "gateway"],
        &["--timeout", "0"],
        &["-S", "ledger", "--from", "127.0.0.1:1"],
        &["--from", "http://me:secret@127.0.0.1:1"],
    ] {
        let said = health(&folder, NOWHERE, wrong);
        assert!(said.code == 64 && said.printed.is_empty(), "{wrong:?}: {said:?}");
        assert!(!said.told.contains("secret"), "{said:?}");
    }
    fs::write(folder.path().join("broken.yml"), "telemetry: [").unwrap();
    for unknown in [&["-S", "prometheus"][..], &["-S", "ledger"], &["--config", "broken.yml"]] {
        let said = health(&folder, NOWHERE, unknown);
        assert!(said.code == 3 && said.printed.is_empty(), "{unknown:?}: {said:?}");
    }
}

/// An alert of a subsystem that fires makes it as bad as it is, though every check is within its limits.
const RULES: &str = "groups:\n  - name: own\n    rules:\n      - alert: Burns\n        expr: vector(1)\n        \
                     labels: {severity: critical, subsystem: llm}\n";

#[test]
fn an_alert_that_fires_counts_as_on_the_page() {
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let up = Up::start_in(folder, &["--rules", "rules.yml", "--evaluation-interval", "1s"]);
    let folder = Scratch::new();
    let said = eventually("the alert fires", || {
        let said = health(&folder, &up.api().url(), &["-j", "--timeout", "30"]);
        (said.code == 2).then_some(said)
    });
    let document = conforms("health", &said.printed);
    let llm = document["subsystems"].as_array().unwrap().iter().find(|it| it["subsystem"] == "llm").unwrap();
    assert_eq!((&llm["verdict"], &llm["reason"]), (&json!("critical"), &json!("Burns is firing")));
}
