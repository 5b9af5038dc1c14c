//! What a metric *is*: its name, kind, help, labels and buckets, as constant data.
//!
//! Nothing here records anything. The definitions are what the live handles, the generators and the documentation all read,
//! so that none of them names a metric, a label or a bound a second time.

/// One metric, as declared in a catalog.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricDef {
    /// Name of the handle in code, such as `AGENT_RUNS`.
    pub handle: &'static str,
    /// Name of the metric family in the text format, such as `sase_agent_runs_total`.
    pub name: &'static str,
    /// Counter, gauge or histogram, with what belongs to that kind.
    pub kind: Kind,
    /// The help text, one sentence without a final stop.
    pub help: &'static str,
    /// The labels, in the order in which they are written.
    pub labels: &'static [LabelDef],
}

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A count that only grows.
    Counter,
    /// A value that goes up and down; the field says how the values of several processes become one.
    Gauge(Combine),
    /// A distribution; the upper bounds of its buckets in the metric's unit, rising, without `+Inf`.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The word of the exposition format: `counter`, `gauge` or `histogram`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge(_) => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// How the values that several processes give a gauge become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The sum over the processes that are alive; 0 when none is.
    Live,
    /// The last value that any process wrote for the label set; it outlives the process.
    State,
}

/// One label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelDef {
    /// Name of the label.
    pub name: &'static str,
    /// Which values it takes.
    pub values: Values,
}

/// The values that a label takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any text, bounded in number by the series cap of the registry.
    Open,
    /// These values; whatever else a program meets is recorded as the last of them, `other`.
    Closed(&'static [KnownValue]),
}

impl Values {
    /// How many values are told apart beforehand; 1 where any text will do.
    #[doc(hidden)]
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Open => 1,
            Self::Closed(known) => known.len(),
        }
    }
}

/// A declared value of a closed label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownValue {
    /// The value as it is written.
    pub text: &'static str,
    /// Whether it counts as a failure in every rate that is computed from the metric.
    pub failure: bool,
}

/// A group of metrics that are operated together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subsystem {
    /// What people call it, such as `Agent Lifecycle`.
    pub title: &'static str,
    /// The short word for command lines and anchors, such as `agent`.
    pub slug: &'static str,
    /// Its metrics, in the order of their declaration.
    pub metrics: &'static [&'static MetricDef],
}

impl MetricDef {
    /// The label of this name, if the metric has it.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'static LabelDef> {
        self.labels.iter().find(|label| label.name == name)
    }

    /// Upper bounds of the buckets, in the metric's unit and without `+Inf`; empty for what is not a histogram.
    #[must_use]
    pub const fn bounds(&self) -> &'static [f64] {
        match self.kind {
            Kind::Histogram(bounds) => bounds,
            Kind::Counter | Kind::Gauge(_) => &[],
        }
    }

    /// Checks what the compiler can check of a definition; evaluated in a constant by [`catalog!`](crate::catalog!), so that
    /// a mistake stops the build.
    ///
    /// # Panics
    /// At compile time, when the name is no valid name, a counter does not end in `_total`, the help is empty, a label is
    /// reserved or there twice, the closed labels have more combinations than can be counted, or the bounds do not rise.
    #[must_use]
    pub const fn checked(self) -> Self {
        assert!(is_name(self.name), "a metric name consists of [a-zA-Z0-9_:] and begins with no digit");
        assert!(!self.help.is_empty(), "a metric needs a help text: write a doc comment above it");
        match self.kind {
            Kind::Counter => {
                assert!(ends_with(self.name, "_total"), "the name of a counter ends in `_total`");
            }
            Kind::Gauge(_) => {
                assert!(!ends_with(self.name, "_total"), "only the name of a counter ends in `_total`");
            }
            Kind::Histogram(bounds) => check_bounds(bounds),
        }
        check_labels(self.labels);
        let _combinations = combinations(self.labels);
        self
    }
}

impl Subsystem {
    /// Checks that no name of this subsystem is declared twice in it, or is one of the built-in catalog's; evaluated in a constant by
    /// [`catalog!`](crate::catalog!). Of two metrics with one name a registry could show only one.
    ///
    /// # Panics
    /// At compile time, when a name is taken.
    pub const fn check_names(&self) {
        let mut m = 0;
        while m < self.metrics.len() {
            let name = self.metrics[m].name;
            assert!(occurrences(&[self], name) == 1, "a metric name is declared twice");
            let mut s = 0;
            while s < crate::catalog::BUILT_IN.len() {
                let built_in = crate::catalog::BUILT_IN[s];
                let is_itself = equal(built_in.title, self.title);
                assert!(
                    is_itself || occurrences(&[built_in], name) == 0,
                    "the built-in catalog has this metric name"
                );
                s += 1;
            }
            m += 1;
        }
    }

