//! The program that writes: batch after batch, each acknowledged by a line once it is stored.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use telemetry_query::{Labels, Sample, Selection, Store};
use telemetry_stack::history::{History, HistoryOptions};

/// Tells a process that it is the writer, and where.
const FOLDER: &str = "HISTORY_FOLDER";

/// The first batch is at this time, at the beginning of two hours, in milliseconds.
const START: i64 = 1_700_006_400_000;

/// Batches are two minutes apart, so that blocks are written all the time.
const INTERVAL: i64 = 120_000;

/// Series in the first batch; every tenth batch brings one more.
const SERIES: i64 = 40;

/// Writes if this process is to. It goes on where it was left.
pub(crate) fn run() -> bool {
    let Some(folder) = std::env::var_os(FOLDER) else { return false };
    let history = open(Path::new(&folder));
    let mut batch = history.stats().youngest.map_or(0, |youngest| (youngest - START) / INTERVAL + 1);
    println!("ready");
    loop {
        match append(&history, batch) {
            Ok(()) => batch += 1,
            Err(error) => {
                println!("error {error}");
                std::io::stdin().lock().read_line(&mut String::new()).unwrap();
                continue;
            }
        }
        println!("{}", batch - 1);
        std::io::stdout().flush().unwrap();
    }
}

fn append(history: &History, batch: i64) -> Result<(), telemetry_stack::history::HistoryError> {
    let series = |number: i64| history.series_id(&Labels::new([("series", number.to_string())]));
    let samples: Result<Vec<_>, _> =
        (0..series_in(batch)).map(|number| Ok((series(number)?, sample(number, batch)))).collect();
    let appended = history.append(&samples?)?;
    // Where it was stored and the maintenance failed, it comes again.
    assert_eq!((appended.stored + appended.duplicates) as i64, series_in(batch), "{appended:?}");
    history.maintain(START + batch * INTERVAL)
}

const fn series_in(batch: i64) -> i64 {
    SERIES + batch / 10
}

fn sample(series: i64, batch: i64) -> Sample {
    Sample::new(START + batch * INTERVAL, (series * 1000 + batch * (series % 5)) as f64 / 4.0)
}

/// The writer, as another process.
pub(crate) fn start(folder: &Path, shell: Option<&str>) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = match shell {
        Some(script) => {
            let mut command = Command::new("sh");
            command.args(["-c", script]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.env(FOLDER, folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

pub(crate) fn open(folder: &Path) -> History {
    History::open(folder, HistoryOptions::default()).unwrap()
}

/// Checks that every batch up to this one is there, and at most one more, as a whole; says how many there are.
pub(crate) fn check(folder: &Path, acknowledged: i64) -> i64 {
    let history = open(folder);
    let found = history.stats().youngest.map_or(0, |youngest| (youngest - START) / INTERVAL + 1);
    assert!(found == acknowledged || found == acknowledged + 1, "{found} batches of {acknowledged}");
    let selected = history.select(&Selection { matchers: &[], start: i64::MIN, end: i64::MAX }).unwrap();
    let mut count = 0;
    for stored in selected {
        let series: i64 = stored.labels().get("series").parse().unwrap();
        let mut samples = Vec::new();
        stored.read(&mut samples).unwrap();
        let batches = (0..found).filter(|batch| series < series_in(*batch));
        assert_eq!(
            samples,
            batches.map(|batch| sample(series, batch)).collect::<Vec<_>>(),
            "series {series}"
        );
        count += 1;
    }
    assert_eq!(count, if found == 0 { 0 } else { series_in(found - 1) });
    found
}
