//! The history: what is appended, kept, read and forgotten.

mod aside;
mod damaged;
mod model;
mod moved;

use super::chunk::varint;
use super::*;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use telemetry_query::{Matcher, STALE, Selection, Store};

const HOUR: i64 = 3_600_000;
const START: i64 = 236_111 * 2 * HOUR;

fn open(folder: &Path) -> History {
    History::open(folder, HistoryOptions::default()).unwrap()
}

fn keeping(folder: &Path, retention: i64) -> History {
    let retention = Duration::from_millis(retention as u64);
    History::open(folder, HistoryOptions { retention, ..HistoryOptions::default() }).unwrap()
}

fn series(name: &str) -> Labels {
    Labels::new([("__name__", "m"), ("series", name)])
}

fn append(history: &History, name: &str, samples: &[(i64, f64)]) -> Appended {
    let id = history.series_id(&series(name)).unwrap();
    let batch: Vec<_> = samples.iter().map(|(time, value)| (id, Sample::new(*time, *value))).collect();
    history.append(&batch).unwrap()
}

/// The samples of each series in a time, bit for bit.
fn content(history: &History, start: i64, end: i64) -> BTreeMap<String, Vec<(i64, u64)>> {
    let mut content = BTreeMap::new();
    for selected in history.select(&Selection { matchers: &[], start, end }).unwrap() {
        let mut samples = Vec::new();
        selected.read(&mut samples).unwrap();
        assert!(samples.is_sorted_by(|one, next| one.timestamp < next.timestamp), "in order, none twice");
        let inside = samples.iter().filter(|sample| (start..=end).contains(&sample.timestamp));
        let inside: Vec<_> = inside.map(|sample| (sample.timestamp, sample.value.to_bits())).collect();
        if !inside.is_empty() {
            content.insert(selected.labels().get("series").to_owned(), inside);
        }
    }
    content
}

fn times(history: &History, name: &str) -> Vec<i64> {
    let mut content = content(history, i64::MIN, i64::MAX);
    content.remove(name).unwrap_or_default().into_iter().map(|(time, _)| time).collect()
}

/// A sample every ten minutes of these hours since the start.
fn hours(from: i64, to: i64) -> Vec<(i64, f64)> {
    (from * 6..to * 6).map(|number| (START + number * 600_000, number as f64)).collect()
}

#[test]
fn what_was_appended_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let values = [1.0, STALE, -0.0, f64::NAN, 0.1, f64::INFINITY, f64::from_bits(0xfff8_0000_0000_1234)];
    let samples: Vec<_> = (0..).zip(values).map(|(number, value)| (START + number, value)).collect();
    assert_eq!(append(&history, "a", &samples).stored, 7);
    let before = content(&history, i64::MIN, i64::MAX);
    assert_eq!(before["a"], samples.iter().map(|(time, value)| (*time, value.to_bits())).collect::<Vec<_>>());
    drop(history);
    assert_eq!(content(&open(folder.path()), i64::MIN, i64::MAX), before);
}

#[test]
fn a_selection_has_what_was_there_when_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    append(&history, "on disk alone", &hours(0, 1));
    append(&history, "in both places", &hours(0, 5));
    history.maintain(START + 5 * HOUR).unwrap();
    drop(history);
    let history = open(folder.path());
    append(&history, "in memory alone", &hours(4, 5));
    let before = content(&history, i64::MIN, i64::MAX);
    let selected = history.select(&Selection { matchers: &[], start: i64::MIN, end: i64::MAX }).unwrap();
    for name in before.keys() {
        assert_eq!(append(&history, name, &[(START + 6 * HOUR, 1.0)]).stored, 1);
    }
    history.maintain(START + 8 * HOUR).unwrap();
    for series in selected {
        let mut samples = vec![Sample::new(i64::MAX, 0.0)];
        series.read(&mut samples).unwrap();
        assert_eq!(samples.len() - 1, before[series.labels().get("series")].len(), "{}", series.labels());
    }
}

#[test]
fn older_and_equal_samples_are_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    append(&history, "a", &[(START, 1.0)]);
    let batch = [(START, 1.0), (START, 2.0), (START - 1, 1.0), (START + 1, 1.0), (START + 1, 1.0)];
    let outcome = append(&history, "a", &batch);
    assert_eq!(outcome, Appended { stored: 1, out_of_order: 2, duplicates: 2 });
    append(&history, "stale", &[(START, STALE)]);
    assert_eq!(append(&history, "stale", &[(START, STALE)]).duplicates, 1);
    let again = {
        drop(history);
        open(folder.path())
    };
    assert_eq!(
        append(&again, "a", &[(START + 1, 1.0), (START, 5.0)]),
        Appended { stored: 0, out_of_order: 1, duplicates: 1 }
    );
}

