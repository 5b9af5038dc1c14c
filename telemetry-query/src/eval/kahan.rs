//! Sums that lose nothing to rounding, and what is made of them.

use super::window::count;

/// A sum by Kahan's method, in Neumaier's form: what rounding takes away is kept beside it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kahan {
    pub(super) sum: f64,
    compensation: f64,
}

impl Kahan {
    pub(super) const fn from(sum: f64) -> Self {
        Self { sum, compensation: 0.0 }
    }

    pub(super) fn plus(self, value: f64) -> Self {
        let sum = self.sum + value;
        let compensation = if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= value.abs() {
            self.compensation + ((self.sum - sum) + value)
        } else {
            self.compensation + ((value - sum) + self.sum)
        };
        Self { sum, compensation }
    }

    pub(super) fn total(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.compensation }
    }

    fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, compensation: self.compensation * factor }
    }
}

impl FromIterator<f64> for Kahan {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        values.into_iter().fold(Self::default(), Self::plus)
    }
}

/// An average that goes on as a moving one where the sum would be too large for a number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Average {
    count: usize,
    state: Kahan,
    moving: bool,
}

impl Average {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1;
        if self.count == 1 {
            self.state = Kahan::from(value);
            return;
        }
        let number = count(self.count);
        if !self.moving {
            let next = self.state.plus(value);
            if !next.sum.is_infinite() {
                self.state = next;
                return;
            }
            self.moving = true;
            self.state = self.state.scaled(1.0 / (number - 1.0));
        }
        self.state = self.state.scaled((number - 1.0) / number).plus(value / number);
    }

    pub(super) fn value(&self) -> f64 {
        let Kahan { sum, compensation } = self.state;
        let number = if self.moving { 1.0 } else { count(self.count) };
        if sum.is_infinite() { sum } else { sum / number + compensation / number }
    }
}

pub(super) fn average(values: impl Iterator<Item = f64>) -> f64 {
    let mut average = Average::default();
    values.for_each(|value| average.add(value));
    average.value()
}

/// The population variance, by Welford's method.
pub(super) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut number, mut mean, mut squares) = (0, Kahan::default(), Kahan::default());
    for value in values {
        number += 1;
        let difference = value - mean.total();
        mean = mean.plus(difference / count(number));
        squares = squares.plus(difference * (value - mean.total()));
    }
    squares.total() / count(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_to_rounding() {
        let values = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(values.into_iter().collect::<Kahan>().total(), 2.0);
        assert_eq!([1.0, f64::INFINITY, 2.0].into_iter().collect::<Kahan>().total(), f64::INFINITY);
        assert!([f64::NEG_INFINITY, f64::INFINITY].into_iter().collect::<Kahan>().total().is_nan());
    }

    #[test]
    fn an_average_of_what_has_no_sum() {
        assert_eq!(average([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        assert_eq!(average([1.0, 2.0, 6.0].into_iter()), 3.0);
        assert_eq!(average([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(average([f64::INFINITY, f64::NEG_INFINITY].into_iter()).is_nan());
    }

    #[test]
    fn variance_is_that_of_a_population() {
        assert_eq!(variance([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter()), 4.0);
        assert_eq!(variance([5.0].into_iter()), 0.0);
        assert!(variance([f64::NAN].into_iter()).is_nan());
    }
}
