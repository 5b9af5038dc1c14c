//! Evaluations that are killed in the middle: nobody is told of an alert twice, and a webhook of none too little.

use crate::stage::{BEGIN, Stage, alert, labelled, set};
use chrono::DateTime;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry_core::config::Address;
use telemetry_stack::notify::{News, webhook};
use telemetry_stack::rules::{Event, Notice, Notifier};

/// Names the folder to the process that is killed.
const FOLDER: &str = "TELEMETRY_RULES_KILLED_IN";

/// Names the webhook to it, if there is one, and how many evaluations there are before it ends by itself.
const WEBHOOK: &str = "TELEMETRY_RULES_KILLED_HOOK";
const LAST: &str = "TELEMETRY_RULES_KILLED_LAST";

/// How often it is killed.
const KILLS: usize = 8;

/// How many things there are that an alert may be of.
const THINGS: i64 = 4;

/// For how many evaluations each of them is unwell, and then well.
const STRETCH: i64 = 6;

/// How many evaluations there are at most, if nobody kills it.
const MOST: i64 = 100_000;

/// The time from one evaluation to the next, in seconds.
const STEP: i64 = 15;

/// In which stretch a thing is at an evaluation; it is unwell in the even ones.
fn stretch(thing: i64, evaluation: i64) -> i64 {
    (evaluation + 2 * thing) / STRETCH
}

/// Writes every notice to a file at once: what is in it has been told, whatever becomes of the process.
struct Log(File);

impl Notifier for Log {
    fn notify(&self, notices: &[Notice]) {
        let lines: String = notices
            .iter()
            .map(|notice| {
                let (thing, at) = (notice.labels.get("i"), (notice.starts_at - BEGIN) / 1000 / STEP);
                format!("{thing} {:?} {at}\n", notice.event)
            })
            .collect();
        (&self.0).write_all(lines.as_bytes()).unwrap();
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("told.log")
}

fn told(folder: &Path) -> Vec<(i64, String, i64)> {
    let text = fs::read_to_string(log(folder)).unwrap_or_default();
    let line = |line: &str| {
        let [thing, event, since] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        (thing.parse().unwrap(), event.to_owned(), since.parse().unwrap())
    };
    text.lines().map(line).collect()
}

/// The process that is killed. It does nothing where nobody has asked for it.
#[test]
fn the_one_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let stage = Stage::at(&folder);
    let file = OpenOptions::new().create(true).append(true).open(log(&folder)).unwrap();
    let rule = labelled(alert("Unwell", "x == 0", 15), &[("severity", "critical")]);
    let hook = std::env::var(WEBHOOK).ok().map(|url| {
        let address = Address::parse(&url).unwrap();
        Arc::new(webhook(&address, "", &folder, News::default()).unwrap())
    });
    let told = hook.iter().map(|hook| Arc::clone(hook) as Arc<dyn Notifier>);
    let told = told.chain([Arc::new(Log(file)) as Arc<dyn Notifier>]).collect();
    let rules = stage.rules_telling(set(vec![rule]), told);
    let most = std::env::var(LAST).map_or(MOST, |last| last.parse().unwrap());
    let next = stage.history.youngest().map_or(0, |youngest| (youngest - BEGIN) / 1000 / STEP + 1);
    for evaluation in next..next + most {
        let things: Vec<_> = (0..THINGS).map(|thing| (format!("x{{i=\"{thing}\"}}"), thing)).collect();
        let value = |thing| f64::from(u8::from(stretch(thing, evaluation) % 2 == 1));
        let samples: Vec<_> = things.iter().map(|(series, thing)| (series.as_str(), value(*thing))).collect();
        stage.scrape(evaluation * STEP, &samples);
        rules.evaluate(BEGIN + evaluation * STEP * 1000);
        // Each is told before the next evaluation says something newer.
        hook.iter().for_each(|hook| wait_for(|| hook.waiting() == 0));
    }
}

fn wait_for(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute");
        std::thread::yield_now();
    }
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

fn start(folder: &Path) -> Running {
    start_with(folder, &[])
}

fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Running {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.envs(environment.iter().copied());
    command.args(["killed::the_one_that_is_killed", "--exact", "--nocapture"]).env(FOLDER, folder);
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn an_alert_is_told_once_however_often_the_evaluation_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    for kill in 0..KILLS {
        let before = told(folder.path()).len();
        let mut child = start(folder.path());
        let deadline = Instant::now() + Duration::from_secs(60);
        // Each dies at another point: after another number of notices, and a moment later.
        while told(folder.path()).len() < before + 7 + 3 * kill {
            assert!(child.0.try_wait().unwrap().is_none(), "it has ended by itself");
            assert!(Instant::now() < deadline, "nobody is told");
            std::thread::yield_now();
        }
        drop(child);
    }
    let told = told(folder.path());
    let mut fired: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for (thing, event, since) in &told {
        let stretch = stretch(*thing, *since);
        assert_eq!(stretch % 2, 0, "nothing was wrong at {since}: {told:?}");
        if *event == format!("{:?}", Event::Firing) {
            assert!(fired.entry(*thing).or_default().insert(stretch), "{thing} fires twice: {told:?}");
        }
    }
    let resolved = told.iter().filter(|(_, event, _)| *event == format!("{:?}", Event::Resolved)).count();
    let fired: usize = fired.values().map(BTreeSet::len).sum();
    // What is told in the instant of a kill may be lost, and at the end some are firing.
    assert!(fired >= 10 && resolved + KILLS + usize::try_from(THINGS).unwrap() >= fired, "{told:?}");
}

/// What a webhook was called with: the thing, the status, and at which evaluation its alert began to fire.
type Call = (i64, String, i64);

/// A webhook that keeps what it was called with.
#[derive(Default)]
struct Hook {
    calls: Mutex<Vec<Call>>,
    /// Whether it takes no calls, and how many it did not take.
    is_away: AtomicBool,
    refused: AtomicUsize,
}

impl Hook {
    /// Starts one, and says where it is.
    fn start() -> (String, Arc<Self>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (url, hook) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Self>::default());
        let kept = Arc::clone(&hook);
        // It ends with the test's process. A client that was killed in the middle has not called.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || kept.take(client));
            }
        });
        (url, hook)
    }

    fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Takes the calls of one connection.
    fn take(&self, mut client: TcpStream) -> Option<()> {
        let mut request = BufReader::new(client.try_clone().ok()?);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            while request.read_line(&mut line).ok()? > 2 {
                let lower = line.to_ascii_lowercase();
                let value = lower.strip_prefix("content-length:");
                length = value.map_or(length, |value| value.trim().parse().unwrap());
                line.clear();
            }
            let mut body = vec![0; length];
            request.read_exact(&mut body).ok()?;
            let call = call(&serde_json::from_slice(&body).ok()?);
            let status = if self.is_away.load(Ordering::SeqCst) {
                self.refused.fetch_add(1, Ordering::SeqCst);
                "503 Service Unavailable"
            } else {
                self.calls.lock().unwrap().push(call);
                "200 OK"
            };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            client.write_all(answer.as_bytes()).ok()?;
        }
    }
}

fn call(body: &Value) -> Call {
    let alert = &body["alerts"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let since = DateTime::parse_from_rfc3339(&text(&alert["startsAt"])).unwrap().timestamp_millis();
    (text(&alert["labels"]["i"]).parse().unwrap(), text(&alert["status"]), (since - BEGIN) / 1000 / STEP)
}

#[test]
fn a_webhook_is_called_once_for_each_change_however_often_we_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (url, hook) = Hook::start();
    for kill in 0..KILLS {
        let before = hook.count();
        let child = start_with(folder.path(), &[(WEBHOOK, &url)]);
        wait_for(|| hook.count() >= before + 3 + 2 * kill);
        // It dies at once, or while something waits that has not been delivered.
        if kill % 2 == 0 {
            let refused = hook.refused.load(Ordering::SeqCst);
            hook.is_away.store(true, Ordering::SeqCst);
            wait_for(|| hook.refused.load(Ordering::SeqCst) > refused);
        }
        drop(child);
        hook.is_away.store(false, Ordering::SeqCst);
    }
    // The last one ends in peace, after as many evaluations as it takes for everything to have changed.
    let mut child = start_with(folder.path(), &[(WEBHOOK, &url), (LAST, "13")]);
    assert!(child.0.wait().unwrap().success());
    let calls = hook.calls.lock().unwrap();
    let mut repeated = 0;
    for thing in 0..THINGS {
        let own: Vec<_> = calls.iter().filter(|call| call.0 == thing).collect();
        repeated += own.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let mut changes: Vec<_> = own.iter().map(|(_, status, since)| (*since, status.as_str())).collect();
        changes.dedup();
        // It fires and ends in turns, and neither is left out.
        for (at, change) in changes.iter().enumerate() {
            let (since, status) = changes[at - at % 2];
            assert_eq!(
                (since, ["firing", "resolved"][at % 2]),
                *change,
                "{status} {at} of {thing}: {changes:?}"
            );
            let stretches = (stretch(thing, since) - stretch(thing, changes[0].0)) / 2;
            assert_eq!(usize::try_from(stretches), Ok(at / 2), "one of {thing} is missing: {changes:?}");
        }
        assert!(changes.len() >= 6, "{changes:?}");
    }
    // Only a kill between a call and its note makes that one call come twice.
    assert!(repeated <= KILLS, "{repeated} calls came twice: {calls:?}");
}
