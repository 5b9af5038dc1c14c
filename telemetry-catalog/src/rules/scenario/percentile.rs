//! What is tried of a 95th percentile.

use super::course::Course;
use super::stage::{BEFORE, Fate, Outcome, Precision, Stage, UNWELL, WELL, series};
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
    let layouts = layouts(def.bounds());
    for level in stage.levels() {
        let limit = level.limit;
        // Prometheus may come to another last digit.
        let above = layouts
            .iter()
            .filter(|layout| reaches(layout, limit, def))
            .min_by(|a, b| a.value.total_cmp(&b.value));
        let below = layouts
            .iter()
            .filter(|layout| layout.value < limit * (1.0 - 1e-9))
            .max_by(|a, b| a.value.total_cmp(&b.value));
        match above {
            Some(layout) => {
                put_on(stage, def, &format!("{:.3} s, beyond a limit", layout.value), layout, Fate::Usual)
            }
            None => stage
                .leave_out("a percentile beyond a limit", "it lies above the last bound of the histogram"),
        }
        match below {
            Some(layout) => {
                put_on(stage, def, &format!("{:.3} s, below a limit", layout.value), layout, Fate::Usual)
            }
            None => stage
                .leave_out("a percentile below a limit", "it lies below whatever the first bucket can tell"),
        }
    }
    if let Some(slowest) = layouts.last() {
        let about = "the slowest, which is forgotten in time";
        put_on(stage, def, about, slowest, Fate::Usual);
        put_on(stage, def, "the slowest, after the histogram began anew", slowest, Fate::Restart);
    }
    if let Some(fastest) = layouts.first() {
        put_on(stage, def, "the fastest, after the histogram began anew", fastest, Fate::Restart);
    }
    silent(stage, def);
}

fn reaches(layout: &Layout, limit: f64, def: &MetricDef) -> bool {
    let is_last = def.bounds().last().is_some_and(|last| layout.value >= *last);
    layout.value >= limit * (1.0 + 1e-9) || (is_last && layout.value >= limit)
}

/// Layouts with as many different percentiles as there can be, the least first.
fn layouts(bounds: &[f64]) -> Vec<Layout> {
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
    // What people read is cut to whole seconds, so a value must not stand where a last digit decides.
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

fn put_on(stage: &mut Stage<'_>, def: &MetricDef, about: &str, layout: &Layout, fate: Fate) {
    let mut play = stage.play(about);
    play.precision = Precision::Thousandth;
    play.series = stage.presence(fate);
    play.ends = (about.ends_with("in time")).then(|| stage.forgotten(play.begins));
    let healthy = self::layout(def.bounds(), 0, 0, OBSERVATIONS);
    let subjects = [(UNWELL, layout), (WELL, &healthy)];
    for (subject, layout) in subjects.into_iter().take(if stage.indicator.by.is_empty() { 1 } else { 2 }) {
        play.series.extend(observed(stage, def, subject, layout, fate, play.begins));
        play.outcomes.push(Outcome::new(subject, layout.value));
    }
    stage.put_on(play);
}

fn observed(
    stage: &Stage<'_>,
    def: &MetricDef,
    subject: &str,
    layout: &Layout,
    fate: Fate,
    begins: u32,
) -> Vec<(String, Course)> {
    let bounds = def.bounds().iter().copied().chain([f64::INFINITY]).map(written);
    let mut drawn = Vec::new();
    for (le, count) in bounds.zip(&layout.cumulative) {
        let labels: Vec<_> =
            stage.indicator.by.iter().map(|label| (*label, subject)).chain([("le", le.as_str())]).collect();
        for (target, count) in stage.targets().into_iter().zip([count - count / 2, count / 2]) {
            let before = Course::of(if fate == Fate::Restart { BEFORE } else { 0.0 });
            let course = before.then(stage.reset(), 0.0).then(begins, f64::from(count));
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
    play.series.extend(observed(stage, def, UNWELL, &nothing, Fate::Usual, play.begins));
    stage.put_on(play);
}
