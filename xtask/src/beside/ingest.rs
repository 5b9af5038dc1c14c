//! Scrapes: what one costs, and what stays in memory after 240 of them, which is an hour of a scrape every 15 seconds.
//!
//! Theirs scrapes twice in a second, since its clock cannot be told to hurry. Ours is the library in a process of its own, which is
//! told that 15 seconds lie between scrapes and maintains its history each minute. Both are given the same by the same target.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::Bench;
use super::library;
use super::subject::{Role, Side, Subject};
use super::table::{Figure, Row};
use super::target::Target;
use super::usage::Usage;
use super::workload::Times;
use crate::failure::{Failure, Outcome, While as _};
use crate::terminal;

/// In milliseconds.
pub(super) const MINUTE: i64 = 60_000;

/// What scrapes took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Time on a processor for each scrape.
    pub(super) each: Duration,
    /// What is resident after them, in bytes.
    pub(super) resident: u64,
    /// The most that was.
    pub(super) peak: u64,
}

impl Cost {
    /// What the process that scrapes says.
    pub(super) fn of_json(text: &str) -> Outcome<Self> {
        let told: Value = serde_json::from_str(text).while_doing("cannot read what scrapes took")?;
        let missing = || Failure::new(format!("cannot read what scrapes took: {text}"));
        Ok(Self {
            each: Duration::from_secs_f64(told["each"].as_f64().ok_or_else(missing)?),
            resident: told["resident"].as_u64().ok_or_else(missing)?,
            peak: told["peak"].as_u64().ok_or_else(missing)?,
        })
    }

    /// What these scrapes took by what the process took before and after them.
    pub(super) fn between(before: Usage, after: Usage, scrapes: usize) -> Self {
        let processor = after.processor.saturating_sub(before.processor);
        let scrapes = u32::try_from(scrapes).unwrap_or(1).max(1);
        Self { each: processor / scrapes, resident: after.resident, peak: after.peak }
    }
}

pub(super) fn run(bench: &Bench) -> Outcome<Vec<Row>> {
    let scrapes = if bench.quick { 20 } else { 240 };
    let mut rows = Vec::new();
    for series in [500, 10_000] {
        let [theirs, ours] =
            Side::BOTH.map(|side| bench.has(side).then(|| scraped(bench, side, series, scrapes)));
        let (theirs, ours) = (theirs.transpose()?, ours.transpose()?);
        let row =
            |what: String, figure: fn(Cost) -> Figure| Row::new(what, theirs.map(figure), ours.map(figure));
        rows.extend([
            row(format!("processor time of a scrape of {series} series"), |cost| Figure::Time(cost.each)),
            row(format!("resident memory after {scrapes} scrapes of {series} series"), |cost| {
                Figure::Bytes(cost.resident as f64)
            }),
            row("its highest".to_owned(), |cost| Figure::Bytes(cost.peak as f64)),
        ]);
    }
    Ok(rows)
}

fn scraped(bench: &Bench, side: Side, series: usize, scrapes: usize) -> Outcome<Cost> {
    terminal::say(format_args!("{scrapes} scrapes of {series} series, {side} …"));
    let target = Target::serve(series)?;
    let folder = bench.fresh(&format!("ingest-{side}-{series}"))?;
    match side {
        Side::Theirs => by_prometheus(bench, &target, &folder, scrapes),
        Side::Ours => {
            let times = Times { begin: now()? / MINUTE * MINUTE, interval: 15_000, scrapes };
            library::scrapes(&folder, &format!("http://{}/metrics", target.address()), times)
        }
    }
}

fn by_prometheus(bench: &Bench, target: &Target, folder: &std::path::Path, scrapes: usize) -> Outcome<Cost> {
    let configuration = format!(
        "scrape_configs:\n  - job_name: fleet\n    scrape_interval: 500ms\n    scrape_timeout: 500ms\n    static_configs:\n      - targets: ['{}']\n",
        target.address()
    );
    let server = Subject::start_with(&bench.programs, Side::Theirs, Role::History, folder, &configuration)?;
    await_scrapes(target, library::WARM as usize)?;
    let (before, begun) = (server.usage()?, target.scrapes());
    await_scrapes(target, scrapes)?;
    // The last scrape is on its way.
    thread::sleep(Duration::from_millis(250));
    let cost = Cost::between(before, server.usage()?, target.scrapes() - begun);
    server.end()?;
    Ok(cost)
}

fn await_scrapes(target: &Target, count: usize) -> Outcome {
    let begun = Instant::now();
    while target.scrapes() < count {
        if begun.elapsed() > Duration::from_secs(600) {
            return Err(Failure::new(format!("only {} of {count} scrapes came", target.scrapes())));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

pub(super) fn now() -> Outcome<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.ok().and_then(|since| i64::try_from(since.as_millis()).ok());
    millis.ok_or_else(|| Failure::new("the clock of this machine is wrong"))
}
