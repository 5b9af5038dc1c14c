//! Adding a push to what a group has, for `clearmode=aggregate`.
//!
//! What counts is added: counters, the buckets, sum and count of histograms, the sum and count of summaries. What tells a state keeps
//! the last value: gauges, untyped metrics and quantiles. Series of which the push says nothing stay.

use super::group::{Kept, Nanos, read};
use std::collections::HashMap;
use telemetry_core::exposition::{Family, FamilyKind, Histogram, Label, Metric, Summary, Value};

/// A family of the group with a pushed one added to it.
///
/// # Errors
/// Why they cannot be added, as a sentence.
pub(super) fn aggregate(kept: Option<&Kept>, pushed: &Family<'_>, now: Nanos) -> Result<Kept, String> {
    let text = kept.map(Kept::text).unwrap_or_default();
    let before = read(&text).map_err(|error| format!("what is kept cannot be read: {error}"))?;
    check_kind(pushed)?;
    check_increments(pushed)?;
    let mut sum = Family { metrics: Vec::new(), ..pushed.clone() };
    if let Some(before) = before {
        if before.kind != pushed.kind {
            return Err(format!("metric {:?} is of another type than what it is added to", pushed.name));
        }
        sum.help = before.help.or(sum.help);
        sum.metrics = before.metrics;
    }
    add_all(&mut sum, pushed)?;
    Ok(Kept::new(sum, now))
}

fn add_all<'f>(sum: &mut Family<'f>, pushed: &'f Family<'_>) -> Result<(), String> {
    let places = sum.metrics.iter().enumerate().map(|(at, metric)| (metric.labels.clone(), at));
    let places: HashMap<Vec<Label<'_>>, usize> = places.collect();
    for metric in &pushed.metrics {
        match places.get(&metric.labels).and_then(|at| sum.metrics.get_mut(*at)) {
            Some(Metric { value, .. }) => {
                add(value, &metric.value).map_err(|why| format!("metric {:?} {why}", pushed.name))?;
            }
            None => sum.metrics.push(metric.clone()),
        }
    }
    Ok(())
}

fn add<'v>(sum: &mut Value<'v>, pushed: &Value<'v>) -> Result<(), &'static str> {
    match (sum, pushed) {
        (Value::Counter(sum), Value::Counter(pushed)) => return add_number(&mut sum.value, pushed.value),
        (Value::Histogram(sum), Value::Histogram(pushed) | Value::GaugeHistogram(pushed)) => {
            return add_histogram(sum, pushed);
        }
        (Value::Summary(sum), Value::Summary(pushed)) => return add_summary(sum, pushed),
        (last, pushed) => *last = pushed.clone(),
    }
    Ok(())
}

fn add_histogram(sum: &mut Histogram<'_>, pushed: &Histogram<'_>) -> Result<(), &'static str> {
    let bounds =
        |histogram: &Histogram<'_>| histogram.buckets.iter().map(|bucket| bucket.le).collect::<Vec<_>>();
    if bounds(sum) != bounds(pushed) {
        return Err("has other bucket bounds than what it is added to");
    }
    for (bucket, more) in sum.buckets.iter_mut().zip(&pushed.buckets) {
        add_number(&mut bucket.cumulative, more.cumulative)?;
    }
    add_total(&mut sum.sum, pushed.sum)?;
    add_total(&mut sum.count, pushed.count)
}

fn add_summary(sum: &mut Summary, pushed: &Summary) -> Result<(), &'static str> {
    sum.quantiles.clone_from(&pushed.quantiles);
    add_total(&mut sum.sum, pushed.sum)?;
    add_total(&mut sum.count, pushed.count)
}

fn add_total(total: &mut Option<f64>, more: Option<f64>) -> Result<(), &'static str> {
    add_number(total.get_or_insert_default(), more.unwrap_or_default())
}

/// A sum that is infinite, or that adds to what is not a number, would stay so for ever.
fn add_number(total: &mut f64, more: f64) -> Result<(), &'static str> {
    *total += more;
    if total.is_finite() {
        Ok(())
    } else {
        Err("would become infinite or no number; push it without clearmode=aggregate to begin anew")
    }
}

/// Refuses what is named like a counter and does not say that it is one: its last value would be kept, and the rest be lost unseen.
fn check_kind(pushed: &Family<'_>) -> Result<(), String> {
    let name = &pushed.name;
    match pushed.kind == FamilyKind::Untyped && name.ends_with("_total") {
        true => Err(format!(
            "metric {name:?} has no type and could not be added; put the line \"# TYPE {name} counter\" before it"
        )),
        false => Ok(()),
    }
}

