//! What the labels of a line become: the series under which its sample is stored.

use crate::number::bound;
use std::borrow::Cow;
use telemetry_core::exposition::{FamilyKind, Label, Sample};
use telemetry_query::{Label as StoredLabel, Labels, METRIC_NAME};

/// What a label that the target has as well is renamed to begin with, again and again until there is no such label.
const EXPORTED: &str = "exported_";

/// The labels of the series that a line is about.
pub(super) fn series(sample: &Sample<'_, '_>, kind: FamilyKind, target: &Labels, honor: bool) -> Labels {
    let own = sample.labels.iter().map(|label| (&*label.name, normal(kind, label)));
    let name = [(METRIC_NAME, Cow::Borrowed(sample.name))];
    let mut labels: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        name.into_iter().chain(own).map(|(name, value)| (Cow::Borrowed(name), value)).collect();
    if honor {
        add_missing(&mut labels, target);
    } else {
        rename_conflicting(&mut labels, target);
    }
    Labels::new(labels)
}

/// A label that is there and empty is the target's way to say that there shall be none.
fn add_missing<'a>(labels: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>, target: &'a Labels) {
    let missing = target.iter().filter(|label| labels.iter().all(|(name, _)| **name != *label.name));
    let missing: Vec<_> = missing.map(borrowed).collect();
    labels.extend(missing);
}

/// Shorter names first, as in Prometheus, which matters only where one of them is the other with `exported_` before it.
fn rename_conflicting<'a>(labels: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>, target: &'a Labels) {
    labels.retain(|(_, value)| !value.is_empty());
    let (mut conflicting, mut kept): (Vec<_>, Vec<_>) = std::mem::take(labels)
        .into_iter()
        .partition(|(name, _)| target.iter().any(|label| *label.name == **name));
    kept.extend(target.iter().map(borrowed));
    conflicting.sort_by_key(|(name, _)| name.len());
    for (name, value) in conflicting {
        let mut free = format!("{EXPORTED}{name}");
        while kept.iter().any(|(taken, _)| **taken == *free) {
            free.insert_str(0, EXPORTED);
        }
        kept.push((Cow::Owned(free), value));
    }
    *labels = kept;
}

fn borrowed(label: &StoredLabel) -> (Cow<'_, str>, Cow<'_, str>) {
    (Cow::Borrowed(&label.name), Cow::Borrowed(&label.value))
}

/// Bounds and quantiles have one spelling, however the target spells them: `1`, `1.0` and `1e0` are one bucket.
fn normal<'a>(kind: FamilyKind, label: &'a Label<'_>) -> Cow<'a, str> {
    let number = match (kind, &*label.name) {
        (FamilyKind::Histogram, "le") | (FamilyKind::Summary, "quantile") => label.value.parse().ok(),
        _ => None,
    };
    number.map_or(Cow::Borrowed(&*label.value), |number: f64| Cow::Owned(bound(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(kind: FamilyKind, labels: &[(&'static str, &'static str)], honor: bool) -> String {
        let labels: Vec<_> = labels.iter().map(|(name, value)| Label::new(*name, *value)).collect();
        let sample = Sample { name: "m", labels: &labels, value: 1.0, timestamp: None, exemplar: None };
        let target = Labels::new([("job", "fleet"), ("instance", "host:1")]);
        series(&sample, kind, &target, honor).to_string()
    }

    #[test]
    fn labels_that_the_target_has_too_are_renamed_until_they_are_free() {
        let stored = |labels: &[(&'static str, &'static str)]| stored(FamilyKind::Gauge, labels, false);
        assert_eq!(stored(&[("a", "1")]), r#"{__name__="m", a="1", instance="host:1", job="fleet"}"#);
        assert_eq!(
            stored(&[("job", "theirs"), ("exported_job", "taken")]),
            r#"{__name__="m", exported_exported_job="theirs", exported_job="taken", instance="host:1", job="fleet"}"#
        );
        assert_eq!(stored(&[("job", ""), ("a", "")]), r#"{__name__="m", instance="host:1", job="fleet"}"#);
    }

    #[test]
    fn honored_labels_stay_and_empty_ones_keep_those_of_the_target_away() {
        assert_eq!(
            stored(FamilyKind::Gauge, &[("job", "theirs"), ("instance", "")], true),
            r#"{__name__="m", job="theirs"}"#
        );
        assert_eq!(stored(FamilyKind::Gauge, &[], true), r#"{__name__="m", instance="host:1", job="fleet"}"#);
    }

    #[test]
    fn bounds_have_one_spelling_in_histograms_and_quantiles_in_summaries() {
        let has = |kind, label: (&'static str, &'static str), expected: &str| {
            let stored = stored(kind, &[label], false);
            assert!(stored.contains(expected), "{stored} has no {expected}");
        };
        has(FamilyKind::Histogram, ("le", "1"), r#"le="1.0""#);
        has(FamilyKind::Histogram, ("le", "+Inf"), r#"le="+Inf""#);
        has(FamilyKind::Histogram, ("le", "wide"), r#"le="wide""#);
        has(FamilyKind::Summary, ("quantile", "0.50"), r#"quantile="0.5""#);
        has(FamilyKind::Summary, ("le", "1"), r#"le="1""#);
        has(FamilyKind::Gauge, ("le", "1"), r#"le="1""#);
    }
}
