//! Numbers as Go writes them.

use crate::number::write_decimal;

/// The form `g` with that many digits, or with as few as read back equal.
pub(super) fn general(value: f64, digits: Option<usize>) -> String {
    if !value.is_finite() {
        return decimal(value, None);
    }
    let scientific = match digits {
        Some(digits) => format!("{value:.*e}", digits.max(1) - 1),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = split(&scientific);
    // Without a number of digits, Go decides as if they were 6.
    let most = digits.map_or(6, |digits| i32::try_from(digits.max(1)).unwrap_or(i32::MAX));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    if exponent < -4 || exponent >= most {
        return with_exponent(mantissa, exponent);
    }
    placed(mantissa, exponent)
}

/// The form `e` with that many digits behind the point, or with as few as read back equal.
pub(super) fn scientific(value: f64, digits: Option<usize>) -> String {
    if !value.is_finite() {
        return decimal(value, None);
    }
    let scientific = match digits {
        Some(digits) => format!("{value:.digits$e}"),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = split(&scientific);
    with_exponent(mantissa, exponent)
}

/// The form `f` with that many digits behind the point, or with as few as read back equal.
pub(super) fn decimal(value: f64, digits: Option<usize>) -> String {
    let mut out = String::new();
    match digits {
        Some(digits) if value.is_finite() => out = format!("{value:.digits$}"),
        _ => write_decimal(&mut out, value),
    }
    out
}

fn split(scientific: &str) -> (&str, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// An exponent has a sign and at least two digits.
fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The digits of a mantissa with the point where the exponent says.
fn placed(mantissa: &str, exponent: i32) -> String {
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    if whole == 0 {
        let zeros = usize::try_from(-1 - exponent).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    if digits.len() <= whole {
        return format!("{sign}{digits:0<whole$}");
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}
