//! The power fails at every point of a merge.

use crate::child::Plan;
use crate::contended::{once, taken};
use crate::disk::Disk;
use crate::killed::allowed;
use crate::skip::require;
use crate::state::{Process, State, ledger};
use crate::trace::{Led, Step, permitted};
use crate::tree;
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
        note(&led.step_alone(), &mut disk);
    }
    assert!(checked.len() > 10, "a merge has more points than {}", checked.len());
}

/// What this step made durable.
fn note(step: &Step, disk: &mut Disk) {
    match step {
        Step::Behind(call, 0) if call.syncs_all() => disk.sync_all(),
        Step::Behind(call, 0) => call.synced().iter().for_each(|path| disk.sync(path)),
        _ => {}
    }
}

/// Leads a process, with an eye on the disk, until it has passed so many marks or has made so many steps.
fn follow(led: &mut Led, disk: &mut Disk, marks: u32, steps: usize) {
    for _ in 0..steps {
        if led.marks == marks {
            return;
        }
        disk.look();
        note(&led.step_alone(), disk);
    }
    disk.look();
}

#[test]
fn the_first_merges_ever_are_there_or_are_not() {
    let host = tree::folder();
    require!(permitted(host.path()));
    let host = tree::folder();
    let mut states = vec![State::default()];
    (1..=3).for_each(|merges| states.push(states[merges as usize - 1].plus("child", merges)));
    holds_at_every_point(host.path(), Plan { name: "child", earlier: 0, merges: 3, reads: false }, &states);
}

#[test]
fn a_merge_into_a_ledger_in_use_is_there_or_is_not() {
    let host = tree::folder();
    require!(permitted(host.path()));
    let host = tree::folder();
    let mut survivor = Process::begin(host.path(), "survivor");
    survivor.merge();
    let before = State::default().plus("survivor", 1);
    let states = [before.clone(), before.plus("child", 1)];
    holds_at_every_point(host.path(), once("child"), &states);
}

#[test]
fn what_the_dead_left_unsynced_is_durable_after_the_next_merge() {
    let host = tree::folder();
    require!(permitted(host.path()));
    let states = [State::default().plus("heir", 1), State::default().plus("child", 1).plus("heir", 1)];
    for steps in 0.. {
        let host = tree::folder();
        let mut disk = Disk::new(host.path());
        let mut child = Led::start(host.path(), once("child"));
        follow(&mut child, &mut disk, 3, steps);
        child.kill();
        let mut heir = Led::start(host.path(), once("heir"));
        follow(&mut heir, &mut disk, 2, usize::MAX);
        let what = format!("killed after {steps} steps, and a power cut after the next merge");
        verdict::of(&disk.synced(), allowed(&states, child.marks), &what);
        if child.marks == 3 {
            break;
        }
    }
}

#[test]
fn what_is_merged_in_the_place_of_a_dead_one_is_durable() {
    let host = tree::folder();
    require!(permitted(host.path()));
    let before = State::default().plus("first", 1);
    let states = [before.plus("heir", 1), before.plus("child", 1).plus("heir", 1)];
    let mut waited = 0;
    for steps in 0.. {
        let host = tree::folder();
        Process::begin(host.path(), "first").merge();
        let file = ledger(host.path()).file();
        let mut disk = Disk::new(host.path());
        let mut child = Led::start(host.path(), once("child"));
        let mut heir = Led::start(host.path(), once("heir"));
        let mut locked = false;
        for _ in 0..steps {
            disk.look();
            let step = child.step();
            note(&step, &mut disk);
            match step {
                // The other one has what it needs, and stands still.
                Step::Waits => _ = follow_to_its_wait(&mut heir, &mut disk),
                Step::Ended(status) => panic!("it ended before its last mark with {status:?}"),
                _ => {}
            }
            if !locked && taken(&step, &file).is_some() {
                (locked, waited) = (true, waited + u32::from(follow_to_its_wait(&mut heir, &mut disk)));
            }
            if child.marks == 3 {
                break;
            }
        }
        child.kill();
        follow(&mut heir, &mut disk, 2, usize::MAX);
        let what = format!("killed after {steps} steps, and a power cut after the merge of one who waited");
        verdict::of(&disk.synced(), allowed(&states, child.marks), &what);
        if child.marks == 3 {
            break;
        }
    }
    assert!(waited > 0, "nobody ever waited");
}

/// Leads a process, with an eye on the disk, until it waits for another one or is done; says whether it waits.
fn follow_to_its_wait(led: &mut Led, disk: &mut Disk) -> bool {
    while led.marks < 3 {
        disk.look();
        match led.step() {
            Step::Waits => return true,
            step => note(&step, disk),
        }
    }
    false
}
