//! Whether a folder that a death left behind is sound.

use crate::state::{Process, State};
use crate::tree::{self, Tree};

/// Checks that what stands in the tree is one of the allowed ledgers, in which nobody lives, whoever comes first: one who reads, or one
/// who merges. Returns which one it is.
pub(crate) fn of(tree: &Tree, allowed: &[State], what: &str) -> State {
    let allowed: Vec<State> = allowed.iter().map(|state| state.with_living(0)).collect();
    assert_eq!(tree.set_aside(), Vec::<&tree::Node>::new(), "{what}");
    let found = of_a_reader(tree, &allowed, what);
    of_a_merge(tree, &allowed, what);
    found
}

fn of_a_reader(tree: &Tree, allowed: &[State], what: &str) -> State {
    let folder = tree::folder();
    tree.write(folder.path());
    let (found, notes) = State::read(folder.path());
    assert_eq!(notes, Vec::<String>::new(), "{what}");
    assert!(allowed.contains(&found), "{what}: {found:?} is none of {allowed:?}");
    let mut next = Process::begin(folder.path(), "next");
    next.merge();
    assert_eq!(State::read(folder.path()).0, found.plus("next", 1).with_living(1), "{what}");
    drop(next);
    assert_eq!(State::read(folder.path()).0, found.plus("next", 1), "{what}");
    assert_eq!(Tree::read(folder.path()).set_aside().len(), 0, "{what}");
    found
}

fn of_a_merge(tree: &Tree, allowed: &[State], what: &str) {
    let folder = tree::folder();
    tree.write(folder.path());
    let mut next = Process::begin(folder.path(), "next");
    next.merge();
    let (found, notes) = State::read(folder.path());
    assert_eq!(notes, Vec::<String>::new(), "{what}");
    let allowed: Vec<State> = allowed.iter().map(|state| state.plus("next", 1).with_living(1)).collect();
    assert!(allowed.contains(&found), "{what}: {found:?} is none of {allowed:?}");
}
