//! What comes first.

use std::cmp::Ordering;

use super::column::Column;

/// The columns by their values, with NaN at the end in either direction. Over several steps there is no such order, and they
/// are left as they are.
pub(super) fn sorted(mut columns: Vec<Column>, descending: bool) -> Vec<Column> {
    if columns.first().is_some_and(|column| column.values.len() == 1) {
        columns.sort_by(|one, other| nan_last(first(one), first(other), descending));
    }
    columns
}

fn first(column: &Column) -> f64 {
    column.values.first().copied().unwrap_or(f64::NAN)
}

pub(super) fn nan_last(one: f64, other: f64, descending: bool) -> Ordering {
    match one.partial_cmp(&other) {
        Some(order) if descending => order.reverse(),
        Some(order) => order,
        None => one.is_nan().cmp(&other.is_nan()),
    }
}
