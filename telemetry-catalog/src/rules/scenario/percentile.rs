//! What is tried of a 95th percentile.

use super::course::Course;
use super::stage::{BEFORE, Fate, Outcome, Play, Precision, Stage, UNWELL, WELL, series};
use crate::promql::{Histograms, Selection};
use telemetry_core::exposition::write_value;
use telemetry_core::metric::MetricDef;

/// How many observations there are.
const OBSERVATIONS: u32 = 1_000;

/// How many of them lie below the 95th percentile.
const RANK: u32 = 950;

/// Observations in the buckets, each with those of the buckets below it, and the percentile that follows.
#[derive(Debug, Clone, PartialEq)]
struct Layout {
    cumulative: Vec<u32>,
    value: f64,
}

pub(super) fn play(stage: &mut Stage<'_>, of: &Selection<Histograms>) {
    let def = of.def();
    let limits: Vec<_> = stage.levels().iter().map(|level| level.limit).collect();
    let layouts = layouts(def.bounds(), &limits);
    let Some(fastest) = layouts.first() else { return };
    let staged = |stage: &Stage<'_>, about: &str, layout: &Layout, fate| {
        staged(stage, def, about, [(UNWELL, layout), (WELL, fastest)], fate)
    };
    for limit in &limits {
        if let Some(layout) = layouts.iter().find(|layout| layout.value >= *limit) {
            let about = format!("{:.3} s, beyond a limit", layout.value);
            stage.put_on(staged(stage, &about, layout, Fate::Usual));
        } else {
            let what = format!("a percentile beyond the limit of {limit:?} s");
            stage.leave_out(what, "the last bound of the histogram lies below it");
        }
        if let Some(layout) = layouts.iter().rfind(|layout| layout.value < *limit) {
            let about = format!("{:.3} s, below a limit", layout.value);
            stage.put_on(staged(stage, &about, layout, Fate::Usual));
        } else {
            let what = format!("a percentile below the limit of {limit:?} s");
            stage.leave_out(what, "whatever the first bucket can tell lies above it");
        }
    }
    if let Some(slowest) = layouts.last() {
        let play = staged(stage, "the slowest, which is forgotten in time", slowest, Fate::Usual);
        let ends = Some(stage.forgotten(play.begins));
        stage.put_on(Play { ends, ..play });
        stage.put_on(staged(stage, "the slowest, after the histogram began anew", slowest, Fate::Restart));
    }
    stage.put_on(staged(stage, "the fastest, after the histogram began anew", fastest, Fate::Restart));
    silent(stage, def);
}

/// Layouts with as many different percentiles as there can be, the least first.
fn layouts(bounds: &[f64], limits: &[f64]) -> Vec<Layout> {
    let buckets = 0..bounds.len();
    let with_faster = buckets.clone().skip(1).flat_map(|bucket| {
        (OBSERVATIONS - RANK + 1..=OBSERVATIONS).map(move |inside| (bucket, OBSERVATIONS - inside, inside))
    });
    let with_slower =
        buckets.flat_map(|bucket| (RANK + 1..=OBSERVATIONS).map(move |inside| (bucket, 0, inside)));
    let mut layouts: Vec<_> = with_faster
        .chain(with_slower)
        .map(|(bucket, below, inside)| layout(bounds, bucket, below, inside))
        .collect();
    // What people read is cut to whole seconds, so a value must not stand where a last digit decides, nor at a limit.
    layouts.retain(|layout| limits.iter().all(|limit| (layout.value - limit).abs() > 1e-9 * limit));
    layouts.retain(|layout| layout.value < 60.0 || (layout.value - layout.value.round()).abs() > 1e-6);
    let last = bounds.last().copied().unwrap_or_default();
    let beyond = bounds.iter().map(|_| 0).chain([OBSERVATIONS]).collect();
    layouts.push(Layout { cumulative: beyond, value: last });
    layouts.sort_by(|a, b| a.value.total_cmp(&b.value));
    layouts
}

/// So many observations below a bucket, so many in it, and the rest above.
fn layout(bounds: &[f64], bucket: usize, below: u32, inside: u32) -> Layout {
    let cumulative = (0..=bounds.len()).map(|at| match at {
        at if at + 1 == bucket => below,
        at if at < bucket => 0,
        at if at == bucket => below + inside,
        _ => OBSERVATIONS,
    });
    let low = bucket.checked_sub(1).and_then(|at| bounds.get(at)).copied().unwrap_or(0.0);
    let high = bounds.get(bucket).copied().unwrap_or(low);
    let value = low + (high - low) * f64::from(RANK - below) / f64::from(inside);
    Layout { cumulative: cumulative.collect(), value }
}

fn staged(
    stage: &Stage<'_>,
    def: &MetricDef,
    about: &str,
    subjects: [(&'static str, &Layout); 2],
    fate: Fate,
) -> Play {
    let mut play = stage.play(about);
    play.precision = Precision::Thousandth;
    play.series = stage.presence(fate);
    for (subject, layout) in stage.told_apart(subjects) {
        play.series.extend(observed(stage, def, subject, layout, fate));
        play.outcomes.push(Outcome::new(subject, layout.value));
    }
    play
}

fn observed(
    stage: &Stage<'_>,
    def: &MetricDef,
    subject: &str,
    layout: &Layout,
    fate: Fate,
) -> Vec<(String, Course)> {
    let bounds = def.bounds().iter().copied().chain([f64::INFINITY]).map(written);
    let mut drawn = Vec::new();
    for (le, count) in bounds.zip(&layout.cumulative) {
        let labels: Vec<_> =
            stage.indicator.by.iter().map(|label| (*label, subject)).chain([("le", le.as_str())]).collect();
        for (target, count) in stage.targets().into_iter().zip([count - count / 2, count / 2]) {
            let before = Course::of(if fate == Fate::Restart { BEFORE } else { 0.0 });
            let course = before.then(stage.reset(), 0.0).then(stage.begins(fate), f64::from(count));
            drawn.push((series(def, "_bucket", &labels, target), course));
        }
    }
    drawn
}

fn written(bound: f64) -> String {
    let mut text = String::new();
    write_value(&mut text, bound);
    text
}

/// The histogram is there, and nothing is observed: there is no percentile.
fn silent(stage: &mut Stage<'_>, def: &MetricDef) {
    let mut play = stage.play("nothing is observed");
    play.series = stage.presence(Fate::Usual);
    let nothing = Layout { cumulative: vec![0; def.bounds().len() + 1], value: 0.0 };
    play.series.extend(observed(stage, def, UNWELL, &nothing, Fate::Usual));
    stage.put_on(play);
}
