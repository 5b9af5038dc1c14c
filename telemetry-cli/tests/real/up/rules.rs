//! Rules, evaluated by us and by a real Prometheus: the same alerts, pending and firing at the same times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_catalog::WORKER_JOB;
use telemetry_core::config::Address;
use telemetry_query::{Labels, Series, Steps};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::rules::{
    Notice, Notifier, Rule, RuleGroup, RuleKind, RuleOptions, RuleSet, Rules, Template,
};
use telemetry_stack::scrape::{ScrapeOptions, Scraper, Target};
use telemetry_stack::source::{Here, Source, SourceError, Theirs};
use tokio::sync::oneshot;

use super::exporter::Exporter;
use crate::support::{Program, Prometheus, Scratch, eventually, require};

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

/// How far apart, in seconds, the same thing may be seen: the two scrape and evaluate at different points of each second, and on a busy
/// machine one of them may be a second late.
const APART: i64 = 3;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// The same rules as data.
fn rules() -> RuleSet {
    let read = RuleSet::parse("rules.yml", RULES).unwrap();
    if !read.groups.is_empty() {
        return read;
    }
    let record = Rule {
        kind: RuleKind::Recording { record: "fleet:x:sum".to_owned() },
        expr: "sum(x)".to_owned(),
        labels: Vec::new(),
    };
    let alert = |(name, expr, hold, keep_firing, severity): (&str, &str, u64, u64, &str)| Rule {
        kind: RuleKind::Alert {
            alert: name.to_owned(),
            hold: Duration::from_secs(hold),
            keep_firing: Duration::from_secs(keep_firing),
            annotations: Vec::new(),
        },
        expr: expr.to_owned(),
        labels: vec![("severity".to_owned(), Template::parse(severity).unwrap())],
    };
    let alerts = [
        ("AtOnce", "x == 0", 0, 0, ""),
        ("Held", "x == 0", 4, 0, "critical"),
        ("Kept", "x == 0", 0, 4, ""),
        ("Missing", "absent(y)", 2, 0, ""),
        ("OfRecord", "fleet:x:sum > 4", 2, 0, "warning"),
        ("NoNumber", "z", 0, 0, ""),
        ("Wrong", "x * on () group_left () w", 0, 0, ""),
    ];
    let group = RuleGroup {
        name: "course".to_owned(),
        file: "rules.yml".to_owned(),
        interval: None,
        limit: 0,
        query_offset: Duration::ZERO,
        rules: [record].into_iter().chain(alerts.map(alert)).collect(),
    };
    RuleSet { groups: vec![group] }
}

