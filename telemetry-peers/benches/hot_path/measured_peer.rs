//! `measured`. Its open labels are texts that are known beforehand, and that it is given here: once with the hash that they have unless told
//! otherwise, and once with the fastest they can have.

use super::labels::{Texts, known, open_labels};
use super::sets::{Operation, Set, Sets, Status};
use super::{Entry, Work};
use measured::label::LabelGroupSet;
use measured::metric::histogram::Thresholds;
use measured::{Counter, CounterVec, FixedCardinalityLabel, HistogramVec, LabelGroup};
use std::hint::black_box;
use telemetry_peers::given::BOUNDS;

#[derive(Debug, Clone, Copy, FixedCardinalityLabel)]
enum TheirStatus {
    Ok,
    Error,
    Killed,
    Other,
}

#[derive(Debug, Clone, Copy, FixedCardinalityLabel)]
enum TheirOperation {
    Create,
    Read,
    Update,
    Close,
    Delete,
    Other,
}

#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = ClosedSet)]
struct Closed {
    status: TheirStatus,
    operation: TheirOperation,
}

/// A function that makes the rows with open labels, for texts that are found by this hash: `hashed!(rows, "measured", RandomState)` is
/// `fn rows() -> Vec<Entry>`. What derives its labels takes no type parameter.
macro_rules! hashed {
    ($rows:ident, $peer:literal, $hash:ty) => {
        fn $rows() -> Vec<Entry> {
            type Known = Texts<$hash>;
            open_labels!(Open in OpenSet of Known: provider, project, workflow);
            open_labels!(Time in TimeSet of Known: provider, workflow);
            #[derive(Clone, Copy, LabelGroup)]
            #[label(set = MixedSet)]
            struct Mixed<'a> {
                #[label(fixed_with = Known)]
                provider: &'a str,
                status: TheirStatus,
                operation: TheirOperation,
            }
            let (providers, workflows) = (|| known(Sets::providers()), || known(Sets::workflows()));
            let open = || {
                let labels = OpenSet::new(providers(), known(Sets::projects()), workflows());
                let open = CounterVec::with_label_set(labels);
                move |[provider, project, workflow]: [&str; 3]| open.inc(Open { provider, project, workflow })
            };
            let mixed = counter(Work::Mixed, $peer, MixedSet::new(providers()), |set| {
                let (status, operation) = (status(set.status), operation(set.operation));
                Mixed { provider: &set.provider, status, operation }
            });
            let labels = TimeSet::new(providers(), workflows());
            let time = HistogramVec::with_label_set_and_metadata(labels, Thresholds::with_buckets(BOUNDS));
            let time = Entry::new(Work::Histogram, $peer, move |sets| {
                sets.each(|Set { provider, workflow, seconds, .. }| {
                    time.observe(Time { provider, workflow }, *seconds);
                });
            });
            Entry::open($peer, open).into_iter().chain([mixed, time]).collect()
        }
    };
}

hashed!(by_default, "measured", std::hash::RandomState);
hashed!(fastest, "measured, foldhash", foldhash::fast::RandomState);

fn counter<L>(
    work: Work,
    peer: &'static str,
    labels: L,
    of: impl Fn(&Set) -> L::Group<'_> + Send + Sync + 'static,
) -> Entry
where
    L: LabelGroupSet + Send + Sync + 'static,
    L::Unique: Send + Sync,
{
    let counter = CounterVec::with_label_set(labels);
    Entry::new(work, peer, move |sets| sets.each(|set| counter.inc(of(set))))
}

const fn status(status: Status) -> TheirStatus {
    match status {
        Status::Ok => TheirStatus::Ok,
        Status::Error => TheirStatus::Error,
        Status::Killed => TheirStatus::Killed,
        Status::Other => TheirStatus::Other,
    }
}

const fn operation(operation: Operation) -> TheirOperation {
    match operation {
        Operation::Create => TheirOperation::Create,
        Operation::Read => TheirOperation::Read,
        Operation::Update => TheirOperation::Update,
        Operation::Close => TheirOperation::Close,
        Operation::Delete => TheirOperation::Delete,
        Operation::Other => TheirOperation::Other,
    }
}

pub(crate) fn entries() -> Vec<Entry> {
    let closed = counter(Work::Closed, "measured", ClosedSet::new(), |set| Closed {
        status: status(set.status),
        operation: operation(set.operation),
    });
    let bound = Counter::new();
    let bound = Entry::new(Work::Bound, "measured", move |sets| sets.each(|_| black_box(&bound).inc()));
    by_default().into_iter().chain(fastest()).chain([closed, bound]).collect()
}
