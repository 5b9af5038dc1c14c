//! What a fleet of agents exposes: every metric of the catalog with as many label sets as are asked for, and what rules record.
//!
//! | module | responsible for |
//! |---|---|
//! | `label_sets` | which label sets a metric has |
//! | `course` | how values move: what counts, what varies, what is observed |
//! | `text` | the same as an exposition, with and without times |
//!
//! All of it follows from the number of series, so that two servers can be given the same without a file between them.

mod course;
mod label_sets;
mod text;

use std::collections::BTreeMap;

use telemetry_catalog::promql::{Foreign, Record};
use telemetry_catalog::rules::recording_rules;
use telemetry_catalog::{EXPOSITION_JOB, GATEWAY_JOB};
use telemetry_core::config::Config;
use telemetry_core::metric::{Kind, MetricDef, Values};

use course::{Course, Shape};
use label_sets::Sets;
pub(crate) use text::Times;

/// The job under which agents push.
const JOB: &str = "sase_agent";

/// The values that an open label takes.
const OPEN_VALUES: usize = 5;

/// The series that one host is taken to have.
const PER_HOST: usize = 1_000;

/// The label of the host in what has been scraped.
const HOST: &str = "instance";

/// The names and values of labels, without the metric's name.
type LabelPairs = Vec<(String, String)>;

/// Series that belong together, as those of one histogram with one label set do, and what they are next.
pub(crate) struct Part {
    /// The name of the metric's family.
    pub(crate) family: String,
    kind: &'static str,
    /// The series: name and labels.
    pub(crate) series: Vec<(String, LabelPairs)>,
    /// How many milliseconds after a multiple of the interval its host is scraped. Never a whole number of seconds, so that no window
    /// of a query begins where a sample is, which versions of Prometheus see differently.
    pub(crate) phase: i64,
    course: Course,
}

/// All that a fleet exposes.
pub(crate) struct Fleet {
    /// Ordered by family.
    pub(crate) parts: Vec<Part>,
}

impl Fleet {
    /// The metrics of the catalog with about so many series in all.
    pub(crate) fn of_catalog(series: usize) -> Self {
        let hosts = (series / PER_HOST).max(1);
        let sizes: Vec<_> = telemetry_core::catalog::metrics()
            .map(|def| (series_of(def), Sets::of(&own_labels(def), hosts).len()))
            .collect();
        let total = |each: usize| -> usize { sizes.iter().map(|(size, most)| size * each.min(*most)).sum() };
        let each = (1..=series).find(|each| total(*each) >= series).unwrap_or(series);
        let mut parts = Vec::new();
        for def in telemetry_core::catalog::metrics() {
            let labels = own_labels(def);
            for labels in Sets::of(&labels, hosts).first(each) {
                let number = parts.len();
                parts.push(Part::of_metric(def, labels, number));
            }
        }
        Self { parts }
    }

    /// The same with what Prometheus, the gateway and the recording rules add, which panels read as well.
    pub(crate) fn with_what_rules_record(series: usize) -> Self {
        let mut fleet = Self::of_catalog(series);
        let hosts = (series / PER_HOST).max(1);
        for rule in recording_rules(&Config::default()) {
            fleet.add_recorded(&rule.record);
        }
        for host in 0..hosts {
            for job in [EXPOSITION_JOB, GATEWAY_JOB] {
                fleet.add(
                    Foreign::Up.name(),
                    vec![pair(HOST, &host_name(host)), pair("job", job)],
                    Shape::Up,
                );
            }
            let labels = vec![pair(HOST, &host_name(host)), pair("job", JOB)];
            fleet.add(Foreign::PushTime.name(), labels, Shape::Clock);
        }
        fleet
    }

    /// The number of series.
    pub(crate) fn series(&self) -> usize {
        self.parts.iter().map(|part| part.series.len()).sum()
    }

    /// A recorded series for each of the first values of its labels, as the catalog's metrics have them.
    fn add_recorded(&mut self, record: &Record) {
        let known: BTreeMap<&str, Vec<String>> = self.label_values(&record.by);
        let labels: Vec<_> = record.by.iter().map(|name| ((*name).to_owned(), known[name].clone())).collect();
        for labels in Sets::of(&labels, 0).first(OPEN_VALUES) {
            self.add(&record.name, labels, Shape::Share);
        }
    }

