//! When rules begin to fail and when they do not any more, in a sentence each, however many there are.

use super::restore::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// For how long, in milliseconds, nothing more is said of rules that fail, once something was said: some fail and recover all the time.
const QUIET: i64 = 60_000;

/// How much of a reason is said, in characters.
const LONGEST: usize = 200;

/// Which rules fail, and what was said of it.
#[derive(Debug)]
pub(super) struct Trouble(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How many groups there are to hear of.
    groups: usize,
    failing: BTreeMap<Place, String>,
    /// Those that failed when something was said.
    said: BTreeSet<Place>,
    /// When it was last said that rules fail, in milliseconds since 1970.
    said_at: Option<i64>,
    /// The groups of which something was heard since other rules fail than was said. What befalls all groups is said once.
    heard: BTreeSet<usize>,
}

impl Trouble {
    pub(super) fn new(groups: usize) -> Self {
        Self(Mutex::new(Known { groups, ..Known::default() }))
    }

    /// Takes the rules of a group that have failed at a time, and returns what there is to say now.
    pub(super) fn heard(&self, group: usize, failed: Vec<(usize, String)>, at: i64) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.failing.retain(|place, _| place.0 != group);
        known.failing.extend(failed.into_iter().map(|(index, why)| ((group, index), why)));
        if known.failing.keys().eq(&known.said) {
            known.heard.clear();
            return None;
        }
        let is_round_over = !known.heard.insert(group) || known.heard.len() >= known.groups;
        if !known.failing.is_empty() && !is_round_over {
            return None;
        }
        known.say(at)
    }
}

impl Known {
    fn say(&mut self, at: i64) -> Option<String> {
        let count = self.failing.len();
        let new = self.failing.iter().find(|(place, _)| !self.said.contains(place));
        let words = match (new, self.failing.values().next()) {
            (None, None) => "rules are evaluated again".to_owned(),
            (None, Some(why)) => format!("other rules are evaluated again; {}", cannot(count, why)),
            (Some(_), _) if self.said_at.is_some_and(|said| (at - said).abs() < QUIET) => return None,
            (Some((_, why)), _) => {
                self.said_at = Some(at);
                cannot(count, why)
            }
        };
        self.said = self.failing.keys().copied().collect();
        self.heard.clear();
        Some(words)
    }
}

fn cannot(count: usize, why: &str) -> String {
    let rules = if count == 1 { "rule" } else { "rules" };
    let (end, dots) = why.char_indices().nth(LONGEST).map_or((why.len(), ""), |(end, _)| (end, "…"));
    format!("{count} {rules} cannot be evaluated: {}{dots}", why.get(..end).unwrap_or(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said when, of these groups, those rules fail at this second.
    fn heard(trouble: &Trouble, group: usize, failed: &[usize], second: i64) -> Option<String> {
        let failed = failed.iter().map(|index| (*index, format!("away {index}"))).collect();
        trouble.heard(group, failed, second * 1000)
    }

    #[test]
    fn what_befalls_all_groups_is_said_once_when_all_were_heard_of() {
        let trouble = Trouble::new(2);
        assert_eq!(heard(&trouble, 0, &[], 0), None);
        assert_eq!(heard(&trouble, 0, &[0, 1], 15), None);
        assert_eq!(
            heard(&trouble, 1, &[3], 16).unwrap(),
            "3 rules cannot be evaluated: away 0",
            "and the reason of the first"
        );
        assert_eq!([heard(&trouble, 0, &[0, 1], 30), heard(&trouble, 1, &[3], 31)], [None, None]);
        assert_eq!(heard(&trouble, 0, &[], 45), None, "not all have recovered");
        assert_eq!(heard(&trouble, 1, &[], 46).unwrap(), "rules are evaluated again");
    }

    #[test]
    fn a_group_that_is_seldom_heard_of_holds_nothing_up_and_what_is_over_soon_is_not_said() {
        let trouble = Trouble::new(2);
        assert_eq!([heard(&trouble, 0, &[0], 0), heard(&trouble, 0, &[], 15)], [None, None]);
        assert_eq!(heard(&trouble, 0, &[0], 30), None);
        assert_eq!(heard(&trouble, 0, &[0], 45).unwrap(), "1 rule cannot be evaluated: away 0");
    }

    #[test]
    fn what_comes_and_goes_is_said_once_a_minute() {
        let trouble = Trouble::new(1);
        let mut said = 0;
        for minute in 0..10 {
            for quarter in 0..4 {
                let failed: &[usize] = if quarter % 2 == 0 { &[0] } else { &[] };
                said += usize::from(heard(&trouble, 0, failed, minute * 60 + quarter * 15).is_some());
            }
        }
        assert_eq!(said, 20, "a beginning and an end each minute");
    }

    #[test]
    fn more_that_fail_are_said_and_some_that_recover_too() {
        let trouble = Trouble::new(1);
        assert_eq!(heard(&trouble, 0, &[7], 0).unwrap(), "1 rule cannot be evaluated: away 7");
        assert_eq!(heard(&trouble, 0, &[7, 9], 59), None);
        assert_eq!(heard(&trouble, 0, &[7, 9], 74).unwrap(), "2 rules cannot be evaluated: away 9");
        let some = "other rules are evaluated again; 1 rule cannot be evaluated: away 7";
        assert_eq!(heard(&trouble, 0, &[7], 200).unwrap(), some);
        let long = "ü".repeat(LONGEST + 1);
        assert!(cannot(2, &long).ends_with("ü…"), "{}", cannot(2, &long));
    }
}
