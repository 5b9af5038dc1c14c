//! What is paid without any library: one addition, and texts that are made for a call that does not come.

use super::{Entry, Work};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) fn entries() -> Vec<Entry> {
    let texts = Entry::new(Work::Anew, "the texts alone", |sets| {
        sets.each_anew(|texts| {
            black_box(texts);
        });
    });
    vec![texts, addition(Work::Closed), addition(Work::Bound)]
}

fn addition(work: Work) -> Entry {
    let counter = Arc::new(AtomicU64::new(0));
    Entry::new(work, "a bare atomic addition", move |sets| {
        sets.each(|_| {
            black_box(&counter).fetch_add(1, Ordering::Relaxed);
        });
    })
}
