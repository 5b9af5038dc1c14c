//! `measured`. Its open labels are texts that are known beforehand, and that it is given here: once with the hash that they have unless told
//! otherwise, and once with the fastest they can have.

use super::sets::{BOUNDS, Operation, Set, Sets, Status};
use super::{Entry, Work};
use lasso::{Rodeo, RodeoReader, Spur};
use measured::label::LabelGroupSet;
use measured::metric::histogram::Thresholds;
use measured::{Counter, CounterVec, FixedCardinalityLabel, HistogramVec, LabelGroup};
use std::hash::BuildHasher;
use std::hint::black_box;

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
/// `fn rows() -> [Entry; 3]`. What derives its labels takes no type parameter.
macro_rules! hashed {
    ($rows:ident, $peer:literal, $hash:ty) => {
        fn $rows() -> [Entry; 3] {
            type Known = RodeoReader<Spur, $hash>;
            #[derive(Clone, Copy, LabelGroup)]
            #[label(set = OpenSet)]
            struct Open<'a> {
                #[label(fixed_with = Known)]
                provider: &'a str,
                #[label(fixed_with = Known)]
                project: &'a str,
                #[label(fixed_with = Known)]
                workflow: &'a str,
            }
            #[derive(Clone, Copy, LabelGroup)]
            #[label(set = MixedSet)]
            struct Mixed<'a> {
                #[label(fixed_with = Known)]
                provider: &'a str,
                status: TheirStatus,
                operation: TheirOperation,
            }
            #[derive(Clone, Copy, LabelGroup)]
            #[label(set = TimeSet)]
            struct Time<'a> {
                #[label(fixed_with = Known)]
                provider: &'a str,
                #[label(fixed_with = Known)]
                workflow: &'a str,
            }
            let (providers, workflows) = (|| known(Sets::providers()), || known(Sets::workflows()));
            let open = OpenSet::new(providers(), known(Sets::projects()), workflows());
            let (mixed, time) = (MixedSet::new(providers()), TimeSet::new(providers(), workflows()));
            [
                counter(Work::Open, $peer, open, |Set { provider, project, workflow, .. }| Open {
                    provider,
                    project,
                    workflow,
                }),
                counter(Work::Mixed, $peer, mixed, |set| {
                    let (status, operation) = (status(set.status), operation(set.operation));
                    Mixed { provider: &set.provider, status, operation }
                }),
                histogram($peer, time, |Set { provider, workflow, .. }| Time { provider, workflow }),
            ]
        }
    };
}

hashed!(by_default, "measured", std::hash::RandomState);
hashed!(fastest, "measured, foldhash", foldhash::fast::RandomState);

fn known<T: AsRef<str>, S: BuildHasher + Default>(
    texts: impl IntoIterator<Item = T>,
) -> RodeoReader<Spur, S> {
    let mut rodeo = Rodeo::with_hasher(S::default());
    for text in texts {
        rodeo.get_or_intern(text.as_ref());
    }
    rodeo.into_reader()
}

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

fn histogram<L>(
    peer: &'static str,
    labels: L,
    of: impl Fn(&Set) -> L::Group<'_> + Send + Sync + 'static,
) -> Entry
where
    L: LabelGroupSet + Send + Sync + 'static,
    L::Unique: Send + Sync,
{
    let time = HistogramVec::with_label_set_and_metadata(labels, Thresholds::with_buckets(BOUNDS));
    Entry::new(Work::Histogram, peer, move |sets| sets.each(|set| time.observe(of(set), set.seconds)))
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
