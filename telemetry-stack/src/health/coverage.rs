//! How much of a window a source has seen, and whether what it says is of now.

use crate::page::liveness::{FAR, INTERVALS, JOBS, STRIDE, answered, brought};
use crate::panels::{USUAL_INTERVAL, millis};
use crate::source::{Source, SourceError};
use std::collections::BTreeMap;
use std::time::Duration;
use telemetry_catalog::promql::Window;
use telemetry_query::{Series, Steps};

/// How many times a window is looked at. What is said of it is as exact as the time between two of them.
const LOOKS: i64 = 240;

/// How old a sample may be that a selector still finds, in milliseconds.
const LOOKED_BACK: i64 = 5 * 60 * 1000;

/// What a source has seen of a window. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// When the window began of which something was asked.
    pub begin: i64,
    /// When it ends.
    pub to: i64,
    /// When what was seen of it begins; `None` where nothing was.
    pub from: Option<i64>,
    /// How much of it was seen.
    pub covered: Duration,
    /// The last scrape before the longest time in between of which nothing was seen, and a scrape soon after it.
    pub pause: Option<(i64, i64)>,
    /// When something that tells of the fleet was last scraped with success, be it before the window; `None` where that was not within a
    /// week.
    pub newest: Option<i64>,
    /// What is typical between two scrapes, as exactly as the window is looked at; `None` where fewer than two were seen.
    pub interval: Option<Duration>,
    /// How old the newest may be for what is said to be of now.
    pub young: Duration,
}

/// How much of the window that ends at `at` a source has seen: when targets that tell of the fleet answered.
///
/// # Errors
/// What keeps the source from answering.
pub fn coverage(source: &dyn Source, window: Window, at: i64) -> Result<Coverage, SourceError> {
    let steps = steps(window, at);
    let ours = source
        .range(&answered(), steps)?
        .into_iter()
        .filter(|series| JOBS.contains(&series.labels.get("job")));
    let mut looks = Looks::of(ours);
    if looks.newest().is_none() {
        // Every series of the fleet is looked at for this, so that it is asked only where the jobs do not tell.
        looks = Looks::of(source.range(&brought(), steps)?.into_iter());
    }
    let coverage = looks.coverage(begin(window, at), steps);
    if coverage.newest.is_some() {
        return Ok(coverage);
    }
    let far = Steps { start: at - FAR / STRIDE * STRIDE, end: at, step: STRIDE };
    Ok(Coverage { newest: Looks::of(source.range(&brought(), far)?.into_iter()).newest(), ..coverage })
}

fn steps(window: Window, at: i64) -> Steps {
    let length = at - begin(window, at);
    let step = (length / LOOKS).max(1000);
    Steps { start: at - length / step * step, end: at, step }
}

fn begin(window: Window, at: i64) -> i64 {
    at - i64::from(window.seconds()) * 1000
}

/// When any of several series was last scraped, as of each time at which that was known.
struct Looks(BTreeMap<i64, i64>);

impl Looks {
    fn of(series: impl Iterator<Item = Series>) -> Self {
        let mut looks = BTreeMap::new();
        for sample in series.flat_map(|series| series.samples) {
            let newest = looks.entry(sample.timestamp).or_insert(i64::MIN);
            *newest = milliseconds(sample.value).max(*newest);
        }
        Self(looks)
    }

    fn newest(&self) -> Option<i64> {
        self.0.values().copied().max()
    }

    /// What is typical between two scrapes of those that were seen.
    fn interval(&self) -> Option<i64> {
        let mut times: Vec<_> = self.0.values().copied().collect();
        times.dedup();
        let later = times.iter().skip(1);
        let mut between: Vec<_> = times.iter().zip(later).map(|(one, next)| next - one).collect();
        between.sort_unstable();
        between.get(between.len() / 2).copied()
    }

    fn coverage(&self, begin: i64, Steps { start, end, step }: Steps) -> Coverage {
        let interval = self.interval();
        // Where scrapes come more often than usual, one that is as old as usual is of now.
        let young = (interval.unwrap_or_default().max(millis(USUAL_INTERVAL)) * INTERVALS).min(LOOKED_BACK);
        let is_young = |(look, newest): &(&i64, &i64)| *look - *newest < young;
        let seen: Vec<_> = self.0.iter().filter(is_young).collect();
        let from = seen.first().map(|(_, newest)| if **newest <= start { begin } else { **newest });
        // Of what was seen between two looks nobody knows more than that it was.
        let whole = from.map_or(0, |from| end - from);
        let looks_since = from.map_or(0, |from| (end - from) / step);
        let missed = looks_since.saturating_sub(i64::try_from(seen.len()).unwrap_or(i64::MAX)).max(0) * step;
        Coverage {
            begin,
            to: end,
            from,
            covered: Duration::from_millis(u64::try_from(whole - missed).unwrap_or_default()),
            pause: longest_pause(&seen, step),
            newest: self.newest(),
            interval: interval.map(|interval| Duration::from_millis(interval.unsigned_abs())),
            young: Duration::from_millis(u64::try_from(young).unwrap_or_default()),
        }
    }
}

/// The longest time between two looks that follow each other in these, but did not in the window; each look with its newest scrape.
fn longest_pause(seen: &[(&i64, &i64)], step: i64) -> Option<(i64, i64)> {
    let pairs = seen.windows(2).filter_map(|pair| <&[_; 2]>::try_from(pair).ok());
    let pauses = pairs.filter(|[(look, _), (next, _)]| **next - **look > step * 3 / 2);
    pauses.map(|[(_, last), (_, first)]| (**last, **first)).max_by_key(|(last, first)| first - last)
}

