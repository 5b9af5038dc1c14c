//! What is written is read back equal, in both formats.

#[path = "exposition/families.rs"]
mod families;

use families::families;
use proptest::prelude::*;
use telemetry_core::exposition::{
    Family, FamilyKind, Format, Metric, Summary, Value, parse, same_number, write, write_value,
};

fn written(families: &[Family<'_>], format: Format) -> String {
    let mut out = String::new();
    write(families, format, &mut out);
    out
}

fn exists_in_text(kind: FamilyKind) -> bool {
    !matches!(kind, FamilyKind::Info | FamilyKind::StateSet | FamilyKind::GaugeHistogram)
}

/// A family as the text format can say it.
fn as_text(family: Family<'_>) -> Family<'_> {
    let metrics = family.metrics.into_iter().map(|metric| {
        let value = match metric.value {
            Value::Counter(mut counter) => {
                (counter.created, counter.exemplar) = (None, None);
                Value::Counter(counter)
            }
            Value::Histogram(mut histogram) => {
                histogram.created = None;
                histogram.buckets.iter_mut().for_each(|bucket| bucket.exemplar = None);
                Value::Histogram(histogram)
            }
            Value::Summary(summary) => Value::Summary(Summary { created: None, ..summary }),
            value => value,
        };
        Metric { value, ..metric }
    });
    let metrics = metrics.filter(|metric| !is_empty(&metric.value)).collect();
    Family { unit: None, metrics, ..family }
}

/// Whether nothing but a time of creation was there.
fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Histogram(histogram) => *histogram == Default::default(),
        Value::Summary(summary) => *summary == Default::default(),
        _ => false,
    }
}

proptest! {
    #[test]
    fn text_is_read_back_equal(families in families(Format::Text)) {
        let text = written(&families, Format::Text);
        prop_assert_eq!(parse(&text, Format::Text), Ok(families), "{}", text);
    }

    #[test]
    fn open_metrics_is_read_back_equal(families in families(Format::OpenMetrics)) {
        let text = written(&families, Format::OpenMetrics);
        prop_assert_eq!(parse(&text, Format::OpenMetrics), Ok(families), "{}", text);
    }

    #[test]
    fn text_families_survive_open_metrics(families in families(Format::Text)) {
        let text = written(&families, Format::OpenMetrics);
        prop_assert_eq!(parse(&text, Format::OpenMetrics), Ok(families), "{}", text);
    }

    #[test]
    fn the_text_format_keeps_what_it_can_say(families in families(Format::OpenMetrics)) {
        let families: Vec<_> = families.into_iter().filter(|family| exists_in_text(family.kind)).collect();
        let text = written(&families, Format::Text);
        let expected: Vec<_> = families.into_iter().map(as_text).collect();
        prop_assert_eq!(parse(&text, Format::Text), Ok(expected), "{}", text);
    }

    #[test]
    fn owned_families_are_equal(families in families(Format::OpenMetrics)) {
        let text = written(&families, Format::OpenMetrics);
        let parsed = parse(&text, Format::OpenMetrics).unwrap();
        let owned: Vec<Family<'static>> = parsed.clone().into_iter().map(Family::into_owned).collect();
        prop_assert_eq!(parsed, owned);
    }

    #[test]
    fn numbers_are_read_back_equal(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        let mut out = String::new();
        write_value(&mut out, value);
        let read: f64 = out.parse().unwrap();
        prop_assert!(same_number(read, value), "{} as {}", value, out);
    }
}
