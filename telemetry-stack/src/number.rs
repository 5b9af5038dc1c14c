//! Numbers as the standard library of Go writes them, which is how Prometheus's API and its bucket bounds have them.
//!
//! All forms have the fewest digits that read back equal; they differ in where an exponent begins.

use std::fmt::Write as _;

/// Writes the form `f`: never an exponent, however many zeros that takes.
pub(crate) fn write_decimal(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        // Writing into a string cannot fail; there is nothing to hand on.
        let _ = write!(out, "{value}");
    }
}

/// Writes a value as the API has it in vectors and matrices: with an exponent below 10⁻⁶ and from 10²¹ on.
pub(crate) fn write_value(out: &mut String, value: f64) {
    let size = value.abs();
    if size != 0.0 && size.is_finite() && !(1e-6..1e21).contains(&size) {
        write_exponent(out, value);
    } else {
        write_decimal(out, value);
    }
}

/// The bound of a bucket or a quantile as Prometheus 3 stores it: the form `g`, and always recognisable as no integer.
pub(crate) fn bound(value: f64) -> String {
    let mut text = String::new();
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || (1e-4..1e6).contains(&size) {
        write_decimal(&mut text, value);
    } else {
        write_exponent(&mut text, value);
    }
    if size.is_finite() && !text.contains(['e', '.']) {
        text.push_str(".0");
    }
    text
}

/// Writes the form `e`: always with an exponent.
pub(crate) fn write_scientific(out: &mut String, value: f64) {
    if value.is_finite() {
        write_exponent(out, value);
    } else {
        write_decimal(out, value);
    }
}

/// Writes a finite number with an exponent that has a sign and at least two digits.
fn write_exponent(out: &mut String, value: f64) {
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    let _ = write!(out, "{digits}e{sign}{exponent:0>2}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&mut String, f64), value: f64) -> String {
        let mut out = String::new();
        write(&mut out, value);
        out
    }

    #[test]
    fn values_are_written_as_the_api_of_prometheus_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e6, "1000000"),
            (123_456_789.125, "123456789.125"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (1e-6, "0.000001"),
            (9.5e-7, "9.5e-07"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(write_value, value), expected);
        }
        assert_eq!(written(write_decimal, 1e22), "10000000000000000000000");
        assert_eq!(written(write_decimal, 1e-7), "0.0000001");
    }

    #[test]
    fn bounds_are_written_as_prometheus_3_stores_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-1.0, "-1.0"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (250.0, "250.0"),
            (999_999.0, "999999.0"),
            (1e6, "1e+06"),
            (2.5e6, "2.5e+06"),
            (1_234_567.0, "1.234567e+06"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(bound(value), expected);
        }
    }

    #[test]
    fn the_values_of_alerts_always_have_an_exponent() {
        for (value, expected) in [
            (1.0, "1e+00"),
            (0.0, "0e+00"),
            (-2.5, "-2.5e+00"),
            (123.0, "1.23e+02"),
            (0.5, "5e-01"),
            (1e-300, "1e-300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(written(write_scientific, value), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_form_reads_back_equal(bits: u64) {
            let value = f64::from_bits(bits);
            for text in [written(write_value, value), written(write_decimal, value), bound(value)] {
                let read: f64 = text.parse().unwrap();
                assert!(read == value || read.is_nan() && value.is_nan(), "{value:?} became {text}");
            }
        }
    }
}
