//! The price of a line of text, beside every other metric library, in one run.
//!
//! `cargo bench -p telemetry-peers --bench writing`. Each library has the same 10,000 lines to write: 5,000 counters with three labels,
//! 2,400 gauges with two and 200 histograms with ten bounds. What matters is the ratio; nanoseconds are those of the machine.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod bounds;
mod content;
#[path = "../labels/mod.rs"]
mod labels;
mod measured_peer;
mod metrics_peer;
mod opentelemetry_peer;
mod ours;
mod prometheus_client_peer;
mod prometheus_peer;

use content::Content;
use telemetry_peers::race::{Contestant, race};

/// How often every library has its turn.
const ROUNDS: usize = 51;

/// A library that has recorded the content and writes it; the string has room and is empty.
type Write = Box<dyn FnMut(&mut String)>;

/// A library with its text, which says how many lines it is.
struct Writer {
    contestant: Contestant,
    lines: usize,
    allocations: u64,
}

fn main() {
    let content = Content::default();
    let writers = [
        ours::writers(&content),
        bounds::writers(&content),
        vec![prometheus_peer::writer(&content)],
        vec![prometheus_client_peer::writer(&content)],
        vec![measured_peer::writer(&content)],
        vec![metrics_peer::writer(&content)],
        vec![opentelemetry_peer::writer(&content)],
    ];
    let (mut contestants, mut measured) = (Vec::new(), Vec::new());
    for Writer { contestant, lines, allocations } in
        writers.into_iter().flatten().map(|(name, write)| Writer::new(name, write))
    {
        contestants.push(contestant);
        measured.push((lines, allocations));
    }
    race(&mut contestants, ROUNDS);
    let price = |contestant: &Contestant, lines: usize| contestant.median() / lines as f64;
    let ours = price(&contestants[0], measured[0].0);
    println!("| library | lines | ns a line | ÷ ours | allocations |\n|---|---|---|---|---|");
    for (contestant, (lines, allocations)) in contestants.iter().zip(measured) {
        let price = price(contestant, lines);
        let (name, ratio) = (contestant.name, price / ours);
        println!("| {name} | {lines} | {price:.1} | {ratio:.1} | {allocations} |");
    }
}

impl Writer {
    fn new(name: &'static str, mut write: Write) -> Self {
        let mut out = String::new();
        // Twice, for what is made only once.
        for _ in 0..2 {
            out.clear();
            write(&mut out);
        }
        let lines = out.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        let allocations = allocation_counter::measure(|| {
            out.clear();
            write(&mut out);
        });
        let pass = move || {
            out.clear();
            write(&mut out);
        };
        Self { contestant: Contestant::new(name, pass), lines, allocations: allocations.count_total }
    }
}
