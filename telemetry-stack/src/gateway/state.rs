//! All groups together: what they have in common, what contradicts it, and how much there is.
//!
//! The checks cost as much as the push, however many groups there are: families are found by their names, and of other groups only
//! those are looked at that could have a series of the pushed ones.

use super::error::Refusal;
use super::group::{Group, GroupKey, Head, Kept, Nanos};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::exposition::{Event, FamilyKind, Format, Label, Reader};

/// The most sets of label names by which groups are told apart. Each push is held against every other set, and nobody who means well
/// needs more than a few.
const MOST_SHAPES: usize = 256;

/// How much all groups together may come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) groups: usize,
    pub(super) series: usize,
    pub(super) bytes: usize,
    /// How long a group lives that does not say so.
    pub(super) ttl: Option<Duration>,
}

/// All groups, and indexes over them.
#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    groups: HashMap<GroupKey, Arc<Group>>,
    names: HashMap<Box<str>, Use>,
    /// The names of the labels by which groups are told apart, with how many groups have just these.
    shapes: HashMap<Vec<Box<str>>, usize>,
    expiries: BTreeSet<(Nanos, GroupKey)>,
    series: usize,
    bytes: usize,
}

/// How a family's name is used. All groups that have the family agree on its kind.
#[derive(Debug)]
struct Use {
    head: Arc<Head>,
    groups: usize,
}

