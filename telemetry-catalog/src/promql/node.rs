//! An expression as a tree, of which only [`Vector`](super::Vector) makes new ones.

use super::{Selection, Window};
use telemetry_core::metric::MetricDef;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A selector.
    Select(Select),
    /// A function with its arguments.
    Call(&'static str, Vec<Self>),
    /// An aggregation to these labels.
    Aggregate { op: &'static str, by: Vec<&'static str>, of: Box<Self> },
    /// An operator between two expressions.
    Binary { op: &'static str, matched: Matched, left: Box<Self>, right: Box<Self> },
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// What a recording rule computes, so that it can be written as the rule's name or in full.
    Recorded { name: String, by: Vec<&'static str>, of: Box<Self> },
    /// The value that a recorded expression had that long ago.
    Earlier(Box<Self>, Window),
}

/// How the two sides of an operator find each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matched {
    /// By all labels.
    All,
    /// By these.
    On(Vec<&'static str>),
    /// By these, of which many on the left may have the same.
    ManyOn(Vec<&'static str>),
}

/// A selector.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Select {
    pub(super) source: Source,
    /// What follows the name of the metric: `_bucket`, `_sum`, `_count` or nothing.
    pub(super) suffix: &'static str,
    pub(super) matchers: Vec<(&'static str, Vec<String>)>,
    pub(super) range: Option<Range>,
    pub(super) offset: Window,
}

/// Whose series they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    Metric(&'static MetricDef),
    /// A series that Prometheus or the Pushgateway makes.
    Foreign(&'static str),
}

/// How far a range goes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Range {
    Fixed(Window),
    /// What fits the resolution of the graph that asks.
    Graph,
}

impl Node {
    pub(super) fn metric<K>(selection: &Selection<K>, suffix: &'static str) -> Self {
        let matcher = selection.matcher();
        let texts = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        let matchers = matcher.map(|(label, values)| (label, texts(values))).into_iter().collect();
        let source = Source::Metric(selection.def());
        Self::Select(Select { source, suffix, matchers, range: None, offset: Window::ZERO })
    }

    pub(super) fn foreign(name: &'static str, matchers: Vec<(&'static str, Vec<String>)>) -> Self {
        let source = Source::Foreign(name);
        Self::Select(Select { source, suffix: "", matchers, range: None, offset: Window::ZERO })
    }

    /// The selector over a range; anything else stays as it is.
    pub(super) fn over(self, range: Range) -> Self {
        match self {
            Self::Select(select) => Self::Select(Select { range: Some(range), ..select }),
            other => other,
        }
    }

    /// As it was that long ago.
    pub(super) fn earlier(self, offset: Window) -> Self {
        match self {
            Self::Select(select) => Self::Select(Select { offset, ..select }),
            other => Self::Earlier(Box::new(other), offset),
        }
    }

    pub(super) fn call(function: &'static str, of: Self) -> Self {
        Self::Call(function, vec![of])
    }

    pub(super) fn sum(self, by: &[&'static str]) -> Self {
        self.aggregated("sum", by)
    }

    pub(super) fn aggregated(self, op: &'static str, by: &[&'static str]) -> Self {
        Self::Aggregate { op, by: by.to_vec(), of: Box::new(self) }
    }

    pub(super) fn then(self, op: &'static str, right: Self) -> Self {
        self.matched(op, Matched::All, right)
    }

    pub(super) fn then_on(self, op: &'static str, on: &[&'static str], right: Self) -> Self {
        self.matched(op, Matched::On(on.to_vec()), right)
    }

    /// Many on the left may match one on the right.
    pub(super) fn each_then_on(self, op: &'static str, on: &[&'static str], right: Self) -> Self {
        self.matched(op, Matched::ManyOn(on.to_vec()), right)
    }

    fn matched(self, op: &'static str, matched: Matched, right: Self) -> Self {
        Self::Binary { op, matched, left: Box::new(self), right: Box::new(right) }
    }

    /// Every metric of the catalog in it, outside the recorded parts as well as inside.
    pub(super) fn metrics(&self, found: &mut Vec<&'static MetricDef>) {
        match self {
            Self::Select(Select { source: Source::Metric(def), .. }) => {
                if !found.contains(def) {
                    found.push(def);
                }
            }
            Self::Call(_, parts) => parts.iter().for_each(|part| part.metrics(found)),
            Self::Aggregate { of, .. } | Self::Recorded { of, .. } | Self::Earlier(of, _) => {
                of.metrics(found);
            }
            Self::Binary { left, right, .. } => {
                [left, right].into_iter().for_each(|side| side.metrics(found));
            }
            Self::Select(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }

    /// The recorded parts, those that others need before them.
    pub(super) fn recorded<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::Call(_, parts) => parts.iter().for_each(|part| part.recorded(found)),
            Self::Aggregate { of, .. } | Self::Earlier(of, _) => of.recorded(found),
            Self::Binary { left, right, .. } => {
                [left, right].into_iter().for_each(|side| side.recorded(found));
            }
            Self::Recorded { of, .. } => {
                of.recorded(found);
                found.push(self);
            }
            Self::Select(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }
}
