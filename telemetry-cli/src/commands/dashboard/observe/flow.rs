//! By how much each series rose between looks.
//!
//! Counters are compared series by series. One that is less than before has begun anew, and counts from 0, as Prometheus takes it. What a
//! source had when it was first seen was counted before, so that it is no rise; and neither is what a group of series, such as those of
//! another host, brings along when it is first seen. A new series of a group that is known is one that was born with its first event.
//! Nothing is compared across two sources: each has a flow of its own, which waits for a source that fails for a moment.

use crate::samples::{SeriesKey, is_distribution, series_key};
use crate::tables::{size, value_of};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};
use telemetry_core::exposition::{Label, Metric};

/// Over how many seconds a rate is taken, at least: over less it would jump with each event.
const OVER: f64 = 60.0;

/// How many seconds are between two points that are kept, at least.
const APART: f64 = 5.0;

/// So many series are remembered that no source has any more, before everything begins anew.
const MOST_GONE: usize = 100_000;

/// How long what is known of a source is kept while another one tells the numbers.
const AWAY: Duration = Duration::from_secs(300);

/// The flow of each source, with when it was looked at last.
#[derive(Debug)]
pub(super) struct Flows<R>(Vec<(R, Instant, Flow)>);

impl<R> Default for Flows<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: PartialEq> Flows<R> {
    /// The flow of this source, the one of the last look at it unless others have told the numbers for long.
    pub(super) fn of(&mut self, source: R, now: Instant) -> &mut Flow {
        let last = self.0.iter().map(|(_, looked, _)| *looked).max();
        self.0.retain(|(_, looked, _)| Some(*looked) == last || now.duration_since(*looked) <= AWAY);
        let known = self.0.iter().position(|(of, ..)| *of == source);
        let place = known.unwrap_or_else(|| {
            self.0.push((source, now, Flow::default()));
            self.0.len() - 1
        });
        let (_, looked, flow) = &mut self.0[place];
        *looked = now;
        flow
    }
}

/// What has risen so far.
#[derive(Debug, Default)]
pub(super) struct Flow {
    places: HashMap<SeriesKey<'static>, usize>,
    series: Vec<Counted>,
    /// The series in the order of the last look, which mostly is that of the next one too.
    order: Vec<Seen>,
    groups: HashSet<Group>,
    /// The groups that this look has brought.
    new_groups: HashSet<Group>,
    /// How far everything had risen at former looks, the oldest first.
    points: VecDeque<Point>,
    /// The time of the last look, in seconds by the clock of the source.
    at: Option<f64>,
    /// Whether the look that is under way brings new samples.
    is_new: bool,
    /// How many series the look that is under way has.
    seen: usize,
}

/// The job and the instance.
type Group = (String, String);

/// A series as it came, and where it is.
#[derive(Debug)]
struct Seen {
    family: String,
    distribution: bool,
    labels: Vec<Label<'static>>,
    place: usize,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    last: f64,
    risen: f64,
}

#[derive(Debug)]
struct Point {
    at: f64,
    risen: Vec<f64>,
}

impl Flow {
    /// Begins a look, whose samples are of this time; `None` where there are none. Where they are of the same time as before they are the
    /// same samples.
    pub(super) fn begin(&mut self, at: impl Into<Option<f64>>) {
        let at = at.into();
        let is_later = at.zip(self.at).is_none_or(|(at, last)| at >= last);
        if !is_later || self.places.len() > self.seen + MOST_GONE {
            *self = Self::default();
        }
        self.is_new = at.is_some_and(|at| self.at.is_none_or(|last| at > last));
        self.at = at.or(self.at);
        self.seen = 0;
    }

    /// Notes what a series is at this look, and tells by how much it has risen since the base of the rates; `None` without one.
    pub(super) fn note(&mut self, family: &str, metric: &Metric<'_>) -> Option<f64> {
        let now = size(&metric.value);
        if !now.is_finite() {
            return None;
        }
        let place = self.place(family, metric, now);
        self.seen += 1;
        let counted = self.series.get_mut(place)?;
        if self.is_new {
            counted.risen += if now < counted.last { now } else { now - counted.last };
            counted.last = now;
        }
        let risen = counted.risen;
        let base = self.base()?;
        Some(risen - base.risen.get(place).copied().unwrap_or_default())
    }

    /// Where a series is, which is added if it is new. It is looked for where the last look had one at its turn before anywhere else.
    fn place(&mut self, family: &str, metric: &Metric<'_>, now: f64) -> usize {
        let distribution = is_distribution(metric);
        if let Some(seen) = self.order.get(self.seen)
            && seen.family == family
            && seen.distribution == distribution
            && seen.labels == metric.labels
        {
            return seen.place;
        }
        let key = series_key(family, metric);
        let places: &HashMap<SeriesKey<'_>, usize> = &self.places;
        let place = match places.get(&key) {
            Some(place) => *place,
            None => self.add(key, group(metric), now),
        };
        let labels = metric.labels.iter().cloned().map(Label::into_owned).collect();
        let seen = Seen { family: family.to_owned(), distribution, labels, place };
        match self.order.get_mut(self.seen) {
            Some(at) => *at = seen,
            None => self.order.push(seen),
        }
        place
    }

    /// Adds a series: at 0 where it was born with what it has, and else at what it has.
    fn add(&mut self, (name, distribution, labels): SeriesKey<'_>, group: Group, now: f64) -> usize {
        let born = self.groups.contains(&group);
        if !born {
            self.new_groups.insert(group);
        }
        let labels = labels.into_iter().map(Label::into_owned).collect();
        self.places.insert((name, distribution, labels), self.series.len());
        self.series.push(Counted { last: if born { 0.0 } else { now }, risen: 0.0 });
        self.series.len() - 1
    }

