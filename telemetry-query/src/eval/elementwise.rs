//! Functions of one value.

use super::calendar::Date;
use super::column::{Column, merged};
use super::{Evaluated, Evaluator};
use crate::grid::Grid;
use crate::plan::{Elementwise, Scalar, Vector};

impl Evaluator<'_> {
    pub(super) fn elementwise(
        &self,
        function: Elementwise,
        input: &Vector,
        parameters: &[Scalar],
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        let parameters = parameters.iter().map(|parameter| self.scalar(parameter, grid));
        let parameters = parameters.collect::<Evaluated<Vec<_>>>()?;
        let parameter = |step: usize, position: usize| parameters.get(position)?.get(step).copied();
        if function == Elementwise::Clamp {
            return self.clamped(input, grid, |step| Some((parameter(step, 0)?, parameter(step, 1)?)));
        }
        merged(self.nameless(input, grid, |step, value| applied(function, value, parameter(step, 0)))?)
    }

    /// Limits that contradict each other leave nothing.
    fn clamped(
        &self,
        input: &Vector,
        grid: Grid,
        limits: impl Fn(usize) -> Option<(f64, f64)>,
    ) -> Evaluated<Vec<Column>> {
        merged(self.nameless(input, grid, |step, value| match limits(step) {
            Some((least, most)) if most >= least || least.is_nan() || most.is_nan() => {
                larger(least, smaller(most, value))
            }
            _ => super::ABSENT,
        })?)
    }
}

/// What a function makes of a value, with the parameter that some have.
fn applied(function: Elementwise, value: f64, parameter: Option<f64>) -> f64 {
    match function {
        Elementwise::Clamp => value,
        Elementwise::ClampMax => smaller(parameter.unwrap_or(f64::NAN), value),
        Elementwise::ClampMin => larger(parameter.unwrap_or(f64::NAN), value),
        Elementwise::Round => rounded(value, parameter.unwrap_or(1.0)),
        Elementwise::Sign => sign(value),
        _ => dated(function, value).unwrap_or_else(|| computed(function, value)),
    }
}

/// The part of a date that a function asks for.
fn dated(function: Elementwise, value: f64) -> Option<f64> {
    let part: fn(Date) -> i64 = match function {
        Elementwise::Year => |date| date.year,
        Elementwise::Month => |date| date.month,
        Elementwise::DayOfMonth => |date| date.day,
        Elementwise::DayOfWeek => |date| date.weekday,
        Elementwise::DayOfYear => Date::day_of_year,
        Elementwise::DaysInMonth => Date::days_in_month,
        Elementwise::Hour => |date| date.hour,
        Elementwise::Minute => |date| date.minute,
        _ => return None,
    };
    // Beyond this many seconds there is no calendar, nor for what is no number.
    if value.is_nan() || value.abs() > 1e15 {
        return Some(f64::NAN);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within the range of the calendar")]
    let date = Date::of(value as i64);
    #[expect(clippy::cast_precision_loss, reason = "parts of a date are small")]
    Some(part(date) as f64)
}

fn computed(function: Elementwise, value: f64) -> f64 {
    match function {
        Elementwise::Abs => value.abs(),
        Elementwise::Acos => value.acos(),
        Elementwise::Acosh => value.acosh(),
        Elementwise::Asin => value.asin(),
        Elementwise::Asinh => value.asinh(),
        Elementwise::Atan => value.atan(),
        Elementwise::Atanh => value.atanh(),
        Elementwise::Ceil => value.ceil(),
        Elementwise::Cos => value.cos(),
        Elementwise::Cosh => value.cosh(),
        Elementwise::Degrees => value * 180.0 / std::f64::consts::PI,
        Elementwise::Exp => value.exp(),
        Elementwise::Floor => value.floor(),
        Elementwise::Ln => value.ln(),
        Elementwise::Log10 => value.log10(),
        Elementwise::Log2 => value.log2(),
        Elementwise::Radians => value * std::f64::consts::PI / 180.0,
        Elementwise::Sin => value.sin(),
        Elementwise::Sinh => value.sinh(),
        Elementwise::SquareRoot => value.sqrt(),
        Elementwise::Tan => value.tan(),
        Elementwise::Tanh => value.tanh(),
        _ => f64::NAN,
    }
}

/// The larger of two numbers; infinity is larger than NaN, and NaN than anything else.
fn larger(one: f64, other: f64) -> f64 {
    match (one, other) {
        _ if one == f64::INFINITY || other == f64::INFINITY => f64::INFINITY,
        _ if one.is_nan() || other.is_nan() => f64::NAN,
        _ => one.max(other),
    }
}

/// The smaller of two numbers, which is likewise NaN unless one of them is negative infinity.
fn smaller(one: f64, other: f64) -> f64 {
    -larger(-one, -other)
}

/// The nearest multiple of a number; half way between two, the larger one.
fn rounded(value: f64, to: f64) -> f64 {
    // It is multiplied and not divided, so that fractions such as 0.1 come out as they are written.
    let inverse = 1.0 / to;
    (value * inverse + 0.5).floor() / inverse
}

fn sign(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() { value } else { value.signum() }
}
