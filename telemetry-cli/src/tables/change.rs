//! What has changed since the last look.

use super::units::Unit;
use crate::samples::{SeriesKey, series_key};
use std::collections::HashMap;
use telemetry_core::exposition::{Family, FamilyKind, Label, Metric, same_number};

/// So many series are remembered that no source has any more.
const MOST_GONE: usize = 100_000;

/// The last value of each series. One that is not there for a while keeps its value, so that a source that comes back is compared with
/// what it had.
#[derive(Debug, Default)]
pub(crate) struct Before {
    series: HashMap<SeriesKey<'static>, (f64, u64)>,
    looks: u64,
}

/// What has become of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    /// It was not there before.
    New,
    /// It is another by so much.
    By(f64),
    /// It only rises and is less than before: whoever counts has begun anew.
    Anew,
}

impl Before {
    /// Remembers the families as the last look.
    pub(crate) fn note(&mut self, families: &[Family<'_>]) {
        self.looks += 1;
        for family in families {
            for metric in &family.metrics {
                let (name, distribution, labels) = series_key(&family.name, metric);
                let labels = labels.into_iter().map(Label::into_owned).collect();
                let size = super::summary::size(&metric.value);
                self.series.insert((name, distribution, labels), (size, self.looks));
            }
        }
        if self.series.len() > MOST_GONE {
            self.series.retain(|_, (_, look)| *look == self.looks);
        }
    }

    /// What has become of a series since the last look; `None` where that was the first, or where nothing has.
    pub(super) fn change(&self, family: &Family<'_>, metric: &Metric<'_>) -> Option<Change> {
        let now = super::summary::size(&metric.value);
        let known: &HashMap<SeriesKey<'_>, (f64, u64)> = &self.series;
        match known.get(&series_key(&family.name, metric)) {
            _ if self.looks == 0 => None,
            None => Some(Change::New),
            Some((before, _)) if same_number(*before, now) => None,
            Some((before, _)) if now < *before && only_rises(family.kind) => Some(Change::Anew),
            Some((before, _)) => Some(Change::By(now - before)),
        }
    }
}

const fn only_rises(kind: FamilyKind) -> bool {
    matches!(kind, FamilyKind::Counter | FamilyKind::Histogram | FamilyKind::Summary)
}

impl Change {
    /// What several series have become together, each given with its value.
    pub(super) fn of_all(changes: &[(Option<Self>, f64)]) -> Option<Self> {
        let is = |wanted: Self| move |change: &(Option<Self>, f64)| change.0 == Some(wanted);
        if changes.iter().any(is(Self::Anew)) {
            return Some(Self::Anew);
        }
        if !changes.is_empty() && changes.iter().all(is(Self::New)) {
            return Some(Self::New);
        }
        let by = |(change, value): &(Option<Self>, f64)| match change {
            Some(Self::By(difference)) => *difference,
            Some(Self::New) => *value,
            Some(Self::Anew) | None => 0.0,
        };
        let sum: f64 = changes.iter().map(by).sum();
        (sum != 0.0).then_some(Self::By(sum))
    }

    /// In words or digits.
    pub(super) fn text(self, unit: Unit) -> String {
        match self {
            Self::New => "new".to_owned(),
            Self::Anew => "began anew".to_owned(),
            Self::By(difference) if difference > 0.0 => format!("+{}", unit.show(difference)),
            Self::By(difference) => unit.show(difference),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    fn families(text: &str) -> Vec<Family<'_>> {
        parse(text, Format::Text).unwrap()
    }

    fn change(before: &[&str], now: &str) -> Option<Change> {
        let mut known = Before::default();
        before.iter().for_each(|text| known.note(&families(text)));
        let families = families(now);
        known.change(&families[0], &families[0].metrics[0])
    }

    const COUNTER: &str = "# TYPE a counter\n";
    const GAUGE: &str = "# TYPE a gauge\n";

    #[test]
    fn a_counter_that_is_less_began_anew_and_a_gauge_fell() {
        let of = |kind: &str, value: u8| format!("{kind}a{{b=\"c\"}} {value}\n");
        assert_eq!(change(&[&of(COUNTER, 5)], &of(COUNTER, 8)), Some(Change::By(3.0)));
        assert_eq!(change(&[&of(COUNTER, 5)], &of(COUNTER, 2)), Some(Change::Anew));
        assert_eq!(change(&[&of(GAUGE, 5)], &of(GAUGE, 2)), Some(Change::By(-3.0)));
        assert_eq!(change(&[&of(GAUGE, 5)], &of(GAUGE, 5)), None);
        assert_eq!(change(&[], &of(COUNTER, 5)), None, "the first look");
        assert_eq!(change(&["x 1\n"], &of(COUNTER, 5)), Some(Change::New));
        assert_eq!(change(&[&of(COUNTER, 5), ""], &of(COUNTER, 6)), Some(Change::By(1.0)), "it was away");
    }

    #[test]
    fn the_sum_of_changes_is_said_as_one() {
        let (by, new, same) = ((Some(Change::By(2.0)), 9.0), (Some(Change::New), 5.0), (None, 4.0));
        assert_eq!(Change::of_all(&[by, new, same]), Some(Change::By(7.0)));
        assert_eq!(Change::of_all(&[new, new]), Some(Change::New));
        assert_eq!(Change::of_all(&[by, (Some(Change::Anew), 1.0)]), Some(Change::Anew));
        assert_eq!(Change::of_all(&[same]), None);
        assert_eq!(
            (&*Change::By(3.0).text(Unit::None), &*Change::By(-90.0).text(Unit::Seconds)),
            ("+3", "-1 m 30 s")
        );
    }
}
