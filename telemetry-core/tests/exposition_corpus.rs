//! Whole expositions, as reviewed by eye: what is written looks exactly like the canonical files.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

use telemetry_core::exposition::{Format, parse, write};

const TEXT: &str = include_str!("exposition/canonical.prom");
const OPEN_METRICS: &str = include_str!("exposition/canonical.openmetrics");

fn rewritten(input: &str, format: Format) -> String {
    let mut out = String::new();
    write(&parse(input, format).unwrap(), format, &mut out);
    out
}

#[test]
fn canonical_text_is_written_as_it_was_read() {
    assert_eq!(rewritten(TEXT, Format::Text), TEXT);
}

#[test]
fn canonical_open_metrics_is_written_as_it_was_read() {
    assert_eq!(rewritten(OPEN_METRICS, Format::OpenMetrics), OPEN_METRICS);
}

#[test]
fn untidy_text_becomes_tidy() {
    let untidy = include_str!("exposition/untidy.prom");
    assert_eq!(rewritten(untidy, Format::Text), include_str!("exposition/untidy.tidied.prom"));
}

#[test]
fn line_ends_of_windows_make_no_difference() {
    let windows = TEXT.replace('\n', "\r\n");
    assert_eq!(rewritten(&windows, Format::Text), TEXT);
    let windows = OPEN_METRICS.replace('\n', "\r\n");
    assert_eq!(rewritten(&windows, Format::OpenMetrics), OPEN_METRICS);
}