/// Refuses what would spoil a sum for ever, in a first push as well as in later ones.
fn check_increments(pushed: &Family<'_>) -> Result<(), String> {
    let counts = |value: f64| value >= 0.0 && value.is_finite();
    let total = |total: Option<f64>| total.is_none_or(counts);
    // A sum may fall, since observations may be negative.
    let sum = |sum: Option<f64>| sum.is_none_or(f64::is_finite);
    let good = |value: &Value<'_>| match value {
        Value::Counter(counter) => counts(counter.value),
        Value::Histogram(Histogram { buckets, sum: all, count, .. })
        | Value::GaugeHistogram(Histogram { buckets, sum: all, count, .. }) => {
            buckets.iter().all(|bucket| counts(bucket.cumulative)) && sum(*all) && total(*count)
        }
        Value::Summary(summary) => sum(summary.sum) && total(summary.count),
        _ => true,
    };
    match pushed.metrics.iter().all(|metric| good(&metric.value)) {
        true => Ok(()),
        false => Err(format!(
            "metric {:?} has a count that is negative or not finite, which cannot be added",
            pushed.name
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    fn added(kept: &str, pushed: &str) -> Result<String, String> {
        let families = |text| parse(text, Format::Text).unwrap().into_iter().next();
        let kept = families(kept).map(|family| Kept::new(family, 1));
        aggregate(kept.as_ref(), &families(pushed).unwrap(), 2).map(|kept| kept.lines.into())
    }

    #[test]
    fn counts_are_added_and_states_replaced() {
        for (kept, pushed, expected) in [
            (
                "# TYPE c counter\nc{a=\"1\"} 2\nc{a=\"2\"} 5\n",
                "# TYPE c counter\nc{a=\"1\"} 3\nc{a=\"3\"} 1\n",
                "c{a=\"1\"} 5\nc{a=\"2\"} 5\nc{a=\"3\"} 1\n",
            ),
            ("# TYPE g gauge\ng 2\n", "# TYPE g gauge\ng -3\n", "g -3\n"),
            ("u{a=\"1\"} 2\n", "u NaN\n", "u{a=\"1\"} 2\nu NaN\n"),
            ("", "# TYPE c counter\nc 2\n", "c 2\n"),
            (
                "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
                "# TYPE h histogram\nh_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 5\nh_sum -1\nh_count 5\n",
                "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 7\nh_sum 2\nh_count 7\n",
            ),
            (
                "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n",
                "# TYPE s summary\ns{quantile=\"0.9\"} NaN\ns_sum 1\ns_count 1\n",
                "s{quantile=\"0.9\"} NaN\ns_sum 2\ns_count 2\n",
            ),
        ] {
            assert_eq!(added(kept, pushed).unwrap(), expected, "{pushed}");
        }
    }

    #[test]
    fn what_cannot_be_added_is_refused() {
        let histogram = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n";
        for (kept, pushed, expected) in [
            ("", "# TYPE c counter\nc -1\n", "negative"),
            ("", "# TYPE c counter\nc NaN\n", "negative"),
            ("", "# TYPE c counter\nc +Inf\n", "not finite"),
            ("", "# TYPE h histogram\nh_bucket{le=\"1\"} -1\n", "negative"),
            ("", "# TYPE h histogram\nh_sum NaN\n", "not finite"),
            ("", "# TYPE s summary\ns_count NaN\n", "negative"),
            (
                histogram,
                "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"+Inf\"} 2\n",
                "other bucket bounds",
            ),
            (histogram, "# TYPE h gauge\nh 1\n", "another type"),
            ("", "c_total 1\n", "\"# TYPE c_total counter\""),
            ("# TYPE c_total counter\nc_total 1\n", "c_total 1\n", "\"# TYPE c_total counter\""),
            ("# TYPE c counter\nc 1e308\n", "# TYPE c counter\nc 1e308\n", "would become infinite"),
            ("# TYPE c counter\nc NaN\n", "# TYPE c counter\nc 1\n", "no number"),
            ("# TYPE s summary\ns_sum 1e308\n", "# TYPE s summary\ns_sum 1e308\n", "would become infinite"),
            (
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1e308\n",
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1e308\n",
                "would become infinite",
            ),
        ] {
            let error = added(kept, pushed).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
