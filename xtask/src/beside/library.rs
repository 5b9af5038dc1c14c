//! Our half of what no server can be asked for: samples of days at once, and scrapes under a clock that does not wait.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use telemetry_query::{Labels, Sample};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::scrape::{ScrapeOptions, Scraper, Target};

use super::appends::printed;
use super::client::runtime;
use super::ingest::{Cost, MINUTE};
use super::usage::Usage;
use super::workload::{Fleet, Times};
use crate::failure::{Failure, Outcome, While as _};

/// The first scrapes, in which every series is new, are not counted.
pub(super) const WARM: u32 = 5;

/// Scrapes that a process of its own makes, one after the other without waiting.
#[derive(Debug, clap::Args)]
pub(crate) struct Scrapes {
    /// The folder of the history
    folder: PathBuf,
    /// The URL that is scraped
    url: String,
    /// How many scrapes
    count: u32,
    /// The time of the first, in milliseconds since 1970
    begin: i64,
    /// Milliseconds from one to the next
    interval: i64,
}

/// Fills a history with a fleet.
pub(super) fn import(folder: &Path, series: usize, times: Times) -> Outcome {
    let history = open(folder)?;
    let doing = "cannot import a series";
    let mut import = history.import().while_doing(doing)?;
    for part in &mut Fleet::with_what_rules_record(series).parts {
        let columns = part.next(times.scrapes);
        for ((name, labels), column) in part.series.iter().zip(columns) {
            let samples = times.of_phase(part.phase).zip(column);
            let samples = samples.map(|(time, value)| Sample::new(time, value));
            import.series(&labels_of(name, labels), samples).while_doing(doing)?;
        }
    }
    import.finish().while_doing(doing)
}

/// Scrapes in a process of its own, and says what that took: processor time without what begins the process, and memory.
pub(super) fn scrapes(folder: &Path, url: &str, times: Times) -> Outcome<Cost> {
    let program = std::env::current_exe().while_doing("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("scrapes").arg(folder.join("history")).arg(url).args([
        times.scrapes.to_string(),
        times.begin.to_string(),
        times.interval.to_string(),
    ]);
    Cost::of_json(&printed(&mut command, folder)?)
}

/// What that process does.
pub(crate) fn scrape(scrapes: &Scrapes) -> Outcome<Value> {
    let history = Arc::new(open(&scrapes.folder)?);
    let target =
        Target { job: "fleet".to_owned(), url: scrapes.url.clone(), honor_labels: false, optional: false };
    let scraper = Scraper::new(Arc::clone(&history) as _, vec![target], ScrapeOptions::default());
    let runtime = runtime()?;
    let mut before = Usage::own()?;
    for number in 0..scrapes.count {
        if number == WARM {
            before = Usage::own()?;
        }
        let at = scrapes.begin + i64::from(number) * scrapes.interval;
        runtime.block_on(scraper.scrape_all(at));
        let minutes = (at / MINUTE) != ((at + scrapes.interval) / MINUTE);
        if minutes {
            history.maintain(at).while_doing("cannot maintain the history")?;
        }
    }
    if let Some(state) = scraper.targets().iter().find(|state| !state.last_error.is_empty()) {
        return Err(Failure::new(format!("a scrape failed: {}", state.last_error)));
    }
    let cost = Cost::between(before, Usage::own()?, (scrapes.count - WARM.min(scrapes.count)) as usize);
    Ok(json!({ "each": cost.each.as_secs_f64(), "resident": cost.resident, "peak": cost.peak }))
}

/// A history as `telemetry up` has it.
pub(super) fn open(folder: &Path) -> Outcome<History> {
    let opened = History::open(folder, HistoryOptions::default());
    opened.while_doing(format_args!("cannot open the history in {}", folder.display()))
}

/// The labels of a series with its name.
pub(super) fn labels_of(name: &str, labels: &[(String, String)]) -> Labels {
    let own = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Labels::new(own.chain([("__name__", name)]))
}
