//! `cargo xtask beside`: the embedded stack beside the real Pushgateway and the real Prometheus, on one machine in one run.
//!
//! | module | responsible for |
//! |---|---|
//! | `subject` | a server under test, ours or theirs |
//! | `workload` | what both of them are given |
//! | `backfill` | days of it in the folders of both |
//! | `pushes`, `page` | the gateway under pushes, and with many groups |
//! | `ingest`, `target` | scrapes: what they cost and what stays in memory; who is scraped |
//! | `appends` | samples in a second without scrapes |
//! | `queries`, `panels`, `answers` | what Grafana asks, and whether both say the same |
//! | `start` | how long each takes until it is ready, and its memory while it is idle |
//! | `library` | our half of what needs a clock that does not wait, in a process of its own |
//! | `client` | who asks |
//! | `usage`, `table`, `ending` | what a process takes, how it is told, and that nothing is left running |
//!
//! Everything listens on loopback. What is written goes below the target folder; days of samples stay there for the next time.

mod answers;
mod appends;
mod backfill;
mod client;
mod ending;
mod ingest;
mod library;
mod page;
mod panels;
mod pushes;
mod queries;
mod start;
mod subject;
mod table;
mod target;
mod usage;
mod workload;

use std::fmt::Display;
use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome, While as _};
use crate::programs;
use crate::repository::Repository;
use crate::terminal;

pub(crate) use appends::Appends;
pub(crate) use library::Scrapes;
use subject::{Programs, Side};
use table::table;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Section {
    /// Pushes in a second, and how long one takes
    Pushes,
    /// `GET /metrics` of a gateway with 10,000 groups
    Page,
    /// What a scrape costs, and what stays in memory after 240 of them
    Ingest,
    /// Range queries of every panel, and what a sample takes on the disk
    Queries,
    /// How long it takes until a server is ready, and its memory while it is idle
    Start,
    /// All of these
    All,
}

/// What is measured, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What is measured
    #[arg(value_enum, default_value_t = Section::All)]
    section: Section,
    /// Measure less of everything, to see that it works
    #[arg(long)]
    quick: bool,
    /// Fill our folders with days of samples again, as after a change of how they are kept
    #[arg(long)]
    refill: bool,
    /// Measure this program instead of the one that is built from here
    #[arg(long, value_name = "FILE")]
    telemetry: Option<PathBuf>,
    /// Measure one side alone
    #[arg(long, value_enum)]
    only: Option<Side>,
}

/// Where everything is, and how much is measured.
#[derive(Debug)]
struct Bench {
    programs: Programs,
    scratch: PathBuf,
    quick: bool,
    refill: bool,
    sides: Vec<Side>,
}

/// Measures, and prints a table for each section.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    ending::on_signals()?;
    let bench = Bench::prepare(repository, options)?;
    let wanted = |section: Section| [section, Section::All].contains(&options.section);
    if wanted(Section::Pushes) {
        print(format_args!("### Pushes\n\n{}", table(&pushes::run(&bench)?)))?;
    }
    if wanted(Section::Page) {
        print(format_args!("### Many groups\n\n{}", table(&page::run(&bench)?)))?;
    }
    if wanted(Section::Ingest) {
        print(format_args!("### Scrapes\n\n{}", table(&ingest::run(&bench)?)))?;
        print(format_args!("### The stores alone\n\n{}", table(&appends::run(&bench)?)))?;
    }
    if wanted(Section::Queries) {
        let (rows, notes) = queries::run(&bench)?;
        print(format_args!("### Queries\n\n{}\n{notes}", table(&rows)))?;
    }
    if wanted(Section::Start) {
        print(format_args!("### Start\n\n{}", table(&start::run(&bench)?)))?;
    }
    Ok(())
}

/// Scrapes as one process of a measurement does, and prints what that took.
pub(crate) fn scrape(scrapes: &Scrapes) -> Outcome {
    print(library::scrape(scrapes)?)
}

/// Appends as one process of a measurement does, and prints how fast that was.
pub(crate) fn append(appends: &Appends) -> Outcome {
    print(appends::append(appends)?)
}

/// Results go where they can be redirected to; everything else is said on standard error.
fn print(text: impl Display) -> Outcome {
    writeln!(stdout(), "{text}").while_doing("cannot print the result")
}

impl Bench {
    fn prepare(repository: &Repository, options: &Options) -> Outcome<Self> {
        let target = repository.target()?;
        let found = programs::provide(&target);
        let program = |variable: &str| {
            let path =
                found.iter().find(|found| found.variable == variable).and_then(|found| found.path.clone());
            path.ok_or_else(|| Failure::new(format!("a program to measure beside is not there: {variable}")))
        };
        let programs = Programs {
            telemetry: telemetry(repository, options)?,
            prometheus: program("TELEMETRY_TEST_PROMETHEUS")?,
            promtool: program("TELEMETRY_TEST_PROMTOOL")?,
            pushgateway: program("TELEMETRY_TEST_PUSHGATEWAY")?,
        };
        let sides = options.only.map_or_else(|| Side::BOTH.to_vec(), |side| vec![side]);
        let Options { quick, refill, .. } = *options;
        Ok(Self { programs, scratch: target.join("tmp/beside"), quick, refill, sides })
    }

    fn has(&self, side: Side) -> bool {
        self.sides.contains(&side)
    }

    /// An empty folder.
    fn fresh(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.scratch.join(name);
        empty(&folder).while_doing(format_args!("cannot empty {}", folder.display()))?;
        Ok(folder)
    }

    /// How long one round of pushes lasts.
    fn moment(&self) -> std::time::Duration {
        std::time::Duration::from_secs(if self.quick { 1 } else { 4 })
    }
}

/// Makes a folder one that is there and has nothing in it.
fn empty(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}

/// The program that is measured, built as users build it.
fn telemetry(repository: &Repository, options: &Options) -> Outcome<PathBuf> {
    if let Some(told) = &options.telemetry {
        return Ok(told.clone());
    }
    terminal::title("Building telemetry");
    repository.built_as_users_do()
}
