//! What is tried of a process that is up while nothing goes on in it.

use super::course::Course;
use super::stage::{BEFORE, EXPOSITION, Outcome, Play, Stage, foreign, series};
use crate::promql::{Counters, Selection};
use crate::target::EXPOSITION_JOB;
use telemetry_core::catalog::{BUILD_INFO, SERVE_INFO};

/// Another process, in which things go on.
const BUSY: &str = "127.0.0.1:9465";

/// The process that is looked at.
struct Process {
    up: Course,
    counter: Option<Course>,
    is_ours: bool,
    serves: bool,
}

impl Process {
    fn with(counter: Option<Course>) -> Self {
        Self { up: Course::of(1.0), counter, is_ours: true, serves: false }
    }
}

pub(super) fn play(stage: &mut Stage<'_>, progress: &Selection<Counters>) {
    let half = stage.window() / 2;
    let (next, soon) = (half + stage.interval(), half + stage.reset());
    let still = || Process::with(Some(Course::of(7.0)));
    let mut put_on = |about: &str, process: Process, value: Option<f64>| {
        let play = staged(stage, progress, (about, process, value));
        stage.put_on(play);
    };
    put_on("up for the whole window, and nothing went on", still(), Some(1.0));
    put_on("nothing ever went on", Process::with(None), Some(1.0));
    let anew = Course::of(BEFORE).then(half, 0.0);
    put_on("the counter begins anew, and nothing goes on", Process::with(Some(anew.clone())), Some(1.0));
    put_on("the counter begins anew, and one goes on", Process::with(Some(anew.then(soon, 1.0))), Some(0.0));
    put_on("one went on", Process::with(Some(Course::of(7.0).then(half, 8.0))), Some(0.0));
    put_on(
        "the series is born with the one that went on",
        Process::with(Some(Course::absent().then(half, 1.0))),
        Some(0.0),
    );
    put_on("it serves the ledger and is no daemon", Process { serves: true, ..still() }, None);
    put_on("it is not ours", Process { is_ours: false, ..still() }, None);
    let missed = Course::of(1.0).then(half, 0.0).then(next, 1.0);
    put_on("it did not answer once", Process { up: missed, ..still() }, Some(1.0));
    put_on("it is new", Process { up: Course::absent().then(half, 1.0), ..still() }, None);
    put_on("it is down", Process { up: Course::of(1.0).then(half, 0.0), ..still() }, Some(0.0));
}

fn staged(
    stage: &Stage<'_>,
    progress: &Selection<Counters>,
    (about, process, value): (&str, Process, Option<f64>),
) -> Play {
    let mut play = stage.play(about);
    play.begins = stage.later_than(stage.window());
    let (target, busy) = ((EXPOSITION_JOB, EXPOSITION), (EXPOSITION_JOB, BUSY));
    let def = progress.def();
    let info = |def, target| (series(def, "", &[], target), Course::of(1.0));
    play.series = vec![
        (foreign("up", target), process.up),
        (foreign("up", busy), Course::of(1.0)),
        info(BUILD_INFO.def(), busy),
        (series(def, "", &[], busy), Course::of(0.0).growing()),
    ];
    play.series.extend(process.is_ours.then(|| info(BUILD_INFO.def(), target)));
    play.series.extend(process.serves.then(|| info(SERVE_INFO.def(), target)));
    play.series.extend(process.counter.map(|course| (series(def, "", &[], target), course)));
    let outcome = |instance: &str, value| Outcome {
        labels: vec![EXPOSITION_JOB.to_owned(), instance.to_owned()],
        value,
        counts: true,
    };
    play.outcomes = value.map(|value| outcome(EXPOSITION, value)).into_iter().collect();
    play.outcomes.push(outcome(BUSY, 0.0));
    play
}
