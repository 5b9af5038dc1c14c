//! The price of a call while telemetry is on, beside every other metric library, in one run.
//!
//! `cargo bench -p telemetry-peers`. All of them take turns in rounds of a few milliseconds, so that whatever else the machine does
//! meets them alike, and the table shows medians. What matters is the ratio; nanoseconds are those of the machine.
//!
//! Arguments choose rows by a part of their names, such as `'labels: telemetry-core'` or `histogram`; without any, all are measured.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod bare;
#[path = "../labels/mod.rs"]
mod labels;
mod measured_peer;
mod metrics_peer;
mod opentelemetry_peer;
mod ours;
mod prometheus_client_peer;
mod prometheus_peer;
mod ring;
mod sets;

use sets::Sets;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use telemetry_peers::race::median;

/// What is done over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// A counter with three open labels, and 100 label sets.
    Open,
    /// The same, where the texts of the labels are made for each call, as by a program that reads them from what it was sent: never at the
    /// addresses of an earlier call.
    Anew,
    /// A counter with two closed labels and an open one.
    Mixed,
    /// A counter with two closed labels.
    Closed,
    /// A counter that was looked up before.
    Bound,
    /// A histogram with two open labels and ten bounds.
    Histogram,
    /// A histogram with ten bounds that was looked up before.
    BoundHistogram,
}

impl Work {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Open, "counter, 3 open labels"),
        (Self::Anew, "counter, 3 open labels, texts made anew for each call"),
        (Self::Mixed, "counter, 2 closed and 1 open label"),
        (Self::Closed, "counter, 2 closed labels"),
        (Self::Bound, "counter, bound"),
        (Self::Histogram, "histogram, 2 open labels"),
        (Self::BoundHistogram, "histogram, bound"),
    ];
}

/// One library doing one work: the closure goes once through all label sets.
struct Entry {
    work: Work,
    peer: &'static str,
    pass: Box<dyn Fn(&mut Sets) + Send + Sync>,
    /// How many passes make a turn.
    passes: usize,
    /// Medians in nanoseconds for one and for two threads are taken from these.
    samples: [Vec<f64>; 2],
}

impl Entry {
    fn new(work: Work, peer: &'static str, pass: impl Fn(&mut Sets) + Send + Sync + 'static) -> Self {
        Self { work, peer, pass: Box::new(pass), passes: 1, samples: [Vec::new(), Vec::new()] }
    }

    /// The rows of counters with three open labels, whose texts are kept and made anew; `counter` makes one, and what calls it.
    fn open<C>(peer: &'static str, counter: impl Fn() -> C) -> [Self; 2]
    where
        C: Fn([&str; 3]) + Send + Sync + 'static,
    {
        let [kept, anew] = [counter(), counter()];
        [
            Self::new(Work::Open, peer, move |sets| sets.each_kept(&kept)),
            Self::new(Work::Anew, peer, move |sets| sets.each_anew(&anew)),
        ]
    }

    fn median(&self, threads: usize) -> f64 {
        median(&self.samples[threads - 1])
    }
}

/// How often every entry has its turn with each number of threads.
const ROUNDS: usize = 151;

/// How long a turn lasts, in nanoseconds: long enough for the clock, and much shorter than the time for which a busy system lets one
/// program run, so that most turns are not interrupted.
const TURN: f64 = 400_000.0;

fn main() {
    // Threads do not go through the label sets side by side.
    let mut sets = [0, 41].map(Sets::beginning_at);
    let mut entries = [
        ours::entries(),
        bare::entries(),
        prometheus_peer::entries(),
        prometheus_client_peer::entries(),
        measured_peer::entries(),
        metrics_peer::entries(),
        opentelemetry_peer::entries(),
    ]
    .into_iter()
    .flatten()
    .filter(is_chosen)
    .collect::<Vec<_>>();
    entries.iter_mut().for_each(|entry| entry.passes = passes(entry, &mut sets));
    for _ in 0..ROUNDS {
        for entry in &mut entries {
            for threads in [1, 2] {
                let nanoseconds = turn(entry, &mut sets[..threads]);
                entry.samples[threads - 1].push(nanoseconds);
            }
        }
    }
    print(&entries);
}

/// Whether the arguments of the program choose this row, or none is chosen by them.
fn is_chosen(entry: &Entry) -> bool {
    let mut parts = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    let work = Work::ALL.iter().find(|(work, _)| *work == entry.work).map_or("", |(_, name)| name);
    let row = format!("{work}: {}", entry.peer);
    parts.peek().is_none() || parts.any(|part| row.contains(&part))
}

/// How many passes make a turn.
fn passes(entry: &mut Entry, sets: &mut [Sets]) -> usize {
    entry.passes = 10;
    let fastest = (0..20).map(|_| turn(entry, &mut sets[..1])).fold(f64::INFINITY, f64::min);
    ((TURN / fastest / sets[0].len() as f64) as usize).clamp(1, 2000)
}

/// Nanoseconds of one call, where as many threads make calls at the same time as there are label sets for.
fn turn(entry: &Entry, sets: &mut [Sets]) -> f64 {
    let (ready, threads) = (AtomicUsize::new(0), sets.len());
    let work = |(thread, sets): (usize, &mut Sets)| {
        pin(thread);
        sets.renew();
        (entry.pass)(sets);
        meet(&ready, threads);
        let start = Instant::now();
        (0..entry.passes).for_each(|_| (entry.pass)(sets));
        start.elapsed().as_secs_f64() * 1e9 / (entry.passes * sets.len()) as f64
    };
    let work = &work;
    thread::scope(|scope| {
        let mut shares = sets.iter_mut().enumerate();
        let mine = shares.next();
        let others: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let mine = mine.map_or(0.0, work);
        others.into_iter().map(|other| other.join().unwrap()).fold(mine, f64::max)
    })
}

/// Waits until all threads have answered each other many times, and so are all running now.
fn meet(ready: &AtomicUsize, threads: usize) {
    for round in 1..=100 {
        ready.fetch_add(1, Ordering::AcqRel);
        while ready.load(Ordering::Acquire) < threads * round {
            hint::spin_loop();
        }
    }
}

/// Gives each thread a processor of its own where there are enough: two that take turns on one would not get in each other's way.
fn pin(thread: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_setaffinity};
        let mut processors = CpuSet::new();
        processors.set(thread);
        sched_setaffinity(None, &processors).unwrap_or_default();
    }
    #[cfg(not(target_os = "linux"))]
    let _not_possible = thread;
}

fn print(entries: &[Entry]) {
    println!(
        "| work | library | 1 thread, ns | ÷ ours | 2 threads, ns | ÷ ours |\n|---|---|---|---|---|---|"
    );
    for (work, name) in Work::ALL {
        let of_work: Vec<_> = entries.iter().filter(|entry| entry.work == work).collect();
        let Some(ours) = of_work.first() else { continue };
        for entry in &of_work {
            let [one, two] = [1, 2].map(|threads| entry.median(threads));
            let [of_one, of_two] = [one / ours.median(1), two / ours.median(2)];
            println!("| {name} | {} | {one:.1} | {of_one:.2} | {two:.1} | {of_two:.2} |", entry.peer);
        }
    }
}
