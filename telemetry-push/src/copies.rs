//! Half-hourly copies of the totals, so that a window of time can be asked of a ledger with no server running.
//!
//! The first replacement in a half hour keeps the totals from before it. Since nothing was added between the beginning of that half hour
//! and then, they are what the ledger held at its beginning; and at the beginning of every half hour since the last replacement too, in
//! which nothing happened and no copy was made.

use crate::error::{Context, Error};
use crate::families::Families;
use crate::fault;
use crate::made;
use crate::totals::Totals;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use telemetry_core::exposition::Family;

/// The length of the interval between two copies: 30 min.
pub const COPY_INTERVAL: Duration = Duration::from_secs(30 * 60);

/// How many copies a ledger keeps: those of a day without a pause.
pub const COPIES: usize = 48;

/// The most that is read of a copy, in bytes; the largest ledgers stay far below it.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What happened in a window of time, according to a ledger alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// When the window begins: the beginning of a half hour. It is at or before the moment that was asked for, or as far back as the
    /// copies reach, or the moment when the ledger was first written.
    pub from: SystemTime,
    /// When it ends.
    pub to: SystemTime,
    /// How far each counter and histogram rose within it.
    grown: Families,
}

impl Window {
    /// By how much each counter and histogram rose, as families of an exposition; gauges as they are now.
    #[must_use]
    pub fn families(&self) -> Vec<Family<'_>> {
        self.grown.exposition()
    }
}

/// The number of a half hour since 1970.
pub(crate) fn half_hour(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / COPY_INTERVAL.as_secs()
}

fn beginning(half_hour: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + COPY_INTERVAL.saturating_mul(u32::try_from(half_hour).unwrap_or(u32::MAX))
}

/// Keeps the totals as what the ledger held at the beginning of this half hour, and removes copies that are too many, or from a future
/// that a clock once showed. A copy that is there already was made earlier in the same half hour and is the better one.
pub(crate) fn keep(folder: &Path, totals: &Totals, now: u64) -> Result<(), Error> {
    let (there, future): (Vec<_>, Vec<_>) = list(folder)?.into_iter().partition(|(at, _)| *at <= now);
    future.iter().try_for_each(|(_, path)| fs::remove_file(path).context("remove", path))?;
    let path = folder.join(format!("{now}-{}.prom.gz", totals.id));
    if there.iter().any(|(_, other)| *other == path) {
        return Ok(());
    }
    let new = folder.join("copy.new");
    made::write_synced(&new, &compress(&totals.file()).context("compress", &new)?)?;
    fault::step().and_then(|()| fs::rename(&new, &path)).context("keep", &path)?;
    let excess = (there.len() + 1).saturating_sub(COPIES);
    there.iter().take(excess).try_for_each(|(_, path)| fs::remove_file(path).context("remove", path))
}

/// What happened in the last `span`, up to `now`.
///
/// The window is shorter than that where the copies do not reach back so far.
pub(crate) fn window(
    folder: &Path,
    totals: &Totals,
    span: Duration,
    now: SystemTime,
) -> Result<Window, Error> {
    let wanted = half_hour(now.checked_sub(span).unwrap_or(SystemTime::UNIX_EPOCH));
    let of_this_ledger = list(folder)?.into_iter().filter(|(at, path)| *at >= wanted && is_of(path, totals));
    // What cannot be read is no copy: the next one is.
    let mut copies = of_this_ledger.filter_map(|(at, path)| Some((at, read(&path)?)));
    let copy = copies.find(|(_, copy)| copy.id == totals.id);
    // Without one, the totals themselves are what the ledger has held since the half hour after its last replacement.
    let (at, earlier) = copy.as_ref().map_or((u64::MAX, totals), |(at, copy)| (*at, copy));
    // A state holds from the half hour after its own replacement on. Where a clock was set back in between, it is only known when it was
    // copied; that of a new ledger is none, and was copied when it was first written.
    let since = if earlier.generation == 0 { at } else { at.min(earlier.half_hour.saturating_add(1)) };
    let from = beginning(wanted.max(since)).max(birth(totals, now)).min(now);
    Ok(Window { from, to: now, grown: totals.families.since(&earlier.families) })
}

/// When the ledger was first written, before which it tells of nothing; what a clock that was set back says of it is nothing either.
fn birth(totals: &Totals, now: SystemTime) -> SystemTime {
    let born = totals.born.and_then(|born| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(born)));
    born.filter(|born| *born <= now).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The copies, the oldest first.
fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("read", folder),
    };
    let mut copies = Vec::new();
    for entry in entries {
        let path = entry.context("read", folder)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let half_hour = name.split_once('-').and_then(|(half_hour, _)| half_hour.parse().ok());
        copies.extend(half_hour.map(|half_hour| (half_hour, path)));
    }
    copies.sort_unstable();
    Ok(copies)
}

fn is_of(path: &Path, totals: &Totals) -> bool {
    path.to_string_lossy().ends_with(&format!("-{}.prom.gz", totals.id))
}

fn read(path: &Path) -> Option<Totals> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).ok()?).take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Totals::parse(&text).ok()
}

