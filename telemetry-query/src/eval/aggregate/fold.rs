//! Aggregations that take one value after the other.

use super::super::column::{ABSENT, Column, is_present};
use super::super::kahan::{Average, Kahan};
use super::super::{Evaluated, Evaluator};
use super::Groups;
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Fold, Grouping, Vector};

/// The bytes of a value of which the limits speak: what is kept of a group at a step may be larger than one.
const LARGEST_VALUE: usize = 16;

impl Evaluator<'_> {
    pub(super) fn folded(
        &self,
        fold: Fold,
        input: &Vector,
        grouping: &Grouping,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        match fold {
            Fold::Sum => self.fold::<Sum>(input, grouping, grid),
            Fold::Average => self.fold::<Mean>(input, grouping, grid),
            Fold::Count => self.fold::<Count>(input, grouping, grid),
            Fold::Group => self.fold::<One>(input, grouping, grid),
            Fold::Maximum => self.fold::<Maximum>(input, grouping, grid),
            Fold::Minimum => self.fold::<Minimum>(input, grouping, grid),
            Fold::Variance => self.fold::<Variance>(input, grouping, grid),
            Fold::StandardDeviation => self.fold::<Deviation>(input, grouping, grid),
        }
    }

    fn fold<C: Cell>(&self, input: &Vector, grouping: &Grouping, grid: Grid) -> Evaluated<Vec<Column>> {
        let mut groups = Groups::default();
        let mut members: Vec<Members<C>> = Vec::new();
        self.each(input, grid, &mut |column| {
            let number = groups.number(grouping.key(&column.labels));
            if number == members.len() {
                self.account.hold(grid.steps.saturating_mul(size_of::<Option<C>>()) / LARGEST_VALUE)?;
                members.push(Members { first: column.labels.clone(), cells: vec![None; grid.steps] });
            }
            members.get_mut(number).into_iter().for_each(|members| members.add(&column));
            Ok(())
        })?;
        let mut members: Vec<_> = groups.labels.into_iter().zip(members).collect();
        // Series come in the order of their labels at a single step only.
        if grid.steps > 1 {
            members.sort_by(|(_, one), (_, other)| one.first.cmp(&other.first));
        }
        let columns =
            members.into_iter().map(|(labels, members)| Column { labels, values: members.values() });
        Ok(columns.collect())
    }
}

/// What is kept of a group.
struct Members<C> {
    /// The lowest labels among them, by which groups are ordered.
    first: Labels,
    cells: Vec<Option<C>>,
}

impl<C: Cell> Members<C> {
    fn add(&mut self, column: &Column) {
        if column.labels < self.first {
            self.first = column.labels.clone();
        }
        for (cell, &value) in
            self.cells.iter_mut().zip(&column.values).filter(|(_, value)| is_present(**value))
        {
            match cell {
                Some(cell) => cell.add(value),
                None => *cell = Some(C::begin(value)),
            }
        }
    }

    fn values(&self) -> Vec<f64> {
        self.cells.iter().map(|cell| cell.as_ref().map_or(ABSENT, Cell::value)).collect()
    }
}

/// What is kept of a group at one step.
trait Cell: Clone {
    fn begin(value: f64) -> Self;
    fn add(&mut self, value: f64);
    fn value(&self) -> f64;
}

#[derive(Clone)]
struct Sum(Kahan);

impl Cell for Sum {
    fn begin(value: f64) -> Self {
        Self(Kahan::from(value))
    }

    fn add(&mut self, value: f64) {
        self.0 = self.0.plus(value);
    }

    fn value(&self) -> f64 {
        self.0.total()
    }
}

#[derive(Clone)]
struct Mean(Average);

impl Cell for Mean {
    fn begin(value: f64) -> Self {
        let mut average = Average::default();
        average.add(value);
        Self(average)
    }

    fn add(&mut self, value: f64) {
        self.0.add(value);
    }

    fn value(&self) -> f64 {
        self.0.value()
    }
}

#[derive(Clone)]
struct Count(f64);

impl Cell for Count {
    fn begin(_: f64) -> Self {
        Self(1.0)
    }

    fn add(&mut self, _: f64) {
        self.0 += 1.0;
    }

    fn value(&self) -> f64 {
        self.0
    }
}

#[derive(Clone)]
struct One;

impl Cell for One {
    fn begin(_: f64) -> Self {
        Self
    }

    fn add(&mut self, _: f64) {}

    fn value(&self) -> f64 {
        1.0
    }
}

/// NaN is larger than nothing.
#[derive(Clone)]
struct Maximum(f64);

impl Cell for Maximum {
    fn begin(value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, value: f64) {
        if value > self.0 || self.0.is_nan() {
            self.0 = value;
        }
    }

    fn value(&self) -> f64 {
        self.0
    }
}

/// NaN is smaller than nothing.
#[derive(Clone)]
struct Minimum(f64);

impl Cell for Minimum {
    fn begin(value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, value: f64) {
        if value < self.0 || self.0.is_nan() {
            self.0 = value;
        }
    }

    fn value(&self) -> f64 {
        self.0
    }
}

/// The population variance, by Welford's method.
#[derive(Clone)]
struct Variance {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Cell for Variance {
    fn begin(value: f64) -> Self {
        // Infinity and NaN are at no distance from anything.
        Self { count: 1.0, mean: value, squares: if value.is_finite() { 0.0 } else { f64::NAN } }
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let difference = value - self.mean;
        self.mean += difference / self.count;
        self.squares += difference * (value - self.mean);
    }

    fn value(&self) -> f64 {
        self.squares / self.count
    }
}

#[derive(Clone)]
struct Deviation(Variance);

impl Cell for Deviation {
    fn begin(value: f64) -> Self {
        Self(Variance::begin(value))
    }

    fn add(&mut self, value: f64) {
        self.0.add(value);
    }

    fn value(&self) -> f64 {
        self.0.value().sqrt()
    }
}
