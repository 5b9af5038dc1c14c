//! The totals that a ledger holds, and the file that they are kept in.
//!
//! The file is a text exposition, so that anything that reads the format can read it. What the ledger keeps for itself stands in
//! comment lines, which every parser skips:
//!
//! ```text
//! # telemetry: ledger format=1 id=5f0c… generation=17
//! # telemetry: combine sase_agent_active live
//! … the exposition …
//! # telemetry: end
//! ```
//!
//! The last line shows that the file is whole: one that was cut short between two lines would read as a smaller ledger.

use crate::change::{Change, SeriesChange};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use telemetry_core::catalog::{self, SERIES_OVERFLOW};
use telemetry_core::exposition::{
    self, Bucket, Counter, Family, FamilyKind, Format, Histogram, Label, Metric, Value,
};
use telemetry_core::metric::{Combine, Kind, MetricDef};
use telemetry_core::registry::OVERFLOW;

const PREFIX: &str = "# telemetry: ";
const END: &str = "# telemetry: end";
const FORMAT: &str = "1";

/// The totals of a ledger at one generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Which ledger this is; made anew whenever a ledger begins anew.
    pub id: String,
    /// How many times the ledger was replaced.
    pub generation: u64,
    families: BTreeMap<String, LedgerFamily>,
}

/// The series of one metric.
#[derive(Debug, Clone, PartialEq)]
struct LedgerFamily {
    kind: LedgerKind,
    help: String,
    /// The label names, once there is a series to show them.
    labels: Vec<String>,
    series: BTreeMap<Vec<String>, Amount>,
}

#[derive(Debug, Clone, PartialEq)]
enum LedgerKind {
    Counter,
    Gauge(Combine),
    /// With the bounds, without `+Inf`.
    Histogram(Vec<f64>),
}

/// What one series has come to.
#[derive(Debug, Clone, PartialEq)]
enum Amount {
    Number(f64),
    /// Observations per bucket, not cumulative, and their sum.
    Observations {
        buckets: Vec<f64>,
        sum: f64,
    },
}

/// The sum of the live gauges over the living processes, by metric name, label names and label values.
pub(crate) type LiveSums = BTreeMap<String, (Vec<String>, BTreeMap<Vec<String>, f64>)>;

/// Why a file is no ledger.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLedger {
    #[error("it does not begin with a line of the telemetry ledger")]
    Foreign,
    #[error("it is not UTF-8")]
    NotText,
    #[error("it was cut short")]
    CutShort,
    #[error("its format is {0}, which this version does not know")]
    Format(String),
    #[error(transparent)]
    Parse(#[from] exposition::ParseError),
    #[error("the series of {0} do not have the same labels or bounds")]
    Mixed(String),
}

impl Totals {
    /// An empty ledger of this identity.
    #[must_use]
    pub(crate) const fn new(id: String) -> Self {
        Self { id, generation: 0, families: BTreeMap::new() }
    }

