//! The power fails at every point of a merge.

use crate::child::Plan;
use crate::disk::Disk;
use crate::killed::allowed;
use crate::skip::require;
use crate::state::{Process, State};
use crate::trace::{Led, Step, permitted};
use crate::verdict;
use std::collections::BTreeSet;
use std::path::Path;

/// Leads a process through its plan, and checks at each point every folder that a power cut may leave. `states` are those before its
/// first merge, after the first, and so on.
fn holds_at_every_point(root: &Path, plan: Plan<'_>, states: &[State]) {
    let mut disk = Disk::new(root);
    let mut led = Led::start(root, plan);
    let mut checked = BTreeSet::new();
    for steps in 0.. {
        disk.look();
        let allowed = allowed(states, led.marks);
        for (survived, tree) in disk.after_power_cut() {
            // A folder that was checked once is as sound the second time, as long as the same is expected of it.
            if checked.insert((tree.clone(), led.marks)) {
                let what = format!("power cut after {steps} steps and {} marks, {survived}", led.marks);
                verdict::of(&tree, allowed, &what);
            }
        }
        if led.marks == plan.merges + 2 {
            break;
        }
        match led.step_alone() {
            Step::Behind(call, 0) if call.syncs_all() => disk.sync_all(),
            Step::Behind(call, 0) => call.synced().iter().for_each(|path| disk.sync(path)),
            _ => {}
        }
    }
    assert!(checked.len() > 10, "a merge has more points than {}", checked.len());
}

#[test]
fn the_first_merges_ever_are_there_or_are_not() {
    let host = tempfile::tempdir().unwrap();
    require!(permitted(host.path()));
    let host = tempfile::tempdir().unwrap();
    let mut states = vec![State::default()];
    (1..=3).for_each(|merges| states.push(states[merges as usize - 1].plus("child", merges)));
    holds_at_every_point(host.path(), Plan { name: "child", earlier: 0, merges: 3 }, &states);
}

#[test]
fn a_merge_into_a_ledger_in_use_is_there_or_is_not() {
    let host = tempfile::tempdir().unwrap();
    require!(permitted(host.path()));
    let host = tempfile::tempdir().unwrap();
    let mut survivor = Process::begin(host.path(), "survivor");
    survivor.merge();
    let before = State::default().plus("survivor", 1);
    let states = [before.clone(), before.plus("child", 1)];
    holds_at_every_point(host.path(), Plan { name: "child", earlier: 0, merges: 1 }, &states);
}
