//! Clocks that were ahead, and what they left.

use super::*;

/// What is in a file of samples that were set aside: how many there are of each series.
fn set_aside(aside: &SetAside) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(&aside.path).unwrap();
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        *counts.entry(line.split('"').nth(1).unwrap().to_owned()).or_default() += 1;
    }
    counts
}

const YEAR: i64 = 365 * 24 * HOUR;

#[test]
fn what_a_clock_that_was_ahead_has_left_is_set_aside_and_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    append(&history, "a", &hours(0, 1));
    let ahead: Vec<_> = (0..4).map(|second| (START + YEAR + second * 1000, 1.0)).collect();
    append(&history, "a", &ahead);
    append(&history, "only then", &[(START + YEAR, STALE), (START + YEAR + 1, i64::MAX as f64)]);
    append(&history, "soon", &[(START + HOUR + FUTURE, 1.0)]);
    let now = START + HOUR;
    assert_eq!(append(&history, "a", &[(now, 1.0)]).out_of_order, 1, "the clock is right again");
    let aside = history.set_aside_future(now).unwrap().unwrap();
    assert_eq!(aside.exported, Exported { samples: 5, stale: 1 });
    assert_eq!(set_aside(&aside), BTreeMap::from([("a".to_owned(), 4), ("only then".to_owned(), 1)]));
    assert_eq!((aside.path.parent(), mode(&aside.path)), (Some(folder.path()), 0o600));
    assert_eq!(history.set_aside_future(now).unwrap(), None);
    assert_eq!(append(&history, "a", &[(now, 1.0)]).stored, 1);
    drop(history);
    let history = open(folder.path());
    assert_eq!((times(&history, "a").len(), history.youngest()), (7, Some(now + FUTURE)));
    assert_eq!(times(&history, "soon"), [now + FUTURE]);
}

#[test]
fn blocks_of_the_future_are_set_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    // Less than the retention, so that the clock that is ahead does not make anything too old.
    let days = 10 * 24 * HOUR;
    append(&history, "a", &hours(0, 5));
    let far: Vec<_> = hours(0, 9).into_iter().map(|(time, value)| (time + days, value)).collect();
    append(&history, "a", &far);
    append(&history, "b", &[(START + HOUR, 1.0)]);
    append(&history, "b", &far);
    history.maintain(START + days + 9 * HOUR).unwrap();
    assert!(history.head().blocks.last().unwrap().first >= START + days);
    let now = START + 5 * HOUR + 1;
    assert_eq!(append(&history, "c", &[(now, 1.0)]).out_of_order, 1, "its place is over");
    let aside = history.set_aside_future(now).unwrap().unwrap();
    assert_eq!(set_aside(&aside), BTreeMap::from([("a".to_owned(), 54), ("b".to_owned(), 54)]));
    let all_are_there = |history: &History| {
        let count = |name| times(history, name).len();
        assert_eq!([count("a"), count("b"), count("c")], [31, 1, 1]);
    };
    // Two hours that are on disk are not open any more.
    let next = START + 6 * HOUR;
    for name in ["a", "c"] {
        assert_eq!(append(&history, name, &[(next, 1.0)]).stored, 1);
    }
    all_are_there(&history);
    drop(history);
    let history = open(folder.path());
    all_are_there(&history);
    for name in ["a", "c"] {
        assert_eq!(append(&history, name, &[(START + 12 * HOUR, 1.0)]).stored, 1);
    }
    history.maintain(START + 12 * HOUR).unwrap();
    assert_eq!((times(&history, "a").len(), times(&history, "c").len()), (32, 2));
}

#[test]
fn nothing_is_set_aside_by_a_clock_that_was_never_set() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    append(&history, "a", &hours(0, 1));
    assert_eq!(history.set_aside_future(12 * HOUR).unwrap(), None);
    assert_eq!(history.set_aside_future(START + HOUR).unwrap(), None);
    assert_eq!(times(&history, "a").len(), 6);
}

#[test]
fn nothing_is_removed_where_it_cannot_be_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = open(folder.path());
    append(&history, "a", &[(START, 1.0), (START + YEAR, 2.0)]);
    let aside = history.set_aside_future(START).unwrap().unwrap();
    append(&history, "a", &[(START + YEAR, 2.0)]);
    assert!(history.set_aside_future(START).unwrap_err().to_string().contains("set-aside-"));
    assert_eq!(times(&history, "a"), [START, START + YEAR]);
    assert_eq!(set_aside(&aside)["a"], 1, "the file that was there still is");
}
