//! Host names: one that changes, and two hosts that share a folder.

use crate::child::{TEST, instance, of_host, to_merge};
use crate::scene::{Scene, ended, is_inside, succeeds};
use crate::skip::require;
use crate::state::{Process, State, config};
use std::env;
use std::path::{Path, PathBuf};
use telemetry_core::config::Config;
use telemetry_push::Ledger;

const FOLDER: &str = "TELEMETRY_SURROUNDINGS_HOSTS";

#[test]
fn a_host_name_that_changes_begins_another_ledger_and_loses_nothing() {
    require!(Scene::own_host_name().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_host_name().test("hosts::inside_a_host_that_is_renamed").env(FOLDER, folder.path()));
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_a_host_that_is_renamed() {
    if !is_inside() {
        return;
    }
    let mut config = config(&PathBuf::from(env::var_os(FOLDER).unwrap()));
    config.prometheus.instance = None;
    rustix::system::sethostname(b"early").unwrap();
    let mut early = Process::configured(&config, "early");
    early.merge();
    rustix::system::sethostname(b"late").unwrap();
    early.merge();
    let mut late = Process::configured(&config, "late");
    late.merge();
    early.merge();
    let (first, second) = (early.carry.ledger().clone(), late.carry.ledger().clone());
    assert!(first.place().instance.ends_with("@early"), "{:?}", first.place());
    assert!(second.place().instance.ends_with("@late"), "{:?}", second.place());
    let state = State::default().plus("early", 1).plus("early", 2).plus("early", 3);
    assert_eq!(State::of_ledger(&first), (state.with_living(1), Vec::new()));
    assert_eq!(State::of_ledger(&second), (State::default().plus("late", 1).with_living(1), Vec::new()));
}

/// Lets two hosts merge at once, each with a name of its own; returns what they printed.
fn two_hosts(root: &Path, merges: u32, named: bool) -> [String; 2] {
    let children = ["one", "two"].map(|host| {
        let mut command = Scene::own_host_name().test(TEST);
        to_merge(&mut command, root, host, merges);
        if named {
            of_host(&mut command, host);
        }
        command.spawn().unwrap()
    });
    children.map(|child| {
        let output = ended(child);
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{stdout}\n{stderr}");
        stdout.into_owned()
    })
}

#[test]
fn two_hosts_that_share_a_folder_have_a_ledger_each() {
    require!(Scene::own_host_name().permitted());
    let folder = tempfile::tempdir().unwrap();
    let printed = two_hosts(folder.path(), 20, true);
    let instances = printed.each_ref().map(|printed| instance(printed));
    for (name, instance) in ["one", "two"].into_iter().zip(instances) {
        assert!(instance.ends_with(&format!("@{name}")), "{instance}");
        let mut config: Config = config(folder.path());
        config.prometheus.instance = Some(instance.to_owned());
        let ledger = Ledger::new(&config).unwrap();
        let state = (1..=20).fold(State::default(), |state, nth| state.plus(name, nth));
        assert_eq!(State::of_ledger(&ledger), (state, Vec::new()), "{instance}");
    }
}

#[test]
fn two_hosts_that_share_a_folder_and_an_instance_lose_nothing() {
    require!(Scene::own_host_name().permitted());
    let folder = tempfile::tempdir().unwrap();
    two_hosts(folder.path(), 50, false);
    let state = ["one", "two"]
        .iter()
        .fold(State::default(), |state, name| (1..=50).fold(state, |state, nth| state.plus(name, nth)));
    assert_eq!(State::read(folder.path()), (state, Vec::new()));
}
