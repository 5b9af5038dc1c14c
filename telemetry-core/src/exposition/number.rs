//! Numbers: how they are written and which spellings are read.

use std::fmt::Write as _;

/// Up to here every integer is a float and every digit of it is exact.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// Below here, a number has an exponent.
const SMALLEST_PLAIN: f64 = 1e-4;

/// From here on, a number has an exponent again.
const SMALLEST_LARGE: f64 = 1e21;

/// Writes a number in the shortest form that reads back equal.
///
/// Integers have neither point nor exponent below 10²¹; smaller and larger numbers have an exponent as Go prints it,
/// with a sign and at least two digits. The same form is used for values, bucket bounds and quantiles in both formats,
/// so that a series has the same `le` whichever format it was scraped in.
///
/// ```
/// use telemetry_core::exposition::write_value;
///
/// let written = |value| {
///     let mut out = String::new();
///     write_value(&mut out, value);
///     out
/// };
/// assert_eq!(written(10.0), "10");
/// assert_eq!(written(0.25), "0.25");
/// assert_eq!(written(1e21), "1e+21");
/// assert_eq!(written(1e-7), "1e-07");
/// assert_eq!(written(f64::INFINITY), "+Inf");
/// ```
#[inline]
pub fn write_value(out: &mut String, value: f64) {
    // Almost all values are counts.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is cut off is compared"
    )]
    let count = value as u32;
    if f64::from(count) == value && value.is_sign_positive() {
        out.push_str(itoa::Buffer::new().format(count));
    } else {
        write_other(out, value);
    }
}

/// Writes what is not a small count.
fn write_other(out: &mut String, value: f64) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let size = value.abs();
    if size >= EXACT_INTEGERS || (size < SMALLEST_PLAIN && size > 0.0) {
        return write_unusual(out, size);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is cut off is compared"
    )]
    let whole = size as u64;
    if whole as f64 == size {
        write_integer(out, whole);
    } else {
        // It has neither an exponent nor a fraction of zero in this range.
        out.push_str(zmij::Buffer::new().format_finite(size));
    }
}

/// Writes decimal digits without the machinery of `format!`, which costs several times as much.
pub(super) fn write_integer(out: &mut String, value: u64) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// Writes what is very large or very small. Writing into a string cannot fail; there is nothing to hand on.
#[cold]
fn write_unusual(out: &mut String, size: f64) {
    if (SMALLEST_PLAIN..SMALLEST_LARGE).contains(&size) {
        let _ = write!(out, "{size}");
        return;
    }
    let start = out.len();
    let _ = write!(out, "{size:e}");
    // An exponent has a sign and at least two digits, such as in `1.5e-07`.
    let Some(exponent) = out[start..].find('e').map(|at| start + at + 1) else { return };
    if !out[exponent..].starts_with('-') {
        out.insert(exponent, '+');
    }
    if out.len() - exponent < "+00".len() {
        out.insert(exponent + 1, '0');
    }
}

/// Reads a number as Prometheus does, or `None` where it refuses.
///
/// The grammar is that of Go's `ParseFloat` in decimal: digits with an optional sign, point and exponent, or `Inf`,
/// `Infinity` and `NaN` in any case, of which `NaN` takes no sign. Prometheus refuses underscores and everything with
/// a `p`, and Go's hexadecimal floats always have one, so there are none here. A number too large for a float is an
/// error rather than an infinity, as in Go.
pub(super) fn parse_value(text: &str) -> Option<f64> {
    short_decimal(text).or_else(|| parse_any_value(text))
}

/// So many digits are below 2⁵³, whichever they are, so that they are exact as a float.
const EXACT_DIGITS: usize = 15;

/// Reads the run of digits at the beginning, and says how long it is, unless there is none or it might not be exact: most
/// samples of most expositions are such.
#[inline]
pub(super) fn short_integer(bytes: &[u8]) -> Option<(f64, usize)> {
    let few = bytes.first_chunk().and_then(|word| up_to_seven_digits(*word));
    few.or_else(|| up_to_fifteen_digits(bytes))
}

/// Reads the run of digits at the beginning if it ends before the last of these bytes.
///
/// The digits of a word are added up in pairs, the pairs in pairs, and those again, as Johnny Lee and Daniel Lemire have described it.
#[inline]
fn up_to_seven_digits(word: [u8; 8]) -> Option<(f64, usize)> {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // The first byte has the highest digit, and is the lowest of the word.
    let digits = u64::from_le_bytes(word) ^ each(b'0');
    // Whatever is above nine has the highest bit set here. It may carry into the next byte, but only the first one counts.
    let others = (digits | digits.wrapping_add(each(0x7f - 9))) & each(0x80);
    let length = others.trailing_zeros() / 8;
    if length == 0 || length == 8 {
        return None;
    }
    let digits = digits << (64 - 8 * length);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let value = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    Some((value as f64, length as usize))
}

/// Reads the run of digits at the beginning, one after the other.
fn up_to_fifteen_digits(bytes: &[u8]) -> Option<(f64, usize)> {
    let (mut value, mut length) = (0u64, 0);
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        if length == EXACT_DIGITS {
            return None;
        }
        value = value * 10 + u64::from(digit);
        length += 1;
    }
    (length > 0).then_some((value as f64, length))
}

