//! An operator with two vectors, or with a vector and a number.

use std::collections::HashMap;

use super::column::{ABSENT, Column, is_present, merged};
use super::{Evaluated, Evaluator};
use crate::error::QueryError;
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Cardinality, Grouping, Join, Operator, WithScalar};

impl Evaluator<'_> {
    pub(super) fn with_scalar(&self, operation: &WithScalar, grid: Grid) -> Evaluated<Vec<Column>> {
        let WithScalar { operator, vector, scalar, scalar_is_left } = operation;
        let scalar = self.scalar(scalar, grid)?;
        let compute = |step: usize, value: f64| {
            let number = scalar.get(step).copied().unwrap_or(f64::NAN);
            let result =
                if *scalar_is_left { operator.apply(number, value) } else { operator.apply(value, number) };
            // What a comparison leaves is the element, on whichever side it is.
            result.map_or(ABSENT, |result| if operator.keeps_name() { value } else { result })
        };
        if operator.keeps_name() {
            return Ok(self.vector(vector, grid)?.into_iter().map(|column| column.mapped(compute)).collect());
        }
        merged(self.nameless(vector, grid, compute)?)
    }

    pub(super) fn joined(&self, join: &Join, grid: Grid) -> Evaluated<Vec<Column>> {
        let (left, right) = (self.vector(&join.left, grid)?, self.vector(&join.right, grid)?);
        let many_is_right = matches!(join.cardinality, Cardinality::OneToMany(_));
        let (many, one) = if many_is_right { (right, left) } else { (left, right) };
        let sides = Sides { evaluator: self, join, many_is_right, grid };
        let mut found = Vec::new();
        for group in groups(&join.matching, &many, &one).into_values() {
            self.limits.check()?;
            sides.unique(&group, &many, &one)?;
            found.extend(sides.results(&group, &many, &one)?);
        }
        found.sort_by_key(|(position, _)| *position);
        merged(found.into_iter().map(|(_, column)| column).collect())
    }
}

/// The positions of the elements on both sides that match each other.
#[derive(Debug, Default)]
struct Group {
    many: Vec<usize>,
    one: Vec<usize>,
}

fn groups(matching: &Grouping, many: &[Column], one: &[Column]) -> HashMap<Labels, Group> {
    let mut groups: HashMap<Labels, Group> = HashMap::with_capacity(one.len());
    for (position, column) in one.iter().enumerate() {
        groups.entry(matching.key(&column.labels)).or_default().one.push(position);
    }
    for (position, column) in many.iter().enumerate() {
        if let Some(group) = groups.get_mut(&matching.key(&column.labels)) {
            group.many.push(position);
        }
    }
    groups
}

/// How the elements of a group are put together.
struct Sides<'j> {
    evaluator: &'j Evaluator<'j>,
    join: &'j Join,
    many_is_right: bool,
    grid: Grid,
}

impl Sides<'_> {
    /// At each step that has elements on both sides, the side that must have one element may not have two.
    fn unique(&self, group: &Group, many: &[Column], one: &[Column]) -> Evaluated<()> {
        if group.one.len() < 2 {
            return Ok(());
        }
        for step in 0..self.grid.steps {
            self.evaluator.limits.check()?;
            let has_value = |column: &&Column| column.values.get(step).copied().is_some_and(is_present);
            let mut present = group.one.iter().filter_map(|&position| one.get(position)).filter(has_value);
            if let (Some(first), Some(second)) = (present.next(), present.next())
                && many.iter().any(|column| has_value(&column))
            {
                return Err(self.many_to_many(&first.labels, &second.labels));
            }
        }
        Ok(())
    }

    fn many_to_many(&self, first: &Labels, second: &Labels) -> QueryError {
        let group = match &self.join.matching {
            Grouping::By(names) => first.only(names),
            without @ Grouping::Without(_) => without.key(first),
        };
        let side = if self.many_is_right { "left" } else { "right" };
        QueryError::ManyToMany {
            group: group.to_string(),
            side,
            one: second.to_string(),
            other: first.to_string(),
        }
    }

    /// The results of a group, each with the position of the element on the side of many that it comes from.
    fn results(&self, group: &Group, many: &[Column], one: &[Column]) -> Evaluated<Vec<(usize, Column)>> {
        let mut results: Vec<(usize, Column)> = Vec::with_capacity(group.many.len());
        let mut known: HashMap<Labels, usize> = HashMap::new();
        for &position in &group.many {
            self.evaluator.limits.check()?;
            for other in group.one.iter().filter_map(|&other| one.get(other)) {
                let Some(element) = many.get(position) else { continue };
                let Some(column) = self.column(element, other) else { continue };
                let next = results.len();
                match results.get_mut(*known.entry(column.labels.clone()).or_insert(next)) {
                    Some((_, first)) => self.add(first, &column)?,
                    None => {
                        self.evaluator.account.hold(column.weight())?;
                        results.push((position, column));
                    }
                }
            }
        }
        if self.join.cardinality == Cardinality::OneToOne {
            self.one_to_one(&results)?;
        }
        Ok(results)
    }

    /// Adds a result of the same labels; at no step may there be two.
    fn add(&self, first: &mut Column, second: &Column) -> Evaluated<()> {
        for (own, &value) in
            first.values.iter_mut().zip(&second.values).filter(|(_, value)| is_present(**value))
        {
            if is_present(*own) {
                return Err(self.ambiguous());
            }
            *own = value;
        }
        Ok(())
    }

    const fn ambiguous(&self) -> QueryError {
        match self.join.cardinality {
            Cardinality::OneToOne => QueryError::ImplicitManyToOne,
            _ => QueryError::GroupingNotUnique,
        }
    }

    /// Results of one group may differ in their name, and are as little unique.
    fn one_to_one(&self, results: &[(usize, Column)]) -> Evaluated<()> {
        let twice = |step: usize| {
            let has_value = |column: &Column| column.values.get(step).copied().is_some_and(is_present);
            results.iter().filter(|(_, column)| has_value(column)).nth(1).is_some()
        };
        if results.len() > 1 && (0..self.grid.steps).any(twice) { Err(self.ambiguous()) } else { Ok(()) }
    }

    fn column(&self, many: &Column, one: &Column) -> Option<Column> {
        let operator = self.join.operator;
        let compute = |(&many, &one): (&f64, &f64)| {
            let (left, right) = if self.many_is_right { (one, many) } else { (many, one) };
            let both = is_present(left) && is_present(right);
            both.then(|| operator.apply(left, right)).flatten().unwrap_or(ABSENT)
        };
        let values: Vec<f64> = many.values.iter().zip(&one.values).map(compute).collect();
        let is_empty = !values.iter().copied().any(is_present);
        (!is_empty).then(|| Column { labels: self.labels(operator, &many.labels, &one.labels), values })
    }

    fn labels(&self, operator: Operator, many: &Labels, one: &Labels) -> Labels {
        let labels = if operator.keeps_name() { many.clone() } else { many.without_name() };
        match (&self.join.cardinality, &self.join.matching) {
            (Cardinality::OneToOne, Grouping::By(names)) => labels.only(names),
            (Cardinality::OneToOne, Grouping::Without(names)) => labels.without(names),
            (Cardinality::ManyToOne(taken) | Cardinality::OneToMany(taken), _) => {
                taken.iter().fold(labels, |labels, name| labels.with(name, one.get(name)))
            }
        }
    }
}
