//! A user without a home.

use crate::scene::{Scene, ended, is_inside, open_to_all, set_mode, succeeds};
use crate::skip::require;
use telemetry_core::Registry;
use telemetry_core::config::Config;
use telemetry_push::{Carry, Error, Ledger};

#[test]
fn an_unknown_user_without_a_home_is_told_what_to_set() {
    let scene = Scene::unknown_user();
    require!(scene.permitted());
    let (_folder, binary) = open_to_all();
    succeeds(
        scene.test_of(&binary, "home::inside_without_a_home").env_remove("HOME").env_remove("XDG_STATE_HOME"),
    );
}

#[test]
#[ignore = "started as a user whom the system does not know"]
fn inside_without_a_home() {
    if is_inside() {
        let error = Ledger::new(&Config::default()).unwrap_err();
        assert!(matches!(error, Error::NoFolder(_)), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("HOME") && said.contains("telemetry.ledger_path"), "{said}");
    }
}

#[test]
fn a_relative_path_is_no_home() {
    let scene = Scene::unknown_user();
    require!(scene.permitted());
    let (_folder, binary) = open_to_all();
    let mut command = scene.test_of(&binary, "home::inside_without_a_home");
    succeeds(command.env("HOME", "relative").env("XDG_STATE_HOME", "relative"));
}

#[test]
fn an_unknown_user_whose_home_is_not_there_is_told_which() {
    let scene = Scene::unknown_user();
    require!(scene.permitted());
    let (folder, binary) = open_to_all();
    let home = folder.path().join("not-there");
    set_mode(folder.path(), 0o555);
    let mut command = scene.test_of(&binary, "home::inside_with_a_home_that_is_not_there");
    let output = ended(command.env("HOME", home).env_remove("XDG_STATE_HOME").spawn().unwrap());
    set_mode(folder.path(), 0o755);
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "started as a user whom the system does not know"]
fn inside_with_a_home_that_is_not_there() {
    if !is_inside() {
        return;
    }
    let config = Config::default();
    let ledger = Ledger::new(&config).unwrap();
    assert!(ledger.place().instance.starts_with("uid-12345@"), "{}", ledger.place().instance);
    assert!(ledger.totals(&mut Vec::new()).unwrap().is_none());
    let said = Carry::new(ledger, Registry::new(&config)).merge().unwrap_err().to_string();
    assert!(said.contains("not-there"), "{said}");
}
