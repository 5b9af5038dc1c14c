//! What is tried of something that is active while nothing goes on.

use super::course::Course;
use super::stage::{BEFORE, Fate, Outcome, Stage, UNWELL, series};
use crate::promql::{Counters, Gauges, Selection};

/// How many are active at the two targets.
const ACTIVE: [f64; 2] = [2.0, 1.0];

pub(super) fn play(stage: &mut Stage<'_>, active: &Selection<Gauges>, progress: &Selection<Counters>) {
    let begins = stage.later_than(stage.window());
    // In the window of both evaluations, and after the beginning of either.
    let (half, reset) = (begins - stage.reset() * 3 / 2, stage.reset());
    let still = Some(Course::of(7.0));
    let stays: fn(f64) -> Course = Course::of;
    let all = ACTIVE.iter().sum();
    let mut put_on =
        |about: &str, goes: &dyn Fn(f64) -> Course, counter: Option<Course>, value: Option<f64>| {
            let mut play = stage.play(about);
            play.begins = begins;
            play.series = stage.presence(Fate::Usual);
            for (target, count) in stage.targets().into_iter().zip(ACTIVE) {
                play.series.push((series(active.def(), "", &[], target), goes(count)));
            }
            let [host, _] = stage.targets();
            play.series.extend(counter.map(|course| (series(progress.def(), "", &[], host), course)));
            play.outcomes = value.map(|value| Outcome::new(UNWELL, value)).into_iter().collect();
            stage.put_on(play);
        };
    put_on("active for the whole window, and nothing went on", &stays, still.clone(), Some(all));
    let one = |count: f64| Course::of(count - ACTIVE[1]);
    put_on("a single one active, and nothing went on", &one, still.clone(), Some(1.0));
    put_on("nothing ever went on", &stays, None, Some(all));
    put_on(
        "the counter begins anew, and nothing goes on",
        &stays,
        Some(Course::of(BEFORE).then(half, 0.0)),
        Some(all),
    );
    let anew = Course::of(BEFORE).then(half, 0.0).then(half + reset / 2, 1.0);
    put_on("the counter begins anew, and one goes on", &stays, Some(anew), Some(0.0));
    put_on("one went on", &stays, Some(Course::of(7.0).then(half, 8.0)), Some(0.0));
    put_on(
        "the series is born with the one that went on",
        &stays,
        Some(Course::absent().then(half, 1.0)),
        Some(0.0),
    );
    put_on("none is active", &|_| Course::of(0.0), still.clone(), Some(0.0));
    put_on("active for a part of the window", &|n| Course::of(0.0).then(half, n), still.clone(), Some(0.0));
    put_on("here for a part of the window", &|n| Course::absent().then(half, n), still.clone(), None);
    let left = begins - reset / 2;
    put_on("active until the target went away", &|n| Course::of(n).leaves(left), still, None);
}