    /// Whether nothing was ever recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// The totals as families of an exposition: the catalog's in its order, then the others by name.
    #[must_use]
    pub fn families(&self) -> Vec<Family<'_>> {
        let mut families: Vec<_> = self.families.iter().collect();
        families.sort_by_key(|(name, _)| {
            catalog::metrics().position(|def| def.name == **name).unwrap_or(usize::MAX)
        });
        families.into_iter().map(|(name, family)| family.exposition(name)).collect()
    }

    /// The totals as text exposition, without the lines that the ledger keeps for itself.
    #[must_use]
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        exposition::write(&self.families(), Format::Text, &mut text);
        text
    }

    /// The text of the ledger's file.
    pub(crate) fn file(&self) -> String {
        let mut text = String::new();
        let _ =
            writeln!(text, "{PREFIX}ledger format={FORMAT} id={} generation={}", self.id, self.generation);
        for (name, family) in &self.families {
            if let LedgerKind::Gauge(combine) = family.kind {
                let _ = writeln!(text, "{PREFIX}combine {name} {}", combine_word(combine));
            }
        }
        exposition::write(&self.families(), Format::Text, &mut text);
        text.push_str(END);
        text.push('\n');
        text
    }

    /// Reads the text of a ledger's file.
    pub(crate) fn parse(text: &str) -> Result<Self, NoLedger> {
        let mut totals = parse_header(text.lines().next().unwrap_or_default())?;
        if text.lines().last() != Some(END) {
            return Err(NoLedger::CutShort);
        }
        for family in exposition::parse(text, Format::Text)? {
            let kept = LedgerFamily::read(&family, combine_of(text, &family.name))?;
            totals.families.insert(family.name.into_owned(), kept);
        }
        Ok(totals)
    }

    /// Adds what a process counted. `notes` gets a sentence for each family that had to begin anew.
    pub(crate) fn add(&mut self, change: &Change, max_series: usize, notes: &mut Vec<String>) {
        for metric in &change.metrics {
            let labels = metric.def.labels.iter().map(|label| label.name.to_owned()).collect();
            let kind = LedgerKind::of(metric.def.kind);
            let family = self.family(metric.def.name, metric.def.help, kind, labels, notes);
            let mut folded = 0_u32;
            for (values, change) in &metric.series {
                folded += u32::from(family.add(values, change, max_series));
            }
            self.note_folded(metric.def, folded);
        }
    }

    /// Replaces every live gauge by its sum over the living processes; one that nobody holds becomes 0. Says whether anything changed.
    pub(crate) fn set_live(&mut self, sums: &LiveSums, max_series: usize) -> bool {
        let before = self.families.clone();
        for family in
            self.families.values_mut().filter(|family| family.kind == LedgerKind::Gauge(Combine::Live))
        {
            family.series.values_mut().for_each(|amount| *amount = Amount::Number(0.0));
        }
        for (name, (labels, series)) in sums {
            let help = catalog::find(name).map_or("", |def| def.help);
            let kind = LedgerKind::Gauge(Combine::Live);
            let family = self.family(name, help, kind, labels.clone(), &mut Vec::new());
            for (values, sum) in series {
                let (amount, _) = family.amount(values, max_series);
                amount.add_number(*sum);
            }
        }
        before != self.families
    }

    /// The family of this name; begun anew, with a note, where the ledger has one of another shape.
    fn family(
        &mut self,
        name: &str,
        help: &str,
        kind: LedgerKind,
        labels: Vec<String>,
        notes: &mut Vec<String>,
    ) -> &mut LedgerFamily {
        let family = self
            .families
            .entry(name.to_owned())
            .or_insert_with(|| LedgerFamily::new(kind.clone(), labels.clone()));
        if let Some(what) = family.difference(&kind, &labels) {
            notes.push(format!("{name} has other {what} than the ledger; it begins anew at 0 there"));
            *family = LedgerFamily::new(kind, labels);
        }
        help.clone_into(&mut family.help);
        family
    }

    /// Counts label sets that found no room of their own, as the registry does.
    fn note_folded(&mut self, def: &MetricDef, folded: u32) {
        if folded > 0 {
            let own = SERIES_OVERFLOW.def();
            let labels = own.labels.iter().map(|label| label.name.to_owned()).collect();
            let family = self.family(own.name, own.help, LedgerKind::Counter, labels, &mut Vec::new());
            let (amount, _) = family.amount(&[def.name.to_owned()], usize::MAX);
            amount.add_number(f64::from(folded));
        }
    }
}

impl LedgerKind {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter,
            Kind::Gauge(combine) => Self::Gauge(combine),
            Kind::Histogram(bounds) => Self::Histogram(bounds.to_vec()),
        }
    }

    fn family_kind(&self) -> FamilyKind {
        match self {
            Self::Counter => FamilyKind::Counter,
            Self::Gauge(_) => FamilyKind::Gauge,
            Self::Histogram(_) => FamilyKind::Histogram,
        }
    }

    fn zero(&self) -> Amount {
        match self {
            Self::Counter | Self::Gauge(_) => Amount::Number(0.0),
            Self::Histogram(bounds) => {
                Amount::Observations { buckets: vec![0.0; bounds.len() + 1], sum: 0.0 }
            }
        }
    }
}

