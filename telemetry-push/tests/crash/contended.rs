//! Two processes merge at once, and one of them is killed at every point: the one that has to wait, or the one that is waited for.

use crate::child::{Plan, Ready};
use crate::killed::allowed;
use crate::skip::require;
use crate::state::{Process, State, ledger};
use crate::trace::{Led, Step, comes_to_wait, permitted, wait_for};
use crate::tree::{self, Tree};
use crate::verdict;
use nix::sys::wait::WaitStatus;
use std::path::{Path, PathBuf};

/// The plan to merge once.
pub(crate) const fn once(name: &str) -> Plan<'_> {
    Plan { name, earlier: 0, merges: 1, reads: false }
}

/// A folder with a ledger that somebody has merged into and left.
fn host() -> (tempfile::TempDir, State) {
    let host = tree::folder();
    Process::begin(host.path(), "first").merge();
    let state = State::default().plus("first", 1);
    assert_eq!(State::read(host.path()), (state.clone(), Vec::new()));
    (host, state)
}

/// A process that stands at the moment where it puts the next ledger in the place of the old one, and has whatever lock that takes.
fn holder(root: &Path) -> Led {
    let file = ledger(root).file();
    let mut holder = Led::start(root, once("holder"));
    let step = holder
        .step_until(|step| matches!(step, Step::Before(call) if call.renamed_to().as_ref() == Some(&file)));
    assert!(matches!(step, Step::Before(_)), "the ledger is not replaced by a rename: {step:?}");
    holder
}

#[test]
fn one_who_waits_is_merged_or_is_not() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let mut waited_and_ended = 0;
    for steps in 0.. {
        let (host, before) = host();
        let before = before.plus("holder", 1);
        let states = [before.clone(), before.plus("child", 1)];
        let (mut holder, mut released) = (holder(host.path()), false);
        let mut child = Led::start(host.path(), once("child"));
        for _ in 0..steps {
            match child.step() {
                Step::Waits => {
                    released = true;
                    holder.run();
                }
                Step::Ended(status) => panic!("{status:?} while waiting"),
                _ => {}
            }
            if child.marks == 3 {
                break;
            }
        }
        child.kill();
        let ended = child.marks == 3;
        waited_and_ended += u32::from(ended && released);
        holder.finish();
        let what = format!("killed after {steps} steps");
        verdict::of(&Tree::read(host.path()), allowed(&states, child.marks), &what);
        if ended {
            break;
        }
    }
    assert_eq!(waited_and_ended, 1, "whoever comes second has to wait for the first");
}

/// The lock that this call has taken, if it is one beside the ledger: the locks of the living stand elsewhere.
pub(crate) fn taken(step: &Step, file: &Path) -> Option<PathBuf> {
    let Step::Behind(call, 0) = step else { return None };
    call.locked().filter(|lock| lock.parent() == file.parent())
}

#[test]
fn one_who_is_waited_for_dies_and_the_other_goes_on() {
    let probe = tree::folder();
    require!(permitted(probe.path()));
    let mut waited = 0;
    for steps in 0.. {
        let (host, before) = host();
        let file = ledger(host.path()).file();
        let mut leader = Led::start(host.path(), once("child"));
        let mut waiting = None;
        for _ in 0..steps {
            let step = leader.step();
            if waiting.is_none() && taken(&step, &file).is_some() {
                waiting = Some(waiter(host.path()));
            }
            assert!(!matches!(step, Step::Ended(_)), "it ended before its last mark");
            if leader.marks == 3 {
                break;
            }
        }
        let (waiter, did_wait) = waiting.unwrap_or_else(|| waiter(host.path()));
        waited += u32::from(did_wait);
        leader.kill();
        let what = format!("killed after {steps} steps");
        let status = wait_for(waiter.pid);
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{what}: the other failed with {status:?}");
        let before = before.plus("waiter", 1);
        let states = [before.clone(), before.plus("child", 1)];
        verdict::of(&Tree::read(host.path()), allowed(&states, leader.marks), &what);
        if leader.marks == 3 {
            break;
        }
    }
    assert!(waited > 0, "nobody ever waited");
}

/// A process that nobody leads, in its merge, and whether it waits there.
fn waiter(root: &Path) -> (Ready, bool) {
    let mut waiter = Ready::start(root, once("waiter"));
    waiter.go();
    let waits = comes_to_wait(waiter.pid);
    (waiter, waits)
}
