//! Whether somebody else pushes the group of this ledger: what the gateway shows of it is then not what the ledger holds.

use super::gateway::since_1970;
use super::ledger::Found;
use super::probe::{PUSHED, gauges};
use super::step::Finding;
use std::collections::BTreeMap;
use telemetry_core::exposition::{Family, Label, Value};
use telemetry_push::{Place, Totals};

/// How much later than the last change of the ledger a push has to be to hold that change, in seconds.
const SLACK: f64 = 2.0;

/// The counts of a group, by the series as it is written without job and instance.
type Counts = BTreeMap<String, f64>;

/// What the ledger holds now, where it holds anything.
pub(super) fn totals(found: &Found) -> Option<Totals> {
    found.ledger.as_ref()?.totals(&mut Vec::new()).ok()?
}

/// What the gateway shows of the ledger's group that does not come from this ledger. Its clock is `apart` seconds ahead of ours, and
/// `before` is what the ledger held before the gateway was asked.
pub(super) fn at_the_gateway(
    families: &[Family<'_>],
    found: &Found,
    before: Option<&Totals>,
    apart: f64,
) -> Option<Finding> {
    let place = found.ledger.as_ref()?.place();
    let after = counts(&totals(found)?.families(), None);
    let before = counts(&before?.families(), None);
    let there = counts(families, Some(place));
    let pushed =
        gauges(families, PUSHED, &place.job).find(|(instance, _)| *instance == Some(&place.instance))?.1;
    let holds_the_last_change = pushed > since_1970(found.changed?) + apart + SLACK;
    let (series, [there, here]) =
        higher(&there, &after).or_else(|| holds_the_last_change.then(|| lower(&there, &before)).flatten())?;
    Some(rival(place, &series, there, here))
}

fn rival(place: &Place, series: &str, there: f64, here: f64) -> Finding {
    let Place { job, instance, .. } = place;
    let finding = Finding::failed(format!(
        "somebody else pushes the group job={job} instance={instance}: {series} is {there} there and {here} in the ledger"
    ));
    finding.advice(
        "Give the other ledger another telemetry.prometheus.instance. Where there is no other, this one has begun anew, and the next push \
         mends it.",
    )
}

/// A count that is higher at the gateway than the ledger has ever held.
fn higher(there: &Counts, here: &Counts) -> Option<(String, [f64; 2])> {
    let of_ledger = |series: &String| here.get(series).copied().unwrap_or_default();
    let mut counts = there.iter().map(|(series, &count)| (series.clone(), [count, of_ledger(series)]));
    counts.find(|(_, [there, here])| there > here)
}

/// A count that a push which came after it did not bring.
fn lower(there: &Counts, here: &Counts) -> Option<(String, [f64; 2])> {
    let at_gateway = |series: &String| there.get(series).copied().unwrap_or_default();
    let mut counts = here.iter().map(|(series, &count)| (series.clone(), [at_gateway(series), count]));
    counts.find(|(_, [there, here])| there < here)
}

/// The counters and the numbers of observations; of a group alone where one is given.
fn counts(families: &[Family<'_>], of: Option<&Place>) -> Counts {
    let mut counts = Counts::new();
    for family in families {
        let metrics =
            family.metrics.iter().filter(|metric| of.is_none_or(|place| is_of(&metric.labels, place)));
        for metric in metrics {
            let count = match &metric.value {
                Value::Counter(counter) => counter.value,
                Value::Histogram(histogram) => match histogram.buckets.last() {
                    Some(bucket) => bucket.cumulative,
                    None => continue,
                },
                _ => continue,
            };
            counts.insert(series(&family.name, &metric.labels), count);
        }
    }
    counts
}

fn is_of(labels: &[Label<'_>], place: &Place) -> bool {
    let has = |name: &str, value: &str| labels.iter().any(|label| label.name == name && label.value == value);
    has("job", &place.job) && has("instance", &place.instance)
}

fn series(name: &str, labels: &[Label<'_>]) -> String {
    let own = labels.iter().filter(|label| label.name != "job" && label.name != "instance");
    let mut labels: Vec<_> = own.map(|label| format!("{}={:?}", label.name, label.value)).collect();
    labels.sort();
    format!("{name}{{{}}}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    fn of(text: &str, place: Option<&Place>) -> Counts {
        counts(&parse(text, Format::Text).unwrap(), place)
    }

    #[test]
    fn only_counts_of_the_group_are_compared() {
        let place = Place::below("/l".as_ref(), "j", "i");
        let there = of(
            "# TYPE a_total counter\na_total{x=\"1\",job=\"j\",instance=\"i\"} 3\na_total{x=\"1\",job=\"j\",instance=\"other\"} 9\n\
             # TYPE g gauge\ng{job=\"j\",instance=\"i\"} 7\n",
            Some(&place),
        );
        let here = of("# TYPE a_total counter\na_total{x=\"1\"} 3\n", None);
        assert_eq!(there, here);
        assert_eq!((higher(&there, &here), lower(&there, &here)), (None, None));
    }

    #[test]
    fn higher_and_lower_are_told_apart() {
        let text = |count: u32| format!("# TYPE a_total counter\na_total {count}\n");
        let (low, high) = (of(&text(2), None), of(&text(5), None));
        assert_eq!(higher(&high, &low), Some(("a_total{}".to_owned(), [5.0, 2.0])));
        assert_eq!(lower(&low, &high), Some(("a_total{}".to_owned(), [2.0, 5.0])));
        assert_eq!(lower(&of("", None), &high), Some(("a_total{}".to_owned(), [0.0, 5.0])));
    }
}
