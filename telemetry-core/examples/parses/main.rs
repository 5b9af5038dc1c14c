//! Reads an exposition of ten thousand samples and does nothing else, for a tool that counts instructions.
//!
//! `parses WORK TIMES` reads it that many times. The difference between two numbers of times is the price of the reading alone. The
//! test `parsing` does this.
#![expect(clippy::print_stderr, reason = "a program to be run by hand too")]

mod readings;
mod text;

use readings::{pulls, visits};
use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use telemetry_core::exposition::{Format, parse, parse_without_shortcuts};
use text::SAMPLES;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [work, times] = &*arguments else { return usage() };
    let Ok(times) = times.parse::<usize>() else { return usage() };
    let ordered = text::exposition();
    let unordered = text::unordered_exposition();
    let crlf = ordered.replace('\n', "\r\n");
    let each = |text: &str, read: &dyn Fn(&str) -> bool| (0..times).all(|_| read(black_box(text)));
    let read = match &**work {
        "visit" => each(&ordered, &visits),
        "visit-unordered" => each(&unordered, &visits),
        "events" => each(&ordered, &pulls),
        "families" => each(&ordered, &|text| black_box(parse(text, Format::Text)).is_ok()),
        "families-unordered" => each(&unordered, &|text| black_box(parse(text, Format::Text)).is_ok()),
        "families-crlf" => each(&crlf, &|text| black_box(parse(text, Format::Text)).is_ok()),
        "plain" => each(&ordered, &|text| black_box(parse_without_shortcuts(text, Format::Text)).is_ok()),
        _ => return usage(),
    };
    if read { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: parses visit|visit-unordered|events|families|families-unordered|families-crlf|plain TIMES"
    );
    eprintln!("It reads {SAMPLES} samples each time.");
    ExitCode::from(64)
}
