//! Totals over the last hour and the last day beside each other, from a real history: what is in the one is in the other.

use super::{Scene, between, now};
use fastrand::Rng;
use std::sync::Arc;
use telemetry_catalog::promql::{Scope, Vector, Window, counter};
use telemetry_core::catalog::AGENT_RUNS;
use telemetry_query::{Labels, Sample};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::scrape::{ScrapeOptions, Scraper};
use telemetry_stack::source::{Here, Source as _};
use tempfile::TempDir;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// From one scrape to the next, and how long ago the last one was.
const INTERVAL: i64 = 15_000;
const SINCE: i64 = 7_000;

/// A history in a folder, and when its last scrape was.
struct Told {
    _folder: TempDir,
    history: Arc<History>,
    end: i64,
}

impl Told {
    fn nothing() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history"), HistoryOptions::default()).unwrap();
        Self { _folder: folder, history: Arc::new(history), end: now() - SINCE }
    }

    /// A series of a target, with what it has at each scrape from so long before the last one to so long before it.
    fn series(self, name: &str, since: i64, until: i64, value: impl Fn(i64) -> f64) -> Self {
        let times = (0..=(since - until) / INTERVAL).map(|scrape| since - scrape * INTERVAL);
        let samples: Vec<_> = times.map(|ago| Sample::new(self.end - ago, value(ago))).collect();
        self.samples(name, &samples)
    }

    fn samples(self, name: &str, samples: &[Sample]) -> Self {
        let mut labels = vec![("__name__", name), ("job", "sase_axe"), ("instance", "host:9464")];
        if name.starts_with("sase") {
            labels.push(("status", "error"));
        }
        let series = self.history.series_id(&Labels::new(labels)).unwrap();
        let batch: Vec<_> = samples.iter().map(|sample| (series, *sample)).collect();
        self.history.append(&batch).unwrap();
        self
    }

    fn source(&self) -> Here {
        let scraper = Scraper::new(Arc::clone(&self.history) as _, Vec::new(), ScrapeOptions::default());
        Here::new(Arc::clone(&self.history) as _, Arc::new(scraper))
    }

    fn page(&self) -> String {
        Scene::of(self.source()).text("/")
    }

    /// The only value of a vector, as of seven seconds after the last scrape.
    fn value(&self, vector: &Vector) -> f64 {
        let found = self.source().instant(&vector.written(&Scope::plain()), self.end + SINCE).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].1
    }
}

const RUNS: &str = "sase_agent_runs_total";

/// The least and the most that the tile of this name and time says.
fn said(page: &str, title: &str, over: &str) -> (f64, f64) {
    let text = between(page, &format!("<dt>{title} <span>{over}</span></dt>"), "</div>");
    let number = |text: &str| {
        let digits = text.chars().filter(char::is_ascii_digit).collect::<String>();
        digits.parse().unwrap_or_else(|_| panic!("{title}, {over}: {text}"))
    };
    match text.split_once("up to") {
        Some((least, most)) => (number(least), number(most)),
        None => (number(text), number(text)),
    }
}

/// What is said of the last hour, and of the last day.
fn both(page: &str, title: &str) -> [(f64, f64); 2] {
    ["last hour", "last 24 h"].map(|over| said(page, title, over))
}

/// With one more in every millisecond, two moments are never told as one.
#[test]
fn all_totals_are_of_one_moment() {
    let begin = now() - 1_000;
    let samples: Vec<_> = (0..60_000)
        .map(|passed| Sample::new(begin + passed, f64::from(u16::try_from(passed).unwrap())))
        .collect();
    let page = Told::nothing().samples(RUNS, &samples).page();
    let [hour, day] = both(&page, "Runs");
    assert!(hour.0 > 0.0 && hour.0 == hour.1);
    assert_eq!((hour, both(&page, "Failures")), (day, [hour, day]));
}

#[test]
fn what_prometheus_adds_where_a_counter_began_anew_is_not_said_to_have_happened() {
    let value = |ago: i64| match ago / MINUTE {
        50.. => 1000.0,
        20.. => 1400.0,
        10.. => 0.0,
        _ => 160.0,
    };
    let page = Told::nothing().series(RUNS, 2 * HOUR, 0, value).page();
    let [hour, day] = both(&page, "Runs");
    for (least, most) in [hour, day] {
        assert!(least <= 560.0 && 560.0 <= most && most - least < 6.0, "{least} to {most}");
    }
    assert!(hour.0 <= day.0 && hour.1 <= day.1, "{hour:?}, {day:?}");
}

/// The process of today has counted more than that of yesterday had, so that over a day it seems to go on.
#[test]
fn what_a_process_counts_that_began_in_the_hour_is_of_the_day_too() {
    let told =
        Told::nothing().series(RUNS, 26 * HOUR, 2 * HOUR, |_| 3.0).series("up", 26 * HOUR, 2 * HOUR, |_| 1.0);
    let began = (told.end - 30 * MINUTE) as f64 / 1000.0;
    let page = told
        .series("process_start_time_seconds", 30 * MINUTE, 0, |_| began)
        .series(RUNS, 30 * MINUTE, 0, |ago| if ago > 20 * MINUTE { 4.0 } else { 5.0 })
        .series("up", 30 * MINUTE, 0, |_| 1.0)
        .page();
    assert_eq!(both(&page, "Failures"), [(5.0, 5.0); 2]);
}

#[test]
fn what_begins_and_ends_within_the_hour_is_of_both() {
    let page = Told::nothing()
        .series("up", 26 * HOUR, 0, |_| 1.0)
        .series(RUNS, 40 * MINUTE, 10 * MINUTE, |ago| if ago > 20 * MINUTE { 1.0 } else { 4.0 })
        .page();
    assert_eq!(both(&page, "Runs"), [(4.0, 4.0); 2]);
}

/// However a counter rises, begins anew and misses scrapes: what is added for the ends of the window is no more than is told of.
#[test]
fn what_was_counted_lies_between_what_is_said_at_least_and_at_most() {
    let mut random = Rng::with_seed(11);
    let (mut widest, mut runs) = (0.0_f64, 0);
    while runs < 24 {
        let (told, window) = (Told::nothing(), [300, 3_600][runs % 2]);
        let since = told.end + SINCE - i64::from(window) * 1000;
        let (mut value, mut last, mut true_count, mut begins_anew) = (random.u32(0..2_000), None, 0, false);
        let mut samples = Vec::new();
        for ago in (0..=2 * HOUR / INTERVAL).rev() {
            if random.f64() < 0.2 {
                continue;
            }
            let time = told.end - ago * INTERVAL;
            value = if random.f64() < 0.05 { random.u32(0..5) } else { value + random.u32(0..40) };
            if let Some(last) = last.filter(|_| time > since) {
                begins_anew |= value < last;
                true_count += if value < last { value } else { value - last };
            }
            last = (time > since).then_some(value);
            samples.push(Sample::new(time, f64::from(value)));
        }
        if !begins_anew {
            continue;
        }
        runs += 1;
        let told = told.samples(RUNS, &samples);
        let (of, window) = (counter(&AGENT_RUNS), Window::of_seconds(window));
        let most = told.value(&Vector::tallied(&of, window, &[]));
        let least = most - told.value(&Vector::stretched(&of, window, &[]));
        let count = f64::from(true_count);
        assert!(least <= count && count <= most, "{least} to {most}, and there were {count}");
        widest = widest.max(most - count);
    }
    assert!(widest > 1.0, "nothing was ever added, so that this tells nothing");
}