impl Coverage {
    /// Whether what is said is of now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.newest.is_some_and(|newest| self.age_of(newest) < self.young)
    }

    /// How long before the end of the window that was.
    #[must_use]
    pub fn age_of(&self, time: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.to - time).unwrap_or_default())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "times of this age of the world fit")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SeenTarget;
    use telemetry_catalog::{GATEWAY_JOB, STACK_JOB};
    use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample};

    const NOW: i64 = 1_700_000_000_000;
    const HALF_AN_HOUR: Window = Window::minutes(30);

    /// Scrapes in memory.
    #[derive(Default)]
    struct Scrapes(MemoryStore);

    impl Scrapes {
        /// A scrape of this job every so many seconds, from so many seconds ago until so many seconds ago.
        fn of(mut self, job: &str, every: i64, from: i64, until: i64) -> Self {
            let up = Labels::new([("__name__", "up"), ("job", job), ("instance", "one")]);
            let times = (0..).map(|step| from - step * every).take_while(|ago| *ago >= until);
            self.0.append(&up, times.map(|ago| Sample::new(NOW - ago * 1000, 1.0)));
            self
        }

        fn coverage(&self, window: Window) -> Coverage {
            coverage(self, window, NOW).unwrap()
        }
    }

    impl Source for Scrapes {
        fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            unreachable!()
        }

        fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
            let query = Query::parse(expr).unwrap();
            Ok(query.range(&self.0, steps, &Limits::default()).unwrap())
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            unreachable!()
        }
    }

    fn ago(time: Option<i64>) -> Option<i64> {
        time.map(|time| (NOW - time) / 1000)
    }

    #[test]
    fn a_window_that_was_scraped_throughout_is_covered_to_its_edge() {
        for every in [1, 15, 60] {
            let seen = Scrapes::default().of(GATEWAY_JOB, every, 7_200, 0).coverage(HALF_AN_HOUR);
            assert_eq!((seen.from, seen.covered), (Some(seen.begin), Duration::from_secs(1_800)), "{every}");
            assert_eq!(seen.pause, None, "{every}");
            assert!(seen.is_live());
        }
        let odd = Scrapes::default().of(GATEWAY_JOB, 15, 7_200, 0).coverage(Window::of_seconds(1_777));
        assert_eq!(odd.covered, Duration::from_secs(1_777));
    }

    #[test]
    fn the_interval_is_what_is_typical_and_unknown_of_one_scrape() {
        let of = |every, from, until| {
            Scrapes::default().of(GATEWAY_JOB, every, from, until).coverage(Window::minutes(5)).interval
        };
        for every in [1, 2, 15, 60] {
            let interval = Duration::from_secs(u64::try_from(every).unwrap());
            assert_eq!(of(every, 7_200, 0), Some(interval));
            // One that stopped a while ago was no slower for that.
            assert_eq!(of(every, 7_200, 20), Some(interval));
        }
        assert_eq!((of(15, 0, 0), of(15, 100_000, 90_000)), (None, None));
    }

    #[test]
    fn history_that_begins_within_the_window_covers_the_rest_of_it() {
        let seen = Scrapes::default().of(GATEWAY_JOB, 15, 1_320, 0).coverage(HALF_AN_HOUR);
        assert_eq!((ago(seen.from), seen.covered), (Some(1_320), Duration::from_secs(1_320)));
    }

    #[test]
    fn a_pause_is_not_covered() {
        let scrapes = Scrapes::default().of(GATEWAY_JOB, 15, 7_200, 1_500).of(GATEWAY_JOB, 15, 600, 0);
        let seen = scrapes.coverage(HALF_AN_HOUR);
        assert_eq!(seen.from, Some(seen.begin));
        // What was scraped is taken for true for three intervals.
        let covered = seen.covered.as_secs();
        assert!((900..=960).contains(&covered), "{covered}");
        let (last, first) = seen.pause.unwrap();
        assert!((1_500..1_510).contains(&((NOW - last) / 1000)), "{last}");
        assert!((590..=600).contains(&((NOW - first) / 1000)), "{first}");
    }

    #[test]
    fn what_stopped_arriving_is_not_of_now() {
        let at = |until| Scrapes::default().of(GATEWAY_JOB, 15, 7_200, until).coverage(HALF_AN_HOUR);
        assert!(at(30).is_live() && !at(45).is_live());
        let stopped = at(1_200);
        assert_eq!((ago(stopped.newest), stopped.is_live()), (Some(1_200), false));
        let slow = Scrapes::default().of(GATEWAY_JOB, 60, 7_200, 120).coverage(HALF_AN_HOUR);
        assert!(slow.is_live(), "three scrapes a minute apart");
    }

    #[test]
    fn nothing_in_the_window_is_no_coverage_and_the_last_sample_is_known_all_the_same() {
        let pushed =
            Labels::new([("__name__", "push_time_seconds"), ("job", "sase_agent"), ("instance", "one")]);
        let runs =
            Labels::new([("__name__", "sase_agent_runs_total"), ("job", "sase_agent"), ("instance", "one")]);
        let mut scrapes = Scrapes::default();
        for labels in [&pushed, &runs] {
            scrapes.0.append(labels, [Sample::new(NOW - 7_200_000, 1.0)]);
        }
        let seen = scrapes.coverage(HALF_AN_HOUR);
        assert_eq!((seen.from, seen.covered, ago(seen.newest)), (None, Duration::ZERO, Some(7_200)));
        assert!(!seen.is_live());
        let strange = Scrapes::default().of(STACK_JOB, 15, 7_200, 0).coverage(HALF_AN_HOUR);
        assert_eq!((strange.from, strange.newest, strange.is_live()), (None, None, false));
    }
}
