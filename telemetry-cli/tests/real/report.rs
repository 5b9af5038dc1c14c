//! `telemetry report` beside real servers.

use crate::support::browser::{Browser, Look};
use crate::support::pushgateway::Groups;
use crate::support::{Api, Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, require};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use telemetry_catalog::GATEWAY_JOB;

/// A workflow that somebody called so to see what a page makes of it.
const HOSTILE: &str = "<img src=http://telemetry.example/x onerror=alert(1)>\"'&";

/// Where somebody works who pushes to a gateway, and where to ask about it.
struct Fleet {
    folder: Scratch,
    gateway: String,
    api: Api,
}

impl Fleet {
    fn new(gateway: String, api: &str) -> Self {
        Self { folder: Scratch::new(), gateway, api: Api::at(api) }
    }

    /// A run of this workflow that is there for long enough to be scraped, and others that end like this. Each is counted by whoever scrapes.
    fn run(&self, workflow: &str, codes: &[u8]) {
        let before = self.ended();
        let go = self.folder.path().join("go");
        let wait = "until test -e go; do sleep 0.05; done";
        let mut first = self.telemetry_run(workflow).args(["sh", "-c", wait]).spawn().unwrap();
        eventually("the first run is scraped", || {
            let found = self.api.query("count by (workflow) (sase_agent_runs_total{status=\"error\"})");
            found
                .iter()
                .any(|sample| sample.labels.get("workflow").is_some_and(|is| is == workflow))
                .then_some(())
        });
        fs::write(&go, "").unwrap();
        assert!(first.wait().unwrap().success());
        fs::remove_file(&go).unwrap();
        for code in codes {
            let status =
                self.telemetry_run(workflow).args(["sh", "-c", &format!("exit {code}")]).status().unwrap();
            assert_eq!(status.code(), Some(i32::from(*code)));
        }
        let all = before + 1.0 + codes.len() as f64;
        eventually("every run is scraped", || (self.ended() >= all).then_some(()));
    }

    fn ended(&self) -> f64 {
        self.api.query("sum(sase_agent_runs_total)").first().map_or(0.0, |sample| sample.value)
    }

    fn telemetry_run(&self, workflow: &str) -> Command {
        let mut command = self.folder.telemetry_pushing_to(&self.gateway);
        command.args(["run", "--provider", "claude", "--workflow", workflow, "--"]).stderr(Stdio::null());
        command
    }

    fn page(&self) -> PathBuf {
        self.folder.path().join("report.html")
    }

    /// Writes a report of the last ten minutes, and gives it back.
    fn report(&self) -> String {
        let output = report(
            &self.folder,
            &["-r", "10m", "--timeout", "60", "--from", &self.api.url(), "-o", "report.html"],
        );
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && told.contains("wrote report.html, "), "{told}");
        fs::read_to_string(self.page()).unwrap()
    }
}

fn report(folder: &Scratch, arguments: &[&str]) -> Output {
    folder.telemetry().current_dir(folder.path()).arg("report").args(arguments).output().unwrap()
}

/// The numbers of three runs of one workflow, one of which failed, and two of another.
fn tells_what_was_recorded(fleet: &Fleet) -> String {
    fleet.run("fix", &[0, 1]);
    fleet.run(HOSTILE, &[0]);
    let page = fleet.report();
    for (title, value) in [("Runs", "5"), ("Failures", "1"), ("Kills", "0")] {
        let said =
            page.split(&format!("<dt>{title}</dt><dd>")).nth(1).and_then(|rest| rest.split('<').next());
        assert_eq!(said, Some(value), "{title}");
    }
    assert!(page.contains("5 agent runs ended, 1 with an error (20.0 %)."));
    assert!(page.contains("<bdi>&lt;img src=http://telemetry.example/x") && !page.contains("<img"));
    let row = page.split("<bdi>fix</bdi>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">3<") && row.contains(">1<") && row.contains("33.3 %"), "{row}");
    page
}

#[test]
fn a_report_from_our_stack_tells_what_was_recorded_and_is_sound_in_a_browser() {
    require!(Chromium, Node, NpmPackages);
    let up = Up::start(&[]);
    let fleet = Fleet::new(up.gateway_url(), &up.api().url());
    let page = tells_what_was_recorded(&fleet);
    assert!(
        page.contains("alert rules are evaluated there.") || page.contains("Alerts of the period"),
        "{page}"
    );
    assert!(page.len() < 5 * 1024 * 1024, "{} bytes", page.len());
    let browser = Browser::new();
    let address = format!("file://{}", fleet.page().display());
    for look in [Look::PHONE, Look::LAPTOP.dark(), Look::LAPTOP.without_script()] {
        let sight = browser.look(&address, look);
        assert_eq!(sight.complaints(), [""; 0]);
        assert!(sight.title().starts_with("Agent fleet report, ") && sight.charts().len() > 20);
        assert!(sight.text().contains(HOSTILE), "{}", sight.text());
    }
    assert_eq!(browser.running(), [""; 0]);
}

#[test]
fn a_real_prometheus_without_rules_tells_the_same_and_knows_of_no_alerts() {
    require!(Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of(GATEWAY_JOB, gateway.address()).honoring_labels()]);
    let page = tells_what_was_recorded(&Fleet::new(gateway.url(), &prometheus.url()));
    assert!(page.contains("Whether alerts fired is not known.") && !page.contains("No alert fired"));
    assert!(page.contains("no alert rules are loaded there"));
}

#[test]
fn where_nobody_answers_the_report_of_before_stays() {
    let folder = Scratch::new();
    fs::write(folder.path().join("report.html"), "before").unwrap();
    let output = report(&folder, &["--from", "http://127.0.0.1:1", "-o", "report.html"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no report: http://127.0.0.1:1: connection refused"), "{told}");
    assert_eq!(fs::read_to_string(folder.path().join("report.html")).unwrap(), "before");
    assert!(
        !fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .any(|file| { file.file_name().to_string_lossy().starts_with(".report-") })
    );
}

#[test]
fn a_period_in_which_nothing_was_seen_is_reported_as_one() {
    require!(Prometheus);
    let (folder, prometheus) = (Scratch::new(), Prometheus::start(&[]));
    let output = report(&folder, &["--timeout", "30", "--from", &prometheus.url(), "-o", "-"]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(page.contains("<h1 id=\"headline\">Nothing was seen in this period</h1>"), "{page}");
    assert!(page.contains("Whether an alert fired is not known") && !page.contains("<svg class=\"chart"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nothing was seen in this period"));
}
