//! The lines of one metric: what was rendered once, with the values of now.

use super::live::Kept;
use super::sheet::Sheet;
use crate::cell::HistogramCell;
use crate::exposition::{HistogramNames, end_of_labels, write_line};
use crate::metric::MetricDef;

/// How many cells are read before their lines are written. They are anywhere in memory, and the processor fetches several at a time
/// where nothing stands between.
const AHEAD: usize = 32;

/// More bytes than almost any value has with what stands around it.
const VALUE: usize = 20;

/// Writes a line for each series.
pub(super) fn write_scalars<C: Kept>(sheet: &Sheet<C>, out: &mut String, value: impl Fn(&C) -> f64) {
    out.reserve(sheet.text_len() + VALUE * sheet.len());
    let (mut leads, mut values) = (sheet.leads(), [0.0; AHEAD]);
    for cells in sheet.chunks_of_cells(AHEAD) {
        let mut count = 0;
        for (into, cell) in values.iter_mut().zip(cells) {
            *into = value(cell);
            count += 1;
        }
        for (value, lead) in values.iter().take(count).zip(&mut leads) {
            write_line(out, lead, *value);
        }
    }
}

/// Writes the buckets, the sum and the count of each series as they were at one moment.
pub(super) fn write_histograms(def: &MetricDef, sheet: &Sheet<HistogramCell>, out: &mut String) {
    let names = HistogramNames::new();
    out.reserve((sheet.text_len() + 2 * VALUE * sheet.len()) * (sheet.bounds().len() + 2));
    let end = end_of_labels(!def.labels.is_empty());
    for (lead, cell) in sheet.leads().zip(sheet.cells()) {
        let labels = lead.get(def.name.len() + names.bucket.len()..).unwrap_or_default();
        cell.with_reading(|buckets, sum| {
            let mut cumulative = 0;
            for (bound, count) in sheet.bounds().iter().zip(buckets) {
                cumulative += count;
                out.push_str(lead);
                write_line(out, bound, cumulative as f64);
            }
            for (suffix, value) in [(names.sum, sum), (names.count, cumulative as f64)] {
                [def.name, suffix, labels].into_iter().for_each(|piece| out.push_str(piece));
                write_line(out, end, value);
            }
        });
    }
}