impl State {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            groups: HashMap::new(),
            names: HashMap::new(),
            shapes: HashMap::new(),
            expiries: BTreeSet::new(),
            series: 0,
            bytes: 0,
        }
    }

    pub(super) fn get(&self, key: &GroupKey) -> Option<&Arc<Group>> {
        self.groups.get(key)
    }

    /// The next moment at which a group vanishes.
    pub(super) fn next_expiry(&self) -> Option<Nanos> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Sets a group, or takes it away, and hands back the one before. Nothing is checked.
    pub(super) fn set(&mut self, key: &GroupKey, group: Option<Arc<Group>>) -> Option<Arc<Group>> {
        let before = self.groups.remove(key);
        if let Some(before) = &before {
            self.forget(before);
        }
        if let Some(group) = group {
            self.count(&group);
            self.groups.insert(key.clone(), group);
        }
        before
    }

    fn count(&mut self, group: &Arc<Group>) {
        for family in &group.families {
            match self.names.get_mut(family.name()) {
                Some(used) => used.groups += 1,
                None => {
                    let used = Use { head: Arc::clone(&family.head), groups: 1 };
                    self.names.insert(family.name().into(), used);
                }
            }
        }
        *self.shapes.entry(shape(&group.key)).or_default() += 1;
        self.expiries.extend(group.expiry(self.limits.ttl).map(|at| (at, group.key.clone())));
        self.series += group.series();
        self.bytes += group.size();
    }

    fn forget(&mut self, group: &Arc<Group>) {
        for family in &group.families {
            let used = self.names.get_mut(family.name());
            if used.is_some_and(|used| {
                used.groups -= 1;
                used.groups == 0
            }) {
                self.names.remove(family.name());
            }
        }
        let shape = shape(&group.key);
        if let Some(groups) = self.shapes.get_mut(&shape) {
            *groups -= 1;
            if *groups == 0 {
                self.shapes.remove(&shape);
            }
        }
        if let Some(at) = group.expiry(self.limits.ttl) {
            self.expiries.remove(&(at, group.key.clone()));
        }
        self.series -= group.series();
        self.bytes -= group.size();
    }

    /// The family with what others say of it shared, where they say the same.
    pub(super) fn share(&self, mut family: Kept) -> Kept {
        let known = self.names.get(family.name()).map(|used| &used.head);
        if let Some(known) = known.filter(|known| **known == family.head) {
            family.head = Arc::clone(known);
        }
        family
    }

    /// The keys of the groups whose time is over.
    pub(super) fn expired(&self, now: Nanos) -> Vec<GroupKey> {
        self.expiries.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| key.clone()).collect()
    }

    /// Whether a group may take the place of the one with its key.
    pub(super) fn check(&self, candidate: &Group) -> Result<(), Refusal> {
        let before = self.groups.get(&candidate.key);
        self.check_amounts(candidate, before)?;
        for family in changed(candidate, before) {
            self.check_kind(family, before)?;
            self.check_suffixes(family, candidate, before)?;
        }
        self.check_series(candidate, before)
    }

    fn check_amounts(&self, candidate: &Group, before: Option<&Arc<Group>>) -> Result<(), Refusal> {
        let Limits { groups, series, bytes, .. } = self.limits;
        if before.is_none() && self.groups.len() >= groups {
            return Err(Refusal::bad(format!(
                "there are {groups} groups, which is the most; delete some, give them a ttl, or push to fewer"
            )));
        }
        if self.shapes.len() >= MOST_SHAPES && !self.shapes.contains_key(&shape(&candidate.key)) {
            return Err(Refusal::bad(format!(
                "groups are told apart by {MOST_SHAPES} sets of label names, which is the most; give groups labels of the same names"
            )));
        }
        let (had_series, had_bytes) = before.map_or((0, 0), |before| (before.series(), before.size()));
        if self.series - had_series + candidate.series() > series {
            return Err(Refusal::bad(format!(
                "with this push there would be more than {series} series, which is the most; delete groups, or give them a ttl"
            )));
        }
        if self.bytes - had_bytes + candidate.size() > bytes {
            return Err(Refusal::bad(format!(
                "with this push all groups together would take more than {bytes} bytes; delete groups, or give them a ttl"
            )));
        }
        Ok(())
    }

    /// The kind that groups other than this one give a name.
    fn kind_elsewhere(&self, name: &str, before: Option<&Arc<Group>>) -> Option<FamilyKind> {
        let used = self.names.get(name)?;
        let own = usize::from(before.is_some_and(|before| before.family(name).is_some()));
        (used.groups > own).then_some(used.head.kind)
    }

    fn check_kind(&self, family: &Kept, before: Option<&Arc<Group>>) -> Result<(), Refusal> {
        match self.kind_elsewhere(family.name(), before) {
            Some(kind) if kind != family.head.kind => Err(Refusal::invalid(format!(
                "metric {:?} is pushed as {}, and is {} in another group",
                family.name(),
                family.head.kind.as_str(Format::Text),
                kind.as_str(Format::Text)
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses a family called like the lines of a histogram or summary.
    fn check_suffixes(
        &self,
        family: &Kept,
        candidate: &Group,
        before: Option<&Arc<Group>>,
    ) -> Result<(), Refusal> {
        let kind_of = |name: &str| {
            let here = candidate.family(name).map(|family| family.head.kind);
            here.or_else(|| self.kind_elsewhere(name, before))
        };
        let name = family.name();
        let taken = suffixes(family.head.kind).iter().map(|suffix| format!("{name}{suffix}"));
        let taken = taken.filter(|taken| kind_of(taken).is_some()).map(|taken| (taken, name.to_owned()));
        let of = SUFFIXES.iter().filter_map(|suffix| Some((name.strip_suffix(suffix)?, suffix)));
        let of =
            of.filter(|(base, suffix)| kind_of(base).is_some_and(|kind| suffixes(kind).contains(suffix)));
        let of = of.map(|(base, _)| (name.to_owned(), base.to_owned()));
        match taken.chain(of).next() {
            Some((line, whole)) => Err(Refusal::invalid(format!(
                "metric {line:?} is called like a part of the histogram or summary {whole:?}"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses a series that another group has. It has the labels of both groups then, so that groups told apart by labels of the
    /// same names cannot share one.
    fn check_series(&self, candidate: &Group, before: Option<&Arc<Group>>) -> Result<(), Refusal> {
        let own = shape(&candidate.key);
        for other in self.shapes.keys().filter(|other| **other != own) {
            for family in changed(candidate, before) {
                self.check_series_of(family, &candidate.key, other)?;
            }
        }
        Ok(())
    }

    fn check_series_of(&self, family: &Kept, own: &GroupKey, shape: &[Box<str>]) -> Result<(), Refusal> {
        let missing = shape.iter().filter(|name| own.labels().all(|(own, _)| own != &***name));
        let mut missing = missing.peekable();
        if missing.peek().is_none() && !self.has_family(&project(own.labels(), shape), family.name()) {
            return Ok(());
        }
        if !missing.all(|name| family.lines.contains(&format!("{name}=\""))) {
            return Ok(());
        }
        let mut seen: HashMap<GroupKey, HashSet<&str>> = HashMap::new();
        for line in family.lines.lines() {
            let Some(key) = group_of(line, shape) else { continue };
            if !seen.contains_key(&key) {
                seen.insert(key.clone(), self.series_of(&key, family.name()));
            }
            if seen.get(&key).is_some_and(|series| series.contains(series_of(line))) {
                let series = super::path::shown(series_of(line));
                return Err(Refusal::invalid(format!(
                    "another group, {key:?}, has the series {series} already"
                )));
            }
        }
        Ok(())
    }

    fn has_family(&self, key: &GroupKey, name: &str) -> bool {
        self.groups.get(key).is_some_and(|group| group.family(name).is_some())
    }

    fn series_of(&self, key: &GroupKey, name: &str) -> HashSet<&str> {
        let family = self.groups.get(key).and_then(|group| group.family(name));
        family.into_iter().flat_map(|family| family.lines.lines()).map(series_of).collect()
    }
}

/// What follows the name of a histogram in the names of its lines.
const SUFFIXES: [&str; 3] = ["_count", "_sum", "_bucket"];

fn suffixes(kind: FamilyKind) -> &'static [&'static str] {
    match kind {
        FamilyKind::Histogram => &SUFFIXES,
        FamilyKind::Summary => SUFFIXES.split_at(2).0,
        _ => &[],
    }
}

/// The families that the group before did not have just so.
fn changed<'g>(
    candidate: &'g Group,
    before: Option<&'g Arc<Group>>,
) -> impl Iterator<Item = &'g Arc<Kept>> + 'g {
    candidate.families.iter().filter(move |family| {
        let before = before.and_then(|before| before.family(family.name()));
        !before.is_some_and(|before| Arc::ptr_eq(before, family))
    })
}

/// The names of a group's labels, sorted as they are.
fn shape(key: &GroupKey) -> Vec<Box<str>> {
    key.labels().map(|(name, _)| name.into()).collect()
}

fn project<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>, shape: &[Box<str>]) -> GroupKey {
    GroupKey::new(labels.filter(|(name, _)| shape.iter().any(|wanted| **wanted == **name)))
}

/// The group of this shape that could have the series of a line too, if the line has all its labels.
fn group_of(line: &str, shape: &[Box<str>]) -> Option<GroupKey> {
    let mut reader = Reader::new(line, Format::Text);
    let Ok(Event::Sample(sample)) = reader.next_event() else { return None };
    let is_wanted = |label: &&Label<'_>| shape.iter().any(|name| **name == *label.name);
    let labels = sample.labels.iter().filter(is_wanted);
    (labels.clone().count() == shape.len())
        .then(|| GroupKey::new(labels.map(|label| (&*label.name, &*label.value))))
}

/// A line without its value. Lines are written by one writer, with their labels in order, so that the same series has the same text.
fn series_of(line: &str) -> &str {
    line.rsplit_once(' ').map_or(line, |(series, _)| series)
}

#[cfg(test)]
mod tests {
    use super::super::group::Times;
    use super::*;
    use crate::gateway::families::{Bounds, Syntax, families};

    const LIMITS: Limits = Limits { groups: 3, series: 20, bytes: 100_000, ttl: None };

    fn group(labels: &[(&str, &str)], body: &str) -> Group {
        let key = GroupKey::new(labels.iter().copied());
        let bounds = Bounds { series: 1000, bytes: 100_000 };
        let families = families(body.as_bytes(), Syntax::Lines(Format::Text), &key, bounds).unwrap();
        let kept = families.into_iter().map(|family| Arc::new(Kept::new(family, 1)));
        Group::new(key, Times { pushed: 1, failed: 0, ttl: None }, kept, 1)
    }

    fn push(state: &mut State, labels: &[(&str, &str)], body: &str) -> Result<(), String> {
        let group = group(labels, body);
        state.check(&group).map_err(|refusal| refusal.reason)?;
        state.set(&group.key.clone(), Some(Arc::new(group)));
        Ok(())
    }

    #[test]
    fn a_kind_may_change_where_no_other_group_has_the_name() {
        let mut state = State::new(LIMITS);
        push(&mut state, &[("job", "x")], "# TYPE a gauge\na 1\n").unwrap();
        push(&mut state, &[("job", "x")], "# TYPE a counter\na 1\n").unwrap();
        push(&mut state, &[("job", "y")], "# TYPE a counter\na 1\n").unwrap();
        let error = push(&mut state, &[("job", "x")], "# TYPE a gauge\na 1\n").unwrap_err();
        assert!(error.contains("pushed as gauge, and is counter in another group"), "{error}");
        state.set(&GroupKey::new([("job", "y")]), None);
        push(&mut state, &[("job", "x")], "# TYPE a gauge\na 1\n").unwrap();
    }

    #[test]
    fn parts_of_histograms_and_summaries_have_their_names_alone() {
        let histogram = "# TYPE h histogram\nh_count 1\n";
        for (one, other, clash) in [
            (histogram, "h_bucket 1\n", true),
            ("h_sum 1\n", histogram, true),
            ("# TYPE h summary\nh_count 1\n", "h_bucket 1\n", false),
            ("# TYPE h summary\nh_count 1\n", "h_sum 1\n", true),
            (histogram, "h_total 1\n", false),
        ] {
            let mut state = State::new(LIMITS);
            push(&mut state, &[("job", "x")], one).unwrap();
            assert_eq!(push(&mut state, &[("job", "y")], other).is_err(), clash, "{one}{other}");
        }
    }

    #[test]
    fn no_two_groups_have_the_same_series() {
        for (one, other) in [
            ((&[("job", "x")][..], "m{a=\"c\"} 1\n"), (&[("a", "c"), ("job", "x")][..], "m 2\n")),
            ((&[("a", "c"), ("job", "x")], "m 2\n"), (&[("job", "x")], "m{a=\"c\"} 1\n")),
            ((&[("job", "x")], "a 1\n"), (&[("instance", ""), ("job", "x")], "b 1\n")),
            (
                (&[("a", "\"\\\n"), ("job", "x")], "m 2\n"),
                (&[("b", "é"), ("job", "x")], "m{a=\"\\\"\\\\\\n\",b=\"é\"} 1\n"),
            ),
        ] {
            let mut state = State::new(LIMITS);
            push(&mut state, one.0, one.1).unwrap();
            let second = push(&mut state, other.0, other.1);
            let shared = !one.1.contains("m 2") || !other.1.contains("b=");
            assert_eq!(second.is_err(), shared, "{one:?} {other:?}: {second:?}");
        }
        let mut state = State::new(LIMITS);
        push(&mut state, &[("job", "x")], "m{a=\"d\"} 1\n").unwrap();
        push(&mut state, &[("a", "c"), ("job", "x")], "m 2\n").unwrap();
        push(&mut state, &[("a", "d"), ("job", "x")], "n 2\n").unwrap();
    }

    #[test]
    fn there_is_a_most_of_everything() {
        let mut state = State::new(LIMITS);
        let many: String = (0..30).map(|n| format!("m{{n=\"{n}\"}} 1\n")).collect();
        assert!(push(&mut state, &[("job", "x")], &many).unwrap_err().contains("more than 20 series"));
        for job in ["x", "y", "z", "x"] {
            push(&mut state, &[("job", job)], "a 1\n").unwrap();
        }
        assert!(push(&mut state, &[("job", "w")], "a 1\n").unwrap_err().contains("3 groups"));
        let mut state = State::new(Limits { groups: 10_000, series: 10_000, bytes: 10_000_000, ttl: None });
        for n in 0..MOST_SHAPES {
            push(&mut state, &[("job", "x"), (&format!("l{n}"), "")], "").unwrap();
        }
        assert!(push(&mut state, &[("job", "x")], "").unwrap_err().contains("256 sets"));
        push(&mut state, &[("job", "y"), ("l5", "")], "").unwrap();
        let mut state = State::new(Limits { bytes: 100, ..LIMITS });
        assert!(push(&mut state, &[("job", "x")], "a 1\n").unwrap_err().contains("100 bytes"));
    }

    #[test]
    fn what_is_taken_away_leaves_nothing_behind() {
        let mut state = State::new(Limits { ttl: Some(Duration::from_nanos(5)), ..LIMITS });
        push(&mut state, &[("job", "x")], "a 1\n").unwrap();
        assert_eq!((state.expired(5).len(), state.expired(6).len(), state.next_expiry()), (0, 1, Some(6)));
        state.set(&GroupKey::new([("job", "x")]), None);
        let State { groups, names, shapes, expiries, series, bytes, .. } = state;
        assert!(groups.is_empty() && names.is_empty() && shapes.is_empty() && expiries.is_empty());
        assert_eq!((series, bytes), (0, 0));
    }

    #[test]
    fn what_groups_say_of_a_family_is_kept_once() {
        let mut state = State::new(LIMITS);
        push(&mut state, &[("job", "x")], "a 1\n").unwrap();
        let again = group(&[("job", "y")], "a 2\n");
        let first = Arc::clone(&state.names.get("a").unwrap().head);
        let family = Kept::new(super::super::group::read("a 1\n").unwrap().unwrap(), 1);
        assert!(!Arc::ptr_eq(&again.family("a").unwrap().head, &first));
        assert!(Arc::ptr_eq(&state.share(family).head, &first));
    }
}
