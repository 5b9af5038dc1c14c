//! A history that is killed while it scrapes and answers, and one that has no room for more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::exporter::Exporter;
use crate::support::http::{self, escape};
use crate::support::{Api, Scratch, Up, eventually};

/// How many series are scraped.
const SERIES: usize = 2_000;

/// How often it is killed.
const KILLS: usize = 4;

/// Everything that was scraped.
const SELECTOR: &str = "load";

/// By the number of the series, its values by their times in milliseconds.
type Samples = BTreeMap<String, BTreeMap<i64, f64>>;

/// A page of so many series, all of which have changed with each number.
fn page(number: u32) -> String {
    (0..SERIES).fold(String::new(), |mut page, series| {
        writeln!(page, "load{{series=\"{series}\"}} {}", f64::from(number) + series as f64 / 7.0).unwrap();
        page
    })
}

/// An exporter whose values change all the time, until this is dropped.
struct Busy {
    exporter: Arc<Exporter>,
    ends: Arc<AtomicBool>,
}

impl Busy {
    fn start() -> Self {
        let busy = Self { exporter: Arc::new(Exporter::silent()), ends: Arc::default() };
        busy.exporter.show(&page(0));
        let (exporter, ends) = (Arc::clone(&busy.exporter), Arc::clone(&busy.ends));
        thread::spawn(move || {
            for number in 1.. {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                exporter.show(&page(number));
                thread::sleep(Duration::from_millis(300));
            }
        });
        busy
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

/// Every sample that there is. That no time comes twice in a series is checked on the way.
fn samples(api: &Api) -> Samples {
    let found = api.history(SELECTOR, "15m").into_iter().map(|series| {
        let times: Vec<_> = series.samples.iter().map(|(time, _)| (time * 1_000.0).round() as i64).collect();
        assert!(times.is_sorted_by(|one, next| one < next), "{:?}: {times:?}", series.labels);
        let values = series.samples.iter().map(|(_, value)| *value);
        (series.labels["series"].clone(), times.iter().copied().zip(values).collect())
    });
    found.collect()
}

/// Refuses to have lost anything, or to have stored a part of a scrape.
fn assert_kept(before: &Samples, after: &Samples) {
    for (series, before) in before {
        let after = &after[series];
        let lost: Vec<_> = before.iter().filter(|(time, value)| after.get(*time) != Some(*value)).collect();
        assert!(lost.is_empty(), "the series {series} lost {lost:?}");
    }
    let times: BTreeSet<_> = after.values().flat_map(BTreeMap::keys).collect();
    for time in times {
        let count = after.values().filter(|samples| samples.contains_key(time)).count();
        assert_eq!(count, SERIES, "a scrape was stored in part, at {time}");
    }
}

/// How many samples there were at a time, if somebody answers.
fn counted(url: &str, time: &str) -> Option<f64> {
    let query = escape(&format!("sum(count_over_time({SELECTOR}[15m]))"));
    let answer = http::get(&format!("{url}/api/v1/query?query={query}&time={time}")).ok()?;
    let document: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    document["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// Counts until the server is gone: the last time with what was counted.
fn count_until_it_is_gone(url: &str, seen: &Mutex<Option<(String, f64)>>) {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let time = format!("{now:.3}");
        if let Some(count) = counted(url, &time) {
            *seen.lock().unwrap() = Some((time, count));
        } else if http::get(url).is_err() {
            return;
        }
    }
}

#[test]
fn whatever_an_answer_has_shown_is_there_after_a_kill() {
    let busy = Busy::start();
    let mut up = Up::start(&["--no-gateway", "--scrape", &busy.exporter.address().to_string()]);
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut all = Samples::new();
    for _ in 0..KILLS {
        let api = up.api();
        let known = all.values().map(BTreeMap::len).sum::<usize>();
        let more = eventually("more samples", || {
            Some(samples(&api)).filter(|found| found.values().map(BTreeMap::len).sum::<usize>() > known)
        });
        assert_kept(&all, &more);
        let seen = Mutex::new(None);
        thread::scope(|scope| {
            scope.spawn(|| count_until_it_is_gone(&api.url(), &seen));
            // At any moment of a scrape or between two of them.
            thread::sleep(Duration::from_millis(random.u64(500..2_500)));
            up.kill();
        });
        up.restart();
        let after = samples(&up.api());
        assert_kept(&more, &after);
        let (time, count) = seen.into_inner().unwrap().unwrap();
        assert!(counted(&up.api().url(), &time) >= Some(count), "{count} samples had been counted at {time}");
        all = after;
    }
    assert!(all.values().next().unwrap().len() >= KILLS, "{} samples of each series", all["0"].len());
}

/// A stack that may be limited while it runs: the signal that comes with the limit is ignored, so that writing fails instead.
struct Limited {
    child: Child,
    folder: Scratch,
    api: Api,
}

impl Limited {
    fn start(target: &str) -> Self {
        let folder = Scratch::new();
        let telemetry = folder.telemetry();
        let mut command = Command::new("sh");
        command.current_dir(folder.path()).env_clear();
        command.envs(telemetry.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "0");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(telemetry.get_program());
        command.args([
            "up",
            "--no-gateway",
            "--api-port",
            "0",
            "--scrape-interval",
            "1s",
            "--scrape",
            target,
        ]);
        let mut child = command.args(["--data-dir", "up"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("history")).unwrap();
        // Read to the end, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        let api = Api::at(line.split_whitespace().nth(1).unwrap());
        Self { child, folder, api }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("up/history/history.redb")
    }

    fn limit(&self, limit: &str) {
        let mut prlimit = Command::new("prlimit");
        prlimit.args([format!("--fsize={limit}:"), format!("--pid={}", self.child.id())]);
        assert!(prlimit.status().unwrap().success());
    }

    /// What is said of the target that is no part of the stack.
    fn target(&self) -> (String, String) {
        let targets = self.api.targets().into_iter();
        let ours = targets.filter(|target| target["labels"]["job"] == telemetry_catalog::WORKER_JOB);
        let ours: Vec<_> = ours
            .map(|target| ["health", "lastError"].map(|key| target[key].as_str().unwrap().to_owned()))
            .collect();
        let [[health, error]] = &ours[..] else { panic!("{ours:?}") };
        (health.clone(), error.clone())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_full_disk_is_told_with_the_target_and_ends_when_there_is_room() {
    let busy = Busy::start();
    let limited = Limited::start(&busy.exporter.address().to_string());
    eventually("the first scrape", || (limited.target().0 == "up").then_some(()));
    limited.limit(&limited.file().metadata().unwrap().len().to_string());
    let (health, error) =
        eventually("there is no room", || Some(limited.target()).filter(|(_, error)| !error.is_empty()));
    assert!(health == "down" && error.contains("no space"), "{health}: {error}");
    // What is there can be asked for.
    let before = samples(&limited.api);
    assert_eq!(before.len(), SERIES);
    limited.limit("unlimited");
    eventually("it goes on", || (limited.target() == ("up".to_owned(), String::new())).then_some(()));
    let after = samples(&limited.api);
    assert_kept(&before, &after);
    assert!(after["0"].len() > before["0"].len());
}
