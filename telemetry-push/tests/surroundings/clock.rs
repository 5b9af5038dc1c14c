//! A clock that jumps, as far as files show it. The clock of a running system is not for a test to set.

use crate::state::{Process, State};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Makes all files and folders look as if they were written at this moment.
fn set_times(folder: &Path, time: SystemTime) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_times(&path, time);
        }
        File::open(&path).unwrap().set_modified(time).unwrap();
    }
}

#[test]
fn files_of_another_time_are_worth_the_same() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let folder = tempfile::tempdir().unwrap();
    let mut living = Process::begin(folder.path(), "living");
    living.merge();
    let mut state = State::default().plus("living", 1);
    let now = SystemTime::now();
    let times = [now + DAY, now - DAY, SystemTime::UNIX_EPOCH, now + 30_000 * DAY];
    for (nth, time) in (2..).zip(times) {
        let mut passing = Process::begin(folder.path(), "passing");
        passing.merge();
        set_times(folder.path(), time);
        state = state.plus("passing", 1);
        assert_eq!(State::read(folder.path()), (state.with_living(2), Vec::new()), "{time:?}");
        drop(passing);
        set_times(folder.path(), time);
        living.merge();
        state = state.plus("living", nth);
        assert_eq!(State::read(folder.path()), (state.with_living(1), Vec::new()), "{time:?}");
    }
}
