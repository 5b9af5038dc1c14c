//! Files that are damaged and a disk that is full.

use super::*;
use crate::history::shelf::{Changes, Pen, Shelf, ShelfError, View};
use std::sync::Arc;

#[test]
fn a_damaged_file_is_named_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    append(&history, "a", &hours(0, 12));
    for name in 0..200 {
        append(&history, &name.to_string(), &hours(0, 12));
    }
    history.maintain(START + 24 * HOUR).unwrap();
    let whole = content(&history, i64::MIN, i64::MAX);
    drop(history);
    let file = folder.path().join("history.redb");
    let good = std::fs::read(&file).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let mut noticed = 0;
    for _ in 0..60 {
        let mut bad = good.clone();
        let place = random.usize(..bad.len());
        let length = random.usize(1..5000).min(bad.len() - place);
        bad[place..place + length].iter_mut().for_each(|byte| *byte = random.u8(..));
        std::fs::write(&file, &bad).unwrap();
        noticed += usize::from(!is_right_or_refused(folder.path(), &whole));
    }
    std::fs::write(&file, &good[..good.len() / 3]).unwrap();
    assert!(!is_right_or_refused(folder.path(), &whole), "a file that was cut off");
    std::fs::write(&file, "not a history").unwrap();
    assert!(!is_right_or_refused(folder.path(), &whole));
    assert!(noticed > 5, "{noticed}");
}

/// Whether the history is what it was; if not it must have said so.
fn is_right_or_refused(folder: &Path, whole: &BTreeMap<String, Vec<(i64, u64)>>) -> bool {
    let history = match History::open(folder, HistoryOptions::default()) {
        Ok(history) => history,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("history.redb"), "{text}");
            return false;
        }
    };
    let selected = history.select(&Selection { matchers: &[], start: i64::MIN, end: i64::MAX }).unwrap();
    for series in &selected {
        let mut samples = Vec::new();
        if let Err(error) = series.read(&mut samples) {
            assert!(error.to_string().contains("is damaged"), "{error}");
            return false;
        }
        let bits: Vec<_> = samples.iter().map(|sample| (sample.timestamp, sample.value.to_bits())).collect();
        assert_eq!(Some(&bits), whole.get(series.labels().get("series")), "damage that nobody noticed");
    }
    true
}

/// A shelf that fails when it is told to.
#[derive(Debug)]
struct Failing {
    shelf: DatabaseShelf,
    full: Arc<AtomicBool>,
}

impl Shelf for Failing {
    fn commit(&self, changes: &mut Changes<'_>) -> Result<(), ShelfError> {
        let full = self.full.load(Ordering::SeqCst);
        self.shelf.commit(&mut |pen: &mut dyn Pen| {
            changes(pen)?;
            if full { Err(ShelfError::Full) } else { Ok(()) }
        })
    }

    fn view(&self) -> Result<Box<dyn View>, ShelfError> {
        self.shelf.view()
    }

    fn bytes(&self) -> u64 {
        self.shelf.bytes()
    }

    fn compact(&self) -> Result<(), ShelfError> {
        self.shelf.compact()
    }
}

#[test]
fn nothing_changes_while_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.redb");
    let full = Arc::new(AtomicBool::new(false));
    let shelf = Failing { shelf: DatabaseShelf::open(&file).unwrap(), full: Arc::clone(&full) };
    let history = History::on(Box::new(shelf), file, HistoryOptions::default()).unwrap();
    append(&history, "a", &hours(0, 8));
    let before = content(&history, i64::MIN, i64::MAX);
    full.store(true, Ordering::SeqCst);
    let batch: Vec<_> = ["a", "b"]
        .map(|name| (history.series_id(&series(name)).unwrap(), Sample::new(START + 8 * HOUR, 1.0)))
        .into();
    assert!(matches!(history.append(&batch), Err(HistoryError::NoSpace(_))));
    assert!(matches!(history.maintain(START + 8 * HOUR), Err(HistoryError::NoSpace(_))));
    assert_eq!(content(&history, i64::MIN, i64::MAX), before);
    full.store(false, Ordering::SeqCst);
    assert_eq!(history.append(&batch).unwrap().stored, 2);
    history.maintain(START + 8 * HOUR).unwrap();
    assert_eq!((times(&history, "a").len(), times(&history, "b").len()), (49, 1));
    drop(history);
    let again = open(folder.path());
    assert_eq!((times(&again, "a").len(), times(&again, "b").len()), (49, 1));
}
