//! The series of one metric in the order in which they are written, each with its labels as text.
//!
//! A sheet is made when somebody first asks for it, so that a process which nobody scrapes has none, and made anew when series were born
//! since. Nobody holds a lock while it is written, so that scrapes do not wait for each other.

use super::live::Kept;
use super::store::{Series, Store};
use crate::by_process::ByProcess;
use crate::exposition::{HistogramNames, end_of_labels, write_bound, write_labels};
use crate::metric::{Kind, MetricDef};
use crate::sync::Mutex;
use std::sync::{Arc, PoisonError};

/// The series of one metric, sorted by their label values; the one beyond the limit is the last.
#[derive(Debug)]
pub(super) struct Sheet<C: Kept> {
    /// How many there are without the one beyond the limit.
    kept: usize,
    has_overflow: bool,
    /// What all lines begin with, one after the other.
    text: String,
    leads: Box<[Lead<C>]>,
    /// What follows the labels on the line of each bucket of a histogram, up to its value.
    bounds: Box<[Box<str>]>,
}

/// What the lines of one series begin with: up to the value for a counter or a gauge, and up to the bound for a histogram.
#[derive(Debug)]
struct Lead<C: Kept> {
    series: Series<C>,
    /// Where it ends in the text; it begins where the one before ends.
    end: usize,
}

/// The last sheet that somebody asked for. A process that is forked off while a thread makes one makes its own.
#[derive(Debug)]
pub(super) struct KeptSheet<C: Kept>(ByProcess<Mutex<Option<Arc<Sheet<C>>>>>);

impl<C: Kept> Default for KeptSheet<C> {
    fn default() -> Self {
        Self(ByProcess::new(Mutex::new(None)))
    }
}

impl<C: Kept> KeptSheet<C> {
    /// A sheet of this store that has at least so many series, and the one beyond the limit where there is one.
    pub(super) fn of(&self, store: &Store<C>, kept: usize, has_overflow: bool) -> Arc<Sheet<C>> {
        let kept_here = self.0.get(|| Mutex::new(None));
        let mut sheet = kept_here.lock().unwrap_or_else(PoisonError::into_inner);
        match &*sheet {
            Some(sheet) if sheet.kept >= kept && sheet.has_overflow == has_overflow => Arc::clone(sheet),
            _ => Arc::clone(sheet.insert(Arc::new(Sheet::new(store)))),
        }
    }
}

impl<C: Kept> Sheet<C> {
    fn new(store: &Store<C>) -> Self {
        let mut series: Vec<_> = store.kept().collect();
        series.sort_by(|(one, _), (other, _)| one.cmp(other));
        let kept = series.len();
        series.extend(store.overflow());
        let def = store.def();
        let mut text = String::new();
        let leads = series.iter().map(|(values, series)| {
            let labels = def.labels.iter().zip(values).map(|(label, value)| (label.name, &**value));
            write_lead(def, labels, &mut text);
            Lead { series: Series::clone(series), end: text.len() }
        });
        let leads: Box<[_]> = leads.collect();
        text.shrink_to_fit();
        Self { kept, has_overflow: leads.len() > kept, text, leads, bounds: bounds(def) }
    }

    /// What the lines of each series begin with.
    pub(super) fn leads(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.leads.iter().map(move |lead| {
            let text = self.text.get(start..lead.end).unwrap_or_default();
            start = lead.end;
            text
        })
    }

    /// The cell of each series.
    pub(super) fn cells(&self) -> impl Iterator<Item = &C> {
        self.leads.iter().map(|lead| lead.series.cell())
    }

    /// The cells of so many series at a time.
    pub(super) fn chunks_of_cells(&self, count: usize) -> impl Iterator<Item = impl Iterator<Item = &C>> {
        self.leads.chunks(count).map(|leads| leads.iter().map(|lead| lead.series.cell()))
    }

    /// How many series there are.
    pub(super) const fn len(&self) -> usize {
        self.leads.len()
    }

    /// How many bytes all leads have together.
    pub(super) const fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(super) const fn bounds(&self) -> &[Box<str>] {
        &self.bounds
    }
}

fn write_lead<'l>(def: &MetricDef, labels: impl Iterator<Item = (&'l str, &'l str)>, text: &mut String) {
    text.push_str(def.name);
    match def.kind {
        Kind::Histogram(_) => {
            text.push_str(HistogramNames::new().bucket);
            write_labels(text, labels);
        }
        Kind::Counter | Kind::Gauge(_) => {
            write_labels(text, labels);
            text.push_str(end_of_labels(!def.labels.is_empty()));
        }
    }
}

fn bounds(def: &MetricDef) -> Box<[Box<str>]> {
    let Kind::Histogram(bounds) = def.kind else { return Box::default() };
    let label = HistogramNames::new().bound;
    let text = |bound: f64| {
        let mut text = String::new();
        write_bound(&mut text, def.labels.is_empty(), label, bound);
        text.into_boxed_str()
    };
    bounds.iter().copied().chain([f64::INFINITY]).map(text).collect()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::KeptSheet;
    use crate::by_process::ByProcess;
    use crate::catalog::AXE_LUMBERJACK_RESTARTS;
    use crate::cell::CounterCell;
    use crate::registry::store::Store;
    use crate::sync::Mutex;

    #[test]
    fn a_forked_process_does_not_wait_for_a_thread_that_makes_a_sheet() {
        let store = Store::<CounterCell>::new(AXE_LUMBERJACK_RESTARTS.def(), 10);
        // As it looks in a child: made by another process, at whose fork a thread held the lock.
        let making = Mutex::new(None);
        std::mem::forget(making.lock());
        let kept = KeptSheet(ByProcess::of(u32::MAX, making));
        assert_eq!(kept.of(&store, 0, false).len(), 0);
    }
}
