//! What rules that are not there any more have left: their alerts end, but for those that another rule has now.

use super::alert::Alert;
use super::alerting::Alerting;
use super::asked::{Asked, Failure};
use super::restore::{Place, Restored};
use super::state::SavedGroup;
use crate::rules::set::{RuleKind, RuleSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use telemetry_query::Labels;

/// What is left over. It is held while one of its alerts is told as over, so that whoever finds that alert at the same moment tells so
/// afterwards.
#[derive(Debug)]
pub(super) struct Left(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    rules: Vec<Alerting>,
    /// Rules of the same names that have not said anything yet: any of them may go on with an alert that is left over.
    awaited: BTreeMap<String, BTreeSet<Place>>,
}

impl Left {
    pub(super) fn new(set: &RuleSet, restored: &Restored) -> Self {
        let rules: Vec<_> = restored.left.iter().map(Alerting::gone).collect();
        let mut awaited: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
        for (place, group) in set.groups.iter().enumerate() {
            for (index, rule) in group.rules.iter().enumerate() {
                let RuleKind::Alert { alert, .. } = &rule.kind else { continue };
                if rules.iter().any(|left| left.name() == alert) {
                    awaited.entry(alert.clone()).or_default().insert((place, index));
                }
            }
        }
        Self(Mutex::new(Kept { rules, awaited }))
    }

    /// How many rules have left something.
    pub(super) fn len(&self) -> usize {
        self.kept().rules.len()
    }

    pub(super) fn saved(&self) -> SavedGroup {
        let rules = self.kept().rules.iter().map(Alerting::saved).collect();
        SavedGroup { rules, ..SavedGroup::default() }
    }

    /// Hands over those of these alerts that are left over: whoever asks has them now, and they do not end.
    pub(super) fn take<'l>(
        &self,
        found: impl Iterator<Item = &'l Labels>,
        asked: &Asked<'_>,
    ) -> Vec<(Labels, Alert)> {
        let mut kept = self.kept();
        if kept.rules.iter().all(Alerting::is_empty) {
            return Vec::new();
        }
        let mut taken = Vec::new();
        for labels in found {
            let given = kept.rules.iter_mut().filter_map(|rule| rule.give(labels, asked));
            taken.extend(given.max_by_key(|alert| alert.state).map(|alert| (labels.clone(), alert)));
        }
        taken
    }

    /// A rule of the set has said which alerts it has.
    pub(super) fn heard_of(&self, name: &str, place: Place) {
        let mut kept = self.kept();
        if let Some(awaited) = kept.awaited.get_mut(name) {
            awaited.remove(&place);
        }
        kept.awaited.retain(|_, awaited| !awaited.is_empty());
    }

    /// Ends what a rule has left, once no rule of the set can have it any more.
    pub(super) fn evaluate(&self, index: usize, asked: &Asked<'_>) -> Result<(), Failure> {
        let Kept { rules, awaited } = &mut *self.kept();
        let Some(rule) = rules.get_mut(index).filter(|rule| !awaited.contains_key(rule.name())) else {
            return Ok(());
        };
        rule.resume(asked);
        rule.evaluate(asked)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