/// Reads digits with a point among them where that is certainly exact.
///
/// The digits and the power of ten are both exact as floats, so that their quotient is the float nearest to the number.
/// William Clinger showed this in "How to Read Floating Point Numbers Accurately".
fn short_decimal(text: &str) -> Option<f64> {
    const POWERS: [f64; EXACT_DIGITS + 1] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (mut value, mut digits, mut point) = (0u64, 0, None);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < EXACT_DIGITS => {
                value = value * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    let power = POWERS.get(digits - point.unwrap_or(digits))?;
    (digits > 0).then_some(value as f64 / power)
}

fn parse_any_value(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let spelt_out = text.bytes().any(|byte| matches!(byte, b'n' | b'N'));
    let sign = text.starts_with(['+', '-']);
    let refused = (value.is_nan() && sign) || (value.is_infinite() && !spelt_out);
    (!refused).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: f64) -> String {
        let mut out = String::new();
        write_value(&mut out, value);
        out
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (10.0, "10"),
            (-10.5, "-10.5"),
            (1_234_567.0, "1234567"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(written(value), expected);
        }
    }

    /// By the standard library, which is slower.
    fn by_formatting(value: f64) -> String {
        let size = value.abs();
        let sign = if value.is_sign_negative() { "-" } else { "" };
        if value.is_nan() {
            "NaN".to_owned()
        } else if value.is_infinite() {
            format!("{}Inf", if sign.is_empty() { "+" } else { sign })
        } else if size == 0.0 || (SMALLEST_PLAIN..SMALLEST_LARGE).contains(&size) {
            format!("{sign}{size}")
        } else {
            let shortest = format!("{size:e}");
            let (digits, exponent) = shortest.split_once('e').unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            format!("{sign}{digits}e{exponent:+03}")
        }
    }

    /// Whether both have as many digits and are the number when they are read. Of two that are as near to it as each other, formatting takes
    /// the larger one, and we the even one.
    fn is_as_near(value: f64, written: &str, formatted: &str) -> bool {
        written.len() == formatted.len() && written.parse() == Ok(value)
    }

    #[expect(clippy::excessive_precision, reason = "the exact number shows that two forms are as near to it")]
    #[test]
    fn of_two_shortest_forms_that_are_as_near_the_even_one_is_written() {
        assert_eq!(written(-258_702_195_363.453_125), "-258702195363.45312");
    }

    proptest! {
        #[test]
        fn digits_are_read_eight_bytes_at_a_time_as_they_are_one_after_the_other(bytes: [u8; 8], digits in 0..9_usize, number: u64) {
            let mut word = bytes;
            for (byte, digit) in word.iter_mut().zip(format!("{number:08}").into_bytes()).take(digits) {
                *byte = digit;
            }
            if let Some(read) = up_to_seven_digits(word) {
                prop_assert_eq!(Some(read), up_to_fifteen_digits(&word));
            } else {
                prop_assert!(!word[0].is_ascii_digit() || word.iter().all(u8::is_ascii_digit));
            }
        }

        #[test]
        fn every_number_is_written_as_by_formatting(
            any in proptest::num::f64::ANY,
            usual in -1e6..1e6,
            digits in 0..1_000_000_i32,
            places in -25..25_i32,
        ) {
            for value in [any, usual, usual.trunc(), f64::from(digits) * 10_f64.powi(places)] {
                let (written, formatted) = (written(value), by_formatting(value));
                prop_assert!(written == formatted || is_as_near(value, &written, &formatted), "{written} {formatted}");
            }
        }
    }

    #[test]
    fn numbers_around_every_border_are_written_as_by_formatting() {
        for border in [SMALLEST_PLAIN, 1e-5, 1.0, EXACT_INTEGERS, 1e15, 1e16, 1e17, SMALLEST_LARGE, 1e100] {
            for value in [border.next_down(), border, border.next_up()] {
                assert_eq!(written(-value), by_formatting(-value));
            }
        }
    }

    #[test]
    fn every_digit_of_the_largest_integer_is_written() {
        let mut out = String::new();
        write_integer(&mut out, u64::MAX);
        assert_eq!(out, u64::MAX.to_string());
    }

    #[test]
    fn the_spellings_of_go_are_read() {
        for (text, value) in [
            ("1", 1.0),
            ("+1", 1.0),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("1E+5", 1e5),
            ("007", 7.0),
            ("iNf", f64::INFINITY),
            ("+Infinity", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("123456789012345678901", 123_456_789_012_345_680_000.0),
            ("1e-400", 0.0),
        ] {
            assert_eq!(parse_value(text), Some(value), "{text}");
        }
        assert!(parse_value("nAn").is_some_and(f64::is_nan));
    }

    #[test]
    fn short_decimals_are_read_as_long_ones_are() {
        for digits in
            ["0", "1", "7", "123", "299792458", "999999999999999", "1000000000000000", "000000000000001"]
        {
            for at in 0..=digits.len() {
                let (whole, fraction) = digits.split_at(at);
                let text = format!("{whole}.{fraction}");
                assert_eq!(parse_value(&text), text.parse().ok(), "{text}");
            }
        }
    }

    #[test]
    fn runs_of_digits_end_where_they_end() {
        for (number, behind) in
            ["1", "90", "123", "4567", "98765", "999999", "1234567", "12345678", "999999999999999"]
                .into_iter()
                .flat_map(|number| {
                    ["", "\n", " 1\n", "/", ":", ".5", "e1", "é", "\u{ff}0000000"]
                        .map(|behind| (number, behind))
                })
        {
            let (read, text) =
                (number.parse().ok().map(|value: f64| (value, number.len())), format!("{number}{behind}"));
            assert_eq!(short_integer(text.as_bytes()), read, "{text}");
        }
        for text in ["", "x", "/", "-1", "x1234567", "1234567890123456", "\u{100}1234567"] {
            assert_eq!(short_integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in [
            "", "+", ".", "e5", "1e", "1_000", "0x1p-2", "0x10", "+NaN", "-nan", "1e400", "-1e999", "infin",
            "١",
        ] {
            assert_eq!(parse_value(text), None, "{text}");
        }
    }
}