impl LedgerFamily {
    const fn new(kind: LedgerKind, labels: Vec<String>) -> Self {
        Self { kind, help: String::new(), labels, series: BTreeMap::new() }
    }

    /// In what this family differs from what a process declares; `None` where they fit.
    fn difference(&self, kind: &LedgerKind, labels: &[String]) -> Option<&'static str> {
        match (&self.kind, kind) {
            (LedgerKind::Histogram(kept), LedgerKind::Histogram(bounds)) if kept != bounds => Some("buckets"),
            (kept, kind) if kept.family_kind() != kind.family_kind() => Some("type"),
            (kept, kind) if kept != kind => Some("combination"),
            _ => (self.labels != labels).then_some("labels"),
        }
    }

    /// Adds what happened to one series. Says whether it had to go to the series beyond the limit.
    fn add(&mut self, values: &[Box<str>], change: &SeriesChange, max_series: usize) -> bool {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        if matches!(change, SeriesChange::Live(_)) {
            return false;
        }
        let (amount, folded) = self.amount(&values, max_series);
        amount.apply(change);
        folded
    }

    /// The series with these values, made at 0 if it is new; the one beyond the limit where there are too many.
    fn amount(&mut self, values: &[String], max_series: usize) -> (&mut Amount, bool) {
        let kept = self.series.keys().filter(|values| !is_overflow(values)).count();
        let fold = !self.series.contains_key(values) && !is_overflow(values) && kept >= max_series;
        let key = if fold { vec![OVERFLOW.to_owned(); values.len()] } else { values.to_vec() };
        (self.series.entry(key).or_insert_with(|| self.kind.zero()), fold)
    }

    fn exposition<'s>(&'s self, name: &'s str) -> Family<'s> {
        let metrics = self.series.iter().map(|(values, amount)| {
            let labels =
                self.labels.iter().zip(values).map(|(name, value)| Label::new(name.as_str(), value.as_str()));
            Metric::new(labels.collect(), amount.value(&self.kind))
        });
        let family = Family::new(name, self.kind.family_kind()).with_metrics(metrics);
        if self.help.is_empty() { family } else { family.with_help(self.help.as_str()) }
    }

    fn read(family: &Family<'_>, combine: Combine) -> Result<Self, NoLedger> {
        let mixed = || NoLedger::Mixed(family.name.to_string());
        let first = family.metrics.first();
        let kind = LedgerKind::read(family, combine).ok_or_else(mixed)?;
        let labels = first.map(|metric| metric.labels.iter().map(|label| label.name.to_string()).collect());
        let mut kept = Self::new(kind, labels.unwrap_or_default());
        kept.help = family.help.clone().map(Cow::into_owned).unwrap_or_default();
        for metric in &family.metrics {
            let fits = metric.labels.len() == kept.labels.len()
                && metric.labels.iter().zip(&kept.labels).all(|(label, name)| label.name == *name);
            let amount = Amount::read(&metric.value, &kept.kind).filter(|_| fits).ok_or_else(mixed)?;
            kept.series.insert(metric.labels.iter().map(|label| label.value.to_string()).collect(), amount);
        }
        Ok(kept)
    }
}

impl LedgerKind {
    fn read(family: &Family<'_>, combine: Combine) -> Option<Self> {
        match family.kind {
            FamilyKind::Counter => Some(Self::Counter),
            FamilyKind::Gauge => Some(Self::Gauge(combine)),
            FamilyKind::Histogram => match family.metrics.first().map(|metric| &metric.value) {
                Some(Value::Histogram(first)) => Some(Self::Histogram(finite_bounds(first))),
                _ => Some(Self::Histogram(Vec::new())),
            },
            _ => None,
        }
    }
}

impl Amount {
    const fn add_number(&mut self, amount: f64) {
        if let Self::Number(number) = self {
            *number += amount;
        }
    }

