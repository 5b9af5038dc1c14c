//! Numbers as people say them: three significant digits, in the unit that is used for such an amount.

use crate::panel::Unit;
use telemetry_core::exposition::write_value;

/// What stands where a value is not known.
pub const UNKNOWN: &str = "–";

/// A unit: from which value on it is used, its size, and its name.
type Step = (f64, f64, &'static str);

/// The largest unit first. What is shorter than a minute has one unit and what is longer two.
const SHORT: [Step; 3] = [SECOND, (1e-3, 1e-3, "ms"), (0.0, 1e-6, "µs")];
/// Each unit with the smaller one that is said with it, and from where on the next larger one is used.
const LONG: [(Step, Step, f64); 3] =
    [(MINUTE, SECOND, HOUR.0), (HOUR, MINUTE, DAY.0), (DAY, HOUR, f64::INFINITY)];
const DAY: Step = (86_400.0, 86_400.0, "d");
const HOUR: Step = (3600.0, 3600.0, "h");
const MINUTE: Step = (60.0, 60.0, "m");
const SECOND: Step = (1.0, 1.0, "s");
/// From so many days on nobody asks for the hour.
const MANY_DAYS: f64 = 100.0;
const BYTES: [Step; 5] = [
    (1_099_511_627_776.0, 1_099_511_627_776.0, "TiB"),
    (1_073_741_824.0, 1_073_741_824.0, "GiB"),
    (1_048_576.0, 1_048_576.0, "MiB"),
    (1024.0, 1024.0, "KiB"),
    (0.0, 1.0, "B"),
];
const LARGE: [Step; 3] = [(1e12, 1e12, "T"), (1e9, 1e9, "G"), (0.0, 1e6, "M")];

/// A value of a panel's unit; [`Unit::shown`] is this with what is not finite.
pub(crate) fn shown(unit: Unit, value: f64) -> String {
    if value.is_nan() {
        return UNKNOWN.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    match unit {
        Unit::Share => percent(value),
        Unit::Seconds => seconds(value),
        Unit::Count | Unit::Presence => number(value),
        Unit::Times => format!("{} ×", number(value)),
        Unit::PerSecond => format!("{}/s", number(value)),
        Unit::PerMinute => format!("{}/min", number(value)),
        Unit::State => word(value, &["no", "yes"]),
        Unit::Health => word(value, &["quiet", "warning", "critical"]),
    }
}

/// The word for a whole number from 0 on, and the number where there is none.
fn word(value: f64, words: &[&str]) -> String {
    let named = words.iter().zip(0_u32..).find(|(_, of)| f64::from(*of) == value);
    named.map_or_else(|| number(value), |(word, _)| (*word).to_owned())
}

/// A plain number. Up to a million a count is shown to the last one, beyond it in millions.
///
/// ```
/// use telemetry_catalog::quantity::number;
///
/// assert_eq!((&*number(12_345.0), &*number(1_234_567.0), &*number(0.0625)), ("12,345", "1.23 M", "0.062"));
/// ```
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return exact(value);
    }
    if size >= 1e15 || (size > 0.0 && size < 1e-3) {
        return exponent(value);
    }
    if size >= 1e6 {
        return scaled(value, &LARGE);
    }
    if value.trunc() == value { grouped(value) } else { three_digits(value) }
}

/// A length of time, of a number of seconds: `350 ms`, `12.4 s`, and from a minute on in its two largest units, `3 m 20 s`, `2 h 19 m`,
/// `3 d 4 h`.
///
/// ```
/// use telemetry_catalog::quantity::seconds;
///
/// assert_eq!((&*seconds(0.35), &*seconds(200.0), &*seconds(-7200.0)), ("350 ms", "3 m 20 s", "-2 h"));
/// ```
#[must_use]
pub fn seconds(value: f64) -> String {
    // What rounds up to a minute is said as one.
    const ALMOST_A_MINUTE: f64 = 59.95;
    match value.abs() {
        size if !size.is_finite() => exact(value),
        size if size < ALMOST_A_MINUTE => scaled(value, &SHORT),
        size => format!("{}{}", if value < 0.0 { "-" } else { "" }, long(size)),
    }
}

/// A minute or more, rounded to the smaller of two units.
fn long(size: f64) -> String {
    let rounded = |smaller: f64| (size / smaller).round() * smaller;
    let used = LONG.iter().find(|(_, (_, smaller, _), below)| rounded(*smaller) < *below);
    let Some(((_, larger, name), (_, smaller, rest_name), _)) = used else { return exact(size) };
    let whole = (rounded(*smaller) / larger).floor();
    if *name == DAY.2 && whole >= MANY_DAYS {
        return format!("{} {name}", number((size / larger).round()));
    }
    match ((rounded(*smaller) - whole * larger) / smaller).round() {
        0.0 => format!("{whole} {name}"),
        rest => format!("{whole} {name} {rest} {rest_name}"),
    }
}

/// An amount of memory or traffic, of a number of bytes, in powers of two: `1.5 KiB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    if value.is_finite() { scaled(value, &BYTES) } else { exact(value) }
}

