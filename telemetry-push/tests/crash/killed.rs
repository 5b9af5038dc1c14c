//! A process is killed at every point of its merges, one run for each.

use crate::child::Plan;
use crate::contended::once;
use crate::skip::require;
use crate::state::{Process, State, ledger};
use crate::trace::{Led, permitted};
use crate::tree::{self, Node, Tree};
use crate::verdict;
use std::fs;
use std::path::Path;

/// Starts a process by this plan and kills it after so many steps. Says how many marks it had passed, and whether it had got to
/// the last one, so that there is no point beyond.
fn killed_after(root: &Path, plan: Plan<'_>, steps: usize) -> (u32, bool) {
    let mut led = Led::start(root, plan);
    let last = plan.merges + 2;
    for _ in 0..steps {
        led.step_alone();
        if led.marks == last {
            break;
        }
    }
    led.kill();
    (led.marks, led.marks == last)
}

/// The states that may be found where a process was killed or lost its power after so many marks; `states` are those before the first
/// merge, after the first, and so on.
pub(crate) fn allowed(states: &[State], marks: u32) -> &[State] {
    let (marks, last) = (marks as usize, states.len() - 1);
    &states[marks.saturating_sub(1).min(last)..=marks.min(last)]
}

#[test]
fn the_first_merge_ever_is_there_or_is_not() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let states = [State::default(), State::default().plus("child", 1)];
    let plan = once("child");
    let mut found = Vec::new();
    for steps in 0.. {
        let host = tree::folder();
        let (marks, ended) = killed_after(host.path(), plan, steps);
        let what = format!("killed after {steps} steps");
        found.push(verdict::of(&Tree::read(host.path()), allowed(&states, marks), &what));
        if ended {
            break;
        }
    }
    passed_from_one_to_the_other(&found, &states);
}

#[test]
fn a_merge_into_a_ledger_in_use_is_there_or_is_not_and_leaves_no_heap_of_files() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let host = tree::folder();
    let mut survivor = Process::begin(host.path(), "survivor");
    survivor.merge();
    let mut state = State::default().plus("survivor", 1).with_living(1);
    let files = Tree::read(host.path()).len();
    let plan = once("child");
    let mut survived = 1;
    for steps in 0.. {
        let (marks, ended) = killed_after(host.path(), plan, steps);
        let what = format!("killed after {steps} steps");
        let states = [state.clone(), state.plus("child", 1)];
        let tree = Tree::read(host.path());
        verdict::of(&tree, allowed(&states, marks), &what);
        let (found, notes) = State::read(host.path());
        assert_eq!(notes, Vec::<String>::new(), "{what}");
        assert!(allowed(&states, marks).contains(&found), "{what}: {found:?} is none of {states:?}");
        survivor.merge();
        survived += 1;
        state = found.plus("survivor", survived);
        assert_eq!(State::read(host.path()).0, state, "{what}");
        if ended {
            break;
        }
    }
    let left = Tree::read(host.path());
    assert!(left.len() <= files + 4, "{survived} deaths left {:?}", left.nodes.keys());
}

#[test]
fn a_later_merge_of_a_living_process_is_there_or_is_not() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let before = State::default().plus("child", 1);
    let states = [before.clone(), before.plus("child", 2), before.plus("child", 2).plus("child", 3)];
    let plan = Plan { name: "child", earlier: 1, merges: 2, reads: false };
    let mut found = Vec::new();
    for steps in 0.. {
        let host = tree::folder();
        let (marks, ended) = killed_after(host.path(), plan, steps);
        let what = format!("killed after {steps} steps");
        found.push(verdict::of(&Tree::read(host.path()), allowed(&states, marks), &what));
        if ended {
            break;
        }
    }
    passed_from_one_to_the_other(&found, &states);
}

/// What is killed later has merged no less, and every state comes up.
fn passed_from_one_to_the_other(found: &[State], states: &[State]) {
    let mut passed = found.to_vec();
    passed.dedup();
    assert_eq!(passed, states);
}

#[test]
fn a_damaged_ledger_is_kept_whenever_the_one_dies_who_sets_it_aside() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let states = [State::default(), State::default().plus("child", 1)];
    let plan = once("child");
    let damaged = b"rubbish {{{";
    for steps in 0.. {
        let host = tree::folder();
        let file = ledger(host.path()).file();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, damaged).unwrap();
        let (marks, ended) = killed_after(host.path(), plan, steps);
        let (found, notes) = State::read(host.path());
        assert!(allowed(&states, marks).contains(&found), "killed after {steps} steps: {found:?}");
        assert_eq!(notes, Vec::<String>::new(), "killed after {steps} steps");
        let mut next = Process::begin(host.path(), "next");
        let told = next.merge_and_tell();
        assert!(told.len() <= 1, "killed after {steps} steps: {told:?}");
        drop(next);
        assert_eq!(State::read(host.path()), (found.plus("next", 1), Vec::new()), "after {steps} steps");
        let left = Tree::read(host.path());
        assert_eq!(left.set_aside(), [&Node::File(damaged.to_vec())], "killed after {steps} steps");
        if ended {
            break;
        }
    }
}

#[test]
fn one_who_reads_and_sweeps_the_dead_changes_no_count() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let plan = Plan { name: "child", earlier: 0, merges: 2, reads: true };
    let state = State::default().plus("dead", 1);
    for steps in 0.. {
        let host = tree::folder();
        // The ledger shows it as living, and nobody has read it since.
        Process::begin(host.path(), "dead").merge();
        let (_, ended) = killed_after(host.path(), plan, steps);
        let what = format!("killed after {steps} steps");
        verdict::of(&Tree::read(host.path()), std::slice::from_ref(&state), &what);
        if ended {
            break;
        }
    }
}
