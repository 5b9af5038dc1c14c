//! What is tried of something that has gone while the rest goes on.

use super::course::Course;
use super::stage::{BEFORE, EXPOSITION, Fate, Outcome, Stage, series};
use crate::promql::{Counters, Gauges, Selection};
use crate::target::EXPOSITION_JOB;

pub(super) fn play(stage: &mut Stage<'_>, lively: &Selection<Gauges>, progress: &Selection<Counters>) {
    let target = (EXPOSITION_JOB, EXPOSITION);
    let (early, late) = (stage.begins(Fate::Usual), stage.begins(Fate::Born));
    let reset = stage.reset();
    let mut put_on =
        |about: &str, begins: u32, gauge: Course, counter: Option<Course>, value: Option<f64>| {
            let mut play = stage.play(about);
            play.begins = begins;
            play.series = stage.presence(Fate::Usual);
            play.series.push((series(lively.def(), "", &[], target), gauge));
            play.series.extend(counter.map(|course| (series(progress.def(), "", &[], target), course)));
            let labels = || vec![EXPOSITION_JOB.to_owned(), EXPOSITION.to_owned()];
            let outcome = |value| Outcome { labels: labels(), value, counts: true };
            play.outcomes = value.map(outcome).into_iter().collect();
            stage.put_on(play);
        };
    let leave = || Course::of(1.0).then(early, 0.0);
    let on = || Some(Course::of(0.0).growing());
    put_on("all have gone, and things go on", early, leave(), on(), Some(1.0));
    put_on("one is left", early, Course::of(2.0).then(early, 1.0), on(), Some(0.0));
    put_on("there never was any", early, Course::of(0.0), on(), Some(0.0));
    put_on("all have gone, and nothing goes on", early, leave(), Some(Course::of(7.0)), Some(0.0));
    put_on("all have gone, and nothing ever went on", early, leave(), None, None);
    put_on("the target is away", early, Course::of(2.0).leaves(early), on(), None);
    let anew = || Course::of(BEFORE).then(reset, 0.0);
    put_on("the counter begins anew and goes on", early, leave(), Some(anew().then(early, 3.0)), Some(1.0));
    put_on("the counter begins anew, and nothing goes on", early, leave(), Some(anew()), Some(0.0));
    put_on(
        "the series is born with what goes on",
        late,
        leave(),
        Some(Course::absent().then(late, 1.0)),
        Some(1.0),
    );
}
