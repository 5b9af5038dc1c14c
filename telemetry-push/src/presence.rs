//! Which processes are alive, and what their live gauges stand at.
//!
//! A living process holds an exclusive lock on a file of its own, which the kernel releases at any death. So no process id is ever
//! asked about, and a recycled one can mislead nobody. All of this happens under the lock of the ledger.

use crate::change::{Change, SeriesChange};
use crate::error::{Context, Error};
use crate::lock::try_lock;
use crate::totals::LiveSums;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;
use telemetry_core::exposition::{self, Family, FamilyKind, Format, Label, Metric, Value};

/// The sign that this process is alive, with the values of its live gauges.
#[derive(Debug)]
pub(crate) struct Presence {
    path: PathBuf,
    file: File,
}

impl Presence {
    /// Makes the file of this process, locked.
    pub(crate) fn begin(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).context("create", folder)?;
        let path = folder.join(format!("{}-{}.prom", process::id(), crate::random_id()));
        let file = OpenOptions::new()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)
            .context("create", &path)?;
        file.lock().context("lock", &path)?;
        Ok(Self { path, file })
    }

    /// Writes the values of the live gauges. Nobody reads them meanwhile, since readers hold the lock of the ledger; and should this
    /// process die halfway, its file counts for nothing.
    pub(crate) fn write(&mut self, change: &Change) -> Result<(), Error> {
        let mut text = String::new();
        exposition::write(&live_families(change), Format::Text, &mut text);
        self.file.set_len(0).context("empty", &self.path)?;
        self.file.seek(SeekFrom::Start(0)).context("write", &self.path)?;
        self.file.write_all(text.as_bytes()).context("write", &self.path)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Left behind, the file would only be swept by the next process.
        let _swept_later = fs::remove_file(&self.path);
    }
}

fn live_families(change: &Change) -> Vec<Family<'_>> {
    let families = change.live().map(|metric| {
        let metrics = metric.series.iter().filter_map(|(values, change)| {
            let SeriesChange::Live(value) = change else { return None };
            let labels =
                metric.def.labels.iter().zip(values).map(|(label, value)| Label::new(label.name, &**value));
            Some(Metric::gauge(labels.collect(), *value))
        });
        Family::new(metric.def.name, FamilyKind::Gauge).with_metrics(metrics)
    });
    families.collect()
}

/// Removes the files of the dead, and sums the live gauges over the living.
pub(crate) fn sweep(folder: &Path) -> Result<LiveSums, Error> {
    let mut sums = LiveSums::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(sums),
        Err(error) => return Err(error).context("read", folder),
    };
    for entry in entries {
        let path = entry.context("read", folder)?.path();
        if path.extension().is_some_and(|extension| extension == "prom")
            && let Some(text) = read_living(&path)?
        {
            add_values(&text, &mut sums);
        }
    }
    Ok(sums)
}

/// What a living process wrote; `None`, and the file is gone, where the process is dead.
fn read_living(path: &Path) -> Result<Option<String>, Error> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // Removed by its own process at this moment.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("open", path),
    };
    if try_lock(file.try_clone().context("open", path)?, path)?.is_some() {
        let _swept_later = fs::remove_file(path);
        return Ok(None);
    }
    let mut text = String::new();
    file.read_to_string(&mut text).context("read", path)?;
    Ok(Some(text))
}

/// A text that does not parse was written by a version that this one does not know; it adds nothing.
fn add_values(text: &str, sums: &mut LiveSums) {
    for family in exposition::parse(text, Format::Text).unwrap_or_default() {
        let Some(first) = family.metrics.first() else { continue };
        let names: Vec<String> = first.labels.iter().map(|label| label.name.to_string()).collect();
        let (known, series) =
            sums.entry(family.name.to_string()).or_insert_with(|| (names.clone(), Default::default()));
        if *known != names {
            continue;
        }
        for metric in &family.metrics {
            if let Value::Gauge(value) = metric.value {
                *series
                    .entry(metric.labels.iter().map(|label| label.value.to_string()).collect())
                    .or_default() += value;
            }
        }
    }
}
