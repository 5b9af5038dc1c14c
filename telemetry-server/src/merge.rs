//! Families from several sources as one exposition, in which a name, and within it a label set, may stand only once.

use std::collections::{HashMap, HashSet};
use telemetry_core::exposition::{Family, Label, Metric, is_label_name, is_metric_name};

/// Families with a name each, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Merged<'a> {
    families: Vec<Family<'a>>,
    places: HashMap<String, usize>,
}

impl<'a> Merged<'a> {
    /// Adds families. To a family that is there already, only those of its metrics are added that are of its kind and new.
    pub(crate) fn add(&mut self, families: impl IntoIterator<Item = Family<'a>>) {
        families.into_iter().filter(is_allowed).for_each(|family| self.add_one(family));
    }

    pub(crate) fn into_families(self) -> Vec<Family<'a>> {
        self.families
    }

    fn add_one(&mut self, family: Family<'a>) {
        let place = *self.places.entry(family.name.to_string()).or_insert(self.families.len());
        match self.families.get_mut(place) {
            Some(there) if there.kind == family.kind => add_new_metrics(there, family.metrics),
            Some(_) => {}
            None => self.families.push(family),
        }
    }
}

fn add_new_metrics<'a>(there: &mut Family<'a>, metrics: Vec<Metric<'a>>) {
    let known: HashSet<_> = there.metrics.iter().map(|metric| label_set(&metric.labels)).collect();
    let new: Vec<_> =
        metrics.into_iter().filter(|metric| !known.contains(&label_set(&metric.labels))).collect();
    drop(known);
    there.metrics.extend(new);
}

/// The labels in an order of their own: the one in which they are written tells no two series apart.
fn label_set(labels: &[Label<'_>]) -> Vec<(String, String)> {
    let mut set: Vec<_> =
        labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect();
    set.sort_unstable();
    set
}

/// Whether Prometheus takes the names; the writer writes them as they are.
fn is_allowed(family: &Family<'_>) -> bool {
    let mut labels = family.metrics.iter().flat_map(|metric| &metric.labels);
    is_metric_name(&family.name) && labels.all(|label| is_label_name(&label.name))
}

#[cfg(test)]
mod tests {
    use super::Merged;
    use telemetry_core::exposition::{Family, FamilyKind, Label, Metric};

    fn family(name: &'static str, metrics: &[(&[(&'static str, &'static str)], f64)]) -> Family<'static> {
        let labels = |set: &[(&'static str, &'static str)]| {
            set.iter().map(|(name, value)| Label::new(*name, *value)).collect()
        };
        let metrics = metrics.iter().map(|(set, value)| Metric::gauge(labels(set), *value));
        Family::new(name, FamilyKind::Gauge).with_metrics(metrics)
    }

    fn merged(sources: Vec<Vec<Family<'static>>>) -> Vec<Family<'static>> {
        let mut merged = Merged::default();
        sources.into_iter().for_each(|source| merged.add(source));
        merged.into_families()
    }

    #[test]
    fn families_of_one_name_become_one_and_the_first_value_of_a_series_stays() {
        let one = family("load", &[(&[("core", "0"), ("host", "a")], 1.0)]);
        let other =
            family("load", &[(&[("host", "a"), ("core", "0")], 2.0), (&[("core", "1"), ("host", "a")], 3.0)]);
        let both =
            family("load", &[(&[("core", "0"), ("host", "a")], 1.0), (&[("core", "1"), ("host", "a")], 3.0)]);
        assert_eq!(merged(vec![vec![one], vec![family("heat", &[]), other]]), [both, family("heat", &[])]);
    }

    #[test]
    fn a_family_of_another_kind_is_left_out() {
        let gauge = family("load", &[(&[], 1.0)]);
        let counter =
            Family::new("load", FamilyKind::Counter).with_metrics([Metric::counter(Vec::new(), 2.0)]);
        assert_eq!(merged(vec![vec![gauge.clone(), counter]]), [gauge]);
    }

    #[test]
    fn a_family_that_prometheus_would_refuse_is_left_out() {
        let good = family("good", &[(&[("label", "any \"value\"\n")], 1.0)]);
        let refused =
            [family("bad name", &[]), family("1", &[]), family("bad_label", &[(&[("a-b", "")], 1.0)])];
        let sources = refused.into_iter().chain([good.clone()]).collect();
        assert_eq!(merged(vec![sources]), [good]);
    }
}
