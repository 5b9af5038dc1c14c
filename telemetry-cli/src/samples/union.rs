//! Several sources become one list of families.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use telemetry_core::catalog;
use telemetry_core::exposition::{Family, FamilyKind, Format, Label, Metric, Value};

/// The families of all sources, and what was noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Union<'a> {
    /// Those of the catalog in its order, then the others in the order of the sources. A name is there twice where two sources gave it
    /// different types.
    pub(crate) families: Vec<Family<'a>>,
    /// What a person should know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Unites the families of sources, each given with its name. Series that two sources have are those of the first.
pub(crate) fn unite<'a>(sources: Vec<(&'static str, Vec<Family<'a>>)>) -> Union<'a> {
    let mut uniting = Uniting::default();
    let several = sources.len() > 1;
    for (source, families) in sources {
        for mut family in families {
            if several {
                uniting.drop_known(source, &mut family);
            }
            uniting.add(source, family);
        }
    }
    uniting.finish()
}

/// A series as Prometheus tells them apart: the name, and the labels that are not empty, by name. Numbers and distributions of one name
/// have no sample in common.
pub(crate) type SeriesKey<'a> = (String, bool, Vec<Label<'a>>);

/// The kind of a family is its identity together with its name.
type FamilyKey = (String, Discriminant<FamilyKind>);

#[derive(Debug, Default)]
struct Uniting<'a> {
    union: Union<'a>,
    /// Where each family is, and which source gave it first.
    families: HashMap<FamilyKey, usize>,
    /// The kinds that a name was seen with, and which source said so.
    kinds: HashMap<String, Vec<(FamilyKind, &'static str)>>,
    /// Which source gave a series.
    series: HashMap<SeriesKey<'a>, &'static str>,
    /// How many series a source repeats of another, by their names, in the order in which that was noticed.
    repeated: Vec<(&'static str, &'static str, usize)>,
}

impl<'a> Uniting<'a> {
    /// Takes out of a family the series that another source has given.
    fn drop_known(&mut self, source: &'static str, family: &mut Family<'a>) {
        let name = family.name.clone();
        family.metrics.retain(|metric| {
            let first = *self.series.entry(series_key(&name, metric)).or_insert(source);
            if first != source {
                self.note_repeated(source, first);
            }
            first == source
        });
    }

    fn note_repeated(&mut self, source: &'static str, first: &'static str) {
        match self.repeated.iter_mut().find(|(by, of, _)| (*by, *of) == (source, first)) {
            Some((_, _, count)) => *count += 1,
            None => self.repeated.push((source, first, 1)),
        }
    }

    fn add(&mut self, source: &'static str, family: Family<'a>) {
        let key = (family.name.to_string(), discriminant(&family.kind));
        if let Some(known) = self.families.get(&key).and_then(|&place| self.union.families.get_mut(place)) {
            known.metrics.extend(family.metrics);
            known.help = known.help.take().or(family.help);
            return;
        }
        self.kinds.entry(key.0.clone()).or_default().push((family.kind, source));
        self.families.insert(key, self.union.families.len());
        self.union.families.push(family);
    }

    fn finish(mut self) -> Union<'a> {
        let place = |family: &Family<'_>| {
            catalog::metrics().position(|def| def.name == family.name).unwrap_or(usize::MAX)
        };
        self.union.families.sort_by_cached_key(place);
        let mut notes: Vec<_> = self
            .kinds
            .iter()
            .filter(|(_, kinds)| kinds.len() > 1)
            .map(|(name, kinds)| disagreement(name, kinds))
            .collect();
        notes.sort();
        notes.extend(self.repeated.iter().map(|&(source, first, count)| repetition(source, first, count)));
        self.union.notes = notes;
        self.union
    }
}

/// The key of a series.
pub(crate) fn series_key<'a>(name: &str, metric: &Metric<'a>) -> SeriesKey<'a> {
    let mut labels: Vec<_> = metric.labels.iter().filter(|label| !label.value.is_empty()).cloned().collect();
    labels.sort_by(|left, right| left.name.cmp(&right.name));
    (name.to_owned(), is_distribution(metric), labels)
}

/// Whether a metric has several samples, none of which a number of the same name and labels has.
pub(crate) const fn is_distribution(metric: &Metric<'_>) -> bool {
    matches!(metric.value, Value::Histogram(_) | Value::GaugeHistogram(_) | Value::Summary(_))
}

fn disagreement(name: &str, kinds: &[(FamilyKind, &'static str)]) -> String {
    let said: Vec<_> =
        kinds.iter().map(|(kind, source)| format!("{} in {source}", kind.as_str(Format::Text))).collect();
    format!("{name} has different types: {}; each is shown as its source has it", said.join(", "))
}

fn repetition(source: &str, first: &str, count: usize) -> String {
    match count {
        1 => format!("one series is in both {first} and {source}; the value of {first} is shown"),
        _ => format!("{count} series are in both {first} and {source}; the values of {first} are shown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::parse;

    fn united<'a>(sources: &[(&'static str, &'a str)]) -> Union<'a> {
        unite(sources.iter().map(|(name, text)| (*name, parse(text, Format::Text).unwrap())).collect())
    }

    #[test]
    fn series_of_one_family_come_together_and_keep_their_labels() {
        let union = united(&[
            ("pushgateway", "# TYPE a counter\na{job=\"x\"} 1\n"),
            ("exposition", "# HELP a Said later\n# TYPE a counter\na{job=\"y\"} 2\n"),
        ]);
        let [family] = &*union.families else { panic!("one family: {union:?}") };
        assert_eq!((family.metrics.len(), family.help.as_deref()), (2, Some("Said later")));
        assert!(union.notes.is_empty());
    }

    #[test]
    fn a_series_that_two_sources_have_is_that_of_the_first_and_said() {
        let union = united(&[
            ("pushgateway", "a{job=\"x\",i=\"\"} 1\nb 1\n"),
            ("ledger", "a{i=\"\",job=\"x\"} 2\nb 2\nc 3\n"),
        ]);
        let values: Vec<_> = union.families.iter().map(|family| family.metrics[0].value.clone()).collect();
        assert_eq!(values, [Value::Untyped(1.0), Value::Untyped(1.0), Value::Untyped(3.0)]);
        assert_eq!(
            union.notes,
            ["2 series are in both pushgateway and ledger; the values of pushgateway are shown"]
        );
    }

    #[test]
    fn different_types_of_one_name_are_both_kept_and_said() {
        let union = united(&[
            ("pushgateway", "# TYPE a counter\na{job=\"x\"} 1\n"),
            ("exposition", "# TYPE a gauge\na{job=\"y\"} 2\n"),
        ]);
        assert_eq!(union.families.len(), 2);
        assert_eq!(
            union.notes,
            [
                "a has different types: counter in pushgateway, gauge in exposition; each is shown as its source has it"
            ]
        );
    }

    #[test]
    fn families_of_the_catalog_come_first_and_in_its_order() {
        let union = united(&[("input", "z 1\nsase_llm_errors_total 1\ny 1\nsase_agent_runs_total 1\n")]);
        let names: Vec<_> = union.families.iter().map(|family| &*family.name).collect();
        assert_eq!(names, ["sase_agent_runs_total", "sase_llm_errors_total", "z", "y"]);
    }
}
