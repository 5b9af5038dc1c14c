//! Hostile expositions take time in proportion to their size.
//!
//! Each of these is large enough that anything quadratic would take minutes, and is given half a minute even in a build
//! without optimisation.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use telemetry_core::exposition::{Format, Value, parse};

const BOUND: Duration = Duration::from_secs(30);

/// Runs `read` and fails if it took long.
fn in_time<T>(read: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = read();
    let taken = start.elapsed();
    assert!(taken < BOUND, "took {taken:?}");
    result
}

/// `count` pieces of text, made from their numbers.
fn repeated(count: usize, piece: impl Fn(&mut String, usize)) -> String {
    let mut text = String::new();
    (0..count).for_each(|number| piece(&mut text, number));
    text
}

#[test]
fn a_line_of_ten_megabytes() {
    let value = "x".repeat(10 << 20);
    let plain = format!("a{{b=\"{value}\"}} 1\n");
    let families = in_time(|| parse(&plain, Format::Text)).unwrap();
    assert_eq!(families[0].metrics[0].labels[0].value.len(), value.len());

    let open = format!("a{{b=\"{value}");
    let error = in_time(|| parse(&open, Format::Text)).unwrap_err();
    assert_eq!(error.column, open.len() + 1);

    let number = format!("a {}", "1".repeat(10 << 20));
    let error = in_time(|| parse(&number, Format::Text)).unwrap_err();
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn a_label_value_of_escapes_alone() {
    let text = format!("a{{b=\"{}\"}} 1\n", "\\\\".repeat(1 << 20));
    let families = in_time(|| parse(&text, Format::Text)).unwrap();
    assert_eq!(families[0].metrics[0].labels[0].value.len(), 1 << 20);
}

#[test]
fn very_many_labels() {
    let labels = repeated(200_000, |text, number| write!(text, "l{number}=\"\",").unwrap());
    let families = format!("a{{{labels}}} 1\n");
    let families = in_time(|| parse(&families, Format::Text)).unwrap();
    assert_eq!(families[0].metrics[0].labels.len(), 200_000);

    let repeated = format!("a{{{labels}l0=\"\"}} 1\n");
    let error = in_time(|| parse(&repeated, Format::Text)).unwrap_err();
    assert!(error.to_string().contains("found a second `l0`"), "{error}");
}

#[test]
fn very_many_labels_in_another_order() {
    let one = repeated(200_000, |text, number| write!(text, "l{number}=\"\",").unwrap());
    let other = repeated(200_000, |text, number| write!(text, "l{}=\"\",", 199_999 - number).unwrap());
    let text = format!("a{{{one}}} 1\na{{{other}}} 1\n");
    let error = in_time(|| parse(&text, Format::Text)).unwrap_err();
    assert_eq!(error.line, 2);
}

#[test]
fn many_samples_families_and_descriptions() {
    let samples = repeated(100_000, |text, number| writeln!(text, "a{{b=\"{number}\"}} 1").unwrap());
    assert_eq!(in_time(|| parse(&samples, Format::Text)).unwrap()[0].metrics.len(), 100_000);

    let families = repeated(100_000, |text, number| writeln!(text, "# TYPE a{number} histogram").unwrap());
    assert_eq!(in_time(|| parse(&families, Format::Text)).unwrap().len(), 100_000);
}

#[test]
fn families_that_take_turns() {
    let text =
        repeated(100_000, |text, number| writeln!(text, "a{}{{b=\"{number}\"}} 1", number % 1000).unwrap());
    assert_eq!(in_time(|| parse(&text, Format::Text)).unwrap().len(), 1000);
}

#[test]
fn buckets_in_falling_order() {
    let lines = repeated(100_000, |text, number| writeln!(text, "a_bucket{{le=\"-{number}\"}} 1").unwrap());
    let families = format!("# TYPE a histogram\n{lines}");
    let families = in_time(|| parse(&families, Format::Text)).unwrap();
    let Value::Histogram(histogram) = &families[0].metrics[0].value else { panic!("a histogram") };
    assert!(histogram.buckets.windows(2).all(|pair| pair[0].le < pair[1].le));
}

#[test]
fn histograms_that_take_turns() {
    let lines = repeated(100_000, |text, number| {
        writeln!(text, "a_bucket{{b=\"{}\",le=\"{number}\"}} 1", number % 1000).unwrap();
    });
    let families = format!("# TYPE a histogram\n{lines}");
    assert_eq!(in_time(|| parse(&families, Format::Text)).unwrap()[0].metrics.len(), 1000);
}

#[test]
fn carriage_returns_and_blank_lines() {
    let blank = "\r\n".repeat(1_000_000);
    assert_eq!(in_time(|| parse(&blank, Format::Text)), Ok(Vec::new()));
    let mixed = format!("\n# HELP a {}\n", "\r".repeat(1_000_000));
    assert!(in_time(|| parse(&mixed, Format::Text)).is_ok());
    let word = format!("a {}", "\r".repeat(1_000_000));
    assert!(in_time(|| parse(&word, Format::Text)).is_err());
}

/// Whether all lines end so is found out once, and not for each family that is read again because its metrics fall.
#[test]
fn families_that_fall_in_lines_that_end_in_crlf() {
    let text = repeated(20_000, |text, number| {
        write!(text, "a{number}{{b=\"2\"}} 1\r\na{number}{{b=\"1\"}} 1\r\n").unwrap();
    });
    assert_eq!(in_time(|| parse(&text, Format::Text)).unwrap().len(), 20_000);
}
