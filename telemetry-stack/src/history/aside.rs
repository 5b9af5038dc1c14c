//! Setting aside samples of the future: what a clock that was ahead has left behind, or a target with wrong timestamps.
//!
//! Samples of a series are stored in the order of their times, so one sample of next year keeps all others out until then.

use super::block::{self, Block};
use super::export::{ExportError, Exported};
use super::open::{self, SEALED, encode_sealed};
use super::shelf::{Row, ShelfError, all_of, of_time};
use super::{History, HistoryError, journal};
use chrono::DateTime;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};

/// How far ahead of the clock a sample may be, in milliseconds: ten minutes, as in Prometheus.
pub(crate) const FUTURE: i64 = 10 * 60 * 1000;

/// The beginning of 2023, in milliseconds since 1970. This program is younger, so a clock that says less has not been set yet.
const EARLIEST: i64 = 1_672_531_200_000;

/// What was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The file with the samples, in the text format of OpenMetrics.
    pub path: PathBuf,
    /// What is in it.
    pub exported: Exported,
}

impl History {
    /// Moves samples that are more than ten minutes later than `now`, in milliseconds since 1970, out of the history, so that it takes
    /// samples again: into the file `set-aside-<time>.om` beside it, for its owner alone, as [`export`](Self::export) writes them. To
    /// be called after opening. `None` where there are no such samples, or the clock has obviously not been set: then it is not the
    /// samples that are wrong.
    ///
    /// The file is on disk before anything is removed. Two hours of samples that have begun by then and are at their last place on disk
    /// already stay as they are, and nothing is taken before they are over.
    ///
    /// # Errors
    /// When the samples cannot be read, or not be written. The history is as it was then.
    pub fn set_aside_future(&mut self, now: i64) -> Result<Option<SetAside>, HistoryError> {
        let last = self.last_to_keep(now);
        if now < EARLIEST || self.youngest().is_none_or(|youngest| youngest <= last) {
            return Ok(None);
        }
        let path = self.path.with_file_name(file_name(now));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| HistoryError::of(&path, error.into()))?;
        let exported = self.write_aside(file, &path, last).inspect_err(|_| {
            // Half of the samples are of no use, and the disk may be full.
            let _gone = fs::remove_file(&path);
        })?;
        self.remove_after(last, now).map_err(|error| HistoryError::of(&self.path, error))?;
        Ok(Some(SetAside { path, exported }))
    }

    /// The time of the last sample that stays. A block stays whole.
    fn last_to_keep(&self, now: i64) -> i64 {
        let last = now.saturating_add(FUTURE);
        let head = self.head();
        let begun = head.blocks.iter().filter(|block| block.first <= last);
        begun.map(|block| block.last).fold(last, i64::max)
    }

    fn write_aside(&self, file: File, path: &Path, last: i64) -> Result<Exported, HistoryError> {
        let failed = |error: io::Error| HistoryError::of(path, error.into());
        let mut out = BufWriter::new(file);
        let exported = self.export(&mut out, last.saturating_add(1), i64::MAX);
        let exported = exported.map_err(|error| match error {
            ExportError::Read(error) => HistoryError::Unusable(self.path.clone(), error),
            ExportError::Write(error) => failed(error),
        })?;
        out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
        // The name of the file is on disk when its folder is.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()).map_err(failed)?;
        Ok(exported)
    }

    /// Removes all samples after a time, and begins anew with what is on disk then.
    fn remove_after(&mut self, last: i64, now: i64) -> Result<(), ShelfError> {
        let batches = self.batches_until(last)?;
        let (kept, removed): (Vec<Block>, Vec<Block>) =
            self.head().blocks.iter().cloned().partition(|block| block.first <= last);
        // What was removed is no reason to take nothing before it any more.
        let before = kept.last().map_or(block::of(now) - 1, |block| block::of(block.last) + 1);
        let sealed = self.head().sealed.min(block::beginning(before));
        self.shelf.commit(&mut |pen| {
            for (number, entry) in &batches {
                pen.remove(Row::Journal, all_of(*number))?;
                let mut parts = journal::parts(entry);
                parts.try_for_each(|(part, bytes)| pen.put(Row::Journal, (*number, part), bytes))?;
            }
            for block in &removed {
                pen.remove(Row::Packs, all_of(of_time(block.start)))?;
                pen.remove(Row::Blocks, all_of(of_time(block.start)))?;
            }
            pen.put(Row::Facts, (SEALED, 0), &encode_sealed(sealed))
        })?;
        let (head, journal) = open::load(&*self.shelf)?;
        (self.head, self.journal) = (RwLock::new(head), Mutex::new(journal));
        Ok(())
    }

    /// The batches of the journal that have samples after a time, without these; empty where there are no others.
    fn batches_until(&self, last: i64) -> Result<BTreeMap<u64, Vec<u8>>, ShelfError> {
        let numbers = self.journal().after(last);
        let mut batches: BTreeMap<_, _> = numbers.into_iter().map(|number| (number, Vec::new())).collect();
        self.shelf.view()?.each(Row::Journal, &mut |(number, _), bytes| {
            batches.get_mut(&number).into_iter().for_each(|entry| entry.extend_from_slice(bytes));
            Ok(())
        })?;
        for entry in batches.values_mut() {
            let mut kept = Vec::new();
            journal::decode(entry, |stored| kept.push(stored))?;
            kept.retain(|(_, sample)| sample.timestamp <= last);
            *entry = if kept.is_empty() { Vec::new() } else { journal::encode(&kept) };
        }
        Ok(batches)
    }
}

fn file_name(now: i64) -> String {
    let date = DateTime::from_timestamp_millis(now);
    let written = date.map_or_else(|| now.to_string(), |date| date.format("%Y%m%dT%H%M%S%3fZ").to_string());
    format!("set-aside-{written}.om")
}
