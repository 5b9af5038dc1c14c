//! Metric families as both formats see them: the common model that the writer reads and the parser makes.
//!
//! Everything borrows from the parsed input where it can; [`Family::into_owned`] cuts that tie. How two numbers
//! compare is in [`equality`](super::equality).

use std::borrow::Cow;

use super::timestamp::Timestamp;

/// All metrics of one name, with what is said about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Family<'a> {
    /// The name as the text format has it, in both formats: a counter's name carries its `_total`, an information's
    /// its `_info`. The OpenMetrics writer takes that suffix off the TYPE, UNIT and HELP lines, and the OpenMetrics
    /// parser puts it back.
    pub name: Cow<'a, str>,
    /// What the metrics are.
    pub kind: FamilyKind,
    /// What the metrics mean, for people.
    pub help: Option<Cow<'a, str>>,
    /// The unit, which is then also the last word of the name. Only OpenMetrics has it.
    pub unit: Option<Cow<'a, str>>,
    /// One metric for each label set. A family without metrics is written and read like any other.
    pub metrics: Vec<Metric<'a>>,
}

impl<'a> Family<'a> {
    /// A family with no help, no unit and no metrics.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, kind: FamilyKind) -> Self {
        Self { name: name.into(), kind, help: None, unit: None, metrics: Vec::new() }
    }

    /// The same family with this help text.
    #[must_use]
    pub fn with_help(self, help: impl Into<Cow<'a, str>>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same family with this unit.
    #[must_use]
    pub fn with_unit(self, unit: impl Into<Cow<'a, str>>) -> Self {
        Self { unit: Some(unit.into()), ..self }
    }

    /// The same family with these metrics.
    #[must_use]
    pub fn with_metrics(self, metrics: impl IntoIterator<Item = Metric<'a>>) -> Self {
        Self { metrics: metrics.into_iter().collect(), ..self }
    }
}

/// What the metrics of a family are. The last three exist in OpenMetrics only; the text format writes them as the
/// nearest type that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FamilyKind {
    /// A number that only rises, until its process starts anew.
    Counter,
    /// A number that rises and falls.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with quantiles that the process computed itself.
    Summary,
    /// A number about which nothing more is known: `untyped` in the text format, `unknown` in OpenMetrics.
    #[default]
    Untyped,
    /// Text in labels, with the value 1; a gauge in the text format.
    Info,
    /// One sample of 0 or 1 for each state that a thing can be in; a gauge in the text format.
    StateSet,
    /// A histogram of what is present now, whose counts may fall; a histogram in the text format.
    GaugeHistogram,
}

/// One label set of a family, with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric<'a> {
    /// The labels in the order in which they are written, without `le` and `quantile`.
    pub labels: Vec<Label<'a>>,
    /// The value; of the family's kind, see [`write`](super::write()).
    pub value: Value<'a>,
    /// When the value was true, if not when it is read.
    pub timestamp: Option<Timestamp>,
}

impl<'a> Metric<'a> {
    /// A metric without a timestamp.
    #[must_use]
    pub fn new(labels: Vec<Label<'a>>, value: Value<'a>) -> Self {
        Self { labels, value, timestamp: None }
    }

    /// A counter without creation time and exemplar.
    #[must_use]
    pub fn counter(labels: Vec<Label<'a>>, value: f64) -> Self {
        Self::new(labels, Value::Counter(Counter::new(value)))
    }

    /// A gauge.
    #[must_use]
    pub fn gauge(labels: Vec<Label<'a>>, value: f64) -> Self {
        Self::new(labels, Value::Gauge(value))
    }

    /// A number of no known kind.
    #[must_use]
    pub fn untyped(labels: Vec<Label<'a>>, value: f64) -> Self {
        Self::new(labels, Value::Untyped(value))
    }

    /// A histogram.
    #[must_use]
    pub fn histogram(labels: Vec<Label<'a>>, histogram: Histogram<'a>) -> Self {
        Self::new(labels, Value::Histogram(histogram))
    }

    /// A summary.
    #[must_use]
    pub fn summary(labels: Vec<Label<'a>>, summary: Summary) -> Self {
        Self::new(labels, Value::Summary(summary))
    }

    /// The same metric with this timestamp.
    #[must_use]
    pub fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp: Some(timestamp), ..self }
    }
}

/// A name and a value that tell one metric from the others of its family.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Label<'a> {
    /// The name: letters, digits and underscores.
    pub name: Cow<'a, str>,
    /// The value: any text.
    pub value: Cow<'a, str>,
}

impl<'a> Label<'a> {
    /// A label.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Clone for Label<'_> {
    #[inline]
    fn clone(&self) -> Self {
        match (&self.name, &self.value) {
            (&Cow::Borrowed(name), &Cow::Borrowed(value)) => {
                Self { name: Cow::Borrowed(name), value: Cow::Borrowed(value) }
            }
            _ => self.clone_owned(),
        }
    }
}

