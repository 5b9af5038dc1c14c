//! `quantile` and `count_values`.

use std::collections::HashMap;

use super::super::column::{ABSENT, Column, is_present};
use super::super::quantile::quantile;
use super::super::{Evaluated, Evaluator};
use super::grouped;
use crate::error::QueryError;
use crate::grid::Grid;
use crate::labels::{Labels, is_label_name};
use crate::plan::{Grouping, Scalar, Vector};

impl Evaluator<'_> {
    pub(super) fn quantiles(
        &self,
        share: &Scalar,
        input: &Vector,
        grouping: &Grouping,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        let shares = self.scalar(share, grid)?;
        let groups = grouped(self.vector(input, grid)?, grouping);
        self.account.hold(groups.len().saturating_mul(grid.steps))?;
        let mut values = Vec::new();
        let mut at_step = |members: &[Column], step: usize, share: f64| {
            values.clear();
            let present = members.iter().filter_map(|column| column.values.get(step).copied());
            values.extend(present.filter(|value| is_present(*value)));
            if values.is_empty() { ABSENT } else { quantile(share, &mut values) }
        };
        let groups = groups.into_iter().map(|(labels, members)| {
            let values =
                shares.iter().enumerate().map(|(step, share)| at_step(&members, step, *share)).collect();
            Column { labels, values }
        });
        Ok(groups.collect())
    }

    /// How many elements of a group have each value. The value becomes a label.
    pub(super) fn counted_values(
        &self,
        label: &str,
        input: &Vector,
        grouping: &Grouping,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        if !is_label_name(label) {
            return Err(QueryError::Parameter(format!("invalid label name {label:?}")));
        }
        // A group by all labels but this one has lost it before it could tell the values apart.
        let is_kept = !matches!(grouping, Grouping::Without(names) if names.iter().any(|name| name == label));
        let mut columns = self.vector(input, grid)?;
        // What the elements had as this label has been replaced by the time that they are grouped.
        columns.iter_mut().for_each(|column| column.labels = column.labels.with(label, ""));
        let mut counted = Vec::new();
        for (labels, members) in grouped(columns, grouping) {
            let mut tally = Tally { steps: grid.steps, ..Tally::default() };
            for (step, value) in members.iter().flat_map(|column| column.values.iter().copied().enumerate()) {
                if is_present(value) {
                    let value = if is_kept { written(value) } else { String::new() };
                    if tally.is_new(&value) {
                        self.limits.check()?;
                        self.account.hold(grid.steps.saturating_add(value.len() / 4))?;
                    }
                    tally.add(step, value);
                }
            }
            self.limits.check()?;
            let labelled = |value: &str| if is_kept { labels.with(label, value) } else { labels.clone() };
            counted.extend(tally.columns(labelled));
        }
        Ok(counted)
    }
}

/// How often each value is there at each step.
#[derive(Debug, Default)]
struct Tally {
    steps: usize,
    known: HashMap<String, usize>,
    /// The values in the order in which they first came, with their counts.
    values: Vec<(String, Vec<f64>)>,
}

impl Tally {
    fn is_new(&self, value: &str) -> bool {
        !self.known.contains_key(value)
    }

    fn add(&mut self, step: usize, value: String) {
        let next = self.values.len();
        let position = *self.known.entry(value).or_insert_with_key(|value| {
            self.values.push((value.clone(), vec![ABSENT; self.steps]));
            next
        });
        if let Some(count) = self.values.get_mut(position).and_then(|(_, counts)| counts.get_mut(step)) {
            *count = if is_present(*count) { *count + 1.0 } else { 1.0 };
        }
    }

    fn columns(self, labelled: impl Fn(&str) -> Labels) -> impl Iterator<Item = Column> {
        self.values.into_iter().map(move |(value, values)| Column { labels: labelled(&value), values })
    }
}

/// A number as Prometheus writes it into a label.
fn written(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}
