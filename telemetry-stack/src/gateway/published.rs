//! The groups as readers see them: what was acknowledged, and nothing else.

use super::group::{Group, GroupKey, Nanos};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The groups that are on the disk, in the order of their keys.
#[derive(Debug)]
pub(super) struct Published {
    groups: RwLock<BTreeMap<GroupKey, Arc<Group>>>,
    ttl: Option<Duration>,
}

impl Published {
    /// No groups, of which those that do not say so live this long.
    pub(super) fn new(ttl: Option<Duration>) -> Self {
        Self { groups: RwLock::default(), ttl }
    }

    /// Sets groups, or takes them away, in one step.
    pub(super) fn set_all<'k>(&self, changes: impl IntoIterator<Item = (&'k GroupKey, Option<Arc<Group>>)>) {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        for (key, group) in changes {
            match group {
                Some(group) => groups.insert(key.clone(), group),
                None => groups.remove(key),
            };
        }
    }

    /// All groups whose time is not over.
    pub(super) fn living(&self, now: Nanos) -> Vec<Arc<Group>> {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        let lives = |group: &&Arc<Group>| group.expiry(self.ttl).is_none_or(|at| at > now);
        groups.values().filter(lives).cloned().collect()
    }
}
