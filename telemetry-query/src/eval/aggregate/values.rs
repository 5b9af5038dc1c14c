//! `quantile` and `count_values`.

use std::collections::HashMap;

use super::super::column::{ABSENT, Column, is_present};
use super::super::quantile::quantile;
use super::super::{Evaluated, Evaluator};
use super::grouped;
use crate::error::QueryError;
use crate::grid::Grid;
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
        let mut values = Vec::new();
        let mut at_step = |members: &[Column], step: usize, share: f64| {
            values.clear();
            let present = members.iter().filter_map(|column| column.values.get(step).copied());
            values.extend(present.filter(|value| is_present(*value)));
            if values.is_empty() { ABSENT } else { quantile(share, &mut values) }
        };
        let groups = grouped(self.vector(input, grid)?, grouping).into_iter().map(|(labels, members)| {
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
        if label.is_empty() {
            return Err(QueryError::Parameter(format!("invalid label name {label:?}")));
        }
        // A group by all labels but this one has lost it before it could tell the values apart.
        let is_kept = !matches!(grouping, Grouping::Without(names) if names.iter().any(|name| name == label));
        let mut counted = Vec::new();
        for (labels, members) in grouped(self.vector(input, grid)?, grouping) {
            let mut order = Vec::new();
            let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
            for (step, value) in members.iter().flat_map(|column| column.values.iter().copied().enumerate()) {
                if is_present(value) {
                    let text = if is_kept { written(value) } else { String::new() };
                    let steps = counts.entry(text).or_insert_with_key(|text| {
                        order.push(text.clone());
                        vec![ABSENT; grid.steps]
                    });
                    steps
                        .get_mut(step)
                        .into_iter()
                        .for_each(|count| *count = if is_present(*count) { *count + 1.0 } else { 1.0 });
                }
            }
            let columns = order.into_iter().filter_map(|text| {
                let values = counts.remove(&text)?;
                let labels = if is_kept { labels.with(label, &text) } else { labels.clone() };
                Some(Column { labels, values })
            });
            counted.extend(columns);
            self.limits.hold(counted.len().saturating_mul(grid.steps))?;
        }
        Ok(counted)
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
