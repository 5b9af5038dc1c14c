//! `prometheus-client`. Its label sets own their texts, so an open label has to be copied before it can be looked up.

use super::sets::{Operation, Status};
use super::{Entry, Work};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::hint::black_box;
use telemetry_peers::given::BOUNDS;

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

pub(crate) fn entries() -> Vec<Entry> {
    let open = || {
        let open = Family::<Open, Counter>::default();
        move |[provider, project, workflow]: [&str; 3]| {
            open.get_or_create(&Open(provider.to_owned(), project.to_owned(), workflow.to_owned())).inc();
        }
    };
    let mixed = Family::<Mixed, Counter>::default();
    let closed = Family::<Closed, Counter>::default();
    let bound = Counter::<u64>::default();
    let time = Family::<Time, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    let others = [
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
    ];
    Entry::open("prometheus-client", open).into_iter().chain(others).collect()
}
