//! Days of samples in the folders of both servers: theirs by `promtool`, ours by the import of the history.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ending::Started;
use super::ingest::now;
use super::library;
use super::subject::Side;
use super::usage::disk_of;
use super::workload::{Fleet, Times};
use super::{Bench, empty};
use crate::failure::{Outcome, While as _};
use crate::terminal;

/// The time of one block: the longest that Prometheus makes with its default retention, so that it has nothing to compact. Its
/// blocks begin at multiples of their length.
const BLOCK: i64 = 18 * 3_600_000;

/// Samples that are older than this are not asked again: both servers forget what is older than 15 days, and there are 7.5 of them.
const MOST_AGE: i64 = 5 * 86_400_000;

/// What is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    /// About how many series.
    pub(super) series: usize,
    /// Milliseconds from one sample of a series to the next.
    pub(super) interval: i64,
    /// How many times 18 hours.
    pub(super) blocks: i64,
}

/// What has been filled in.
#[derive(Debug, Clone)]
pub(super) struct Data {
    pub(super) amount: Amount,
    folder: PathBuf,
    /// Milliseconds since 1970; no sample is as late as that.
    pub(super) end: i64,
    pub(super) series: u64,
    pub(super) samples: u64,
    /// How much is on disk, theirs and ours.
    pub(super) bytes: [u64; 2],
}

impl Amount {
    /// How many samples each series has.
    fn scrapes(self) -> usize {
        usize::try_from(self.blocks * BLOCK / self.interval).unwrap_or(0)
    }

    fn name(self) -> String {
        format!("{}-series-{}s-{}h", self.series, self.interval / 1_000, self.blocks * 18)
    }
}

impl Data {
    /// The folder of a server.
    pub(super) fn of(&self, side: Side) -> PathBuf {
        self.folder.join(side.to_string())
    }

    fn planned(folder: PathBuf, amount: Amount, now: i64) -> Self {
        let series = Fleet::with_what_rules_record(amount.series).series();
        let number = |number: usize| u64::try_from(number).unwrap_or(0);
        Self {
            amount,
            folder,
            end: now / BLOCK * BLOCK,
            series: number(series),
            samples: number(series * amount.scrapes()),
            bytes: [0, 0],
        }
    }

    /// Fills one side anew.
    fn filled(mut self, side: Side, bench: &Bench) -> Outcome<Self> {
        let folder = self.of(side);
        empty(&folder).while_doing(format_args!("cannot empty {}", folder.display()))?;
        let begun = Instant::now();
        match side {
            Side::Theirs => fill_theirs(bench, &self)?,
            Side::Ours => library::import(&history(&self), self.amount.series, self.times())?,
        }
        say_how_long(side, &self, begun.elapsed());
        self.bytes[usize::from(side == Side::Ours)] = disk_of(&folder.join("data"))?;
        self.write()?;
        Ok(self)
    }

    fn times(&self) -> Times {
        let Amount { interval, blocks, .. } = self.amount;
        Times { begin: self.end - blocks * BLOCK, interval, scrapes: self.amount.scrapes() }
    }

    fn read(folder: &Path, amount: Amount) -> Option<Self> {
        let note: Value = serde_json::from_slice(&fs::read(note(folder)).ok()?).ok()?;
        let number = |key: &str| note[key].as_u64();
        Some(Self {
            amount,
            folder: folder.to_owned(),
            end: note["end"].as_i64()?,
            series: number("series")?,
            samples: number("samples")?,
            bytes: [number("theirs")?, number("ours")?],
        })
    }

    fn write(&self) -> Outcome {
        let Self { end, series, samples, bytes: [theirs, ours], .. } = self;
        let note_text =
            json!({ "end": end, "series": series, "samples": samples, "theirs": theirs, "ours": ours });
        fs::write(note(&self.folder), note_text.to_string()).while_doing("cannot note what was filled in")
    }
}

fn note(folder: &Path) -> PathBuf {
    folder.join("filled-in.json")
}

/// What was filled in the last time, or is now; theirs takes minutes.
pub(super) fn provide(bench: &Bench, amount: Amount) -> Outcome<Data> {
    let folder = bench.scratch.join(amount.name());
    let now = now()?;
    match Data::read(&folder, amount).filter(|data| now - data.end < MOST_AGE) {
        Some(data) if !bench.refill => Ok(data),
        Some(data) => data.filled(Side::Ours, bench),
        None => {
            empty(&folder).while_doing(format_args!("cannot empty {}", folder.display()))?;
            Data::planned(folder, amount, now).filled(Side::Theirs, bench)?.filled(Side::Ours, bench)
        }
    }
}

fn say_how_long(side: Side, data: &Data, took: Duration) {
    let rate = data.samples as f64 / took.as_secs_f64() / 1e3;
    let (name, seconds) = (data.amount.name(), took.as_secs_f64());
    terminal::say(format_args!(
        "{name}, {side}: filled in within {seconds:.0} s, {rate:.0} k samples a second"
    ));
}

fn fill_theirs(bench: &Bench, data: &Data) -> Outcome {
    let mut fleet = Fleet::with_what_rules_record(data.amount.series);
    let Amount { interval, blocks, .. } = data.amount;
    let piece = data.folder.join("piece.om");
    for block in (0..blocks).rev() {
        let times = Times {
            begin: data.end - (block + 1) * BLOCK,
            interval,
            scrapes: usize::try_from(BLOCK / interval).unwrap_or(0),
        };
        write(&mut fleet, &piece, times)?;
        load(&bench.programs.promtool, &piece, &data.of(Side::Theirs).join("data"))?;
    }
    fs::remove_file(&piece).while_doing("cannot remove what was loaded")
}

fn write(fleet: &mut Fleet, piece: &Path, times: Times) -> Outcome {
    let doing = || format!("cannot write {}", piece.display());
    let mut out = BufWriter::with_capacity(1 << 20, File::create(piece).while_doing(doing())?);
    fleet.write_history(&mut out, times).while_doing(doing())?;
    out.flush().while_doing(doing())
}

fn load(promtool: &Path, piece: &Path, blocks: &Path) -> Outcome {
    let mut command = Command::new(promtool);
    command.args(["tsdb", "create-blocks-from", "--max-block-duration=18h", "--quiet", "openmetrics"]);
    Started::new(command.arg(piece).arg(blocks).stdout(Stdio::null()))?.finished()
}

/// Where `telemetry up` keeps its history.
fn history(data: &Data) -> PathBuf {
    data.of(Side::Ours).join("data/history")
}