/// A share from 0 to 1 in percent, with one decimal. What is not nothing and not everything does not round to it.
#[must_use]
pub fn percent(ratio: f64) -> String {
    match ratio * 100.0 {
        percent if percent > 0.0 && percent < 0.05 => "<0.1 %".to_owned(),
        percent if percent > 99.95 && percent < 100.0 => ">99.9 %".to_owned(),
        percent if percent.abs() >= 1000.0 => format!("{} %", number(percent.round())),
        percent => format!("{percent:.1} %"),
    }
}

/// The number as an exposition has it, with all of its digits.
#[must_use]
pub fn exact(value: f64) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// The value in the largest unit that is used for it. Nothing is nothing in the plain unit.
fn scaled(value: f64, steps: &[Step]) -> String {
    // A value that rounds up to the next unit is said in that unit: 1 s and not 1,000 ms.
    const ALMOST: f64 = 0.9995;
    let used =
        |(from, size, _): &&Step| if value == 0.0 { *size == 1.0 } else { value.abs() >= from * ALMOST };
    match steps.iter().find(used) {
        Some((_, size, name)) => format!("{} {name}", three_digits(value / size)),
        None => exact(value),
    }
}

/// Three significant digits, without zeros at the end of a fraction; whole numbers keep all their digits.
fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match text {
        "-0" => "0".to_owned(),
        _ if value.abs() >= 1000.0 => grouped(value.round()),
        text => text.to_owned(),
    }
}

fn exponent(value: f64) -> String {
    let text = format!("{value:.2e}");
    text.split_once('e').map_or(text.clone(), |(digits, exponent)| {
        format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
    })
}

/// A whole number in groups of three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::from(if value < 0.0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_counts_all_of_theirs() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (7.0, "7"),
            (12_345.0, "12,345"),
            (-999_999.0, "-999,999"),
            (1_000_000.0, "1 M"),
            (1_234_567.0, "1.23 M"),
            (2.5e9, "2.5 G"),
            (4e13, "40 T"),
            (1.5e20, "1.5e20"),
            (0.25, "0.25"),
            (1234.5678, "1,235"),
            (0.000_012, "1.2e-5"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn durations_are_in_the_unit_that_people_use() {
        for (value, text) in [
            (0.0, "0 s"),
            (0.000_000_4, "0.4 µs"),
            (0.000_85, "850 µs"),
            (0.35, "350 ms"),
            (41.25, "41.2 s"),
            (0.9999, "1 s"),
            (12.44, "12.4 s"),
            (59.94, "59.9 s"),
            (59.99, "1 m"),
            (90.0, "1 m 30 s"),
            (119.6, "2 m"),
            (200.0, "3 m 20 s"),
            (3599.4, "59 m 59 s"),
            (3599.5, "1 h"),
            (7199.0, "2 h"),
            (8345.0, "2 h 19 m"),
            (86_399.0, "1 d"),
            (273_600.0, "3 d 4 h"),
            (86_400.0 * 99.0 + 80_000.0, "99 d 22 h"),
            (86_400.0 * 99.999, "100 d"),
            (86_400.0 * 12_345.0, "12,345 d"),
            (1e300, "1.16e295 d"),
            (-90.0, "-1 m 30 s"),
            (-0.35, "-350 ms"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(seconds(value), text);
        }
    }

    #[test]
    fn bytes_are_in_powers_of_two() {
        for (value, text) in
            [(0.0, "0 B"), (1023.0, "1,023 B"), (512.0, "512 B"), (1536.0, "1.5 KiB"), (5e9, "4.66 GiB")]
        {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn a_share_rounds_neither_to_nothing_nor_to_everything() {
        for (ratio, text) in [
            (0.0, "0.0 %"),
            (0.0001, "<0.1 %"),
            (0.05, "5.0 %"),
            (0.9999, ">99.9 %"),
            (1.0, "100.0 %"),
            (12.345, "1,235 %"),
            (1e300, "1e302 %"),
        ] {
            assert_eq!(percent(ratio), text);
        }
    }

    #[test]
    fn every_unit_says_its_values() {
        for (unit, value, text) in [
            (Unit::Share, 0.041, "4.1 %"),
            (Unit::Seconds, 200.0, "3 m 20 s"),
            (Unit::Count, 1_234_567.0, "1.23 M"),
            (Unit::Times, 1.5, "1.5 ×"),
            (Unit::PerSecond, 0.25, "0.25/s"),
            (Unit::PerMinute, 12.0, "12/min"),
            (Unit::State, 0.0, "no"),
            (Unit::State, 1.0, "yes"),
            (Unit::State, 2.0, "2"),
            (Unit::Health, 0.0, "quiet"),
            (Unit::Health, 1.0, "warning"),
            (Unit::Health, 2.0, "critical"),
            (Unit::Health, 0.5, "0.5"),
            (Unit::Presence, 1.0, "1"),
            (Unit::Count, f64::NAN, "–"),
            (Unit::Share, f64::INFINITY, "∞"),
            (Unit::Seconds, f64::NEG_INFINITY, "-∞"),
        ] {
            assert_eq!(unit.shown(value), text);
        }
    }
}
