//! Samples appended in a second by the stores alone, with no scrape around them.
//!
//! Theirs is what `promtool tsdb bench write` measures: ten goroutines append a thousand series each. Ours is one thread that appends
//! batches of ten thousand series, each of which is on the disk before the next one begins; theirs does not wait for the disk.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use telemetry_query::Sample;

use super::Bench;
use super::ending::Started;
use super::ingest::now;
use super::library::{labels_of, open};
use super::subject::Side;
use super::table::{Figure, Row, median};
use super::workload::Fleet;
use crate::failure::{Failure, Outcome, While as _};
use crate::terminal;

const SERIES: usize = 10_000;

/// Milliseconds from one batch to the next.
const INTERVAL: i64 = 15_000;

/// Batches that a process of its own appends.
#[derive(Debug, clap::Args)]
pub(crate) struct Appends {
    /// The folder of the history
    folder: PathBuf,
    /// How many batches
    count: usize,
}

pub(super) fn run(bench: &Bench) -> Outcome<Vec<Row>> {
    let (batches, rounds) = if bench.quick { (20, 1) } else { (240, 3) };
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for side in &bench.sides {
            terminal::say(format_args!("{batches} batches of {SERIES} samples, {side} …"));
            let folder = bench.fresh(&format!("appends-{side}"))?;
            let rate = match side {
                Side::Theirs => by_promtool(bench, &folder, batches)?,
                Side::Ours => by_library(&folder, batches)?,
            };
            rates[usize::from(*side == Side::Ours)].push(rate);
        }
    }
    let [theirs, ours] = rates.map(|rates| median(&rates).map(Figure::PerSecond));
    Ok(vec![Row::new("samples appended in a second, the stores alone", theirs, ours)])
}

/// Appends, and says how many samples in a second that were.
pub(crate) fn append(appends: &Appends) -> Outcome<f64> {
    let history = open(&appends.folder)?;
    let mut fleet = Fleet::of_catalog(SERIES);
    let (mut ids, mut series) = (Vec::new(), fleet.parts.iter().flat_map(|part| &part.series));
    series.try_for_each(|(name, labels)| {
        ids.push(history.series_id(&labels_of(name, labels)).while_doing("cannot begin a series")?);
        Outcome::Ok(())
    })?;
    let (mut taken, mut at) = (Duration::ZERO, now()? / INTERVAL * INTERVAL);
    for _ in 0..appends.count {
        let values = fleet.parts.iter_mut().flat_map(|part| part.next(1).into_iter().flatten());
        let batch: Vec<_> = ids.iter().copied().zip(values.map(|value| Sample::new(at, value))).collect();
        let begun = Instant::now();
        history.append(&batch).while_doing("cannot append")?;
        taken += begun.elapsed();
        at += INTERVAL;
    }
    Ok((ids.len() * appends.count) as f64 / taken.as_secs_f64())
}

fn by_library(folder: &Path, batches: usize) -> Outcome<f64> {
    let program = std::env::current_exe().while_doing("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("appends").arg(folder.join("history")).arg(batches.to_string());
    let said = printed(&mut command, folder)?;
    said.trim().parse().while_doing("cannot read what appending took")
}

fn by_promtool(bench: &Bench, folder: &Path, batches: usize) -> Outcome<f64> {
    let series = folder.join("series.json");
    fs::write(&series, series_file()).while_doing("cannot write the list of series")?;
    let mut command = Command::new(&bench.programs.promtool);
    command.args(["tsdb", "bench", "write", &format!("--metrics={SERIES}"), &format!("--scrapes={batches}")]);
    let said = printed(command.arg("--out").arg(folder.join("data")).arg(&series), folder)?;
    let rate = said.lines().find_map(|line| line.trim().strip_prefix("> samples/sec: "));
    let rate = rate.and_then(|rate| rate.parse().ok());
    rate.ok_or_else(|| Failure::new(format!("promtool said nothing of samples in a second:\n{said}")))
}

/// A line for each series, as promtool reads them.
fn series_file() -> String {
    let mut text = String::new();
    for (name, labels) in Fleet::of_catalog(SERIES).parts.iter().flat_map(|part| &part.series) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
        // Writing to text cannot fail.
        let _always = writeln!(text, r#"{{"__name__":"{name}",{}}}"#, labels.join(","));
    }
    text
}

/// What a program prints; the folder is for that, too.
pub(super) fn printed(command: &mut Command, folder: &Path) -> Outcome<String> {
    let out = folder.join("printed.txt");
    let file = File::create(&out).while_doing("cannot create a file")?;
    Started::new(command.stdout(file))?.finished()?;
    fs::read_to_string(&out).while_doing("cannot read what a program printed")
}
