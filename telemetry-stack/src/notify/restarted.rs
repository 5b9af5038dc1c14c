//! Webhooks over restarts. What a courier leaves behind when it ends is what a kill leaves: nothing is written at the end.

use super::tests::{Receiving, emptied, hook, news, notice};
use super::{Courier, News};
use crate::rules::{Event, Notice, Notifier};
use std::fs;
use std::path::{Path, PathBuf};

/// A notice of an alert that began to fire at this time.
fn since(starts_at: i64, event: Event) -> Notice {
    Notice { starts_at, ends_at: i64::MAX, ..notice("A", event) }
}

/// What the hook is called with, as status and beginning, when a courier in this folder is told of these one by one.
fn calls(receiving: &Receiving, folder: &Path, notices: &[Notice]) -> Vec<String> {
    let courier = hook(receiving, "", folder, News::default());
    for notice in notices {
        courier.notify(std::slice::from_ref(notice));
        emptied(&courier);
    }
    drop(courier);
    receiving.statuses()
}

/// The file of what was delivered.
fn file(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut own: Vec<_> = names.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert_eq!(own.len(), 1, "{own:?}");
    own.remove(0)
}

#[test]
fn what_was_delivered_is_not_told_again_and_what_was_not_is_told_once() {
    let (receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    let calls = |notices: &[Notice]| calls(&receiving, folder.path(), notices);
    assert_eq!(calls(&[since(1, Event::Firing), since(1, Event::StillFiring)]), ["firing 1"]);
    assert_eq!(calls(&[since(1, Event::StillFiring), since(1, Event::StillFiring)]), [""; 0]);
    // The end was told in the instant of a kill.
    assert_eq!(calls(&[since(1, Event::StillResolved), since(1, Event::StillResolved)]), ["resolved 1"]);
    assert_eq!(calls(&[since(1, Event::StillResolved)]), [""; 0]);
    // So was the next beginning, and then both the end of that and the beginning after it.
    assert_eq!(calls(&[since(2, Event::StillFiring)]), ["firing 2"]);
    assert_eq!(calls(&[since(3, Event::StillFiring), since(3, Event::Resolved)]), ["firing 3", "resolved 3"]);
}

#[test]
fn what_waits_for_one_that_is_away_is_told_once_after_a_restart() {
    let (mut receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    let start = |receiving: &Receiving| hook(receiving, "", folder.path(), News::default());
    receiving.stop();
    let courier = start(&receiving);
    courier.notify(&[since(1, Event::Firing)]);
    drop(courier);
    receiving.start();
    let courier = start(&receiving);
    courier.notify(&[since(1, Event::StillFiring)]);
    courier.notify(&[since(1, Event::StillFiring)]);
    emptied(&courier);
    courier.notify(&[since(1, Event::StillFiring)]);
    drop(courier);
    assert_eq!(receiving.statuses(), ["firing 1"]);
}

#[test]
fn what_a_webhook_refuses_is_not_told_again_either() {
    let (receiving, folder) = (Receiving::new(&[404]), tempfile::tempdir().unwrap());
    let told = calls(&receiving, folder.path(), &[since(1, Event::Firing), since(1, Event::StillFiring)]);
    assert_eq!(told, ["firing 1"]);
    assert_eq!(calls(&receiving, folder.path(), &[since(1, Event::StillFiring)]), [""; 0]);
}

#[test]
fn rules_that_say_opposite_things_of_one_alert_are_not_told_in_turns() {
    let (receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    let first = [since(1, Event::Firing), since(1, Event::Firing), since(1, Event::Resolved)];
    let turns = [Event::StillFiring, Event::StillResolved].into_iter().cycle().map(|event| since(1, event));
    let all: Vec<_> = first.into_iter().chain(turns.take(6)).collect();
    let told = calls(&receiving, folder.path(), &all);
    assert_eq!(told, ["firing 1", "resolved 1"]);
}

#[test]
fn one_that_is_new_hears_of_what_fires_and_not_of_what_ended_before_it_came() {
    let (receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    let ended = Notice { ends_at: 2, ..since(1, Event::StillResolved) };
    let fires = Notice { labels: notice("B", Event::Firing).labels, ..since(3, Event::StillFiring) };
    assert_eq!(calls(&receiving, folder.path(), &[ended, fires]), ["firing 3"]);
}

#[test]
fn a_file_that_is_no_such_file_is_set_aside_and_said() {
    let (receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    calls(&receiving, folder.path(), &[since(1, Event::Firing)]);
    let file = file(folder.path());
    for foreign in ["", "{", "{\"version\":2,\"begun_at\":0,\"alerts\":{}}", "\u{1}"] {
        fs::write(&file, foreign).unwrap();
        let (news, heard) = news();
        let courier = hook(&receiving, "", folder.path(), news);
        let line = heard.try_recv().unwrap();
        assert!(line.contains("set-aside") && line.contains("told anew"), "{line}");
        courier.notify(&[since(1, Event::StillFiring)]);
        emptied(&courier);
        drop(courier);
        assert_eq!(receiving.statuses(), ["firing 1"], "{foreign}");
    }
    assert_eq!(calls(&receiving, folder.path(), &[since(1, Event::StillFiring)]), [""; 0]);
}

#[test]
fn a_disk_that_takes_no_notes_keeps_nobody_from_being_told_and_is_said_once() {
    let (receiving, folder) = (Receiving::new(&[]), tempfile::tempdir().unwrap());
    let (news, heard) = news();
    let courier: Courier = hook(&receiving, "", folder.path(), news);
    let file = file(folder.path());
    fs::remove_file(&file).unwrap();
    // A folder in its place cannot be replaced by a file.
    fs::create_dir(&file).unwrap();
    let tell = |event| {
        courier.notify(&[since(1, event)]);
        emptied(&courier);
    };
    [Event::Firing, Event::StillFiring, Event::Resolved].into_iter().for_each(tell);
    assert_eq!(receiving.statuses(), ["firing 1", "resolved 1"]);
    let lines: Vec<_> = heard.try_iter().collect();
    assert!(lines.len() == 1 && lines[0].contains("cannot be kept"), "{lines:?}");
    fs::remove_dir(&file).unwrap();
    courier.notify(&[since(2, Event::Firing)]);
    drop(courier);
    receiving.statuses();
    assert_eq!(calls(&receiving, folder.path(), &[since(2, Event::StillFiring)]), [""; 0]);
}

#[test]
fn the_file_forgets_what_nobody_tells_again_and_never_grows_beyond_its_bound() {
    use super::delivered::{Delivered, MOST};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told.json");
    let delivered = Delivered::open(path.clone(), "it", News::default(), 0);
    let hour = 60 * 60 * 1000;
    delivered.note([&since(1, Event::Resolved)], 0);
    delivered.note([&notice("B", Event::Firing)], hour - 1);
    assert!(!delivered.is_news(&since(1, Event::Resolved)));
    delivered.note([&notice("C", Event::Firing)], hour);
    assert!(delivered.is_news(&since(1, Event::Resolved)));
    assert!(
        !delivered.is_news(&notice("B", Event::Firing)),
        "what fires is remembered for as long as it does"
    );
    let many: Vec<_> = (0..MOST).map(|number| notice(&number.to_string(), Event::Firing)).collect();
    delivered.note(&many, hour + 1);
    assert!(delivered.is_news(&notice("B", Event::Firing)) && !delivered.is_news(&many[0]));
    // Of what was delivered meanwhile with a clock that was ahead, nothing is taken to be young.
    delivered.note([&since(1, Event::Resolved)], 100 * hour);
    delivered.note([&notice("D", Event::Firing)], hour);
    assert!(delivered.is_news(&since(1, Event::Resolved)));
}
