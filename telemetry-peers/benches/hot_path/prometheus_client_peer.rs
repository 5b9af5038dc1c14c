//! `prometheus-client`. Its label sets own their texts, so an open label has to be copied before it can be looked up.

use super::sets::{BOUNDS, Operation, Set, Status};
use super::{Entry, Work};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::hint::black_box;

/// The library has a derive for this, which only says how a set is written; a call never does that.
macro_rules! label_sets {
    ($($name:ident($($ty:ty),+);)+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        struct $name($($ty),+);
    )+};
}

label_sets! {
    Open(String, String, String);
    Mixed(String, Status, Operation);
    Closed(Status, Operation);
    Time(String, String);
}

fn open(set: &Set) -> Open {
    Open(set.provider.clone(), set.project.clone(), set.workflow.clone())
}

pub(crate) fn entries() -> Vec<Entry> {
    let opens = Family::<Open, Counter>::default();
    let mixed = Family::<Mixed, Counter>::default();
    let closed = Family::<Closed, Counter>::default();
    let bound = Counter::<u64>::default();
    let time = Family::<Time, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    vec![
        Entry::new(Work::Open, "prometheus-client", move |sets| {
            sets.each(|set| {
                opens.get_or_create(&open(set)).inc();
            });
        }),
        Entry::new(Work::Mixed, "prometheus-client", move |sets| {
            sets.each(|set| {
                mixed.get_or_create(&Mixed(set.provider.clone(), set.status, set.operation)).inc();
            });
        }),
        Entry::new(Work::Closed, "prometheus-client", move |sets| {
            sets.each(|set| {
                closed.get_or_create(&Closed(set.status, set.operation)).inc();
            });
        }),
        Entry::new(Work::Bound, "prometheus-client", move |sets| {
            sets.each(|_| {
                black_box(&bound).inc();
            });
        }),
        Entry::new(Work::Histogram, "prometheus-client", move |sets| {
            sets.each(|set| {
                time.get_or_create(&Time(set.provider.clone(), set.workflow.clone())).observe(set.seconds);
            });
        }),
    ]
}
