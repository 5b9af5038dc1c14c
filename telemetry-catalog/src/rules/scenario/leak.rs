//! What is tried of what is acquired and not released.

use super::count::whole;
use super::course::Course;
use super::stage::{BEFORE, Fate, Outcome, Stage, UNWELL, WELL, foreign, series};
use telemetry_core::metric::MetricDef;

/// The metrics of it.
#[derive(Clone, Copy)]
pub(super) struct Defs {
    pub(super) acquired: &'static MetricDef,
    pub(super) released: &'static MetricDef,
    pub(super) held: &'static MetricDef,
}

/// What happens in one scenario.
#[derive(Clone, Copy)]
struct Flow {
    acquired: u32,
    /// `None` where nothing was ever released.
    released: Option<u32>,
    held: u32,
}

pub(super) fn play(stage: &mut Stage<'_>, defs: Defs) {
    let limits: Vec<_> = stage.levels().iter().map(|level| whole(level.limit)).collect();
    let lost = |lost| Flow { acquired: lost + 10, released: Some(8), held: 2 };
    for limit in &limits {
        let (limit, below) = (*limit, limit - 1);
        put_on(stage, defs, &format!("{limit} are lost, which is a limit"), lost(limit), Fate::Usual);
        put_on(stage, defs, &format!("{below} are lost, just below a limit"), lost(below), Fate::Usual);
    }
    let most = limits.iter().copied().max().unwrap_or(1);
    let held = Flow { acquired: 30, released: Some(0), held: 30 };
    let nothing = Flow { acquired: 0, released: Some(0), held: 0 };
    let unreleased = Flow { acquired: most, released: None, held: 0 };
    put_on(stage, defs, "all are still held", held, Fate::Usual);
    put_on(stage, defs, "nothing happens", nothing, Fate::Usual);
    put_on(stage, defs, "nothing was ever released", unreleased, Fate::Usual);
    put_on(stage, defs, "the counters begin anew, and some are lost", lost(most), Fate::Restart);
    put_on(stage, defs, "the counters begin anew, and nothing follows", nothing, Fate::Restart);
    put_on(stage, defs, "the series are born with what is lost", lost(most), Fate::Born);
    put_on(stage, defs, "targets that were away come with what was lost before", lost(most), Fate::Back);
    away(stage, defs);
    returned(stage, defs);
}

fn put_on(stage: &mut Stage<'_>, defs: Defs, about: &str, flow: Flow, fate: Fate) {
    let begins = stage.begins(fate);
    let mut play = stage.play(about);
    play.begins = begins;
    play.series = stage.presence(fate);
    let healthy = Flow { acquired: 30, released: Some(30), held: 0 };
    for (subject, flow) in [(UNWELL, flow), (WELL, healthy)] {
        let labels = [(stage.indicator.by[0], subject)];
        play.series.extend(stage.counted((defs.acquired, &labels), flow.acquired, fate));
        let released = flow.released.map(|count| stage.counted((defs.released, &labels), count, fate));
        play.series.extend(released.into_iter().flatten());
        for (target, count) in stage.targets().into_iter().zip([flow.held - flow.held / 2, flow.held / 2]) {
            // What is held lives on where the counters begin anew: it never was as much as they were.
            let fate = if fate == Fate::Restart { Fate::Usual } else { fate };
            play.series.push((series(defs.held, "", &labels, target), stage.fated(f64::from(count), fate)));
        }
        let lost = flow.acquired - flow.released.unwrap_or(0) - flow.held;
        let lost = if fate == Fate::Back { 0 } else { lost };
        play.outcomes.push(Outcome::new(subject, f64::from(lost)));
    }
    stage.put_on(play);
}

/// A target goes away with much that it holds.
fn away(stage: &mut Stage<'_>, defs: Defs) {
    let mut play = stage.play("a target goes away with all that it holds");
    let [host, _] = stage.targets();
    let labels = [(stage.indicator.by[0], UNWELL)];
    let (reset, begins) = (stage.reset(), play.begins);
    let leaves = |before: f64| Course::of(before).then(reset, before + 10.0).leaves(begins);
    play.series = vec![
        (foreign("push_time_seconds", host), Course::of(1.0).leaves(begins)),
        (series(defs.acquired, "", &labels, host), leaves(BEFORE)),
        (series(defs.released, "", &labels, host), Course::of(BEFORE).leaves(begins)),
        (series(defs.held, "", &labels, host), leaves(30.0)),
    ];
    stage.put_on(play);
}

/// A target was away when the window began, and has acquired some since it is back.
fn returned(stage: &mut Stage<'_>, defs: Defs) {
    let mut play = stage.play("a target comes back and acquires more");
    let (window, [host, _]) = (stage.window(), stage.targets());
    let labels = [(stage.indicator.by[0], UNWELL)];
    let (reset, back) = (stage.reset(), window / 2);
    let comes = |before: f64, more: f64| {
        Course::of(before).leaves(reset).then(back, before).then(back + reset, before + more)
    };
    play.begins = stage.later_than(window + reset);
    play.series = vec![
        (foreign("push_time_seconds", host), comes(1.0, 0.0)),
        (series(defs.acquired, "", &labels, host), comes(BEFORE, 25.0)),
        (series(defs.released, "", &labels, host), comes(BEFORE, 0.0)),
        (series(defs.held, "", &labels, host), comes(30.0, 25.0)),
    ];
    play.outcomes = vec![Outcome::new(UNWELL, 0.0)];
    stage.put_on(play);
}
