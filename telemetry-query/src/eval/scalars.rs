//! Numbers and operators on them.

use super::column::{ABSENT, is_present};
use super::{Evaluated, Evaluator};
use crate::grid::{Grid, seconds};
use crate::plan::{Arithmetic, AsBool, Comparison, Operator, Scalar, Vector};

impl Evaluator<'_> {
    /// The number at each step, which is held until the part of the expression that has asked for it has its own values.
    pub(crate) fn scalar(&self, scalar: &Scalar, grid: Grid) -> Evaluated<Vec<f64>> {
        let before = self.account.held();
        let values = self.numbers(scalar, grid)?;
        self.account.settle(before, grid.steps)?;
        Ok(values)
    }

    fn numbers(&self, scalar: &Scalar, grid: Grid) -> Evaluated<Vec<f64>> {
        self.limits.check()?;
        match scalar {
            Scalar::Number(number) => {
                self.account.hold(grid.steps)?;
                Ok(vec![*number; grid.steps])
            }
            Scalar::Time => {
                self.account.hold(grid.steps)?;
                Ok(grid.times().map(seconds).collect())
            }
            Scalar::Negated(input) => Ok(self.scalar(input, grid)?.into_iter().map(|value| -value).collect()),
            Scalar::Computed { operator, left, right } => {
                let (left, right) = (self.scalar(left, grid)?, self.scalar(right, grid)?);
                let compute = |(left, right)| operator.apply(left, right).unwrap_or(f64::NAN);
                Ok(left.into_iter().zip(right).map(compute).collect())
            }
            Scalar::Only(input) => self.only(input, grid),
        }
    }

    /// The only value of a vector at each step, and NaN where there is none or more than one.
    fn only(&self, input: &Vector, grid: Grid) -> Evaluated<Vec<f64>> {
        self.account.hold(grid.steps)?;
        let mut values = vec![ABSENT; grid.steps];
        self.each(input, grid, &mut |column| {
            for (value, &another) in
                values.iter_mut().zip(&column.values).filter(|(_, another)| is_present(**another))
            {
                *value = if is_present(*value) { f64::NAN } else { another };
            }
            Ok(())
        })?;
        Ok(values.into_iter().map(|value| if is_present(value) { value } else { f64::NAN }).collect())
    }
}

impl Operator {
    /// The result for two numbers; nothing where a comparison without `bool` does not hold. Where it does, it is the left number.
    pub(super) fn apply(self, left: f64, right: f64) -> Option<f64> {
        match self {
            Self::Arithmetic(arithmetic) => Some(arithmetic.apply(left, right)),
            Self::Comparison(comparison, AsBool(true)) => {
                Some(f64::from(u8::from(comparison.holds(left, right))))
            }
            Self::Comparison(comparison, AsBool(false)) => comparison.holds(left, right).then_some(left),
        }
    }

    /// Whether the metric's name is true of the result as well.
    pub(super) const fn keeps_name(self) -> bool {
        matches!(self, Self::Comparison(_, AsBool(false)))
    }
}

impl Arithmetic {
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Modulo => left % right,
            Self::Power => left.powf(right),
            Self::Atan2 => left.atan2(right),
        }
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::Less => left < right,
            Self::GreaterOrEqual => left >= right,
            Self::LessOrEqual => left <= right,
        }
    }
}