impl Label<'_> {
    /// The same where a text is not borrowed, apart, because copying two references is all that is done for nearly all labels.
    #[cold]
    fn clone_owned(&self) -> Self {
        Self { name: self.name.clone(), value: self.value.clone() }
    }
}

/// The value of a metric.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Of a [`FamilyKind::Counter`].
    Counter(Counter<'a>),
    /// Of a [`FamilyKind::Gauge`].
    Gauge(f64),
    /// Of a [`FamilyKind::Untyped`].
    Untyped(f64),
    /// Of a [`FamilyKind::Histogram`].
    Histogram(Histogram<'a>),
    /// Of a [`FamilyKind::Summary`].
    Summary(Summary),
    /// Of a [`FamilyKind::Info`]; 1 in every sensible exposition.
    Info(f64),
    /// Of a [`FamilyKind::StateSet`]: 1 for a state that holds, which the label named like the family names.
    StateSet(f64),
    /// Of a [`FamilyKind::GaugeHistogram`].
    GaugeHistogram(Histogram<'a>),
}

/// A counter's value and what OpenMetrics adds to it.
#[derive(Debug, Clone)]
pub struct Counter<'a> {
    /// The count.
    pub value: f64,
    /// When the count began at 0, in seconds since 1970. OpenMetrics only.
    pub created: Option<f64>,
    /// One event among those counted. OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
}

impl Counter<'_> {
    /// A counter without creation time and exemplar.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self { value, created: None, exemplar: None }
    }
}

/// Observations counted in buckets.
///
/// A histogram with no bucket, no sum, no count and no creation time has no lines, so that nothing of it is written.
#[derive(Debug, Clone, Default)]
pub struct Histogram<'a> {
    /// The buckets with rising bounds. The last bound is infinite in every sensible exposition.
    pub buckets: Vec<Bucket<'a>>,
    /// The sum of all observations.
    pub sum: Option<f64>,
    /// The number of observations.
    pub count: Option<f64>,
    /// When the count began at 0, in seconds since 1970. OpenMetrics only.
    pub created: Option<f64>,
}

/// How many observations were at most as large as a bound.
#[derive(Debug, Clone)]
pub struct Bucket<'a> {
    /// The bound, which belongs to the bucket; never NaN in anything parsed.
    pub le: f64,
    /// The number of observations up to the bound, those of all lower buckets included.
    pub cumulative: f64,
    /// One observation of this bucket. OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
}

impl Bucket<'_> {
    /// A bucket without exemplar.
    #[must_use]
    pub fn new(le: f64, cumulative: f64) -> Self {
        Self { le, cumulative, exemplar: None }
    }
}

/// Observations with quantiles that the process computed itself.
///
/// A summary with no quantile, no sum, no count and no creation time has no lines, so that nothing of it is written.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The quantiles in rising order.
    pub quantiles: Vec<Quantile>,
    /// The sum of all observations.
    pub sum: Option<f64>,
    /// The number of observations.
    pub count: Option<f64>,
    /// When the count began at 0, in seconds since 1970. OpenMetrics only.
    pub created: Option<f64>,
}

/// The observation below which a share of all observations lies.
#[derive(Debug, Clone, Copy)]
pub struct Quantile {
    /// The share, between 0 and 1.
    pub quantile: f64,
    /// The observation.
    pub value: f64,
}

impl Quantile {
    /// A quantile.
    #[must_use]
    pub fn new(quantile: f64, value: f64) -> Self {
        Self { quantile, value }
    }
}

/// One event or observation, which leads to its trace.
#[derive(Debug, Clone)]
pub struct Exemplar<'a> {
    /// What leads to the event, such as a trace id.
    pub labels: Vec<Label<'a>>,
    /// What was observed.
    pub value: f64,
    /// When it was observed.
    pub timestamp: Option<Timestamp>,
}

impl Exemplar<'_> {
    /// How many characters the names and values of its labels may have together, by OpenMetrics 1.0.
    pub(super) const MOST_CHARACTERS: usize = 128;

    /// How many they have.
    pub(super) fn characters(&self) -> usize {
        let texts = self.labels.iter().flat_map(|label| [&label.name, &label.value]);
        texts.map(|text| text.chars().count()).sum()
    }

    /// Whether they have more than OpenMetrics allows. The grammar of a line knows nothing of that: whoever only takes samples, as a scraper
    /// does, loses none for it, and Prometheus leaves out such an exemplar alone.
    pub(super) fn is_long(&self) -> bool {
        self.characters() > Self::MOST_CHARACTERS
    }
}
