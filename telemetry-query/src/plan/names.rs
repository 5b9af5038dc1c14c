//! The functions, aggregations and operators that are known, by name.

use promql_parser::parser::token::{self, TokenType};

use super::{Arithmetic, AsBool, Comparison, Operator, SetOperator};

/// Declares an enum of functions, and finds each by its name in PromQL.
macro_rules! named {
    ($(#[$docs:meta])* $type:ident { $($name:literal => $variant:ident),+ $(,)? }) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $type {
            $($variant),+
        }

        impl $type {
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// Functions of the samples in a window.
    OverTime {
        "avg_over_time" => Average,
        "changes" => Changes,
        "count_over_time" => Count,
        "delta" => Delta,
        "deriv" => Derivative,
        "first_over_time" => First,
        "idelta" => InstantDelta,
        "increase" => Increase,
        "irate" => InstantRate,
        "last_over_time" => Last,
        "max_over_time" => Maximum,
        "min_over_time" => Minimum,
        "predict_linear" => Prediction,
        "present_over_time" => Present,
        "quantile_over_time" => Quantile,
        "rate" => Rate,
        "resets" => Resets,
        "stddev_over_time" => StandardDeviation,
        "stdvar_over_time" => Variance,
        "sum_over_time" => Sum,
    }
}

named! {
    /// Functions of one value, some with numbers beside it.
    Elementwise {
        "abs" => Abs,
        "acos" => Acos,
        "acosh" => Acosh,
        "asin" => Asin,
        "asinh" => Asinh,
        "atan" => Atan,
        "atanh" => Atanh,
        "ceil" => Ceil,
        "clamp" => Clamp,
        "clamp_max" => ClampMax,
        "clamp_min" => ClampMin,
        "cos" => Cos,
        "cosh" => Cosh,
        "day_of_month" => DayOfMonth,
        "day_of_week" => DayOfWeek,
        "day_of_year" => DayOfYear,
        "days_in_month" => DaysInMonth,
        "deg" => Degrees,
        "exp" => Exp,
        "floor" => Floor,
        "hour" => Hour,
        "ln" => Ln,
        "log10" => Log10,
        "log2" => Log2,
        "minute" => Minute,
        "month" => Month,
        "rad" => Radians,
        "round" => Round,
        "sgn" => Sign,
        "sin" => Sin,
        "sinh" => Sinh,
        "sqrt" => SquareRoot,
        "tan" => Tan,
        "tanh" => Tanh,
        "year" => Year,
    }
}

impl Elementwise {
    /// Whether the function takes the time of evaluation where it is given nothing.
    pub(super) const fn is_of_dates(self) -> bool {
        matches!(
            self,
            Self::DayOfMonth
                | Self::DayOfWeek
                | Self::DayOfYear
                | Self::DaysInMonth
                | Self::Hour
                | Self::Minute
        ) || matches!(self, Self::Month | Self::Year)
    }
}

/// Aggregations of a group to one number, which take one value after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    Average,
    Count,
    Group,
    Maximum,
    Minimum,
    StandardDeviation,
    Sum,
    Variance,
}

impl Fold {
    pub(super) fn of(token: TokenType) -> Option<Self> {
        match token.id() {
            token::T_AVG => Some(Self::Average),
            token::T_COUNT => Some(Self::Count),
            token::T_GROUP => Some(Self::Group),
            token::T_MAX => Some(Self::Maximum),
            token::T_MIN => Some(Self::Minimum),
            token::T_STDDEV => Some(Self::StandardDeviation),
            token::T_STDVAR => Some(Self::Variance),
            token::T_SUM => Some(Self::Sum),
            _ => None,
        }
    }
}

impl SetOperator {
    pub(super) fn of(token: TokenType) -> Option<Self> {
        match token.id() {
            token::T_LAND => Some(Self::And),
            token::T_LOR => Some(Self::Or),
            token::T_LUNLESS => Some(Self::Unless),
            _ => None,
        }
    }
}

impl Operator {
    pub(super) fn of(token: TokenType, as_bool: bool) -> Option<Self> {
        let comparison =
            Comparison::of(token).map(|comparison| Self::Comparison(comparison, AsBool(as_bool)));
        comparison.or_else(|| Arithmetic::of(token).map(Self::Arithmetic))
    }
}

impl Comparison {
    fn of(token: TokenType) -> Option<Self> {
        match token.id() {
            token::T_EQLC => Some(Self::Equal),
            token::T_NEQ => Some(Self::NotEqual),
            token::T_GTR => Some(Self::Greater),
            token::T_LSS => Some(Self::Less),
            token::T_GTE => Some(Self::GreaterOrEqual),
            token::T_LTE => Some(Self::LessOrEqual),
            _ => None,
        }
    }
}

impl Arithmetic {
    fn of(token: TokenType) -> Option<Self> {
        match token.id() {
            token::T_ADD => Some(Self::Add),
            token::T_SUB => Some(Self::Subtract),
            token::T_MUL => Some(Self::Multiply),
            token::T_DIV => Some(Self::Divide),
            token::T_MOD => Some(Self::Modulo),
            token::T_POW => Some(Self::Power),
            token::T_ATAN2 => Some(Self::Atan2),
            _ => None,
        }
    }
}
