//! Users with different ids share the ledger in a folder that all of them may write.

use crate::child::{TEST, to_merge};
use crate::scene::{Scene, ended, open_to_all, set_mode, succeeds};
use crate::skip::require;
use crate::state::State;
use std::fs;
use std::os::unix::fs::chown;
use std::process::Stdio;

/// A group that the users have in common, and the numbers of two of them; nothing on the system has to know any of these.
const GROUP: u32 = 12000;
const ALICE: u32 = 12001;
const BOB: u32 = 12002;
const NOBODY: u32 = 65534;

/// Two users merge in turn, each in a new process, and both are right to the end. `umask` is what each takes away from its files.
fn share(mode: u32, users: [u32; 2], umask: &str) {
    let (folder, binary) = open_to_all();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    chown(&shared, None, Some(GROUP)).unwrap();
    set_mode(&shared, mode);
    let mut state = State::default();
    for _ in 0..5 {
        for user in users {
            let scene = Scene::user(user, GROUP).with_umask(umask);
            let name = user.to_string();
            succeeds(to_merge(&mut scene.test_of(&binary, TEST), &shared, &name, 1));
            state = state.plus(&name, 1);
        }
    }
    assert_eq!(State::read(&shared), (state, Vec::new()));
}

#[test]
fn in_a_folder_that_everybody_may_write() {
    require!(Scene::user(ALICE, GROUP).permitted());
    share(0o777, [ALICE, BOB], "022");
}

#[test]
fn in_a_folder_that_everybody_may_write_by_users_who_hide_their_files() {
    require!(Scene::user(ALICE, GROUP).permitted());
    share(0o777, [ALICE, BOB], "077");
}

/// What stands in a sticky folder, such as the system's for temporary files, is its owner's alone: another user may not count there, is
/// told so, and changes nothing.
#[test]
fn in_a_sticky_folder_everybody_keeps_to_what_is_their_own() {
    require!(Scene::user(ALICE, GROUP).permitted());
    let (folder, binary) = open_to_all();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    succeeds(to_merge(&mut Scene::user(ALICE, GROUP).test_of(&binary, TEST), &shared, "a", 1));
    let mut other = Scene::user(BOB, GROUP).test_of(&binary, TEST);
    let output = ended(to_merge(&mut other, &shared, "a", 1).stderr(Stdio::piped()).spawn().unwrap());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("PermissionDenied"), "{said}");
    assert_eq!(State::read(&shared), (State::default().plus("a", 1), Vec::new()));
}

#[test]
fn in_a_folder_of_a_group() {
    require!(Scene::user(ALICE, GROUP).permitted());
    share(0o2770, [ALICE, BOB], "022");
}

#[test]
fn in_a_folder_of_a_group_by_users_who_hide_their_files() {
    require!(Scene::user(ALICE, GROUP).permitted());
    share(0o2770, [ALICE, BOB], "077");
}

#[test]
fn root_first_and_then_somebody_else() {
    require!(Scene::user(NOBODY, GROUP).permitted());
    share(0o777, [0, NOBODY], "022");
}

#[test]
fn somebody_first_and_then_root() {
    require!(Scene::user(NOBODY, GROUP).permitted());
    share(0o777, [NOBODY, 0], "022");
    share(0o1777, [NOBODY, 0], "022");
}