/// A Prometheus that evaluates these rules every second.
fn prometheus(target: &str) -> Prometheus {
    let folder = Scratch::new();
    let configuration = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
         scrape_configs: [{{job_name: {WORKER_JOB}, static_configs: [{{targets: [\"{target}\"]}}]}}]\n"
    );
    fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let home = folder.path().to_owned();
    Prometheus::start_by(folder, move |address| {
        let mut command = Command::new(Program::Prometheus.path());
        command.current_dir(&home).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={address}"));
        command
    })
}

struct Nobody;

impl Notifier for Nobody {
    fn notify(&self, _notices: &[Notice]) {}
}

/// Our scraper and our rules, in a thread of their own.
struct Ours {
    here: Arc<Here>,
    rules: Arc<Rules>,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl Ours {
    fn start(folder: &Path, target: &str) -> Self {
        let history = Arc::new(History::open(&folder.join("history"), HistoryOptions::default()).unwrap());
        let url = format!("http://{target}/metrics");
        let target = Target { job: WORKER_JOB.to_owned(), url, honor_labels: false, optional: false };
        let second = Duration::from_secs(1);
        let options = ScrapeOptions { interval: second, timeout: second, ..ScrapeOptions::default() };
        let scraper = Arc::new(Scraper::new(Arc::clone(&history) as _, vec![target], options));
        let here = Arc::new(Here::new(Arc::clone(&history) as _, Arc::clone(&scraper)));
        let rules = evaluator(Arc::clone(&here) as _, history, folder);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = Arc::clone(&rules);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let scraping = tokio::spawn(scraper.run(std::future::pending()));
                running.run(async { drop(stopped.await) }).await;
                scraping.abort();
            });
        });
        Self { here, rules, running: Some((stop, thread)) }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // Its panic has been printed.
            let _ended = thread.join();
        }
    }
}

fn evaluator(source: Arc<dyn Source>, history: Arc<History>, folder: &Path) -> Arc<Rules> {
    let options = RuleOptions {
        interval: Duration::from_secs(1),
        resend: Duration::from_secs(60),
        external_url: "http://localhost:9090".to_owned(),
        state: folder.join("alerts.json"),
    };
    Arc::new(Rules::new(rules(), source, history, vec![Arc::new(Nobody)], options).unwrap())
}

/// From which second to which each series has a value, by its labels.
type Stretches = BTreeMap<String, Vec<(i64, i64)>>;

fn stretches(all: &[Series]) -> Stretches {
    let of = |series: &Series| {
        let mut found: Vec<(i64, i64)> = Vec::new();
        for second in series.samples.iter().map(|sample| sample.timestamp / 1000) {
            match found.last_mut() {
                Some((_, last)) if second == *last + 1 => *last = second,
                _ => found.push((second, second)),
            }
        }
        (series.labels.to_string(), found)
    };
    all.iter().map(of).collect()
}

fn alerts(source: &dyn Source, start: i64, end: i64) -> Stretches {
    stretches(&source.range("ALERTS", Steps { start, end, step: 1000 }).unwrap())
}

fn is_like(ours: &[(i64, i64)], theirs: &[(i64, i64)]) -> bool {
    let near = |(one, other): (&(i64, i64), &(i64, i64))| {
        (one.0 - other.0).abs() <= APART && (one.1 - other.1).abs() <= APART
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(near)
}

#[test]
fn alerts_are_pending_and_fire_when_they_do_in_a_real_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show(COURSE[0].0);
    let target = exporter.address().to_string();
    let server = prometheus(&target);
    let theirs = Theirs::new(Address::parse(&server.url()).unwrap()).unwrap();
    let folder = Scratch::new();
    let ours = Ours::start(folder.path(), &target);
    for source in [&*ours.here as &dyn Source, &theirs] {
        // One of them may have looked before there was anything.
        let settled = "fleet:x:sum unless on () ALERTS{alertname=\"Missing\"}";
        eventually("both evaluate", || source.instant(settled, now()).unwrap().first().cloned());
    }
    let start = now() / 1000 * 1000 + 1000;
    for (page, seconds) in COURSE {
        exporter.show(page);
        thread::sleep(Duration::from_secs(seconds));
    }
    let end = now() / 1000 * 1000;
    let (here, there) = (alerts(&*ours.here, start, end), alerts(&theirs, start, end));
    let names: Vec<_> = here.keys().collect();
    assert_eq!(names, there.keys().collect::<Vec<_>>());
    for (labels, ours) in &here {
        assert!(is_like(ours, &there[labels]), "{labels}: ours {ours:?}, theirs {:?}", there[labels]);
    }
    let has = |name: &str, state: &str| {
        names.iter().any(|labels| labels.contains(&format!("alertname=\"{name}\", alertstate=\"{state}\"")))
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
    let listed = server.api("alerts")["alerts"].as_array().unwrap().len();
    let statuses = ours.rules.groups().into_iter().flat_map(|group| group.rules);
    assert_eq!(statuses.map(|status| status.alerts.len()).sum::<usize>(), listed, "at the end");
}

#[test]
fn a_prometheus_of_others_is_asked_and_says_what_is_wrong() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("x{i=\"1\"} NaN\nx{i=\"2\"} +Inf\nx{i=\"3\"} -1.5\n");
    let server = prometheus(&exporter.address().to_string());
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
        matches!(page.instant("up", now()), Err(SourceError::Unreachable(why)) if why.contains("no answer of a"))
    );
}
