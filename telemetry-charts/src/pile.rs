//! What is drawn of many series: each as a line or as a layer of a pile, and those beyond a number together.

use crate::Point;
use crate::colours::{COLOURS, LOOKS, looks};
use crate::data::{self, Clean};
use crate::scale::Scale;
use std::collections::BTreeMap;
use telemetry_catalog::panel::{Panel, Unit};

/// A line, or a layer of a pile.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// What it is called in the legend.
    pub name: String,
    /// Its present value; NaN where that is not known.
    pub now: f64,
    /// How it looks, by [`looks`]; `None` for what several series are together.
    pub look: Option<usize>,
    /// Where it goes, with gaps between the runs.
    pub runs: Vec<Vec<Stretch>>,
}

/// From where to where a layer reaches at a moment; a line reaches nowhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// When, in milliseconds since 1970.
    pub time: i64,
    /// Its lower edge.
    pub low: f64,
    /// Its upper edge, which is its value where nothing is piled.
    pub high: f64,
}

/// The layers of the series of a panel that are shown, of which so many at most get one of their own: the largest. The last one is what the
/// others are together: the sum in a pile, else the range from the lowest to the highest. With it comes how many these are. Looks follow
/// from the names of all series, also those that are not shown.
pub fn layers(
    all: &[Clean],
    shown: impl Fn(&str) -> bool,
    stacked: bool,
    alone: usize,
) -> (Vec<Layer>, usize) {
    let names: Vec<_> = all.iter().map(|series| series.name.as_str()).collect();
    let known =
        all.iter().zip(looks(&names)).filter(|(series, _)| !series.runs.is_empty() && shown(&series.name));
    let (alone, together) = divided(known.collect(), alone);
    let rest = rest(&together, stacked);
    let layers = if stacked { piled(&alone, rest) } else { flat(&alone, rest) };
    (layers, together.len())
}

/// The places of such layers in the order in which a legend names them: few as they come, which is that of the panel, as percentiles and
/// outcomes are; of many, of which not all may have room, the largest first. What several are together comes last.
#[must_use]
pub fn named(layers: &[Layer], stacked: bool) -> Vec<usize> {
    let mut order: Vec<_> = (0..layers.len()).collect();
    if layers.len() > COLOURS {
        let most: Vec<_> = layers.iter().map(|layer| most(layer, stacked)).collect();
        order.sort_by(|one, other| {
            let now = data::largest_first(layers[*one].now, layers[*other].now);
            now.then(data::largest_first(most[*one], most[*other]))
        });
    }
    order.sort_by_key(|place| layers[*place].look.is_none());
    order
}

/// The largest value of a layer itself, without what it stands on.
#[must_use]
pub fn most(layer: &Layer, stacked: bool) -> f64 {
    let values = layer.runs.iter().flatten().map(|at| if stacked { at.high - at.low } else { at.high });
    values.fold(f64::NAN, f64::max)
}

/// The scale of such layers with about so many steps. It reaches at least to the first limit, so that one sees how far away it is.
#[must_use]
pub fn scale(panel: &Panel, layers: &[Layer], steps: usize) -> Scale {
    let values = layers.iter().flat_map(|layer| layer.runs.iter().flatten());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), stretch| {
        (low.min(stretch.low), high.max(stretch.high))
    });
    let first = panel.thresholds.iter().map(|level| level.limit).find(|limit| limit.is_finite());
    let reach = first.map_or(high, |limit| high.max(limit * 1.05));
    let scale = Scale::of((low, reach), panel.unit, steps);
    let flat_on_the_edge = low == high && high == scale.high && !(panel.unit == Unit::Share && high == 1.0);
    if flat_on_the_edge { Scale::of((low, high * 1.2), panel.unit, steps) } else { scale }
}

/// A run with at most about so many points, which keeps its peaks.
#[must_use]
pub fn thinned(run: &[Stretch], most: usize) -> Vec<Stretch> {
    if run.len() <= most.max(4) {
        return run.to_vec();
    }
    let at: BTreeMap<i64, f64> = run.iter().map(|stretch| (stretch.time, stretch.low)).collect();
    let upper: Vec<Point> = run.iter().map(|stretch| (stretch.time, stretch.high)).collect();
    let kept = data::reduced(&upper, most).into_iter();
    kept.map(|(time, high)| Stretch { time, low: at.get(&time).copied().unwrap_or(high), high }).collect()
}

/// A series with its look.
type Dressed<'s> = (&'s Clean, usize);

