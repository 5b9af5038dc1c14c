//! The one thread that changes groups: it takes all pushes that wait, writes what becomes of them in one transaction, and only then
//! shows and acknowledges it.
//!
//! Pushes are worked off in the order in which they came, each on what the ones before it left, whatever their mode. When the
//! transaction fails, everything is as before: in memory, and on the disk with the next transaction that succeeds.

use super::aggregate::aggregate;
use super::arrival::Share;
use super::error::{Refusal, StoreError};
use super::group::{Group, GroupKey, Kept, Nanos, Times};
use super::metrics::Instruments;
use super::published::Published;
use super::state::State;
use super::store::Store;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use telemetry_core::exposition::Family;
use tokio::sync::oneshot;

/// The most pushes in one transaction.
const BATCH: usize = 256;

/// How often is looked for groups whose time is over, while there are any that will be.
const SWEEP: Duration = Duration::from_secs(1);

/// Tells the time.
pub(super) type Clock = Arc<dyn Fn() -> Nanos + Send + Sync>;

/// What is to be done with a group.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: GroupKey,
    pub(super) deed: Deed,
    pub(super) answer: oneshot::Sender<Result<(), Refusal>>,
    /// The part of the budget that the pushed families take until they are kept.
    pub(super) _share: Option<Share>,
}

#[derive(Debug)]
pub(super) enum Deed {
    /// These are its families, beside those that it has or instead of all of them.
    Set { families: Vec<Kept>, replace: bool, ttl: Option<Duration> },
    /// These are added to what it has.
    Add { families: Vec<Family<'static>>, ttl: Option<Duration> },
    /// A push to it was refused.
    Note,
    /// It is taken away.
    Delete,
}

pub(super) struct Writer {
    pub(super) state: State,
    pub(super) store: Box<dyn Store>,
    pub(super) published: Arc<Published>,
    pub(super) instruments: Arc<Instruments>,
    pub(super) clock: Clock,
    /// The groups of transactions that failed, of which the disk may say something else than the memory.
    unsettled: BTreeSet<GroupKey>,
}

/// What was changed since the last transaction: each group as it was before each change.
type Journal = Vec<(GroupKey, Option<Arc<Group>>)>;

impl Writer {
    /// A writer that knows all groups of the store.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn new(
        state: State,
        mut store: Box<dyn Store>,
        published: Arc<Published>,
        instruments: Arc<Instruments>,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let loaded = store.load()?;
        let mut writer = Self { state, store, published, instruments, clock, unsettled: BTreeSet::new() };
        for (key, bytes) in loaded {
            let group = writer.restore(&key, &bytes)?;
            writer.published.set_all([(&key, Some(Arc::clone(&group)))]);
            writer.state.set(&key, Some(group));
        }
        Ok(writer)
    }

    fn restore(&self, key: &GroupKey, bytes: &[u8]) -> Result<Arc<Group>, StoreError> {
        let group = Group::decode(key.clone(), bytes);
        let mut group =
            group.map_err(|error| StoreError::Damaged(format!("group {key:?} cannot be read: {error}")))?;
        group.families = std::mem::take(&mut group.families)
            .into_iter()
            .map(|family| {
                Arc::try_unwrap(family)
                    .map_or_else(|shared| shared, |family| Arc::new(self.state.share(family)))
            })
            .collect();
        Ok(Arc::new(group))
    }

