//! Rules, evaluated by us and by a real Prometheus: the same alerts, pending and firing at the same times.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use telemetry_catalog::WORKER_JOB;
use telemetry_core::config::Address;
use telemetry_query::{Labels, Steps};
use telemetry_stack::source::{Source, SourceError, Theirs};

use super::alerts_command::prometheus_with;
use super::exporter::Exporter;
use crate::support::{Api, Scratch, Up, eventually, require};

/// Everything that makes an alert go one way or another.
const RULES: &str = r#"
groups:
  - name: course
    rules:
      - record: fleet:x:sum
        expr: sum(x)
      - alert: AtOnce
        expr: x == 0
      - alert: Held
        expr: x == 0
        for: 4s
        labels: {severity: critical}
      - alert: Kept
        expr: x == 0
        keep_firing_for: 4s
      - alert: Missing
        expr: absent(y)
        for: 2s
      - alert: OfRecord
        expr: fleet:x:sum > 4
        for: 2s
        labels: {severity: warning}
      - alert: NoNumber
        expr: z
      - alert: Wrong
        expr: x * on () group_left () w
"#;

/// What the target shows, and for how many seconds.
const COURSE: [(&str, u64); 6] = [
    ("x{i=\"1\"} 1\nx{i=\"2\"} 1\ny 1\nw 1\n", 5),
    ("x{i=\"1\"} 0\nx{i=\"2\"} 1\ny 1\nw 0\n", 9),
    ("x{i=\"1\"} 1\nx{i=\"2\"} 9\nz NaN\nw 1\nw{i=\"2\"} 1\n", 8),
    ("x{i=\"1\"} 0\nx{i=\"2\"} 0\n", 3),
    ("x{i=\"1\"} 1\nx{i=\"2\"} 0\ny 1\n", 8),
    ("y 1\n", 6),
];

/// How often both are asked.
const LOOK: Duration = Duration::from_millis(250);

/// How far apart the same thing may become so in both, besides the time between two looks: each scrapes and evaluates at a point of its
/// own of every second, so that a change of the page is evaluated by one of them at once and by the other after a scrape that is up to
/// a second later and an evaluation that is up to another second after that.
const APART: Duration = Duration::from_secs(2);

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An alert by its labels and its state.
type Listed = (BTreeMap<String, String>, String);

/// The alerts that are listed.
fn listed(api: &Api) -> BTreeSet<Listed> {
    let alert = |alert: &Value| {
        let labels = alert["labels"].as_object().unwrap().iter();
        let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        (labels.collect(), alert["state"].as_str().unwrap().to_owned())
    };
    api.api("alerts")["alerts"].as_array().unwrap().iter().map(alert).collect()
}

/// When each alert was first and last seen in each state, once for each time that it came.
#[derive(Debug, Default)]
struct Seen {
    stretches: BTreeMap<Listed, Vec<(Duration, Duration)>>,
    before: BTreeSet<Listed>,
}

impl Seen {
    fn look(&mut self, api: &Api, begun: Instant) {
        let now_listed = listed(api);
        let at = begun.elapsed();
        for alert in &now_listed {
            let stretches = self.stretches.entry(alert.clone()).or_default();
            match stretches.last_mut() {
                Some((_, last)) if self.before.contains(alert) => *last = at,
                _ => stretches.push((at, at)),
            }
        }
        self.before = now_listed;
    }
}

fn are_near(one: &[(Duration, Duration)], other: &[(Duration, Duration)], apart: Duration) -> bool {
    let near = |(one, other): (&(Duration, Duration), &(Duration, Duration))| {
        one.0.abs_diff(other.0) <= apart && one.1.abs_diff(other.1) <= apart
    };
    one.len() == other.len() && one.iter().zip(other).all(near)
}

