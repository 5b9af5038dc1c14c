//! What a history takes of memory and disk, and how long it takes to open and to read, as a table on standard output.
//!
//! ```console
//! $ cargo run --release -p telemetry-stack --example history_size -- 10000 240
//! $ cargo run --release -p telemetry-stack --example history_size -- 10000 240 --days 7
//! ```
//!
//! The numbers are series and scrapes, 15 s apart. With `--days` that many days are imported before.

#![expect(clippy::print_stdout, reason = "it exists to print")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use telemetry_query::{Labels, Matcher, Sample, Selection, Store};
use telemetry_stack::history::{History, HistoryOptions};

type Failure = Box<dyn Error + Send + Sync>;

const START: i64 = 1_700_000_400_000;
const INTERVAL: i64 = 15_000;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |position: usize| arguments.get(position).and_then(|text| text.parse().ok());
    let (series, scrapes) = (number(1).unwrap_or(10_000), number(2).unwrap_or(240));
    let days = number(4).unwrap_or(0);
    let folder = tempfile::tempdir()?;
    let begin = START + days * 24 * 3_600_000;
    if days > 0 {
        import(folder.path(), series, begin)?;
    }
    append(folder.path(), series, scrapes, begin)?;
    read(folder.path(), days)
}

fn import(folder: &Path, series: i64, end: i64) -> Result<(), Failure> {
    let started = Instant::now();
    let history = History::open(folder, HistoryOptions::default())?;
    let mut import = history.import()?;
    for number in 0..series {
        let times = (START..end).step_by(INTERVAL as usize);
        let mut counter = Counter::new(number);
        import.series(&labels(number), times.map(|time| Sample::new(time, counter.next())))?;
    }
    import.finish()?;
    let samples = series * (end - START) / INTERVAL;
    println!("imported {samples} samples in {:.1?}", started.elapsed());
    println!("bytes for an imported sample: {:.3}", history.stats().bytes as f64 / samples as f64);
    Ok(())
}

fn append(folder: &Path, series: i64, scrapes: i64, begin: i64) -> Result<(), Failure> {
    let started = Instant::now();
    let history = History::open(folder, HistoryOptions::default())?;
    println!("opened in {:.1?}", started.elapsed());
    let ids = (0..series).map(|number| history.series_id(&labels(number))).collect::<Result<Vec<_>, _>>()?;
    let mut counters: Vec<Counter> = (0..series).map(Counter::new).collect();
    let (mut slowest, mut appending) = (0.0_f64, 0.0);
    for scrape in 0..scrapes {
        let time = begin + scrape * INTERVAL;
        let values = counters.iter_mut().map(|counter| Sample::new(time, counter.next()));
        let batch: Vec<_> = ids.iter().copied().zip(values).collect();
        let started = Instant::now();
        history.append(&batch)?;
        appending += started.elapsed().as_secs_f64();
        let started = Instant::now();
        history.maintain(time)?;
        slowest = slowest.max(started.elapsed().as_secs_f64());
    }
    println!("{scrapes} scrapes of {series} series: {:.1} ms each", appending * 1e3 / scrapes as f64);
    println!("slowest maintenance: {:.1} ms", slowest * 1e3);
    println!("on disk: {} kB, in chunks: {}", history.stats().bytes / 1024, history.stats().chunks);
    println!("resident after the scrapes: {}", resident());
    let started = Instant::now();
    drop(history);
    println!("closed in {:.1?}", started.elapsed());
    Ok(())
}

fn read(folder: &Path, days: i64) -> Result<(), Failure> {
    let (started, before) = (Instant::now(), processor_time());
    let history = History::open(folder, HistoryOptions::default())?;
    println!("opened again in {:.1?}, {:.1?} of the processor", started.elapsed(), processor_time() - before);
    println!("resident: {}", resident());
    let everything = [Matcher::equal("__name__", "sase_agent_runs_total")];
    let one = [everything[0].clone(), Matcher::equal("series", "77")];
    let end = history.stats().youngest.unwrap_or_default();
    for hours in [1, 24, 24 * days.max(1)] {
        for matchers in [&everything[..], &one[..]] {
            let selection = Selection { matchers, start: end - hours * 3_600_000, end };
            let started = processor_time();
            let selected = history.select(&selection)?;
            let chosen = processor_time() - started;
            let (mut samples, mut count) = (Vec::new(), 0);
            for series in &selected {
                samples.clear();
                series.read(&mut samples)?;
                count += samples.len();
            }
            let read = processor_time() - started - chosen;
            let each = read.as_secs_f64() * 1e9 / count as f64;
            println!(
                "{hours} h of {} series: selected in {chosen:.1?}, {count} samples in {read:.1?}, {each:.2} ns each",
                selected.len()
            );
        }
    }
    println!("resident after reading: {}", resident());
    Ok(())
}

fn labels(number: i64) -> Labels {
    Labels::new([
        ("__name__", "sase_agent_runs_total"),
        ("instance", "localhost:9464"),
        ("job", "sase_agent"),
        ("status", ["ok", "error"][(number % 2) as usize]),
        ("series", &number.to_string()),
    ])
}

/// A counter that counts now and then, by a little or by much, as its number says.
struct Counter {
    state: u64,
    value: u64,
    step: u64,
}

impl Counter {
    fn new(number: i64) -> Self {
        let step = [1, 5, 40, 1000][(number % 4) as usize];
        Self { state: number as u64 + 1, value: number as u64 * 1000, step }
    }

    fn next(&mut self) -> f64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.value += (self.state >> 33) % self.step;
        self.value as f64
    }
}

/// What the process has had of the processor, which other programs on the machine do not change.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("unknown".to_owned(), |text| text.trim().to_owned())
}