    /// Works until nobody can push any more and all that was pushed is done.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = match self.state.next_expiry() {
                Some(_) => jobs.recv_timeout(SWEEP),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match first {
                Ok(first) => self.work(std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1))),
                Err(RecvTimeoutError::Timeout) => self.work(std::iter::empty()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does some jobs in one transaction, and takes the groups away whose time is over.
    pub(super) fn work(&mut self, jobs: impl Iterator<Item = Job>) {
        let now = (self.clock)();
        let mut journal = Journal::new();
        let expired = self.state.expired(now);
        for key in &expired {
            self.set(&mut journal, key, None);
        }
        let mut answers = Vec::new();
        for job in jobs {
            let outcome = self.apply(&job.key, job.deed, now, &mut journal);
            answers.push((job.answer, outcome));
        }
        let committed = self.commit(journal);
        if committed.is_ok() {
            self.instruments.expired(expired.len());
        }
        for (answer, outcome) in answers {
            let outcome = outcome.and_then(|()| committed.clone());
            // Whoever does not wait any longer does not need the answer.
            let _gone = answer.send(outcome);
        }
    }

    /// Does a job in memory.
    fn apply(
        &mut self,
        key: &GroupKey,
        deed: Deed,
        now: Nanos,
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let made = match deed {
            Deed::Set { families, replace, ttl } => Ok(self.with_families(key, families, replace, ttl, now)),
            Deed::Add { families, ttl } => self.with_more(key, &families, ttl, now),
            Deed::Note => {
                self.note_failure(key, now, journal);
                return Ok(());
            }
            Deed::Delete => {
                self.delete(key, journal);
                return Ok(());
            }
        };
        match made.and_then(|group| self.state.check(&group).map(|()| group)) {
            Ok(group) => {
                self.set(journal, key, Some(Arc::new(group)));
                Ok(())
            }
            Err(refusal) => {
                if refusal.noted {
                    self.note_failure(key, now, journal);
                }
                Err(refusal)
            }
        }
    }

    fn set(&mut self, journal: &mut Journal, key: &GroupKey, group: Option<Arc<Group>>) {
        let before = self.state.set(key, group);
        journal.push((key.clone(), before));
    }

    fn delete(&mut self, key: &GroupKey, journal: &mut Journal) {
        if self.state.get(key).is_some() {
            self.set(journal, key, None);
        }
    }

    /// Remembers the failure. A group that was never seen comes to be, unless there is no place for it.
    fn note_failure(&mut self, key: &GroupKey, now: Nanos, journal: &mut Journal) {
        let before = self.state.get(key);
        let times = before.map_or(Times::default(), |before| before.times);
        let families = before.map(|before| before.families.to_vec()).unwrap_or_default();
        let group = Group::new(key.clone(), Times { failed: now, ..times }, families, now);
        if self.state.check(&group).is_ok() {
            self.set(journal, key, Some(Arc::new(group)));
        }
    }

    /// The group with these families, and with those that it has beside them unless they are replaced.
    fn with_families(
        &self,
        key: &GroupKey,
        families: Vec<Kept>,
        replace: bool,
        ttl: Option<Duration>,
        now: Nanos,
    ) -> Group {
        let pushed =
            families.into_iter().map(|family| Arc::new(self.state.share(Kept { pushed: now, ..family })));
        let pushed: Vec<_> = pushed.collect();
        let before = self.state.get(key).filter(|_| !replace);
        self.group(key, before, pushed, ttl, now)
    }

    /// The group with these families added to those that it has.
    fn with_more(
        &self,
        key: &GroupKey,
        families: &[Family<'static>],
        ttl: Option<Duration>,
        now: Nanos,
    ) -> Result<Group, Refusal> {
        let before = self.state.get(key);
        let add = |family: &Family<'static>| {
            let kept = before.and_then(|before| before.family(&family.name));
            let sum = aggregate(kept.map(|kept| &**kept), family, now).map_err(Refusal::invalid)?;
            Ok(Arc::new(self.state.share(sum)))
        };
        let sums: Result<Vec<_>, Refusal> = families.iter().map(add).collect();
        Ok(self.group(key, before, sums?, ttl, now))
    }

    fn group(
        &self,
        key: &GroupKey,
        before: Option<&Arc<Group>>,
        pushed: Vec<Arc<Kept>>,
        ttl: Option<Duration>,
        now: Nanos,
    ) -> Group {
        let failed = self.state.get(key).map_or(0, |before| before.times.failed);
        let names: HashSet<_> = pushed.iter().map(|family| family.name().to_owned()).collect();
        let kept = before.into_iter().flat_map(|before| &before.families);
        let kept = kept.filter(|family| !names.contains(family.name())).cloned();
        Group::new(key.clone(), Times { pushed: now, failed, ttl }, kept.chain(pushed), now)
    }

    /// Writes what was changed, and shows it; or takes it back.
    fn commit(&mut self, journal: Journal) -> Result<(), Refusal> {
        if journal.is_empty() {
            return Ok(());
        }
        let mut touched = std::mem::take(&mut self.unsettled);
        touched.extend(journal.iter().map(|(key, _)| key.clone()));
        let encoded = |key: &GroupKey| (key.clone(), self.state.get(key).map(|group| group.encode()));
        let changes: Vec<_> = touched.iter().map(encoded).collect();
        match self.store.commit(&changes) {
            Ok(()) => {
                self.instruments.committed();
                self.published.set_all(touched.iter().map(|key| (key, self.state.get(key).cloned())));
                Ok(())
            }
            Err(error) => {
                for (key, before) in journal.into_iter().rev() {
                    self.state.set(&key, before);
                }
                self.unsettled = touched;
                Err(Refusal::from(&error))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
