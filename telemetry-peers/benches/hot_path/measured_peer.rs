//! `measured`. Its open labels are texts that are known beforehand, and that it is given here; the hash is the fastest it can have.

use super::sets::{BOUNDS, Operation, Sets, Status};
use super::{Entry, Work};
use foldhash::fast::RandomState;
use lasso::{Rodeo, RodeoReader, Spur};
use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::{Counter, CounterVec, FixedCardinalityLabel, HistogramVec, LabelGroup};
use std::hint::black_box;

type Known = RodeoReader<Spur, RandomState>;

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
#[label(set = OpenSet)]
struct Open<'a> {
    #[label(fixed_with = Known)]
    provider: &'a str,
    #[label(fixed_with = Known)]
    project: &'a str,
    #[label(fixed_with = Known)]
    workflow: &'a str,
}

#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = MixedSet)]
struct Mixed<'a> {
    #[label(fixed_with = Known)]
    provider: &'a str,
    status: TheirStatus,
    operation: TheirOperation,
}

#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = ClosedSet)]
struct Closed {
    status: TheirStatus,
    operation: TheirOperation,
}

#[derive(Debug, Clone, Copy, LabelGroup)]
#[label(set = TimeSet)]
struct Time<'a> {
    #[label(fixed_with = Known)]
    provider: &'a str,
    #[label(fixed_with = Known)]
    workflow: &'a str,
}

fn known<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Known {
    let mut rodeo = Rodeo::with_hasher(RandomState::default());
    for text in texts {
        rodeo.get_or_intern(text.as_ref());
    }
    rodeo.into_reader()
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
    let (providers, workflows) = (|| known(Sets::providers()), || known(Sets::workflows()));
    let open = CounterVec::with_label_set(OpenSet {
        provider: providers(),
        project: known(Sets::projects()),
        workflow: workflows(),
    });
    let mixed = CounterVec::with_label_set(MixedSet {
        provider: providers(),
        status: StaticLabelSet::new(),
        operation: StaticLabelSet::new(),
    });
    let closed = CounterVec::with_label_set(ClosedSet {
        status: StaticLabelSet::new(),
        operation: StaticLabelSet::new(),
    });
    let bound = Counter::new();
    let time = HistogramVec::with_label_set_and_metadata(
        TimeSet { provider: providers(), workflow: workflows() },
        Thresholds::with_buckets(BOUNDS),
    );
    vec![
        Entry::new(Work::Open, "measured", move |sets| {
            sets.each(|set| {
                let (provider, project, workflow) = (&*set.provider, &*set.project, &*set.workflow);
                open.inc(Open { provider, project, workflow });
            });
        }),
        Entry::new(Work::Mixed, "measured", move |sets| {
            sets.each(|set| {
                let (status, operation) = (status(set.status), operation(set.operation));
                mixed.inc(Mixed { provider: &set.provider, status, operation });
            });
        }),
        Entry::new(Work::Closed, "measured", move |sets| {
            sets.each(|set| {
                closed.inc(Closed { status: status(set.status), operation: operation(set.operation) });
            });
        }),
        Entry::new(Work::Bound, "measured", move |sets| sets.each(|_| black_box(&bound).inc())),
        Entry::new(Work::Histogram, "measured", move |sets| {
            sets.each(|set| {
                let (provider, workflow) = (&*set.provider, &*set.workflow);
                time.observe(Time { provider, workflow }, set.seconds);
            });
        }),
    ]
}