    fn label_values<'n>(&self, names: &[&'n str]) -> BTreeMap<&'n str, Vec<String>> {
        let values = |name: &str| {
            let all = self.parts.iter().flat_map(|part| &part.series).flat_map(|(_, labels)| labels);
            let mut values: Vec<_> =
                all.filter(|(own, _)| own == name).map(|(_, value)| value.clone()).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        names.iter().map(|name| (*name, values(name))).collect()
    }

    fn add(&mut self, name: &str, labels: LabelPairs, shape: Shape) {
        let number = self.parts.len();
        self.parts.push(Part {
            family: name.to_owned(),
            kind: "gauge",
            series: vec![(name.to_owned(), labels)],
            phase: phase(0),
            course: Course::new(shape, number),
        });
    }
}

impl Part {
    fn of_metric(def: &MetricDef, mut labels: LabelPairs, number: usize) -> Self {
        let host = labels.iter().find(|(name, _)| name == HOST);
        let host = host.and_then(|(_, host)| host.rsplit('-').next()?.parse().ok());
        labels.extend([pair("job", JOB), ("pod".to_owned(), format!("p-{number}"))]);
        labels.sort_unstable();
        let shape = match def.kind {
            Kind::Counter => Shape::Counter,
            Kind::Gauge(_) => Shape::Gauge,
            Kind::Histogram(bounds) => Shape::Histogram(bounds),
        };
        Self {
            family: def.name.to_owned(),
            kind: def.kind.as_str(),
            series: named(def, &labels),
            phase: phase(host.unwrap_or(0)),
            course: Course::new(shape, number),
        }
    }

    /// The values of the next scrapes, a column for each series.
    pub(crate) fn next(&mut self, scrapes: usize) -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::with_capacity(scrapes); self.series.len()];
        let mut row = vec![0.0; self.series.len()];
        for _ in 0..scrapes {
            self.course.next(&mut row);
            columns.iter_mut().zip(&row).for_each(|(column, value)| column.push(*value));
        }
        columns
    }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn host_name(host: usize) -> String {
    format!("host-{host}")
}

/// An eighth of a second can be written exactly.
fn phase(host: usize) -> i64 {
    i64::try_from(host % 15).unwrap_or(0) * 1_000 + 125
}

/// The labels of a metric, each with its values.
fn own_labels(def: &MetricDef) -> Vec<(String, Vec<String>)> {
    let values = |name: &str, values: Values| match values {
        Values::Open => (0..OPEN_VALUES).map(|number| format!("{name}-{number}")).collect(),
        Values::Closed(known) => known.iter().map(|value| value.text.to_owned()).collect(),
    };
    def.labels.iter().map(|label| (label.name.to_owned(), values(label.name, label.values))).collect()
}

/// How many series a metric has for each label set.
fn series_of(def: &MetricDef) -> usize {
    match def.bounds() {
        [] => 1,
        bounds => bounds.len() + 3,
    }
}

/// The series of a metric with one label set: for a histogram its buckets with `+Inf`, its sum and its count.
fn named(def: &MetricDef, labels: &LabelPairs) -> Vec<(String, LabelPairs)> {
    if def.bounds().is_empty() {
        return vec![(def.name.to_owned(), labels.clone())];
    }
    let bounds = def.bounds().iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    let bucket = |bound: String| {
        let mut labels = labels.clone();
        labels.push(("le".to_owned(), bound));
        labels.sort_unstable();
        (format!("{}_bucket", def.name), labels)
    };
    let rest = ["_sum", "_count"].map(|suffix| (format!("{}{suffix}", def.name), labels.clone()));
    bounds.map(bucket).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_series_is_there_twice_and_there_are_about_as_many_as_were_asked_for() {
        for asked in [500, 10_000] {
            let fleet = Fleet::of_catalog(asked);
            let all: BTreeSet<_> = fleet.parts.iter().flat_map(|part| &part.series).collect();
            assert_eq!(all.len(), fleet.series());
            assert!((asked..asked + asked / 3).contains(&all.len()), "{}", all.len());
        }
    }

    #[test]
    fn what_comes_next_does_not_depend_on_how_much_is_taken_at_once() {
        let mut one = Fleet::with_what_rules_record(300);
        let mut other = Fleet::with_what_rules_record(300);
        for (one, other) in one.parts.iter_mut().zip(&mut other.parts) {
            let mut pieces = other.next(7);
            other.next(13).into_iter().zip(&mut pieces).for_each(|(rest, column)| column.extend(rest));
            assert_eq!(one.next(20), pieces);
        }
    }
}