    /// Checks that no two of these subsystems declare one name; for a constant beside a catalog.
    ///
    /// # Panics
    /// At compile time, when a name is declared twice.
    pub const fn check_unique(all: &[&Self]) {
        let mut s = 0;
        while s < all.len() {
            let mut m = 0;
            while m < all[s].metrics.len() {
                assert!(occurrences(all, all[s].metrics[m].name) == 1, "a metric name is declared twice");
                m += 1;
            }
            s += 1;
        }
    }
}

/// The help text in a doc comment: the comment without the blank that follows the slashes.
#[doc(hidden)]
#[must_use]
pub const fn help_of(doc: &'static str) -> &'static str {
    doc.trim_ascii()
}

/// The label name of a field: its identifier without the `r#` that keywords such as `type` need in Rust.
#[doc(hidden)]
#[must_use]
pub const fn label_of(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

const fn occurrences(all: &[&Subsystem], name: &str) -> usize {
    let (mut found, mut s) = (0, 0);
    while s < all.len() {
        let mut m = 0;
        while m < all[s].metrics.len() {
            if equal(all[s].metrics[m].name, name) {
                found += 1;
            }
            m += 1;
        }
        s += 1;
    }
    found
}

const fn check_bounds(bounds: &[f64]) {
    assert!(!bounds.is_empty(), "a histogram needs at least one bound");
    let mut i = 0;
    while i < bounds.len() {
        assert!(bounds[i].is_finite(), "a bound is a finite number: `+Inf` is added by itself");
        assert!(i == 0 || bounds[i - 1] < bounds[i], "the bounds of a histogram rise");
        i += 1;
    }
}

const fn check_labels(labels: &[LabelDef]) {
    let mut i = 0;
    while i < labels.len() {
        let name = labels[i].name;
        assert!(
            is_name(name) && !contains_colon(name),
            "a label name consists of [a-zA-Z0-9_] and begins with no digit"
        );
        assert!(!begins_reserved(name), "label names that begin with `__` are reserved");
        assert!(!equal(name, "le") && !equal(name, "quantile"), "`le` and `quantile` are reserved labels");
        assert!(!equal(name, "job") && !equal(name, "instance"), "`job` and `instance` belong to the target");
        let mut j = 0;
        while j < i {
            assert!(!equal(labels[j].name, name), "a label is declared twice");
            j += 1;
        }
        i += 1;
    }
}

/// How many combinations the values of the closed labels have; 1 where there is none.
///
/// # Panics
/// When they are too many to be counted, which [`MetricDef::checked`] finds at compile time.
pub(crate) const fn combinations(labels: &[LabelDef]) -> usize {
    let (mut product, mut i) = (1_usize, 0);
    while i < labels.len() {
        let (next, is_too_large) = product.overflowing_mul(labels[i].values.count());
        assert!(!is_too_large, "the closed labels have too many combinations");
        product = next;
        i += 1;
    }
    product
}

/// The most series of a metric without open labels that have a place each, whether or not they are ever used.
const MOST_PLACES: usize = 256;

/// How many series a metric has if all of its labels are closed and their combinations are not very many; else 0.
#[doc(hidden)]
#[must_use]
pub const fn unkeyed(labels: &[LabelDef]) -> usize {
    let combinations = combinations(labels);
    if count_open(labels) > 0 || combinations > MOST_PLACES { 0 } else { combinations }
}

/// How many of the labels are open.
pub(crate) const fn count_open(labels: &[LabelDef]) -> usize {
    let (mut open, mut i) = (0, 0);
    while i < labels.len() {
        if matches!(labels[i].values, Values::Open) {
            open += 1;
        }
        i += 1;
    }
    open
}

const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let letter = bytes[i].is_ascii_alphabetic() || bytes[i] == b'_' || bytes[i] == b':';
        if !letter && (i == 0 || !bytes[i].is_ascii_digit()) {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty()
}

const fn contains_colon(name: &str) -> bool {
    let mut i = 0;
    while i < name.len() {
        if name.as_bytes()[i] == b':' {
            return true;
        }
        i += 1;
    }
    false
}

const fn begins_reserved(name: &str) -> bool {
    matches!(name.as_bytes(), [b'_', b'_', ..])
}

const fn equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && ends_with(a, b)
}

const fn ends_with(text: &str, suffix: &str) -> bool {
    let (text, suffix) = (text.as_bytes(), suffix.as_bytes());
    if suffix.len() > text.len() {
        return false;
    }
    let (start, mut i) = (text.len() - suffix.len(), 0);
    while i < suffix.len() {
        if text[start + i] != suffix[i] {
            return false;
        }
        i += 1;
    }
    true
}