    /// Ends the look.
    pub(super) fn end(&mut self) {
        self.groups.extend(self.new_groups.drain());
        let Some(at) = self.at.filter(|_| self.is_new) else { return };
        if self.points.back().is_none_or(|last| at - last.at >= APART) {
            self.points
                .push_back(Point { at, risen: self.series.iter().map(|counted| counted.risen).collect() });
        }
        while self.points.get(1).is_some_and(|next| at - next.at >= OVER) {
            self.points.pop_front();
        }
    }

    /// How many minutes have passed since the base of the rates; `None` until there are two looks.
    pub(super) fn minutes(&self) -> Option<f64> {
        const SECONDS: f64 = 60.0;
        Some((self.at? - self.base()?.at) / SECONDS)
    }

    /// The youngest point that is old enough, or else the oldest.
    fn base(&self) -> Option<&Point> {
        let now = self.at?;
        let old = self.points.iter().rev().find(|point| now - point.at >= OVER);
        old.or_else(|| self.points.front().filter(|point| point.at < now))
    }
}

fn group(metric: &Metric<'_>) -> Group {
    let value = |name| value_of(&metric.labels, name).unwrap_or_default().to_owned();
    (value("job"), value("instance"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    /// The rises of all series per minute, at each of these looks.
    fn rates(flows: &mut Flows<&'static str>, looks: &[(&'static str, f64, &str)]) -> Vec<Option<f64>> {
        let begun = Instant::now();
        let look = |(of, at, text): &(&'static str, f64, &str)| {
            let flow = flows.of(of, begun + Duration::from_secs_f64(*at));
            flow.begin(*at);
            let mut sum = Some(0.0);
            for family in parse(text, Format::Text).unwrap() {
                for metric in &family.metrics {
                    sum = flow.note(&family.name, metric).and_then(|risen| Some(sum? + risen));
                }
            }
            flow.end();
            sum.zip(flow.minutes()).map(|(sum, minutes)| sum / minutes)
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn what_rose_is_divided_by_the_time_between_the_samples() {
        let looks =
            [("a", 0.0, "c 10\n"), ("a", 30.0, "c 15\n"), ("a", 60.0, "c 15\n"), ("a", 120.0, "c 15\n")];
        let found = rates(&mut Flows::default(), &looks);
        assert_eq!(found, [None, Some(10.0), Some(5.0), Some(0.0)]);
    }

    #[test]
    fn a_counter_that_began_anew_counts_from_0() {
        let looks = [("a", 0.0, "c 10\n"), ("a", 60.0, "c 3\n")];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, Some(3.0)]);
    }

    #[test]
    fn a_series_that_is_born_is_an_event_and_another_host_is_none() {
        let known = "c{instance=\"i\",s=\"ok\"} 10\n";
        let born = format!("{known}c{{instance=\"i\",s=\"error\"}} 1\n");
        let other = format!("{born}c{{instance=\"j\",s=\"ok\"}} 5000\n");
        let more = other.replace("5000", "5001");
        let looks = [("a", 0.0, known), ("a", 60.0, &*born), ("a", 120.0, &*other), ("a", 180.0, &*more)];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, Some(1.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn two_sources_are_not_compared_and_one_that_fails_for_a_moment_is_not_forgotten() {
        let looks =
            [("a", 0.0, "c 10\n"), ("b", 60.0, "c 90\n"), ("b", 120.0, "c 91\n"), ("a", 180.0, "c 16\n")];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, None, Some(1.0), Some(2.0)]);
    }

    #[test]
    fn a_source_that_was_away_for_long_is_a_new_beginning() {
        let looks =
            [("a", 0.0, "c 10\n"), ("b", 60.0, "c 90\n"), ("a", 400.0, "c 16\n"), ("a", 800.0, "c 26\n")];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, None, None, Some(1.5)]);
    }

    #[test]
    fn series_that_come_in_another_order_are_the_same() {
        let (a, b, c) = ("c{s=\"a\"} 10\n", "c{s=\"b\"} 20\n", "c{s=\"c\"} 5\n");
        let texts = [[a, b].concat(), [c, b, a].concat(), [a, c, b].concat(), [b, a].concat()];
        let looks: Vec<_> =
            (0..).zip(&texts).map(|(at, text)| ("a", f64::from(at) * 60.0, &**text)).collect();
        // Only the one that is born at the second look has risen.
        assert_eq!(rates(&mut Flows::default(), &looks), [None, Some(5.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn the_same_samples_again_change_nothing() {
        let looks =
            [("a", 0.0, "c 10\n"), ("a", 60.0, "c 14\n"), ("a", 60.0, "c 14\n"), ("a", 60.0, "c 14\n")];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, Some(4.0), Some(4.0), Some(4.0)]);
    }

    #[test]
    fn a_series_that_was_away_is_compared_with_what_it_was() {
        let looks = [("a", 0.0, "c 10\n"), ("a", 60.0, ""), ("a", 120.0, "c 12\n")];
        assert_eq!(rates(&mut Flows::default(), &looks), [None, Some(0.0), Some(2.0)]);
    }

    #[test]
    fn points_do_not_pile_up() {
        let mut flows = Flows::default();
        for look in 0..5000 {
            let _rate = rates(&mut flows, &[("a", f64::from(look) * 0.2, "c 1\n")]);
        }
        let flow = flows.of("a", Instant::now());
        assert!(flow.points.len() <= 14, "{}", flow.points.len());
        assert_eq!((flow.places.len(), flow.series.len()), (1, 1));
    }
}
