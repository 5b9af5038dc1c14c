//! Evaluations that are killed in the middle: nobody is told of an alert twice.

use crate::stage::{BEGIN, Stage, alert, labelled, set};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry_stack::rules::{Event, Notice, Notifier};

/// Names the folder to the process that is killed.
const FOLDER: &str = "TELEMETRY_RULES_KILLED_IN";

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
    let rules = stage.rules_telling(set(vec![rule]), Arc::new(Log(file)));
    let next = stage.history.youngest().map_or(0, |youngest| (youngest - BEGIN) / 1000 / STEP + 1);
    for evaluation in next..next + MOST {
        let things: Vec<_> = (0..THINGS).map(|thing| (format!("x{{i=\"{thing}\"}}"), thing)).collect();
        let value = |thing| f64::from(u8::from(stretch(thing, evaluation) % 2 == 1));
        let samples: Vec<_> = things.iter().map(|(series, thing)| (series.as_str(), value(*thing))).collect();
        stage.scrape(evaluation * STEP, &samples);
        rules.evaluate(BEGIN + evaluation * STEP * 1000);
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
    let mut command = Command::new(std::env::current_exe().unwrap());
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
