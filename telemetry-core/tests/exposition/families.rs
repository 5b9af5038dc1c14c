//! Families of every kind that a format can say, with everything that is hard about them.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use telemetry_core::exposition::{
    Bucket, Counter, Exemplar, Family, FamilyKind, Format, Histogram, Label, Metric, Quantile, Summary,
    Timestamp, Value,
};

/// Some families, with a name of its own each.
pub(crate) fn families(format: Format) -> impl Strategy<Value = Vec<Family<'static>>> {
    let kinds = match format {
        Format::Text => &KINDS[..5],
        Format::OpenMetrics => &KINDS[..],
    };
    let families = vec(select(kinds).prop_flat_map(move |kind| family(kind, format)), 0..5);
    families.prop_map(|families| {
        let numbered = families.into_iter().enumerate();
        numbered.map(|(number, family)| with_number(family, number)).collect()
    })
}

/// The kinds that the text format has, and those that it has not.
static KINDS: [FamilyKind; 8] = [
    FamilyKind::Counter,
    FamilyKind::Gauge,
    FamilyKind::Histogram,
    FamilyKind::Summary,
    FamilyKind::Untyped,
    FamilyKind::Info,
    FamilyKind::StateSet,
    FamilyKind::GaugeHistogram,
];

fn family(kind: FamilyKind, format: Format) -> impl Strategy<Value = Family<'static>> {
    let has_unit = format == Format::OpenMetrics && !matches!(kind, FamilyKind::Info | FamilyKind::StateSet);
    let unit = match has_unit {
        false => Just(None).boxed(),
        true => option::of("[a-z]{1,8}").boxed(),
    };
    let parts = ("[a-zA-Z_:][a-zA-Z0-9_:]{0,9}", option::of(text()), unit, vec(metric(kind, format), 0..6));
    parts.prop_map(move |(name, help, unit, metrics)| Family {
        name: name.into(),
        kind,
        help: help.map(Into::into),
        unit: unit.map(Into::into),
        metrics: with_labels_of_their_own(metrics),
    })
}

/// The family with a name that no other has, that ends in its unit and in what its kind requires, and that its states
/// refer to.
fn with_number(mut family: Family<'static>, number: usize) -> Family<'static> {
    let mut name = format!("{}_{number}", family.name);
    if let Some(unit) = &family.unit {
        name = format!("{name}_{unit}");
    }
    name += match family.kind {
        FamilyKind::Counter => "_total",
        FamilyKind::Info => "_info",
        _ => "",
    };
    if family.kind == FamilyKind::StateSet {
        name = name.replace(':', "_");
        for metric in &mut family.metrics {
            metric.labels.retain(|label| *label.name != name);
            metric.labels.push(Label::new(name.clone(), "on"));
        }
        family.metrics = with_labels_of_their_own(std::mem::take(&mut family.metrics));
    }
    Family { name: name.into(), ..family }
}

fn with_labels_of_their_own(metrics: Vec<Metric<'static>>) -> Vec<Metric<'static>> {
    let mut seen = HashSet::new();
    let sorted = |metric: &Metric<'static>| {
        let mut labels = metric.labels.clone();
        labels.sort_by(|left, right| left.name.cmp(&right.name));
        labels
    };
    metrics.into_iter().filter(|metric| seen.insert(sorted(metric))).collect()
}

fn metric(kind: FamilyKind, format: Format) -> impl Strategy<Value = Metric<'static>> {
    let timestamp = option::of(timestamp());
    (labels(), value(kind, format), timestamp).prop_map(|(labels, value, timestamp)| Metric {
        labels,
        value,
        timestamp,
    })
}

fn value(kind: FamilyKind, format: Format) -> BoxedStrategy<Value<'static>> {
    match kind {
        FamilyKind::Counter => counter(format).prop_map(Value::Counter).boxed(),
        FamilyKind::Gauge => number().prop_map(Value::Gauge).boxed(),
        FamilyKind::Untyped => number().prop_map(Value::Untyped).boxed(),
        FamilyKind::Info => number().prop_map(Value::Info).boxed(),
        FamilyKind::StateSet => number().prop_map(Value::StateSet).boxed(),
        FamilyKind::Summary => summary(format).prop_map(Value::Summary).boxed(),
        FamilyKind::Histogram => histogram(format).prop_map(Value::Histogram).boxed(),
        FamilyKind::GaugeHistogram => histogram(format)
            .prop_map(|histogram| Histogram { created: None, ..histogram })
            .prop_filter("a line", has_lines)
            .prop_map(Value::GaugeHistogram)
            .boxed(),
    }
}

