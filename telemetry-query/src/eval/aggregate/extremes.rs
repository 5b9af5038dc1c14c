//! `topk` and `bottomk`.

use super::super::Evaluated;
use super::super::column::{ABSENT, Column, is_present};
use super::super::sorting::nan_last;
use super::grouped;
use crate::error::QueryError;
use crate::limits::Limits;
use crate::plan::Grouping;

/// The largest or smallest elements of each group at each step, with all their labels. NaN comes last, and of equal elements the
/// one with the lower labels is taken. At a single step they are ordered.
pub(super) fn extremes(
    columns: Vec<Column>,
    grouping: &Grouping,
    counts: &[f64],
    largest: bool,
    limits: &Limits,
) -> Evaluated<Vec<Column>> {
    counts.iter().try_for_each(|count| check(*count))?;
    let mut chosen = Vec::new();
    for (_, mut members) in grouped(columns, grouping) {
        keep(&mut members, counts, largest, limits)?;
        chosen.extend(members.into_iter().filter(|column| !column.is_empty()));
    }
    Ok(chosen)
}

fn check(count: f64) -> Evaluated<()> {
    const LARGEST: f64 = 9_223_372_036_854_774_784.0;
    let problem = match count {
        _ if count.is_nan() => "Parameter value is NaN".to_owned(),
        _ if count > LARGEST => format!("Scalar value {count} overflows int64"),
        _ if count < -LARGEST => format!("Scalar value {count} underflows int64"),
        _ => return Ok(()),
    };
    Err(QueryError::Parameter(problem))
}

fn keep(members: &mut Vec<Column>, counts: &[f64], largest: bool, limits: &Limits) -> Evaluated<()> {
    let mut order: Vec<(usize, f64)> = Vec::with_capacity(members.len());
    for (step, count) in counts.iter().enumerate() {
        limits.check()?;
        order.clear();
        let values = members
            .iter()
            .enumerate()
            .filter_map(|(member, column)| Some((member, *column.values.get(step)?)));
        order.extend(values.filter(|(_, value)| is_present(*value)));
        order.sort_by(|one, other| nan_last(one.1, other.1, largest));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than 1 is none")]
        let count = count.max(0.0) as usize;
        for (member, _) in order.iter().skip(count) {
            if let Some(value) = members.get_mut(*member).and_then(|column| column.values.get_mut(step)) {
                *value = ABSENT;
            }
        }
    }
    if counts.len() == 1 {
        *members = super::super::sorting::sorted(std::mem::take(members), largest);
    }
    Ok(())
}
