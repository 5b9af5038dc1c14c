//! Reading an exposition of ten thousand samples, beside every other parser for Rust, in one run.
//!
//! `cargo bench -p telemetry-peers --bench parsing`. All of them take turns, so that whatever else the machine does meets them alike,
//! and the table shows medians. What matters is the ratio; nanoseconds are those of the machine.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../../../telemetry-core/examples/parses/readings.rs"]
mod readings;
#[path = "../../../telemetry-core/examples/parses/text.rs"]
mod text;

use readings::{pulls, visits};
use std::hint::black_box;
use telemetry_core::exposition::{Format, parse, parse_without_shortcuts};
use telemetry_peers::race::{Contestant, race};
use text::SAMPLES;

/// How often every parser has its turn.
const ROUNDS: usize = 101;

fn main() {
    for (order, text) in [("ordered", text::exposition()), ("unordered", text::unordered_exposition())] {
        let text: &'static str = text.leak();
        let mut parsers = parsers(text);
        race(&mut parsers, ROUNDS);
        println!("{SAMPLES} samples in {} bytes, metrics {order}\n", text.len());
        print(&parsers, text.len());
    }
}

fn print(parsers: &[Contestant], length: usize) {
    println!("| parser | a sample, ns | MB/s | ÷ `visit` |\n|---|---|---|---|");
    let Some(ours) = parsers.first().map(Contestant::median) else { return };
    for parser in parsers {
        let median = parser.median();
        let (sample, speed) = (median / SAMPLES as f64, length as f64 / median * 1e3);
        println!("| {} | {sample:.1} | {speed:.0} | {:.2} |", parser.name, median / ours);
    }
    println!();
}

fn parsers(text: &'static str) -> Vec<Contestant> {
    let parser = |name, read: fn(&str) -> bool| {
        Contestant::new(name, move || assert!(read(black_box(text)), "{name} does not read the text"))
    };
    vec![
        parser("ours: `visit`", visits),
        parser("ours: `Reader`, line by line", pulls),
        parser("ours: `parse`, into families", |text| black_box(parse(text, Format::Text)).is_ok()),
        parser("ours: `parse` without shortcuts", |text| {
            black_box(parse_without_shortcuts(text, Format::Text)).is_ok()
        }),
        parser("`prom_text_format_parser`", |text| {
            black_box(prom_text_format_parser::Scrape::parse(text)).is_ok()
        }),
        parser("`prometheus-exposition-format-rs`", |text| {
            black_box(prometheus_exposition_format_rs::parse_complete(text)).is_ok()
        }),
        parser("`prometheus-parse`", |text| {
            let lines = text.lines().map(|line| Ok(line.to_owned()));
            black_box(prometheus_parse::Scrape::parse(lines)).is_ok()
        }),
        parser("`openmetrics-parser`", |text| {
            black_box(openmetrics_parser::prometheus::parse_prometheus(text)).is_ok()
        }),
    ]
}
