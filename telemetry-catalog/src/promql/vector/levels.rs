//! What gauges are, and what histograms have observed.

use super::{Vector, check, reach};
use crate::promql::node::{Node, Range as Reach};
use crate::promql::{Gauges, Histograms, Selection, Window};

impl Vector {
    /// A gauge, summed.
    ///
    /// # Panics
    /// Here and below, where a label in `by` is neither the metric's nor the target's.
    #[must_use]
    pub fn total(of: &Selection<Gauges>, by: &[&'static str]) -> Self {
        Self::summed(Node::metric(of, ""), of.def(), by)
    }

    /// The least that a gauge was during the whole window, summed over the series that were there when it began and still are: of what
    /// is away nobody knows what it is now.
    #[must_use]
    pub fn held(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        Self::summed(held_in_each(Node::metric(of, ""), window), of.def(), by)
    }

    /// The most that a gauge was in the window, summed.
    #[must_use]
    pub fn peak(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        let peak = Node::call("max_over_time", Node::metric(of, "").over(Reach::Fixed(window)));
        Self::summed(peak, of.def(), by)
    }

    /// The least that a gauge was in the window, however long it has been there, summed.
    #[must_use]
    pub fn trough(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        let trough = Node::call("min_over_time", Node::metric(of, "").over(Reach::Fixed(window)));
        Self::summed(trough, of.def(), by)
    }

    /// The quantile of a histogram that observes nothing negative, from 0 to 1, interpolated in its bucket. With a window it is recorded,
    /// and there is none where nothing was observed; a graph shows the NaN that it then is as a gap.
    #[must_use]
    pub fn quantile(q: f64, of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        assert!((0.0..=1.0).contains(&q), "the quantile {q} is not between 0 and 1");
        let buckets = Self::buckets(of, window, by);
        let quantile = Node::Call("histogram_quantile", vec![Node::Number(q), buckets.node]);
        let vector = Self { node: quantile, by: by.to_vec() };
        match window {
            Some(window) => {
                let percent = (q * 1e6).round() / 1e4;
                let operation = format!("p{percent}_{window}").replace('.', "_");
                vector.at_least(0.0).named(&of.stem(), &operation)
            }
            None => vector,
        }
    }

    /// The buckets of a histogram as observations per second, by `le` and the labels; what a heatmap draws.
    #[must_use]
    pub fn buckets(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        check(of.def(), by);
        let rate = Node::call("rate", Node::metric(of, "_bucket").over(reach(window)));
        let by: Vec<_> = ["le"].iter().chain(by).copied().collect();
        Self { node: rate.sum(&by), by }
    }

    /// The mean of a histogram.
    #[must_use]
    pub fn mean(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        let part = |suffix| {
            let rate = Node::call("rate", Node::metric(of, suffix).over(reach(window)));
            Self::summed(rate, of.def(), by)
        };
        part("_sum").combined("/", part("_count"))
    }

    /// Observations of a histogram per second.
    #[must_use]
    pub fn observations(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        Self::summed(Node::call("rate", Node::metric(of, "_count").over(reach(window))), of.def(), by)
    }
}

fn held_in_each(series: Node, window: Window) -> Node {
    let least = Node::call("min_over_time", series.clone().over(Reach::Fixed(window)));
    least.then("and", series.clone().earlier(window)).then("and", series)
}
