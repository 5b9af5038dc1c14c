//! The price of reading an exposition in what does not depend on the machine: instructions and allocations. Time is for
//! `cargo bench -p telemetry-peers --bench parsing`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reports by panicking and says what it skips, and its support is no different"
)]

mod instructions;
#[path = "../examples/parses/text.rs"]
mod text;

use instructions::Counted;
use telemetry_core::exposition::{Format, ParseError, Sample, Visitor, visit};
use text::SAMPLES;

/// Counts samples and keeps nothing.
struct Count(usize);

impl<'a> Visitor<'a> for Count {
    type Error = ParseError;

    fn sample(&mut self, _: Sample<'_, 'a>) -> Result<(), ParseError> {
        self.0 += 1;
        Ok(())
    }
}

/// What is kept of an orderly exposition does not grow with its samples.
#[test]
fn a_visit_keeps_nothing_of_metrics_that_rise() {
    let text = text::exposition();
    let mut count = Count(0);
    let visited = allocation_counter::measure(|| visit(&text, Format::Text, &mut count).unwrap());
    assert_eq!(count.0, SAMPLES);
    assert!(visited.count_total < 60 && visited.bytes_max < 4096, "{visited:?}");
}

/// In any other order, a hash is kept of each metric of the present family.
#[test]
fn a_visit_keeps_little_of_metrics_in_any_order() {
    let text = text::unordered_exposition();
    let mut count = Count(0);
    let visited = allocation_counter::measure(|| visit(&text, Format::Text, &mut count).unwrap());
    assert_eq!(count.0, SAMPLES);
    assert!(visited.bytes_max < 64 * 1024, "{visited:?}");
}

/// Instructions that a sample may take: a little more than it does. Into families, where its place among all is looked for, they are most.
const LIMITS: [(&str, f64); 6] = [
    ("visit", 780.0),
    ("events", 580.0),
    ("families", 1220.0),
    ("families-crlf", 1590.0),
    ("visit-unordered", 980.0),
    ("families-unordered", 1420.0),
];

#[test]
fn a_sample_takes_no_more_instructions_than_it_may() {
    let Some(parses) = Counted::build("parses", "a_sample_takes_no_more_instructions_than_it_may") else {
        return;
    };
    instructions::hold(&LIMITS, |work| {
        let of = |times| parses.instructions(&[work, times]);
        (of("3") - of("1")) / (2 * SAMPLES) as f64
    });
}