#[test]
fn two_hours_go_to_disk_an_hour_after_they_are_over() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    append(&history, "a", &hours(0, 3));
    append(&history, "late", &hours(0, 1));
    history.maintain(START + 3 * HOUR).unwrap();
    assert!(history.head().blocks.is_empty(), "the last sample is ten minutes before the third hour is over");
    append(&history, "a", &[(START + 3 * HOUR, 18.0)]);
    let before = content(&history, i64::MIN, i64::MAX);
    history.maintain(START + 3 * HOUR - 1).unwrap();
    assert!(history.head().blocks.is_empty(), "by the clock it is too early");
    history.maintain(START + 3 * HOUR).unwrap();
    assert_eq!(history.head().blocks.len(), 1);
    assert_eq!(content(&history, i64::MIN, i64::MAX), before);
    assert_eq!(
        append(&history, "late", &[(START + 2 * HOUR - 1, 0.0)]).out_of_order,
        1,
        "its place is on disk"
    );
    assert_eq!(append(&history, "late", &[(START + 2 * HOUR, 0.0)]).stored, 1);
    let before = content(&history, i64::MIN, i64::MAX);
    drop(history);
    let again = open(folder.path());
    assert_eq!(content(&again, i64::MIN, i64::MAX), before);
    assert_eq!(append(&again, "late", &[(START + HOUR, 0.0)]).out_of_order, 1);
}

#[test]
fn the_journal_is_emptied_and_its_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    for sample in hours(0, 24) {
        append(&history, "a", &[sample]);
        history.maintain(sample.0).unwrap();
    }
    assert_eq!(history.journal().before(i64::MAX).len(), 12, "the last two hours");
    let before = content(&history, i64::MIN, i64::MAX);
    assert_eq!(before["a"].len(), 144);
    drop(history);
    let again = open(folder.path());
    assert_eq!(again.journal().before(i64::MAX).len(), 12, "on disk as well");
    append(&again, "a", &hours(24, 25));
    assert_eq!(times(&again, "a").len(), 150);
}

#[test]
fn what_is_older_than_the_retention_is_forgotten_with_its_series() {
    let folder = tempfile::tempdir().unwrap();
    let history = keeping(folder.path(), 4 * HOUR);
    append(&history, "old", &hours(0, 2));
    for sample in hours(0, 24) {
        append(&history, "a", &[sample]);
        history.maintain(sample.0).unwrap();
    }
    let left = times(&history, "a");
    assert_eq!(
        (left[0], left.len()),
        (START + 16 * HOUR, 48),
        "whole blocks of which the last sample is old enough"
    );
    assert_eq!(history.stats().series, 1);
    assert!(history.label_values("series", &[], i64::MIN, i64::MAX).iter().eq(["a"]));
    drop(history);
    let again = keeping(folder.path(), 4 * HOUR);
    assert_eq!((again.stats().series, times(&again, "a")), (1, left));
    append(&again, "old", &hours(23, 24));
    assert_eq!(times(&again, "old").len(), 6, "it can come again");
}

#[test]
fn a_clock_that_jumps_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    append(&history, "a", &hours(0, 8));
    let before = content(&history, i64::MIN, i64::MAX);
    let year = 365 * 24 * HOUR;
    history.maintain(START + 10 * year).unwrap();
    append(&history, "other", &[(START + 10 * year, 1.0)]);
    history.maintain(START + 10 * year).unwrap();
    history.maintain(START - year).unwrap();
    let mut after = content(&history, i64::MIN, i64::MAX);
    after.remove("other");
    assert_eq!(after, before);
    assert_eq!(append(&history, "a", &hours(8, 9)).stored, 6, "the clock is right again");
}

#[test]
fn a_number_of_a_forgotten_series_is_refused_and_one_just_asked_for_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let id = history.series_id(&series("a")).unwrap();
    history.maintain(START).unwrap();
    assert_eq!(history.append(&[(id, Sample::new(START, 1.0))]).unwrap().stored, 1);
    let other = history.series_id(&series("b")).unwrap();
    history.maintain(START).unwrap();
    history.maintain(START).unwrap();
    history.maintain(START).unwrap();
    let refused = history.append(&[(id, Sample::new(START + 1, 1.0)), (other, Sample::new(START, 1.0))]);
    assert!(matches!(refused, Err(HistoryError::UnknownSeries)));
    assert_eq!(times(&history, "a"), [START], "nothing of the batch is there");
    assert_ne!(history.series_id(&series("b")).unwrap(), other);
}

