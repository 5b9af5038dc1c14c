//! Changes of labels.

use regex::{Captures, Regex};
use regex_automata::util::interpolate;

use super::column::{Column, merged};
use super::{Evaluated, Evaluator};
use crate::error::QueryError;
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Relabelling, Vector};

/// The longest value that a label may be given, in bytes. A replacement may double what it finds, and its result be replaced
/// again: without a bound, a short expression would make gigabytes.
const LONGEST: usize = 64 * 1024;

impl Evaluator<'_> {
    pub(super) fn relabelled(
        &self,
        rule: &Relabelling,
        input: &Vector,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        let columns = self.vector(input, grid)?.into_iter();
        let change = |column: Column| {
            self.limits.check()?;
            let labels = changed(rule, &column.labels)?;
            self.account.hold(labels.weight())?;
            Ok(Column { labels, ..column })
        };
        merged(columns.map(change).collect::<Evaluated<_>>()?)
    }
}

fn changed(rule: &Relabelling, labels: &Labels) -> Evaluated<Labels> {
    let (target, value) = match rule {
        Relabelling::Replace { target, replacement, source, regex } => {
            let Some(captures) = regex.captures(labels.get(source)) else { return Ok(labels.clone()) };
            (target, expanded(regex, &captures, replacement))
        }
        Relabelling::Join { target, separator, sources } => (target, joined(separator, sources, labels)),
    };
    let value = value.filter(|value| value.len() <= LONGEST);
    let value = value.ok_or_else(|| QueryError::LabelTooLong { name: target.clone(), limit: LONGEST })?;
    Ok(labels.with(target, &value))
}

/// The replacement with what the expression has found; nothing where that would be too long.
fn expanded(regex: &Regex, captures: &Captures<'_>, replacement: &str) -> Option<String> {
    let mut value = String::new();
    let mut fits = true;
    let append = |group: usize, value: &mut String| {
        let found = captures.get(group).map_or("", |found| found.as_str());
        fits &= value.len() + found.len() <= LONGEST;
        if fits {
            value.push_str(found);
        }
    };
    let position = |name: &str| regex.capture_names().position(|known| known == Some(name));
    interpolate::string(replacement, append, position, &mut value);
    fits.then_some(value)
}

/// The values one after the other; nothing where they would be too long.
fn joined(separator: &str, sources: &[String], labels: &Labels) -> Option<String> {
    let separators = separator.len().saturating_mul(sources.len().saturating_sub(1));
    let length: usize = sources.iter().map(|source| labels.get(source).len()).sum();
    let values = || sources.iter().map(|source| labels.get(source)).collect::<Vec<_>>();
    (length.saturating_add(separators) <= LONGEST).then(|| values().join(separator))
}
