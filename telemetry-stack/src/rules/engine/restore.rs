//! Which rule goes on with what a process before this one has kept.
//!
//! A rule is recognised by the name and the labels of its alerts. A file that is named differently, a group that was renamed, or generated
//! rules that come from a file now are no reason for an alert to end. Where several rules make alerts of one name and the same labels, the
//! one at the same place goes on with them, or else one with the same expression; what is left over then goes to whichever rule finds the
//! alert.

use super::alerting;
use super::state::{SavedGroup, SavedRule};
use crate::rules::set::{Rule, RuleGroup, RuleKind, RuleSet};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The places of a group among all groups, and of a rule in its group.
pub(super) type Place = (usize, usize);

/// What was kept, by who goes on with it.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) own: BTreeMap<Place, SavedRule>,
    /// What no rule goes on with.
    pub(super) left: Vec<SavedRule>,
}

/// A rule that may go on with something.
struct Seeking<'a> {
    place: Place,
    group: &'a RuleGroup,
    rule: &'a Rule,
    identity: Vec<String>,
    /// Whether no other rule is recognised by the same.
    alone: bool,
}

/// What was kept of a rule, and where that was.
struct Kept {
    file: String,
    group: String,
    rule: SavedRule,
}

/// How close what was kept is to a rule, the closest first.
const CLOSENESS: [fn(&Seeking<'_>, &Kept) -> bool; 5] = [
    |seeking, kept| seeking.is_of(kept) == [true; 2] && seeking.has_expr(kept),
    |seeking, kept| seeking.is_of(kept) == [true; 2],
    |seeking, kept| seeking.is_of(kept).contains(&true) && seeking.has_expr(kept),
    |seeking, kept| seeking.has_expr(kept),
    |seeking, _| seeking.alone,
];

impl Seeking<'_> {
    /// Whether it has the file and the group.
    fn is_of(&self, kept: &Kept) -> [bool; 2] {
        [self.group.file == kept.file, self.group.name == kept.group]
    }

    fn has_expr(&self, kept: &Kept) -> bool {
        self.rule.expr == kept.rule.expr
    }
}

impl Restored {
    /// An alert that some rule has is not over because another one that had it, too, is not there any more.
    pub(super) fn drop_what_others_have(&mut self) {
        let has: BTreeSet<_> = self.own.values().flat_map(SavedRule::active).collect();
        self.left.iter_mut().for_each(|left| left.drop_alerts(&has));
        self.left.retain(|left| !left.alerts.is_empty());
    }
}

/// Finds for each rule of the set what it goes on with.
pub(super) fn restored(set: &RuleSet, saved: Vec<SavedGroup>) -> Restored {
    let mut kept: HashMap<Vec<String>, Vec<Kept>> = HashMap::new();
    for SavedGroup { file, name, rules } in saved {
        for rule in rules {
            let found = Kept { file: file.clone(), group: name.clone(), rule };
            kept.entry(found.rule.identity.clone()).or_default().push(found);
        }
    }
    let mut restored = Restored::default();
    let seeking = seeking(set);
    for is_close in CLOSENESS {
        for seeking in &seeking {
            let Some(found) = kept.get_mut(&seeking.identity) else { continue };
            let position = found.iter().position(|kept| is_close(seeking, kept));
            if let Some(at) = position.filter(|_| !restored.own.contains_key(&seeking.place)) {
                restored.own.insert(seeking.place, found.remove(at).rule);
            }
        }
    }
    restored.left = kept.into_values().flatten().map(|kept| kept.rule).collect();
    restored.left.sort_by(|one, other| one.identity.cmp(&other.identity));
    restored
}

/// All rules from which alerts follow.
fn seeking(set: &RuleSet) -> Vec<Seeking<'_>> {
    let mut all = Vec::new();
    for (place, group) in set.groups.iter().enumerate() {
        for (index, rule) in group.rules.iter().enumerate() {
            if let RuleKind::Alert { alert, .. } = &rule.kind {
                let (place, identity) = ((place, index), alerting::identity(rule, alert));
                all.push(Seeking { place, group, rule, identity, alone: true });
            }
        }
    }
    let mut counts: HashMap<Vec<String>, usize> = HashMap::new();
    all.iter().for_each(|seeking| *counts.entry(seeking.identity.clone()).or_default() += 1);
    all.iter_mut().for_each(|seeking| seeking.alone = counts.get(&seeking.identity) == Some(&1));
    all
}
