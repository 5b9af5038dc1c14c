//! A ledger that may be read and not written.

use crate::child::{TEST, to_merge};
use crate::full_disk::mount;
use crate::scene::{Scene, ended, is_inside, open_to_all, succeeds};
use crate::skip::require;
use crate::state::{Process, State};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const FOLDER: &str = "TELEMETRY_SURROUNDINGS_READ_ONLY";

#[test]
fn on_a_read_only_disk_a_merge_fails_clearly_and_totals_are_read() {
    require!(Scene::own_mounts().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_mounts().test("read_only::inside_a_read_only_disk").env(FOLDER, folder.path()));
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_a_read_only_disk() {
    if !is_inside() {
        return;
    }
    let root = PathBuf::from(env::var_os(FOLDER).unwrap());
    mount(&root, "size=1m");
    let (written, read) = (root.join("written"), root.join("read"));
    [&written, &read].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    let (mut living, mut dying) = (Process::begin(&written, "living"), Process::begin(&written, "dying"));
    living.merge();
    dying.merge();
    // The same folder once more, where nobody may write.
    succeeds(Command::new("mount").arg("--bind").args([&written, &read]));
    succeeds(Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&read));
    let mut barred = Process::begin(&read, "barred");
    barred.count();
    let said = barred.carry.merge().unwrap_err().to_string();
    assert!(said.contains(&*read.to_string_lossy()) && said.starts_with("cannot "), "{said} names no file");
    let state = State::default().plus("living", 1).plus("dying", 1);
    assert_eq!(State::read(&read), (state.with_living(2), Vec::new()));
    drop(dying);
    assert_eq!(State::read(&read), (state.with_living(1), Vec::new()), "the dead do not count");
    succeeds(Command::new("mount").args(["-o", "remount,bind,rw"]).arg(&read));
    barred.merge();
    let state = state.plus("barred", 1).plus("barred", 2).with_living(2);
    assert_eq!(State::read(&read), (state, Vec::new()));
}

#[test]
fn the_ledger_of_another_user_is_read_and_a_merge_into_it_fails_clearly() {
    let stranger = Scene::user(65534, 65534);
    require!(stranger.permitted());
    let (folder, binary) = open_to_all();
    let root = folder.path();
    Process::begin(root, "own").merge();
    let command = &mut stranger.test_of(&binary, TEST);
    let output = ended(to_merge(command, root, "stranger", 1).spawn().unwrap());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("PermissionDenied") && said.contains("state"),
        "{said}"
    );
    succeeds(stranger.test_of(&binary, "read_only::inside_as_a_stranger").env(FOLDER, root));
    assert_eq!(State::read(root), (State::default().plus("own", 1), Vec::new()));
}

#[test]
#[ignore = "started as another user"]
fn inside_as_a_stranger() {
    if is_inside() {
        let root = PathBuf::from(env::var_os(FOLDER).unwrap());
        assert_eq!(State::read(&root), (State::default().plus("own", 1), Vec::new()));
    }
}
