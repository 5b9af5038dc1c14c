//! `telemetry.carrier: textfile`: the ledger in the folder of a real node_exporter, under the eyes of a real Prometheus.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::pushgateway::Groups;
use crate::support::{
    NodeExporter, Prometheus, Pushgateway, Scrape, Scratch, eventually, exposition, promtool, require,
};

const RUNS: &str = "sase_agent_runs_total";

/// A host with the folder of a collector, and with nothing at all where the default gateway would be.
struct Host {
    scratch: Scratch,
    gateway_url: String,
}

impl Host {
    fn new() -> Self {
        let host = Self { scratch: Scratch::new(), gateway_url: "127.0.0.1:1".to_owned() };
        fs::create_dir(host.collector()).unwrap();
        host
    }

    fn collector(&self) -> PathBuf {
        self.scratch.path().join("collector")
    }

    fn telemetry(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.telemetry_pushing_to(&self.gateway_url);
        command.env("SASE_TELEMETRY_CARRIER", "textfile");
        command.env("SASE_TELEMETRY_TEXTFILE_PATH", self.collector());
        command.args(args).stdin(Stdio::null());
        command
    }

    /// Runs a command that says nothing, and of which nothing is said.
    fn run(&self, args: &[&str]) {
        let output = self.telemetry(&[&["run"], args].concat()).output().unwrap();
        assert!(output.status.success());
        assert_eq!((text(&output.stdout), text(&output.stderr)), (String::new(), String::new()));
    }

    fn run_many(&self, count: usize, at_once: usize) {
        thread::scope(|scope| {
            for worker in 0..at_once {
                scope.spawn(move || (worker..count).step_by(at_once).for_each(|_| self.run(&["true"])));
            }
        });
    }

    /// The file of the only copy.
    fn copy(&self) -> PathBuf {
        let mut files: Vec<_> = files(&self.collector());
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    fn ledger(&self, metric: &str) -> Option<f64> {
        let output = self.telemetry(&["snapshot", "-S", "ledger", "-f", "prometheus"]).output().unwrap();
        exposition::total(&text(&output.stdout), metric, &[])
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn lines(output: &Output) -> usize {
    text(&output.stderr).lines().count()
}

#[test]
fn node_exporter_serves_the_counts_and_nothing_is_pushed() {
    require!(NodeExporter, Pushgateway, Promtool);
    let gateway = Pushgateway::start(Groups::AreLost);
    let host = Host { gateway_url: gateway.url(), ..Host::new() };
    let exporter = NodeExporter::start(&host.collector());
    host.run(&["--provider", "claude", "--project", "say \"hi\"\\", "--", "true"]);
    host.run(&["--provider", "claude", "--", "true"]);
    let served = exporter.metrics();
    let of_ledger = [("job", "sase_agent"), ("status", "ok"), ("llm_provider", "claude")];
    assert_eq!(exposition::total(&served, RUNS, &of_ledger), Some(2.0));
    assert_eq!(exposition::total(&served, "sase_agent_run_duration_seconds", &[]), Some(2.0));
    assert_eq!(exposition::total(&served, "sase_agent_active", &[]), Some(0.0));
    let project = [("project", "say \"hi\"\\")];
    assert_eq!(exposition::total(&served, "sase_agent_spawns_total", &project), Some(1.0));
    assert_eq!(promtool::complaints(&fs::read_to_string(host.copy()).unwrap()), "");
    assert_eq!(gateway.groups(), Vec::<serde_json::Value>::new());
}

#[test]
fn two_users_of_two_versions_are_served_from_one_folder() {
    require!(NodeExporter);
    let host = Host::new();
    let exporter = NodeExporter::start(&host.collector());
    let as_user = |instance: &str, args: &[&str]| {
        let mut command = host.telemetry(args);
        command.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", instance).stdout(Stdio::null());
        assert!(command.status().unwrap().success());
    };
    as_user("alice@build", &["run", "--", "true"]);
    as_user("bob@build", &["run", "--", "true"]);
    as_user("bob@build", &["run", "--", "true"]);
    // Bob's program has another help text and another bucket, and knows one metric less.
    let ledger = host.scratch.path().join("ledger/sase_agent/bob@build/ledger.prom");
    let written = fs::read_to_string(&ledger).unwrap();
    let of_other_version = other_version(&written);
    assert!(of_other_version.len() < written.len());
    fs::write(&ledger, of_other_version).unwrap();
    fs::remove_file(host.collector().join("telemetry+sase_agent+bob@build.prom")).unwrap();
    as_user("bob@build", &["snapshot", "-S", "ledger"]);
    let served = exporter.metrics();
    for (instance, runs) in [("alice@build", 1.0), ("bob@build", 2.0)] {
        for metric in [RUNS, "sase_agent_run_duration_seconds"] {
            assert_eq!(exposition::total(&served, metric, &[("instance", instance)]), Some(runs), "{served}");
        }
    }
}

fn other_version(ledger: &str) -> String {
    let kept = ledger.lines().filter(|line| !line.contains("le=\"60\"") && !line.contains("agent_kills"));
    let reworded = kept.map(|line| match line.split_once("# HELP sase_agent_runs_total ") {
        Some((_, help)) => format!("# HELP sase_agent_runs_total Once: {help}\n"),
        None => format!("{line}\n"),
    });
    reworded.collect()
}

#[test]
fn prometheus_sees_every_run_and_never_a_reset() {
    require!(NodeExporter, Prometheus);
    let host = Host::new();
    let exporter = NodeExporter::start(&host.collector());
    let prometheus = Prometheus::start(&[Scrape::of("node", exporter.address()).honoring_labels()]);
    prometheus.await_up("node");
    let sum = |expression: &str| prometheus.query(expression).first().map(|sample| sample.value);
    let runs = format!("sum({RUNS}{{job=\"sase_agent\"}})");
    let over = host.scratch.path().join("over");
    let script = format!("until [ -e {} ]; do sleep 0.1; done", over.display());
    let mut first = host.telemetry(&["run", "--", "sh", "-c", &script]).spawn().unwrap();
    eventually("Prometheus has the series before anything is counted", || {
        (sum(&runs) == Some(0.0) && sum("sum(sase_agent_active)") == Some(1.0)).then_some(())
    });
    fs::write(over, "").unwrap();
    assert!(first.wait().unwrap().success());
    host.run_many(99, 3);
    eventually("Prometheus has the last run", || (sum(&runs) == Some(100.0)).then_some(()));
    assert_eq!(sum(&format!("sum(resets({RUNS}[10m]))")), Some(0.0));
    assert_eq!(sum("max(node_textfile_scrape_error) + sum(sase_agent_active)"), Some(0.0));
    // It began at 0, so that all of it is seen; as of the last scrape nothing is extrapolated.
    let at = sum(&format!("max(timestamp({RUNS}))")).unwrap();
    let increase = sum(&format!("sum(increase({RUNS}[10m] @ {at}))")).unwrap();
    assert!((increase - 100.0).abs() < 0.01, "{increase} is not 100");
}

/// Ends a watch when it is dropped, also by a panic, for which the watcher would otherwise be waited for.
struct EndOfWatch<'a>(&'a AtomicBool);

impl Drop for EndOfWatch<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn the_file_is_whole_whenever_it_is_read_and_never_goes_down() {
    require!(Promtool);
    let (host, over) = (Host::new(), AtomicBool::new(false));
    host.run(&["true"]);
    let file = host.copy();
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let (mut before, mut looks) = (0.0, 0);
            while !over.load(Ordering::Relaxed) {
                let copy = fs::read_to_string(&file).unwrap();
                let now = exposition::total(&copy, RUNS, &[("job", "sase_agent")]).unwrap();
                assert!(now >= before, "{now} after {before}");
                if looks % 50 == 0 {
                    assert_eq!(promtool::complaints(&copy), "", "{copy}");
                }
                (before, looks) = (now, looks + 1);
            }
            looks
        });
        let ended = EndOfWatch(&over);
        host.run_many(100, 5);
        drop(ended);
        assert!(watcher.join().unwrap() > 100, "the file was watched");
    });
    assert_eq!(exposition::total(&fs::read_to_string(host.copy()).unwrap(), RUNS, &[]), Some(101.0));
}