fn counter(format: Format) -> impl Strategy<Value = Counter<'static>> {
    let parts = (number(), in_open_metrics(format, number()), in_open_metrics(format, exemplar()));
    parts.prop_map(|(value, created, exemplar)| Counter { value, created, exemplar })
}

fn histogram(format: Format) -> impl Strategy<Value = Histogram<'static>> {
    let bucket = (bound(), number(), in_open_metrics(format, exemplar()))
        .prop_map(|(le, cumulative, exemplar)| Bucket { le, cumulative, exemplar });
    let totals = (option::of(number()), option::of(number()), in_open_metrics(format, number()));
    let parts = (vec(bucket, 0..6), totals);
    let made = parts.prop_map(|(mut buckets, (sum, count, created))| {
        buckets.sort_by(|left, right| left.le.total_cmp(&right.le));
        buckets.dedup_by(|left, right| left.le == right.le);
        Histogram { buckets, sum, count, created }
    });
    made.prop_filter("a line", has_lines)
}

fn has_lines(histogram: &Histogram<'static>) -> bool {
    *histogram != Histogram::default()
}

fn summary(format: Format) -> impl Strategy<Value = Summary> {
    let quantile = (bound(), number()).prop_map(|(quantile, value)| Quantile { quantile, value });
    let totals = (option::of(number()), option::of(number()), in_open_metrics(format, number()));
    let made = (vec(quantile, 0..5), totals).prop_map(|(mut quantiles, (sum, count, created))| {
        quantiles.sort_by(|left, right| left.quantile.total_cmp(&right.quantile));
        quantiles.dedup_by(|left, right| left.quantile == right.quantile);
        Summary { quantiles, sum, count, created }
    });
    made.prop_filter("a line", |summary| *summary != Summary::default())
}

fn exemplar() -> impl Strategy<Value = Exemplar<'static>> {
    let labels = labels().prop_map(|mut labels| {
        let length = |label: &Label<'_>| label.name.chars().count() + label.value.chars().count();
        let mut room = 128;
        labels.retain(|label| {
            let fits = length(label) <= room;
            room -= if fits { length(label) } else { 0 };
            fits
        });
        labels
    });
    (labels, number(), option::of(timestamp())).prop_map(|(labels, value, timestamp)| Exemplar {
        labels,
        value,
        timestamp,
    })
}

/// What only OpenMetrics can say.
fn in_open_metrics<T: Clone + std::fmt::Debug + 'static>(
    format: Format,
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    match format {
        Format::Text => Just(None).boxed(),
        Format::OpenMetrics => option::of(strategy).boxed(),
    }
}

/// Labels with names of their own, none of which has a meaning.
fn labels() -> impl Strategy<Value = Vec<Label<'static>>> {
    let label = ("[a-zA-Z_][a-zA-Z0-9_]{0,4}", text()).prop_map(|(name, value)| Label::new(name, value));
    vec(label, 0..5).prop_map(|mut labels| {
        let mut seen = HashSet::from(["le", "quantile", "__name__"].map(str::to_owned));
        labels.retain(|label| seen.insert(label.name.to_string()));
        labels
    })
}

/// Any text, often with what has a meaning in one of the formats.
fn text() -> impl Strategy<Value = String> {
    let awkward = "[ \t\r\n\"\\\\,{}=#nN+é日🦀\u{0}\u{feff}]{0,8}";
    prop_oneof![any::<String>(), awkward, "[a-z /]{0,12}"]
}

/// Any number, often one that is hard to write.
fn number() -> impl Strategy<Value = f64> {
    let awkward = vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        5e-324,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        0.1,
        1e-4,
        1e-5,
        1e20,
        1e21,
        9_007_199_254_740_993.0,
    ];
    prop_oneof![any::<f64>(), select(awkward), any::<i32>().prop_map(f64::from)]
}

fn bound() -> impl Strategy<Value = f64> {
    number().prop_filter("a number", |bound| !bound.is_nan())
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let millis = prop_oneof![any::<i64>(), -2_000_i64..2_000, 1_700_000_000_000_i64..1_700_000_100_000];
    millis.prop_map(Timestamp::from_millis)
}