fn compress(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::{COPIES, beginning, keep, list, window};
    use crate::kept::Amount;
    use crate::totals::Totals;
    use std::path::Path;
    use std::time::{Duration, SystemTime};
    use telemetry_core::catalog::LLM_RETRIES;

    const MINUTE: Duration = Duration::from_secs(60);

    /// How long into its half hour a ledger is first written.
    const BIRTH: Duration = Duration::from_secs(90);

    /// A ledger that keeps copies as merges do.
    struct Kept<'f> {
        folder: &'f Path,
        totals: Totals,
    }

    impl<'f> Kept<'f> {
        fn new(folder: &'f Path, id: &str) -> Self {
            Self { folder, totals: Totals::new(id.to_owned()) }
        }

        fn merge(&mut self, half_hour: u64, count: f64) {
            if self.totals.half_hour != half_hour {
                keep(self.folder, &self.totals, half_hour).unwrap();
                self.totals.half_hour = half_hour;
            }
            if self.totals.generation == 0 {
                let born = beginning(half_hour).duration_since(SystemTime::UNIX_EPOCH).unwrap();
                self.totals.born = Some((born + BIRTH).as_secs());
            }
            self.totals.generation += 1;
            let family = self.totals.families.of_def(LLM_RETRIES.def());
            family.add(&["a".to_owned()], &Amount::Number(count), usize::MAX);
        }

        /// The half hour from which on the window counts, and what it counts.
        fn window(&self, minutes: u32, now: u64) -> (u64, f64) {
            let (now, span) = (beginning(now) + MINUTE * 10, MINUTE * minutes);
            let window = window(self.folder, &self.totals, span, now).unwrap();
            let starts = |half_hour: &u64| {
                [beginning(*half_hour), beginning(*half_hour) + BIRTH].contains(&window.from)
            };
            let from = (0..1000).find(starts).unwrap();
            let family = &window.grown.0[LLM_RETRIES.def().name];
            let Amount::Number(grown) = family.series[&vec!["a".to_owned()]] else { unreachable!() };
            (from, grown)
        }
    }

    #[test]
    fn a_window_counts_from_the_half_hour_in_which_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(folder.path(), "one");
        for (half_hour, count) in [(100, 1.0), (100, 2.0), (101, 4.0), (105, 8.0), (105, 16.0)] {
            kept.merge(half_hour, count);
        }
        assert_eq!(kept.window(5, 105), (105, 24.0));
        assert_eq!(kept.window(30, 105), (104, 24.0), "nothing happened between 101 and 105");
        assert_eq!(kept.window(110, 105), (101, 28.0));
        assert_eq!(kept.window(1000, 105), (100, 31.0), "before it was first written it tells of nothing");
        assert_eq!(kept.window(5, 106), (106, 0.0));
    }

    #[test]
    fn there_are_never_more_copies_than_of_a_day_and_a_window_says_how_far_they_reach() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(folder.path(), "one");
        (100..200).for_each(|half_hour| kept.merge(half_hour, 1.0));
        assert_eq!(list(folder.path()).unwrap().len(), COPIES);
        assert_eq!(kept.window(60 * 48, 199), (152, 48.0));
    }

    #[test]
    fn a_window_begins_when_the_ledger_was_first_written_and_no_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(folder.path(), "one");
        kept.merge(100, 1.0);
        let from =
            |totals: &Totals, now| window(folder.path(), totals, MINUTE * 60 * 24 * 7, now).unwrap().from;
        let (begun, now) = (beginning(100), beginning(100) + MINUTE * 3);
        assert_eq!(from(&kept.totals, now), begun + BIRTH);
        kept.totals.born = None;
        assert_eq!(from(&kept.totals, now), begun, "an earlier version did not write down the moment");
        kept.totals.born = Some(u64::MAX);
        assert_eq!(from(&kept.totals, now), begun, "no clock was ever there");
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_no_copy_of_the_future() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(folder.path(), "one");
        for (half_hour, count) in [(100, 1.0), (900, 2.0), (101, 4.0)] {
            kept.merge(half_hour, count);
        }
        assert_eq!(kept.window(30, 101), (100, 7.0));
        assert_eq!(kept.window(5, 101), (101, 4.0));
        assert_eq!(list(folder.path()).unwrap().len(), 2);
    }

    #[test]
    fn without_copies_nothing_is_said_of_the_time_before_the_last_merge() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(folder.path(), "one");
        for (half_hour, count) in [(100, 1.0), (101, 2.0), (102, 4.0)] {
            kept.merge(half_hour, count);
        }
        for (_, path) in list(folder.path()).unwrap() {
            std::fs::remove_file(path).unwrap();
        }
        assert_eq!(kept.window(600, 110), (103, 0.0));
    }

    #[test]
    fn a_ledger_that_began_anew_counts_from_its_beginning_and_a_damaged_copy_is_none() {
        let folder = tempfile::tempdir().unwrap();
        Kept::new(folder.path(), "old").merge(100, 50.0);
        let mut kept = Kept::new(folder.path(), "new");
        for (half_hour, count) in [(101, 1.0), (102, 2.0), (103, 4.0)] {
            kept.merge(half_hour, count);
        }
        assert_eq!(kept.window(120, 103), (101, 7.0), "what the old one counted is not known");
        std::fs::write(folder.path().join("102-new.prom.gz"), "rubbish").unwrap();
        assert_eq!(kept.window(30, 103), (103, 4.0), "what was there at the beginning of 102 is not known");
    }
}
