//! What the processor asks for one addition, with no library around it.

use super::{Entry, Work};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) fn entries() -> Vec<Entry> {
    [Work::Closed, Work::Bound].map(entry).into()
}

fn entry(work: Work) -> Entry {
    let counter = Arc::new(AtomicU64::new(0));
    Entry::new(work, "a bare atomic addition", move |sets| {
        sets.each(|_| {
            black_box(&counter).fetch_add(1, Ordering::Relaxed);
        });
    })
}
