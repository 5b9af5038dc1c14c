//! A real Alertmanager and a webhook are told of what our rules find, whoever is killed meanwhile.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::exporter::Exporter;
use crate::support::{Alertmanager, DelayProxy, Hooks, Mode, Scratch, Up, eventually, require};

/// A rule over what the exporter shows.
pub(super) const RULES: &str = r#"groups:
  - name: machines
    rules:
      - record: zone:broken:sum
        expr: sum by (zone) (broken)
      - alert: MachinesBroken
        expr: zone:broken:sum > 0
        for: 2s
        labels:
          severity: critical
          team: "{{ $labels.zone }} team"
        annotations:
          summary: "{{ $value }} machines of {{ $labels.zone }} are broken"
"#;

/// How long after its restart an Alertmanager may not know what fires: it is told again every minute, as by Prometheus.
const RETOLD: Duration = Duration::from_secs(100);

/// Our stack with these rules, who is told, and what is scraped.
struct Told {
    exporter: Exporter,
    hooks: Hooks,
    alertmanager: Alertmanager,
    up: Up,
}

impl Told {
    /// Nothing is broken yet.
    fn start() -> Self {
        Self::start_with(|_| {})
    }

    fn start_with(prepare: impl FnOnce(&mut Alertmanager)) -> Self {
        let exporter = Exporter::silent();
        exporter.show("broken{zone=\"north\"} 0\n");
        let hooks = Hooks::start();
        let mut alertmanager = Alertmanager::start(&hooks.url("theirs"));
        prepare(&mut alertmanager);
        let folder = Scratch::new();
        fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        let (scraped, told) = (exporter.address().to_string(), alertmanager.address().to_string());
        let up = Up::start_in(
            folder,
            &[
                "--scrape",
                &scraped,
                "--rules",
                "rules.yml",
                "--evaluation-interval",
                "1s",
                "--alertmanager",
                &told,
                "--webhook",
                &hooks.url("ours"),
            ],
        );
        Self { exporter, hooks, alertmanager, up }
    }

    fn breaks(&self) {
        self.exporter.show("broken{zone=\"north\"} 2\n");
    }

    fn mends(&self) {
        self.exporter.show("broken{zone=\"north\"} 0\n");
    }

    /// Waits until our API says that it fires.
    fn fires(&self) -> Value {
        eventually("an alert that fires", || {
            let alerts = self.up.api().api("alerts")["alerts"].as_array().cloned().unwrap_or_default();
            alerts.into_iter().find(|alert| alert["state"] == "firing")
        })
    }

    /// Waits until Alertmanager has it.
    fn arrived(&self) -> Value {
        eventually("the alert in Alertmanager", || self.alertmanager.alerts().into_iter().next())
    }

    /// Waits until the hook was called so often, and says with what.
    fn called(&self, hook: &str, times: usize) -> Vec<String> {
        eventually(&format!("{times} calls of {hook}"), || {
            Some(self.hooks.statuses(hook)).filter(|calls| calls.len() >= times)
        })
    }
}

#[test]
fn an_alertmanager_shows_the_alert_and_sees_it_resolved_and_receivers_hear_of_each_once() {
    require!(Alertmanager);
    let mut told = Told::start();
    told.breaks();
    let ours = told.fires();
    let theirs = told.arrived();
    let labels = [
        ("alertname", "MachinesBroken"),
        ("severity", "critical"),
        ("team", "north team"),
        ("zone", "north"),
    ];
    for (name, value) in labels {
        assert_eq!((&theirs["labels"][name], &ours["labels"][name]), (&value.into(), &value.into()));
    }
    assert_eq!(theirs["labels"].as_object().unwrap().len(), labels.len());
    assert_eq!(theirs["annotations"]["summary"], "2 machines of north are broken");
    assert!(theirs["generatorURL"].as_str().unwrap().contains("/graph?g0.expr="), "{theirs}");
    assert_eq!(told.called("ours", 1), ["firing"]);
    assert_eq!(told.called("theirs", 1), ["firing"]);
    let [ours, relayed] = ["ours", "theirs"].map(|hook| told.hooks.alerts(hook).remove(0));
    for key in ["labels", "annotations", "fingerprint", "generatorURL", "startsAt", "endsAt", "status"] {
        assert_eq!(ours[key], relayed[key], "{key}");
    }
    told.mends();
    eventually("the end of the alert", || told.alertmanager.alerts().is_empty().then_some(()));
    assert_eq!(told.called("ours", 2), ["firing", "resolved"]);
    assert_eq!(told.called("theirs", 2), ["firing", "resolved"]);
    told.up.signal(Signal::TERM);
    let (_, _, rest) = told.up.ended();
    for word in ["pending", "firing", "resolved"] {
        let line = format!("{word}: MachinesBroken (critical): ");
        assert_eq!(rest.lines().filter(|said| said.starts_with(&line)).count(), 1, "{word}: {rest}");
    }
}

