//! The values of one series at all steps.

use std::collections::HashMap;

use crate::error::QueryError;
use crate::labels::Labels;
use crate::sample::{STALE, is_stale};

/// What stands at a step without a value. No computation has it as its result, since that would be another NaN.
pub(super) const ABSENT: f64 = STALE;

/// Whether there is a value at a step.
pub(super) const fn is_present(value: f64) -> bool {
    !is_stale(value)
}

/// A label set with a value, or none, at each step.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) labels: Labels,
    pub(super) values: Vec<f64>,
}

impl Column {
    /// The same labels with other values, where there are values.
    pub(super) fn mapped(mut self, mut change: impl FnMut(usize, f64) -> f64) -> Self {
        for (step, value) in self.values.iter_mut().enumerate() {
            if is_present(*value) {
                *value = change(step, *value);
            }
        }
        self
    }

    /// A value that stands for itself at every step.
    pub(super) fn repeated(self, steps: usize) -> Self {
        let value = self.values.first().copied().unwrap_or(ABSENT);
        Self { labels: self.labels, values: vec![value; steps] }
    }

    /// How many values it counts for where it is held.
    pub(super) fn weight(&self) -> usize {
        self.values.len().saturating_add(self.labels.weight())
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.values.iter().copied().any(is_present)
    }

    /// Takes over what another one of the same labels has; at no step may both have a value.
    fn absorb(&mut self, other: &Self) -> Result<(), QueryError> {
        for (own, &value) in self.values.iter_mut().zip(&other.values) {
            if is_present(value) {
                if is_present(*own) {
                    return Err(QueryError::DuplicateSeries(self.labels.to_string()));
                }
                *own = value;
            }
        }
        Ok(())
    }
}

/// Makes one column of those that have come to have the same labels, in the order in which they first came.
pub(super) fn merged(columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
    let mut known: HashMap<Labels, usize> = HashMap::with_capacity(columns.len());
    let mut merged: Vec<Column> = Vec::with_capacity(columns.len());
    for column in columns {
        let next = merged.len();
        match merged.get_mut(*known.entry(column.labels.clone()).or_insert(next)) {
            Some(first) => first.absorb(&column)?,
            None => merged.push(column),
        }
    }
    Ok(merged)
}