#[test]
fn everybody_may_read_it_whatever_the_umask() {
    let host = Host::new();
    let telemetry = host.telemetry(&[]);
    let mut command = host.scratch.command("sh");
    command.args(["-c", "umask 077; exec \"$0\" run -- true"]).arg(telemetry.get_program());
    command.envs(telemetry.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(command.status().unwrap().success());
    assert_eq!(host.copy().metadata().unwrap().permissions().mode() & 0o777, 0o644);
}

/// Root may write in every folder, but for those that the kernel itself makes.
#[test]
fn a_folder_that_cannot_be_written_costs_one_line_and_the_next_look_makes_up_for_it() {
    for (folder, moved_away) in [("/proc", false), ("collector", true)] {
        let host = Host::new();
        host.run(&["true"]);
        let away = host.scratch.path().join("away");
        if moved_away {
            fs::rename(host.collector(), &away).unwrap();
        }
        let mut run = host.telemetry(&["run", "--", "sh", "-c", "echo out; exit 7"]);
        let output =
            run.env("SASE_TELEMETRY_TEXTFILE_PATH", host.scratch.path().join(folder)).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(7), &b"out\n"[..]));
        assert_eq!(lines(&output), 1, "{}", text(&output.stderr));
        let said = text(&output.stderr);
        assert!(said.contains("safe in the ledger") && said.contains("telemetry.textfile_path"), "{said}");
        if moved_away {
            fs::rename(&away, host.collector()).unwrap();
        }
        assert_eq!(exposition::total(&fs::read_to_string(host.copy()).unwrap(), RUNS, &[]), Some(1.0));
        assert_eq!(host.ledger(RUNS), Some(2.0));
        assert_eq!(exposition::total(&fs::read_to_string(host.copy()).unwrap(), RUNS, &[]), Some(2.0));
    }
}

#[test]
fn a_push_says_who_serves_the_counts() {
    let host = Host::new();
    host.run(&["true"]);
    let output = host.telemetry(&["push"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    let copy = host.copy().display().to_string();
    assert!(said.contains("telemetry.carrier is textfile") && said.contains(&copy), "{said}");
}
