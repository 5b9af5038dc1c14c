//! Hundreds of processes at once.

use crate::child::{TEST, to_merge};
use crate::scene::{Scene, ended};
use crate::state::State;
use std::io;

const PROCESSES: u32 = 300;
const MERGES: u32 = 3;

#[test]
fn hundreds_of_processes_at_once_lose_nothing_and_none_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, open) = io::pipe().unwrap();
    let start = |_| {
        let mut command = Scene::here().test(TEST);
        to_merge(&mut command, folder.path(), "one", MERGES).stdin(gate.try_clone().unwrap()).spawn().unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(start).collect();
    drop(open);
    let outputs: Vec<_> = children.into_iter().map(ended).collect();
    let failed: Vec<_> = outputs.iter().filter(|output| !output.status.success()).collect();
    let said = failed.first().map(|output| String::from_utf8_lossy(&output.stderr));
    assert!(failed.is_empty(), "{} failed, the first with {}", failed.len(), said.unwrap());
    let once = |state: State| (1..=MERGES).fold(state, |state, nth| state.plus("one", nth));
    let state = (0..PROCESSES).fold(State::default(), |state, _| once(state));
    assert_eq!(State::read(folder.path()), (state, Vec::new()));
}