    fn apply(&mut self, change: &SeriesChange) {
        match (self, change) {
            (Self::Number(number), SeriesChange::Count(amount)) => *number += amount,
            (Self::Number(number), SeriesChange::State(Some(value))) => *number = *value,
            (
                Self::Observations { buckets, sum },
                SeriesChange::Observations { buckets: more, sum: more_sum },
            ) => {
                buckets.iter_mut().zip(more).for_each(|(bucket, more)| *bucket += *more as f64);
                *sum += more_sum;
            }
            _ => {}
        }
    }

    fn value(&self, kind: &LedgerKind) -> Value<'static> {
        match (self, kind) {
            (Self::Number(number), LedgerKind::Counter) => Value::Counter(Counter::new(*number)),
            (Self::Number(number), _) => Value::Gauge(*number),
            (Self::Observations { buckets, sum }, kind) => Value::Histogram(histogram(kind, buckets, *sum)),
        }
    }

    fn read(value: &Value<'_>, kind: &LedgerKind) -> Option<Self> {
        match (value, kind) {
            (Value::Counter(counter), LedgerKind::Counter) => Some(Self::Number(counter.value)),
            (Value::Gauge(number), LedgerKind::Gauge(_)) => Some(Self::Number(*number)),
            (Value::Histogram(histogram), LedgerKind::Histogram(bounds)) => {
                let whole =
                    finite_bounds(histogram) == *bounds && histogram.buckets.len() == bounds.len() + 1;
                whole.then(|| Self::Observations {
                    buckets: per_bucket(histogram),
                    sum: histogram.sum.unwrap_or(0.0),
                })
            }
            _ => None,
        }
    }
}

fn histogram(kind: &LedgerKind, buckets: &[f64], sum: f64) -> Histogram<'static> {
    let LedgerKind::Histogram(bounds) = kind else { return Histogram::default() };
    let mut cumulative = 0.0;
    let bounds = bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds
        .zip(buckets)
        .map(|(le, count)| {
            cumulative += count;
            Bucket::new(le, cumulative)
        })
        .collect();
    Histogram { buckets, sum: Some(sum), count: Some(cumulative), created: None }
}

fn finite_bounds(histogram: &Histogram<'_>) -> Vec<f64> {
    histogram.buckets.iter().map(|bucket| bucket.le).filter(|le| le.is_finite()).collect()
}

fn per_bucket(histogram: &Histogram<'_>) -> Vec<f64> {
    let below = [0.0].into_iter().chain(histogram.buckets.iter().map(|bucket| bucket.cumulative));
    histogram.buckets.iter().zip(below).map(|(bucket, below)| bucket.cumulative - below).collect()
}

fn is_overflow(values: &[String]) -> bool {
    !values.is_empty() && values.iter().all(|value| value == OVERFLOW)
}

const fn combine_word(combine: Combine) -> &'static str {
    match combine {
        Combine::Live => "live",
        Combine::State => "state",
    }
}

/// How the file says that processes combine this gauge. A state that is taken for live would be forgotten, so what is not said is
/// a state.
fn combine_of(text: &str, name: &str) -> Combine {
    let live = text.lines().take_while(|line| line.starts_with(PREFIX)).any(|line| {
        line.strip_prefix(PREFIX)
            .and_then(|line| line.strip_prefix("combine "))
            .and_then(|line| line.split_once(' '))
            == Some((name, "live"))
    });
    if live { Combine::Live } else { Combine::State }
}

fn parse_header(line: &str) -> Result<Totals, NoLedger> {
    let fields =
        line.strip_prefix(PREFIX).and_then(|line| line.strip_prefix("ledger ")).ok_or(NoLedger::Foreign)?;
    let field = |name: &str| fields.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    match field("format") {
        Some(FORMAT) => {}
        Some(newer) if newer.parse::<u32>().is_ok_and(|format| format > 1) => {
            return Err(NoLedger::Format(newer.to_owned()));
        }
        _ => return Err(NoLedger::Foreign),
    }
    let id = field("id").filter(|id| !id.is_empty()).ok_or(NoLedger::Foreign)?;
    let generation = field("generation").and_then(|number| number.parse().ok()).ok_or(NoLedger::Foreign)?;
    Ok(Totals { generation, ..Totals::new(id.to_owned()) })
}