/// The series that get a line of their own, and the others: the largest go alone.
fn divided(known: Vec<Dressed<'_>>, alone: usize) -> (Vec<Dressed<'_>>, Vec<Dressed<'_>>) {
    if known.len() <= alone {
        return (known, Vec::new());
    }
    let highest =
        |series: &Clean| data::extent([series]).map_or(0.0, |(low, high)| high.abs().max(low.abs()));
    let mut order: Vec<_> = known.into_iter().map(|one| (highest(one.0), one)).collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut order: Vec<_> = order.into_iter().map(|(_, one)| one).collect();
    let together = order.split_off(alone);
    (order, together)
}

/// What the others are together: their sum in a pile, else the range between the lowest and the highest.
fn rest(together: &[Dressed<'_>], stacked: bool) -> Option<Layer> {
    let mut moments: BTreeMap<i64, Stretch> = BTreeMap::new();
    for &(time, value) in together.iter().flat_map(|(series, _)| series.runs.iter().flatten()) {
        let start = if stacked {
            Stretch { time, low: 0.0, high: 0.0 }
        } else {
            Stretch { time, low: value, high: value }
        };
        let at = moments.entry(time).or_insert(start);
        if stacked {
            at.high += value;
        } else {
            (at.low, at.high) = (at.low.min(value), at.high.max(value));
        }
    }
    let name = if stacked { "the sum of the others" } else { "a range" }.to_owned();
    let runs = vec![moments.into_values().collect()];
    (!together.is_empty()).then_some(Layer { name, now: f64::NAN, look: None, runs })
}

fn layer((series, look): Dressed<'_>, stretch: impl FnMut(&Point) -> Stretch + Clone) -> Layer {
    let runs = series.runs.iter().map(|run| run.iter().map(stretch.clone()).collect()).collect();
    Layer { name: series.name.clone(), now: series.now, look: Some(look % LOOKS), runs }
}

fn flat(alone: &[Dressed<'_>], rest: Option<Layer>) -> Vec<Layer> {
    let lines =
        alone.iter().map(|one| layer(*one, |&(time, value)| Stretch { time, low: value, high: value }));
    lines.chain(rest).collect()
}

/// Each layer stands on those before it, as far as they are known at that moment.
fn piled(alone: &[Dressed<'_>], rest: Option<Layer>) -> Vec<Layer> {
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    let mut layers: Vec<_> = flat(alone, rest);
    for stretch in layers.iter_mut().flat_map(|layer| layer.runs.iter_mut().flatten()) {
        let sum = sums.entry(stretch.time).or_default();
        let value = stretch.high;
        (stretch.low, stretch.high) = (*sum, *sum + value);
        *sum += value;
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, value: f64) -> Clean {
        Clean { name: name.to_owned(), runs: vec![vec![(0, value), (1, value)]], now: value, infinite: false }
    }

    fn found(
        all: &[Clean],
        shown: impl Fn(&str) -> bool,
        alone: usize,
    ) -> (Vec<(String, Option<usize>)>, usize) {
        let (layers, together) = layers(all, shown, false, alone);
        (layers.into_iter().map(|layer| (layer.name, layer.look)).collect(), together)
    }

    #[test]
    fn what_is_not_shown_is_not_drawn_and_changes_no_look() {
        let all = ["a", "b", "c", "d"].map(|name| series(name, 1.0));
        let (whole, _) = found(&all, |_| true, 9);
        let (fewer, together) = found(&all, |name| name != "b", 9);
        assert_eq!((fewer.len(), together), (3, 0));
        assert!(fewer.iter().all(|layer| whole.contains(layer)), "{whole:?} {fewer:?}");
    }

    #[test]
    fn few_are_named_as_they_come_and_of_many_the_largest_first() {
        let all: Vec<_> = (0..12_u8).map(|place| series(&place.to_string(), f64::from(place))).collect();
        let order = |count: usize, alone| named(&layers(&all[..count], |_| true, false, alone).0, false);
        assert_eq!(order(3, 9), [0, 1, 2]);
        assert_eq!(order(12, 12)[..3], [11, 10, 9]);
        assert_eq!(order(12, 9).last(), Some(&9));
    }

    #[test]
    fn the_largest_go_alone_and_the_others_are_counted() {
        let all: Vec<_> = (0..10).map(|place| series(&place.to_string(), f64::from(place))).collect();
        let (layers, together) = found(&all, |_| true, 2);
        let names: Vec<_> = layers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, together), (vec!["9", "8", "a range"], 8));
        assert_eq!(layers[2].1, None);
    }
}
