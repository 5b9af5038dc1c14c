//! What people are told, as Prometheus fills in its templates: `humanizePercentage`, `humanizeDuration` and `printf`.
//!
//! The rules hold templates; this holds what must become of them, written without looking at the templates.

use crate::indicator::{Indicator, Level, Unit};
use crate::rules::amount;

/// A sentence of an indicator with everything filled in.
pub(super) fn told(
    sentence: &str,
    indicator: &Indicator,
    level: Level,
    value: f64,
    labels: &[String],
) -> String {
    let named = indicator.by.iter().zip(labels);
    let text =
        named.fold(sentence.to_owned(), |text, (label, value)| text.replace(&format!("{{{label}}}"), value));
    text.replace("{value}", &shown(indicator.unit, value))
        .replace("{limit}", &amount(indicator.unit, level.limit))
        .replace("{window}", &indicator.over.words())
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{}%", four_digits(value * 100.0)),
        Unit::Seconds => duration(value),
        Unit::Times => format!("{value:.1}"),
        Unit::Count | Unit::State => format!("{value:.0}"),
    }
}

/// Go's `%.4g` of what is not negative: four digits, no zeros at the end, an exponent where it would be longer without.
fn four_digits(value: f64) -> String {
    let scientific = format!("{value:.3e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value == 0.0 || (-4..4).contains(&exponent) {
        let decimals = usize::try_from(3 - exponent).unwrap_or_default();
        return trimmed(&format!("{value:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
}

fn trimmed(number: &str) -> String {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        number.to_owned()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds are what Prometheus shows too, and no percentile or age here exceeds them"
)]
fn duration(value: f64) -> String {
    let whole = value as u64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if value == 0.0 || value >= 1.0 => format!("{}s", four_digits(value)),
        (0, 0, 0) => below_a_second(value),
        (0, 0, _) => format!("{minutes}m {seconds}s"),
        (0, ..) => format!("{hours}h {minutes}m {seconds}s"),
        _ => format!("{days}d {hours}h {minutes}m {seconds}s"),
    }
}

fn below_a_second(value: f64) -> String {
    let scales = [("m", 1e3), ("u", 1e6), ("n", 1e9)];
    let (unit, scale) = scales.into_iter().find(|(_, scale)| value * scale >= 1.0).unwrap_or(("n", 1e9));
    format!("{}{unit}s", four_digits(value * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, written) in [
            (0.0, "0"),
            (0.1, "0.1"),
            (12.345, "12.35"),
            (100.0, "100"),
            (12_345.0, "1.234e+04"),
            (0.000_012_34, "1.234e-05"),
        ] {
            assert_eq!(four_digits(value), written);
        }
    }

    #[test]
    fn durations_are_written_as_prometheus_does() {
        for (value, written) in [
            (0.0, "0s"),
            (0.0095, "9.5ms"),
            (9.5, "9.5s"),
            (305.9, "5m 5s"),
            (7_200.0, "2h 0m 0s"),
            (86_580.0, "1d 0h 3m 0s"),
        ] {
            assert_eq!(duration(value), written);
        }
    }
}
