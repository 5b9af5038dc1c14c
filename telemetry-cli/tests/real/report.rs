//! `telemetry report` beside real servers.

use crate::query::loaded;
use crate::support::browser::{Browser, Look};
use crate::support::pushgateway::Groups;
use crate::support::{Api, Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, require};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
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
    assert!(page.contains("There are no alert rules: that no alert fired says nothing."), "{page}");
    assert!(page.contains("There are no alert rules there: ") && !page.contains("No alert fired"), "{page}");
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

/// A week with a scrape every four minutes: the milliseconds from one to the next.
const SPARSE: i64 = 240_000;
const DAY: i64 = 86_400_000;

/// A series of a group with its values at these times, as `promtool` reads it.
fn samples(name: &str, labels: &str, times: &[i64], value: impl Fn(i64) -> i64) -> String {
    let line = |time: &i64| format!("{name}{{{labels}}} {} {}\n", value(*time), time / 1000);
    format!("# TYPE {name} unknown\n{}", times.iter().map(line).collect::<String>())
}

/// Ten days that end now, in which nothing was scraped for a day: one machine that was there all the time and has a run every hour, and one
/// that came two days ago with 500 runs.
fn ten_days(now: i64) -> String {
    let end = now / SPARSE * SPARSE;
    let pause = end - 4 * DAY..end - 3 * DAY;
    let times: Vec<i64> =
        (0..3600).rev().map(|back| end - back * SPARSE).filter(|time| !pause.contains(time)).collect();
    let late: Vec<i64> = times.iter().copied().filter(|time| *time > end - 2 * DAY).collect();
    let group = |instance: &str| format!("job=\"sase_agent\",instance=\"{instance}\"");
    let runs = |instance: &str| {
        format!("llm_provider=\"claude\",status=\"error\",workflow=\"fix\",{}", group(instance))
    };
    let since = |begin: i64, before: i64| move |time: i64| before + (time - begin) / 3_600_000;
    let name = "sase_agent_runs_total";
    let more = samples(name, &runs("came"), &late, since(late[0], 500));
    [
        samples(name, &runs("old"), &times, since(times[0], 7)),
        more.lines().skip(1).map(|line| format!("{line}\n")).collect(),
        samples("push_time_seconds", &group("old"), &times, |time| time / 1000),
        samples("push_time_seconds", &group("came"), &late, |time| time / 1000)
            .lines()
            .skip(1)
            .map(|line| format!("{line}\n"))
            .collect(),
        samples("up", "job=\"pushgateway\",instance=\"gateway\"", &times, |_| 1),
        "# EOF\n".to_owned(),
    ]
    .concat()
}

#[test]
fn a_week_is_counted_over_a_pause_and_what_a_machine_brought_along_is_told_beside_it() {
    require!(Prometheus, Promtool);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    let (folder, prometheus) = (Scratch::new(), loaded(&ten_days(now)));
    let page = |range: &str| {
        let output =
            report(&folder, &["-r", range, "--timeout", "60", "--from", &prometheus.url(), "-o", "-"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let week = page("7d");
    // A run every hour of a week, and of two days on the machine that came then; the last hours are not over.
    let found = number_of(&week, "Runs");
    assert!((168 + 47 - 2..=168 + 48).contains(&found), "{found}");
    assert!(week.contains("Of unknown time: </b>runs 500, failures 500."), "{week}");
    assert!(week.contains(" of 7 d; nothing was scraped for a while between "), "{week}");
    assert!(week.contains("not all of this period was seen"));
    let day = page("24h");
    let found = number_of(&day, "Runs");
    assert!((46..=49).contains(&found) && !day.contains("Of unknown time"), "{found}");
}

/// The number of this title, of which so many are there at least.
fn number_of(page: &str, title: &str) -> i64 {
    let tile = page.split(&format!("<dt>{title}</dt><dd>")).nth(1).unwrap();
    let tile = tile.split("</dd>").next().unwrap();
    tile.rsplit('>').next().unwrap().replace(',', "").parse().unwrap()
}
