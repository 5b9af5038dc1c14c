//! What the history costs: a scrape of ten thousand series, a day of samples, and finding series.
//!
//! ```console
//! $ cargo bench -p telemetry-stack --bench history
//! ```
//!
//! What it takes of memory and disk is shown by the example `history_size`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use divan::Bencher;
use divan::counter::ItemsCount;
use telemetry_query::{Labels, Matcher, Sample, Selection, Store};
use telemetry_stack::history::{History, HistoryOptions};
use tempfile::TempDir;

const START: i64 = 1_700_000_400_000;
const INTERVAL: i64 = 15_000;
const DAY: i64 = 24 * 3_600_000;

fn main() {
    divan::main();
}

fn labels(number: i64) -> Labels {
    let status = ["ok", "error"][(number % 2) as usize];
    let series = number.to_string();
    Labels::new([("__name__", "runs_total"), ("job", "agent"), ("status", status), ("series", &series)])
}

/// A history with a day of so many counters.
fn a_day(series: i64) -> (TempDir, History) {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path(), HistoryOptions::default()).unwrap();
    let mut import = history.import().unwrap();
    for number in 0..series {
        let samples = (0..DAY / INTERVAL).map(|scrape| {
            let counted = scrape * (number % 7) + (scrape * scrape + number) % 13;
            Sample::new(START + scrape * INTERVAL, counted as f64)
        });
        import.series(&labels(number), samples).unwrap();
    }
    import.finish().unwrap();
    (folder, history)
}

fn read(history: &History, matchers: &[Matcher]) -> usize {
    let selection = Selection { matchers, start: START, end: START + DAY };
    let (mut samples, mut count) = (Vec::new(), 0);
    for series in history.select(&selection).unwrap() {
        samples.clear();
        series.read(&mut samples).unwrap();
        count += samples.len();
    }
    count
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn append_a_scrape(bencher: Bencher<'_, '_>, series: i64) {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path(), HistoryOptions::default()).unwrap();
    let ids: Vec<_> = (0..series).map(|number| history.series_id(&labels(number)).unwrap()).collect();
    let mut scrape = 0;
    bencher.counter(ItemsCount::new(series as usize)).bench_local(|| {
        scrape += 1;
        let sample = |number: i64| Sample::new(START + scrape * INTERVAL, (scrape * (number % 7)) as f64);
        let batch: Vec<_> = ids.iter().copied().zip((0..series).map(sample)).collect();
        history.append(&batch).unwrap()
    });
}

#[divan::bench(sample_count = 5)]
fn read_a_day_of_1000_series(bencher: Bencher<'_, '_>) {
    let (_folder, history) = a_day(1_000);
    let matchers = [Matcher::equal("__name__", "runs_total")];
    bencher.counter(ItemsCount::new(read(&history, &matchers))).bench_local(|| read(&history, &matchers));
}

#[divan::bench(sample_count = 20)]
fn read_a_day_of_one_series(bencher: Bencher<'_, '_>) {
    let (_folder, history) = a_day(1_000);
    let matchers = [Matcher::equal("series", "77")];
    bencher.counter(ItemsCount::new(read(&history, &matchers))).bench_local(|| read(&history, &matchers));
}

#[divan::bench(args = ["one", "half"])]
fn select_among_10000_series(bencher: Bencher<'_, '_>, which: &str) {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path(), HistoryOptions::default()).unwrap();
    let id = |number| (history.series_id(&labels(number)).unwrap(), Sample::new(START, 1.0));
    history.append(&(0..10_000).map(id).collect::<Vec<_>>()).unwrap();
    let chosen = if which == "one" { Matcher::equal("series", "77") } else { Matcher::equal("status", "ok") };
    let matchers = [Matcher::equal("__name__", "runs_total"), chosen];
    let selection = Selection { matchers: &matchers, start: START, end: START };
    bencher.bench_local(|| history.select(&selection).unwrap().len());
}