#[test]
fn alerts_are_pending_and_fire_when_they_do_in_a_real_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show(COURSE[0].0);
    let target = exporter.address().to_string();
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let arguments =
        ["--scrape", &target, "--rules", "rules.yml", "--evaluation-interval", "1s", "--no-gateway"];
    let up = Up::start_in(folder, &arguments);
    let server = prometheus_with(RULES, &target);
    let (ours, theirs) = (up.api(), Api::at(server.url()));
    for api in [&ours, &theirs] {
        // One of them may have looked before there was anything.
        let settled = "fleet:x:sum unless on () ALERTS{alertname=\"Missing\"}";
        eventually("both evaluate", || api.query(settled).first().cloned());
    }
    eventually("both list the same", || {
        let (ours, theirs) = (listed(&ours), listed(&theirs));
        let is_settled = !ours.iter().any(|(labels, _)| labels["alertname"] == "Missing");
        (is_settled && ours == theirs).then_some(())
    });
    let (begun, mut longest) = (Instant::now(), LOOK);
    let (mut here, mut there) = (Seen::default(), Seen::default());
    for (page, seconds) in COURSE {
        exporter.show(page);
        let shown = Instant::now();
        while shown.elapsed() < Duration::from_secs(seconds) {
            let look = Instant::now();
            here.look(&ours, begun);
            there.look(&theirs, begun);
            thread::sleep(LOOK.saturating_sub(look.elapsed()));
            longest = longest.max(look.elapsed());
        }
    }
    let names: BTreeSet<_> = here.stretches.keys().collect();
    assert_eq!(names, there.stretches.keys().collect());
    for (alert, ours) in &here.stretches {
        let theirs = &there.stretches[alert];
        assert!(
            are_near(ours, theirs, APART + longest),
            "{alert:?}: ours {ours:?}, theirs {theirs:?}, looks {longest:?} apart"
        );
    }
    let has = |name: &str, state: &str| {
        names.iter().any(|(labels, listed)| labels["alertname"] == name && listed == state)
    };
    for (name, state) in [
        ("AtOnce", "firing"),
        ("Held", "pending"),
        ("Held", "firing"),
        ("Kept", "firing"),
        ("Missing", "pending"),
        ("Missing", "firing"),
        ("OfRecord", "pending"),
        ("OfRecord", "firing"),
        ("NoNumber", "firing"),
        ("Wrong", "firing"),
    ] {
        assert!(has(name, state), "{name} was never {state}: {names:?}");
    }
    assert!(!has("AtOnce", "pending"));
    assert_eq!(listed(&ours), listed(&theirs), "at the end");
}

#[test]
fn a_prometheus_of_others_is_asked_and_says_what_is_wrong() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("x{i=\"1\"} NaN\nx{i=\"2\"} +Inf\nx{i=\"3\"} -1.5\n");
    let server = prometheus_with(RULES, &exporter.address().to_string());
    server.await_up(WORKER_JOB);
    let theirs = Theirs::new(Address::parse(&server.url()).unwrap()).unwrap();
    let mut found = theirs.instant("x", now()).unwrap();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let values: Vec<_> = found.iter().map(|(_, value)| *value).collect();
    assert!(values[0].is_nan() && values[1..] == [f64::INFINITY, -1.5], "{values:?}");
    assert_eq!(found[2].0.get("i"), "3");
    assert_eq!(theirs.instant("1.5", now()), Ok(vec![(Labels::default(), 1.5)]));
    // A long expression does not fit into a URL.
    let long = format!("x{{i=~\"3{}\"}}", "|no".repeat(100_000));
    assert_eq!(theirs.instant(&long, now()).unwrap().len(), 1);
    let range = theirs.range("up", Steps { start: now() - 5_000, end: now(), step: 1_000 }).unwrap();
    assert!(range[0].samples.iter().any(|sample| sample.value == 1.0));
    let Err(SourceError::Query(why)) = theirs.instant("sum(", now()) else { panic!("it is no expression") };
    assert!(why.starts_with("bad_data: ") && why.contains("parse error"), "{why}");
    let [target] = &theirs.targets().unwrap()[..] else { panic!("there is one target") };
    assert_eq!((target.job.as_str(), target.up, target.error.as_str()), (WORKER_JOB, Some(true), ""));
    assert!((now() - target.last_scrape.unwrap()).abs() < 60_000);
    // From several threads at once, and where a runtime waits for blocking work.
    let theirs = Arc::new(theirs);
    let ask = |theirs: Arc<Theirs>| move || theirs.instant("up", now()).unwrap().len();
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(ask(Arc::clone(&theirs)))).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let blocking = runtime.block_on(async { tokio::task::spawn_blocking(ask(Arc::clone(&theirs))).await });
    assert_eq!(blocking.unwrap(), 1);
    // It may be dropped where nobody may wait.
    runtime.block_on(async { drop(theirs) });
    drop(server);
    let nobody = Theirs::new(Address::parse("http://127.0.0.1:1").unwrap()).unwrap();
    let Err(SourceError::Unreachable(why)) = nobody.instant("up", now()) else { panic!("nobody is there") };
    assert!(why.contains("refused"), "{why}");
    let page = Theirs::new(Address::parse(&format!("http://{}", exporter.address())).unwrap()).unwrap();
    assert!(
        matches!(page.instant("up", now()), Err(SourceError::Unreachable(why)) if why.contains("is no Prometheus"))
    );
}
