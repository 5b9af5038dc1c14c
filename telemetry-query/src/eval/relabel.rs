//! Changes of labels.

use super::column::{Column, merged};
use super::{Evaluated, Evaluator};
use crate::grid::Grid;
use crate::labels::Labels;
use crate::plan::{Relabelling, Vector};

impl Evaluator<'_> {
    pub(super) fn relabelled(
        &self,
        rule: &Relabelling,
        input: &Vector,
        grid: Grid,
    ) -> Evaluated<Vec<Column>> {
        let columns = self.vector(input, grid)?.into_iter();
        merged(columns.map(|column| Column { labels: changed(rule, &column.labels), ..column }).collect())
    }
}

fn changed(rule: &Relabelling, labels: &Labels) -> Labels {
    match rule {
        Relabelling::Replace { target, replacement, source, regex } => {
            let Some(captures) = regex.captures(labels.get(source)) else { return labels.clone() };
            let mut value = String::new();
            captures.expand(replacement, &mut value);
            labels.with(target, &value)
        }
        Relabelling::Join { target, separator, sources } => {
            let values: Vec<_> = sources.iter().map(|source| labels.get(source)).collect();
            labels.with(target, &values.join(separator))
        }
    }
}
