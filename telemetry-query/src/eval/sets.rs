//! `and`, `or` and `unless`.

use std::collections::HashMap;

use super::column::{ABSENT, Column, is_present, merged};
use super::{Evaluated, Evaluator};
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Combination, Grouping, SetOperator};

impl Evaluator<'_> {
    pub(super) fn combined(&self, combination: &Combination, grid: Grid) -> Evaluated<Vec<Column>> {
        let Combination { operator, left, right, matching } = combination;
        let (left, right) = (self.vector(left, grid)?, self.vector(right, grid)?);
        match operator {
            SetOperator::And => Ok(masked(left, &presence(matching, &right), matching, true)),
            SetOperator::Unless => Ok(masked(left, &presence(matching, &right), matching, false)),
            SetOperator::Or => {
                let added = masked(right, &presence(matching, &left), matching, false);
                merged(left.into_iter().chain(added).collect())
            }
        }
    }
}

/// Whether there is any element of each group at each step.
fn presence(matching: &Grouping, columns: &[Column]) -> HashMap<Labels, Vec<bool>> {
    let mut groups: HashMap<Labels, Vec<bool>> = HashMap::with_capacity(columns.len());
    for column in columns {
        let steps =
            groups.entry(matching.key(&column.labels)).or_insert_with(|| vec![false; column.values.len()]);
        steps.iter_mut().zip(&column.values).for_each(|(step, value)| *step |= is_present(*value));
    }
    groups
}

/// The columns where their group is there, or where it is not.
fn masked(
    columns: Vec<Column>,
    groups: &HashMap<Labels, Vec<bool>>,
    matching: &Grouping,
    wanted: bool,
) -> Vec<Column> {
    let mask = |column: Column| {
        let group = groups.get(&matching.key(&column.labels));
        let is_there = |step: usize| group.and_then(|group| group.get(step)).copied().unwrap_or(false);
        column.mapped(|step, value| if is_there(step) == wanted { value } else { ABSENT })
    };
    columns.into_iter().map(mask).filter(|column| !column.is_empty()).collect()
}
