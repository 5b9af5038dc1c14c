//! Aggregations.
//!
//! | module | responsible for |
//! |---|---|
//! | [`fold`] | those that take one value after the other, and keep no more than a number or two of each group |
//! | [`extremes`] | `topk` and `bottomk` |
//! | [`values`] | `quantile` and `count_values` |

mod extremes;
mod fold;
mod values;

use std::collections::HashMap;

use super::column::Column;
use super::{Evaluated, Evaluator};
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Aggregation, Grouping, Kind};

impl Evaluator<'_> {
    pub(super) fn aggregated(&self, aggregation: &Aggregation, grid: Grid) -> Evaluated<Vec<Column>> {
        let Aggregation { kind, input, grouping } = aggregation;
        match kind {
            Kind::Fold(fold) => self.folded(*fold, input, grouping, grid),
            Kind::Quantile(share) => self.quantiles(share, input, grouping, grid),
            Kind::Extremes { count, largest } => {
                let counts = self.scalar(count, grid)?;
                extremes::extremes(self.vector(input, grid)?, grouping, &counts, *largest, self.limits)
            }
            Kind::CountValues { label } => self.counted_values(label, input, grouping, grid),
        }
    }
}

/// Gives each group of labels a number, in the order in which they first come.
#[derive(Debug, Default)]
struct Groups {
    known: HashMap<Labels, usize>,
    labels: Vec<Labels>,
}

impl Groups {
    fn number(&mut self, key: Labels) -> usize {
        *self.known.entry(key).or_insert_with_key(|key| {
            self.labels.push(key.clone());
            self.labels.len() - 1
        })
    }
}

/// The columns of each group.
fn grouped(columns: Vec<Column>, grouping: &Grouping) -> Vec<(Labels, Vec<Column>)> {
    let mut groups = Groups::default();
    let mut members: Vec<Vec<Column>> = Vec::new();
    for column in columns {
        let number = groups.number(grouping.key(&column.labels));
        match members.get_mut(number) {
            Some(group) => group.push(column),
            None => members.push(vec![column]),
        }
    }
    groups.labels.into_iter().zip(members).collect()
}
