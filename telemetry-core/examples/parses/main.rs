//! Reads an exposition of ten thousand samples and does nothing else, for a tool that counts instructions.
//!
//! `parses WORK TIMES` reads it that many times. The difference between two numbers of times is the price of the reading alone. The
//! test `parsing` does this.
#![expect(clippy::print_stderr, reason = "a program to be run by hand too")]

mod text;

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use telemetry_core::exposition::{
    Event, Format, ParseError, Reader, Sample, Visitor, parse, parse_without_shortcuts, visit,
};
use text::SAMPLES;

/// Looks at every sample and keeps nothing.
struct Look;

impl<'a> Visitor<'a> for Look {
    type Error = ParseError;

    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
        black_box(&sample);
        Ok(())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [work, times] = &*arguments else { return usage() };
    let Ok(times) = times.parse::<usize>() else { return usage() };
    let ordered = text::exposition();
    let unordered = text::unordered_exposition();
    let each = |text: &str, read: &dyn Fn(&str) -> bool| (0..times).all(|_| read(black_box(text)));
    let read = match &**work {
        "visit" => each(&ordered, &visits),
        "visit-unordered" => each(&unordered, &visits),
        "events" => each(&ordered, &pulls),
        "families" => each(&ordered, &|text| black_box(parse(text, Format::Text)).is_ok()),
        "families-unordered" => each(&unordered, &|text| black_box(parse(text, Format::Text)).is_ok()),
        "plain" => each(&ordered, &|text| black_box(parse_without_shortcuts(text, Format::Text)).is_ok()),
        _ => return usage(),
    };
    if read { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("usage: parses visit|visit-unordered|events|families|families-unordered|plain TIMES");
    eprintln!("It reads {SAMPLES} samples each time.");
    ExitCode::from(64)
}

fn visits(text: &str) -> bool {
    visit(text, Format::Text, &mut Look).is_ok()
}

fn pulls(text: &str) -> bool {
    let mut reader = Reader::new(text, Format::Text);
    loop {
        match reader.next_event() {
            Ok(Event::Eof) => return true,
            Ok(event) => {
                black_box(&event);
            }
            Err(_) => return false,
        }
    }
}
