//! Who has which metric: what keeps two files from telling the same series, or one metric as two things.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use telemetry_core::exposition::{Family, FamilyKind, Label};

/// The label sets of the series of a metric.
type Series = HashSet<Vec<(String, String)>>;

/// The metrics that are told already, with their kinds and series.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    families: BTreeMap<String, (FamilyKind, Series)>,
    /// The names of all samples, with the family that each belongs to.
    samples: BTreeMap<String, String>,
}

impl Claims {
    /// What these families claim. One that contradicts an earlier one claims nothing.
    pub(super) fn of(families: &[Family<'_>]) -> Self {
        let mut claims = Self::default();
        for family in families {
            let _the_first_is_right = claims.add(std::slice::from_ref(family));
        }
        claims
    }

    /// Claims families for a file: all of them, or none.
    ///
    /// # Errors
    /// What contradicts what was claimed before, as the end of a sentence.
    pub(super) fn add(&mut self, families: &[Family<'_>]) -> Result<(), String> {
        families.iter().try_for_each(|family| self.check(family))?;
        for family in families {
            let claimed = self.families.entry(family.name.to_string());
            let (_, series) = claimed.or_insert_with(|| (family.kind, HashSet::new()));
            series.extend(family.metrics.iter().map(|metric| label_set(&metric.labels)));
            self.samples.extend(sample_names(family).map(|name| (name, family.name.to_string())));
        }
        Ok(())
    }

    fn check(&self, family: &Family<'_>) -> Result<(), String> {
        let name = &*family.name;
        if let Some((kind, series)) = self.families.get(name) {
            if *kind != family.kind {
                return Err(format!("its {name} is another type than the one that is there already"));
            }
            if family.metrics.iter().any(|metric| series.contains(&label_set(&metric.labels))) {
                return Err(format!("it has a series of {name} that is there already"));
            }
        }
        let taken =
            sample_names(family).find(|sample| self.samples.get(sample).is_some_and(|other| other != name));
        match taken {
            Some(sample) => Err(format!("its {sample} is part of another metric that is there already")),
            None => Ok(()),
        }
    }
}

/// The labels in an order of their own: the one in which they are written tells no two series apart.
fn label_set(labels: &[Label<'_>]) -> Vec<(String, String)> {
    let set: BTreeSet<_> =
        labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect();
    set.into_iter().collect()
}

/// What the samples of a family are called.
fn sample_names(family: &Family<'_>) -> impl Iterator<Item = String> {
    let suffixes: &[&str] = match family.kind {
        FamilyKind::Histogram | FamilyKind::GaugeHistogram => &["_bucket", "_sum", "_count"],
        FamilyKind::Summary => &["", "_sum", "_count"],
        _ => &[""],
    };
    suffixes.iter().map(move |suffix| format!("{}{suffix}", family.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    /// What is wrong with the second text after the first.
    fn after(first: &str, second: &str) -> Option<String> {
        let mut claims = Claims::of(&parse(first, Format::Text).unwrap());
        claims.add(&parse(second, Format::Text).unwrap()).err()
    }

    #[test]
    fn other_series_of_the_same_metric_are_welcome() {
        assert_eq!(after("# TYPE a counter\na{x=\"1\"} 1\n", "# TYPE a counter\na{x=\"2\"} 1\n"), None);
    }

    #[test]
    fn a_second_series_or_type_is_not() {
        for (first, second, why) in [
            ("a{x=\"1\",y=\"2\"} 1\n", "a{y=\"2\",x=\"1\"} 3\n", "a series of a"),
            ("# TYPE a counter\na 1\n", "# TYPE a gauge\na{x=\"1\"} 1\n", "another type"),
            ("# TYPE a counter\n", "# TYPE a gauge\n", "another type"),
            (
                "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
                "# TYPE a_count counter\na_count 1\n",
                "its a_count is part of",
            ),
        ] {
            let said = after(first, second);
            assert!(said.as_ref().is_some_and(|said| said.contains(why)), "{said:?} instead of {why}");
        }
    }

    #[test]
    fn what_is_refused_claims_nothing() {
        let mut claims = Claims::of(&parse("a 1\n", Format::Text).unwrap());
        assert!(claims.add(&parse("b 1\na 2\n", Format::Text).unwrap()).is_err());
        assert_eq!(claims.add(&parse("b 1\n", Format::Text).unwrap()), Ok(()));
    }
}