#[test]
fn an_alert_survives_that_we_are_killed_and_nobody_hears_of_it_twice() {
    require!(Alertmanager);
    let mut told = Told::start();
    told.breaks();
    told.fires();
    let before = told.arrived();
    told.called("ours", 1);
    told.called("theirs", 1);
    told.up.kill();
    told.up.restart();
    told.fires();
    let after = told.arrived();
    assert_eq!(after["startsAt"], before["startsAt"]);
    told.mends();
    eventually("the end of the alert", || told.alertmanager.alerts().is_empty().then_some(()));
    assert_eq!(told.called("ours", 2), ["firing", "resolved"]);
    assert_eq!(told.called("theirs", 2), ["firing", "resolved"]);
}

#[test]
fn an_alert_that_ends_while_we_are_dead_is_resolved_when_we_are_back() {
    require!(Alertmanager);
    let mut told = Told::start();
    told.breaks();
    told.fires();
    told.called("ours", 1);
    told.up.kill();
    told.mends();
    told.up.restart();
    assert_eq!(told.called("ours", 2), ["firing", "resolved"]);
    eventually("the end of the alert", || told.alertmanager.alerts().is_empty().then_some(()));
}

#[test]
fn an_alertmanager_that_is_away_is_told_when_it_comes() {
    require!(Alertmanager);
    let mut told = Told::start_with(Alertmanager::kill);
    told.breaks();
    told.fires();
    assert_eq!(told.called("ours", 1), ["firing"], "nobody waits for who is away");
    told.alertmanager.restart();
    told.arrived();
    assert_eq!(told.called("theirs", 1), ["firing"]);
    told.up.signal(Signal::TERM);
    let (_, _, rest) = told.up.ended();
    let says = |words: &str| rest.lines().filter(|line| line.contains(words)).count();
    assert_eq!((says("cannot be told of alerts"), says("answers again")), (1, 1), "{rest}");
}

#[test]
fn an_alertmanager_that_was_killed_is_told_again() {
    require!(Alertmanager);
    let mut told = Told::start();
    told.breaks();
    let before = told.arrived();
    told.alertmanager.kill();
    told.alertmanager.restart();
    let begun = Instant::now();
    let after = loop {
        if let Some(alert) = told.alertmanager.alerts().into_iter().next() {
            break alert;
        }
        assert!(begun.elapsed() < RETOLD, "it was not told again");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((&after["startsAt"], &after["labels"]), (&before["startsAt"], &before["labels"]));
}

/// Our stack with these rules and a webhook at this URL.
fn up_with(hook: &str, scraped: &str) -> Up {
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let arguments = ["--scrape", scraped, "--rules", "rules.yml", "--evaluation-interval", "1s"];
    Up::start_in(folder, &[&arguments[..], &["--webhook", hook]].concat())
}

/// Waits until our rules have been evaluated since it was called.
fn evaluated(up: &Up) {
    let last = || up.api().api("rules")["groups"][0]["lastEvaluation"].clone();
    let before = last();
    eventually("another evaluation", || (last() != before).then_some(()));
}

/// What is noted of the calls of the webhook.
fn noted(up: &Up) -> String {
    let files = fs::read_dir(up.data()).unwrap().map(|entry| entry.unwrap().path());
    let is_of_webhook = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("webhook-") && name.ends_with(".json")
    };
    let file = files.filter(is_of_webhook).collect::<Vec<_>>();
    assert_eq!(file.len(), 1, "{file:?}");
    fs::read_to_string(&file[0]).unwrap()
}

#[test]
fn a_webhook_that_was_away_when_we_were_killed_hears_of_each_change_once() {
    let (exporter, hooks) = (Exporter::silent(), Hooks::start());
    exporter.show("broken{zone=\"north\"} 2\n");
    let way = DelayProxy::start(hooks.address(), Duration::ZERO, 1);
    way.set(Mode::Refuse);
    let mut up = up_with(&format!("{}/ours", way.url()), &exporter.address().to_string());
    let listed = |up: &Up| up.api().api("alerts")["alerts"].as_array().unwrap().len();
    let fires = |up: &Up| {
        eventually("an alert that fires", || {
            (up.api().api("alerts")["alerts"][0]["state"] == "firing").then_some(())
        });
    };
    fires(&up);
    up.kill();
    way.set(Mode::Pass);
    assert_eq!(hooks.statuses("ours"), [""; 0]);
    up.restart();
    eventually("the call", || (!hooks.statuses("ours").is_empty()).then_some(()));
    // Now the end comes while it is away.
    way.set(Mode::Refuse);
    exporter.show("broken{zone=\"north\"} 0\n");
    eventually("the end of the alert", || (listed(&up) == 0).then_some(()));
    up.kill();
    way.set(Mode::Pass);
    up.restart();
    // A kill between the call and its note would make it come twice.
    eventually("the note of the call", || noted(&up).contains("\"has_ended\":true").then_some(()));
    // Whoever is killed once more has nothing more to say.
    up.kill();
    up.restart();
    evaluated(&up);
    evaluated(&up);
    up.signal(Signal::TERM);
    assert!(up.ended().0.success());
    assert_eq!(hooks.statuses("ours"), ["firing", "resolved"]);
}