#[test]
fn there_are_no_more_series_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let history =
        History::open(folder.path(), HistoryOptions { max_series: 2, ..HistoryOptions::default() }).unwrap();
    history.series_id(&series("a")).unwrap();
    history.series_id(&series("b")).unwrap();
    assert!(matches!(history.series_id(&series("c")), Err(HistoryError::TooManySeries(2))));
    history.series_id(&series("a")).unwrap();
}

#[test]
fn labels_are_listed_by_time_and_matchers() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    for sample in hours(0, 6) {
        append(&history, "early", &hours(0, 1));
        append(&history, "a", &[sample]);
        history.maintain(sample.0).unwrap();
    }
    let only = |name| vec![vec![Matcher::equal("series", name)]];
    assert_eq!(history.label_sets(&only("a"), START, START), [series("a")]);
    let both = [only("a"), only("early"), only("a")].concat();
    assert_eq!(history.label_sets(&both, START, i64::MAX), [series("a"), series("early")]);
    assert_eq!(history.label_sets(&both, START + 3 * HOUR, i64::MAX), [series("a")]);
    assert!(history.label_values("series", &[], START + 3 * HOUR, i64::MAX).iter().eq(["a"]));
    assert!(history.label_values("series", &only("early"), START, i64::MAX).iter().eq(["early"]));
    assert!(history.label_names(&[], START, i64::MAX).iter().eq(["__name__", "series"]));
    assert!(history.label_names(&only("no"), START, i64::MAX).is_empty());
    assert!(history.label_names(&[], 0, 1).is_empty());
}

#[test]
fn another_process_is_told_that_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let _open = open(folder.path());
    let second = History::open(folder.path(), HistoryOptions::default());
    assert!(second.unwrap_err().to_string().contains("open in another process"));
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_can_read_what_is_kept() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/history");
    let file = folder.join("history.redb");
    drop(open(&folder));
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    drop(open(&folder));
    assert_eq!(mode(&file), 0o600, "what others could read they can no more");
}

#[test]
fn readers_miss_nothing_while_blocks_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let (mut seen, mut rounds) = (0, 0);
                    while !ended.load(Ordering::SeqCst) || rounds == 0 {
                        let selected = history
                            .select(&Selection {
                                matchers: &[Matcher::equal("series", "3")],
                                start: START,
                                end: i64::MAX,
                            })
                            .unwrap();
                        for series in selected {
                            // Blocks may be written between selecting and reading.
                            std::thread::yield_now();
                            let mut samples = Vec::new();
                            series.read(&mut samples).unwrap();
                            let expected = (0..).map(|number| START + number * 600_000);
                            assert!(
                                samples
                                    .iter()
                                    .map(|sample| sample.timestamp)
                                    .eq(expected.take(samples.len()))
                            );
                            assert!(samples.len() >= seen, "{} after {seen}", samples.len());
                            seen = samples.len();
                        }
                        rounds += 1;
                    }
                })
            })
            .collect();
        for sample in hours(0, 60) {
            for name in ["1", "2", "3"] {
                append(&history, name, &[sample]);
            }
            history.maintain(sample.0).unwrap();
        }
        ended.store(true, Ordering::SeqCst);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert!(history.head().blocks.len() > 25);
}

#[test]
fn a_query_sees_blocks_that_are_written_after_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    for name in ["a", "b"] {
        append(&history, name, &hours(0, 6));
    }
    history.maintain(START + 3 * HOUR).unwrap();
    let selected = history.select(&Selection { matchers: &[], start: START, end: i64::MAX }).unwrap();
    let mut samples = Vec::new();
    selected[0].read(&mut samples).unwrap();
    assert_eq!((samples.len(), history.head().blocks.len()), (36, 1));
    history.maintain(START + 6 * HOUR).unwrap();
    samples.clear();
    selected[1].read(&mut samples).unwrap();
    assert_eq!(
        (samples.len(), history.head().blocks.len()),
        (36, 2),
        "it has moved from memory to disk meanwhile"
    );
}

#[test]
fn numbers_in_keys_are_ordered_as_times_are() {
    let times = [i64::MIN, -HOUR, -1, 0, 1, START, i64::MAX];
    assert!(times.is_sorted_by_key(|time| shelf::of_time(*time)));
    assert!(times.iter().all(|time| shelf::to_time(shelf::of_time(*time)) == *time));
    assert_eq!(varint::zigzag(-1), 1);
}
