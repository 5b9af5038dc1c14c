//! What survives an end. Nothing is done when rules are dropped, so that this is as good as a kill.

use crate::stage::{BEGIN, Stage, alert, labelled, listed, set};
use std::fs;
use std::sync::{Arc, Mutex};
use telemetry_stack::rules::{Event, Notice, Notifier, Rule, RuleSet};

fn at(second: i64) -> i64 {
    BEGIN + second * 1000
}

#[test]
fn an_alert_that_fires_does_so_since_the_same_time_and_is_not_told_anew() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 0", 15)]));
    let first = rules();
    for second in [0, 15] {
        stage.scrape(second, &[("x", 0.0)]);
        first.evaluate(at(second));
    }
    assert_eq!(stage.told(), ["A: Pending", "A: Firing"]);
    drop(first);
    let second = rules();
    assert_eq!(listed(&second), ["A firing"], "it is listed before the first evaluation");
    assert_eq!(second.notes(), [""; 0]);
    // What was told in the instant of a kill may be lost, so that it is told again at once, and then every minute.
    for (second_of, told) in [(30, 1), (45, 0), (75, 0), (90, 1)] {
        stage.scrape(second_of, &[("x", 0.0)]);
        second.evaluate(at(second_of));
        let told_of: Vec<_> = stage.notices().iter().map(|notice| (notice.event, notice.starts_at)).collect();
        assert_eq!(told_of, vec![(Event::StillFiring, at(15)); told], "{second_of}");
    }
    assert_eq!(stage.seconds_of("ALERTS{alertstate=\"firing\"}", 0..=95), (15..=95).collect::<Vec<_>>());
}

#[test]
fn the_time_that_nobody_looked_does_not_count_as_pending() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 0", 300)]));
    let first = rules();
    for second in (0..=240).step_by(15) {
        stage.scrape(second, &[("x", 0.0)]);
        first.evaluate(at(second));
    }
    drop(first);
    let second = rules();
    // Half an hour later; one interval of it is as long as evaluations are apart anyway.
    for second_of in [240 + 1800, 240 + 1800 + 30, 240 + 1800 + 45] {
        stage.scrape(second_of, &[("x", 0.0)]);
        second.evaluate(at(second_of));
    }
    let notices = stage.notices();
    let events: Vec<_> = notices.iter().map(|notice| (notice.event, notice.starts_at - BEGIN)).collect();
    assert_eq!(events, [(Event::Pending, 0), (Event::Firing, (240 + 1800 + 45) * 1000)]);
}

#[test]
fn what_has_ended_meanwhile_is_told_and_told_again_for_a_quarter_of_an_hour() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 0", 0), alert("B", "y == 0", 60)]));
    let first = rules();
    stage.scrape(0, &[("x", 0.0), ("y", 0.0)]);
    first.evaluate(at(0));
    assert_eq!(stage.told(), ["A: Firing", "B: Pending"]);
    drop(first);
    let second = rules();
    stage.scrape(15, &[("x", 1.0), ("y", 1.0)]);
    second.evaluate(at(15));
    assert_eq!(stage.told(), ["A: Resolved", "B: Gone"]);
    assert_eq!(stage.query("ALERTS", 16), []);
    drop(second);
    let third = rules();
    for (second, told) in [
        (30, &["A: StillResolved"][..]),
        (75, &[]),
        (90, &["A: StillResolved"]),
        (900, &["A: StillResolved"]),
        (930, &[]),
    ] {
        third.evaluate(at(second));
        assert_eq!(stage.told(), told, "{second}");
    }
}

#[test]
fn what_is_older_than_an_hour_has_ended_and_begins_anew() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 0", 15)]));
    let first = rules();
    for second in [0, 15] {
        stage.scrape(second, &[("x", 0.0)]);
        first.evaluate(at(second));
    }
    drop((first, stage.told()));
    let second = rules();
    stage.scrape(4000, &[("x", 0.0)]);
    second.evaluate(at(4000));
    assert_eq!(stage.told(), ["A: Resolved", "A: Pending"]);
}

#[test]
fn alerts_of_rules_that_are_gone_end_and_others_keep_their_own() {
    let stage = Stage::new();
    let severe = |name: &str, severity| labelled(alert(name, "x == 0", 0), &[("severity", severity)]);
    let first =
        stage.rules(set(vec![severe("A", "warning"), severe("A", "critical"), severe("B", "warning")]));
    stage.scrape(0, &[("x", 0.0)]);
    first.evaluate(at(0));
    assert_eq!(stage.told().len(), 3);
    drop(first);
    // One is gone, one has another name, and one has another threshold.
    let threshold = labelled(alert("A", "x < 1", 0), &[("severity", "critical")]);
    let renamed = || set(vec![threshold.clone(), severe("C", "warning")]);
    let second = stage.rules(renamed());
    assert_eq!(listed(&second), ["A firing"]);
    stage.scrape(15, &[("x", 0.0)]);
    second.evaluate(at(15));
    let mut told = stage.told();
    told.sort();
    let expected = [
        "A severity=critical: StillFiring",
        "A severity=warning: Resolved",
        "B severity=warning: Resolved",
        "C severity=warning: Firing",
    ];
    assert_eq!(told, expected);
    assert_eq!(stage.query("ALERTS", 16).len(), 2, "{:?}", stage.query("ALERTS", 16));
    drop(second);
    let third = stage.rules(renamed());
    stage.scrape(80, &[("x", 0.0)]);
    third.evaluate(at(80));
    let mut told = stage.told();
    told.sort();
    let expected = [
        "A severity=critical: StillFiring",
        "A severity=warning: StillResolved",
        "B severity=warning: StillResolved",
        "C severity=warning: StillFiring",
    ];
    assert_eq!(told, expected);
}

#[test]
fn two_rules_of_one_name_and_labels_each_keep_their_own_alerts() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 1", 0), alert("A", "x == 0", 0)]));
    let first = rules();
    stage.scrape(0, &[("x{i=\"1\"}", 0.0), ("x{i=\"2\"}", 1.0)]);
    first.evaluate(at(0));
    assert_eq!(stage.told(), ["A i=2: Firing", "A i=1: Firing"]);
    stage.scrape(15, &[("x{i=\"1\"}", 0.0), ("x{i=\"2\"}", 9.0)]);
    first.evaluate(at(15));
    assert_eq!(stage.told(), ["A i=2: Resolved"]);
    // Only the second of them has an alert that the others would have to know, once what has ended is forgotten.
    for second in [15 + 901, 15 + 915] {
        stage.scrape(second, &[("x{i=\"1\"}", 0.0)]);
        first.evaluate(at(second));
    }
    stage.notices();
    drop(first);
    let second = rules();
    stage.scrape(945, &[("x{i=\"1\"}", 0.0)]);
    second.evaluate(at(945));
    assert_eq!(stage.told(), ["A i=1: StillFiring"]);
    assert_eq!(listed(&second), ["A firing"]);
}

#[test]
fn a_file_that_is_no_such_file_is_set_aside_and_said() {
    for foreign in ["", "{", "{\"version\":2,\"groups\":[]}", "\u{1}\u{2}"] {
        let stage = Stage::new();
        fs::write(stage.state(), foreign).unwrap();
        let rules = stage.rules(set(vec![alert("A", "x == 0", 0)]));
        let [note] = rules.notes() else { panic!("{:?}", rules.notes()) };
        assert!(note.contains("alerts begin anew"), "{note}");
        stage.scrape(0, &[("x", 0.0)]);
        rules.evaluate(at(0));
        assert_eq!(stage.told(), ["A: Firing"]);
        let entries = fs::read_dir(stage.path()).unwrap().map(|entry| entry.unwrap().path());
        let aside: Vec<_> = entries.filter(|path| path.to_string_lossy().contains("set-aside")).collect();
        assert_eq!(fs::read_to_string(&aside[0]).unwrap(), foreign);
        assert!(stage.rules(set(Vec::new())).notes().is_empty(), "the next one can be read");
    }
}

#[test]
fn a_disk_that_takes_no_states_keeps_nobody_from_being_told() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![alert("A", "x == 0", 0)]));
    // A folder in its place cannot be replaced by a file.
    fs::create_dir(stage.state()).unwrap();
    stage.scrape(0, &[("x", 0.0)]);
    rules.evaluate(at(0));
    assert_eq!(stage.told(), ["A: Firing"]);
    assert!(crate::stage::failure(&rules.groups()).starts_with("cannot keep the states of alerts"));
    fs::remove_dir(stage.state()).unwrap();
    rules.evaluate(at(15));
    assert_eq!(rules.groups()[0].rules[0].health, telemetry_stack::rules::RuleHealth::Ok);
    assert!(
        fs::read_to_string(stage.state()).unwrap().contains("\"A\""),
        "it is written as soon as that can be"
    );
}

/// The same rules in a file of another name, in a group of another name, or both.
fn moved(file: &str, group: &str, rules: Vec<Rule>) -> RuleSet {
    let mut set = set(rules);
    (set.groups[0].file, set.groups[0].name) = (file.to_owned(), group.to_owned());
    set
}

#[test]
fn a_file_or_a_group_of_another_name_is_no_end_of_an_alert() {
    for (file, group) in [("/there/test", "g"), ("test", "renamed"), ("built in", "renamed")] {
        let stage = Stage::new();
        let rules = || vec![alert("A", "x == 0", 0), alert("B", "x == 0", 60)];
        let first = stage.rules(set(rules()));
        for second in [0, 15, 30] {
            stage.scrape(second, &[("x", 0.0)]);
            first.evaluate(at(second));
        }
        assert_eq!(stage.told(), ["A: Firing", "B: Pending"]);
        drop(first);
        let second = stage.rules(moved(file, group, rules()));
        assert_eq!(listed(&second), ["A firing", "B pending"], "{file} {group}");
        for second_of in [45, 60, 75] {
            stage.scrape(second_of, &[("x", 0.0)]);
            second.evaluate(at(second_of));
        }
        let notices = stage.notices();
        let told: Vec<_> = notices.iter().map(|notice| (notice.event, notice.starts_at)).collect();
        assert_eq!(told, [(Event::StillFiring, at(0)), (Event::Firing, at(75))], "{file} {group}");
        assert_eq!(stage.seconds_of("ALERTS{alertname=\"A\"}", 0..=75), (0..=75).collect::<Vec<_>>());
    }
}

#[test]
fn an_alert_that_another_rule_has_now_is_not_told_as_over() {
    let stage = Stage::new();
    // Of one name and the same labels, so that only what they find tells which is which.
    let first = stage.rules(set(vec![alert("A", "x{i=\"1\"} == 0", 60), alert("A", "x{i=\"2\"} == 0", 0)]));
    let both = [("x{i=\"1\"}", 0.0), ("x{i=\"2\"}", 0.0)];
    for second in [0, 15, 30] {
        stage.scrape(second, &both);
        first.evaluate(at(second));
    }
    assert_eq!(stage.told(), ["A i=1: Pending", "A i=2: Firing"]);
    drop(first);
    let rules = || vec![alert("A", "x{i=~\"2\"} == 0", 0), alert("A", "x{i=~\"1\"} == 0", 60)];
    let second = stage.rules(moved("another", "renamed", rules()));
    for second_of in [45, 60, 75, 90] {
        stage.scrape(second_of, &both);
        second.evaluate(at(second_of));
    }
    assert_eq!(stage.told(), ["A i=2: StillFiring", "A i=1: Firing"]);
    assert_eq!(stage.seconds_of("ALERTS{i=\"2\"}", 0..=90), (0..=90).collect::<Vec<_>>());
    assert_eq!(stage.query("ALERTS{i=\"1\"}", 90).len(), 1, "{:?}", stage.query("ALERTS", 90));
    drop(second);
    let third = stage.rules(moved("another", "renamed", rules()));
    stage.scrape(105, &both);
    third.evaluate(at(105));
    assert_eq!(stage.told(), ["A i=2: StillFiring", "A i=1: StillFiring"], "nothing has ended");
}

#[test]
fn what_was_over_and_is_found_by_another_rule_is_not_told_as_over_any_more() {
    let stage = Stage::new();
    let first = stage.rules(set(vec![labelled(alert("A", "x == 0", 0), &[("team", "one")])]));
    stage.scrape(0, &[("x", 0.0)]);
    first.evaluate(at(0));
    drop(first);
    // Another one of that name, whose labels come from what it finds.
    let found = || set(vec![labelled(alert("A", "y == 0", 0), &[("team", "{{ $labels.t }}")])]);
    let second = stage.rules(found());
    second.evaluate(at(15));
    assert_eq!(stage.told(), ["A team=one: Firing", "A team=one: Resolved"]);
    stage.scrape(60, &[("y{t=\"one\",team=\"none\"}", 0.0)]);
    let without = labelled(alert("A", "sum by () (y) == 0", 0), &[("team", "one"), ("also", "")]);
    drop(second);
    let third = stage.rules(set(vec![without]));
    for second_of in [75, 150] {
        stage.scrape(second_of, &[("y", 0.0)]);
        third.evaluate(at(second_of));
    }
    assert_eq!(stage.told(), ["A team=one: Firing", "A team=one: StillFiring"]);
}

#[test]
fn one_that_was_left_ends_when_all_that_may_have_it_were_heard() {
    let stage = Stage::new();
    let first = stage.rules(set(vec![labelled(alert("A", "x == 0", 0), &[("team", "one")])]));
    stage.scrape(0, &[("x", 0.0)]);
    first.evaluate(at(0));
    drop((first, stage.told()));
    let rule = labelled(alert("A", "x * on () y", 0), &[("team", "two")]);
    let second = stage.rules(set(vec![rule]));
    let twice = [("x", 0.0), ("y{i=\"1\"}", 1.0), ("y{i=\"2\"}", 1.0)];
    stage.scrape(15, &twice);
    second.evaluate(at(15));
    assert_eq!(stage.told(), [""; 0], "the rule has failed, and may have it yet");
    stage.scrape(330, &[("x", 1.0), ("y{i=\"1\"}", 1.0)]);
    second.evaluate(at(330));
    assert_eq!(stage.told(), ["A team=two: Firing", "A team=one: Resolved"]);
}

#[test]
fn an_end_that_is_asked_for_loses_no_time_that_an_alert_was_pending() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![alert("A", "x == 0", 60)]));
    let first = rules();
    for second in [0, 15] {
        stage.scrape(second, &[("x", 0.0)]);
        first.evaluate(at(second));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(first.run(std::future::ready(())));
    let second = rules();
    for second_of in [3015, 3045, 3060] {
        stage.scrape(second_of, &[("x", 0.0)]);
        second.evaluate(at(second_of));
    }
    let told: Vec<_> = stage.notices().iter().map(|notice| (notice.event, notice.starts_at)).collect();
    // Pending from 0 to 15 and for one interval over the end.
    assert_eq!(told, [(Event::Pending, at(0)), (Event::Firing, at(3045))]);
}

#[test]
fn what_fires_is_told_again_while_the_clock_is_behind_and_ends_after_it_begins() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![alert("A", "x == 0", 0)]));
    stage.scrape(3600, &[("x", 0.0)]);
    rules.evaluate(at(3600));
    drop(stage.notices());
    (0..=16).for_each(|quarter| rules.evaluate(at(quarter * 15)));
    let notices = stage.notices();
    let times: Vec<_> =
        notices.iter().map(|notice| (notice.event, notice.starts_at, notice.ends_at)).collect();
    let expected = [60, 120, 180, 240].map(|second| (Event::StillFiring, at(second), at(second + 240)));
    assert_eq!(times, expected);
}

/// Whoever hears sentences.
#[derive(Default)]
struct Hearing(Mutex<Vec<String>>);

impl Notifier for Hearing {
    fn notify(&self, _notices: &[Notice]) {}

    fn say(&self, sentence: &str) {
        self.0.lock().unwrap().push(sentence.to_owned());
    }
}

#[test]
fn rules_that_begin_to_fail_and_cease_are_said_once_however_many_there_are() {
    let stage = Stage::new();
    let hearing = Arc::new(Hearing::default());
    let rule = |name: &str| alert(name, "x * on () y", 0);
    let mut all = moved("test", "one", vec![rule("A"), rule("B")]);
    all.groups.extend(moved("test", "two", vec![rule("C"), alert("D", "x", 0)]).groups);
    let rules = stage.rules_telling(all, vec![Arc::clone(&hearing) as _]);
    let twice = [("x", 1.0), ("y{i=\"1\"}", 1.0), ("y{i=\"2\"}", 1.0)];
    for second in [0, 15, 30, 330, 345] {
        stage.scrape(second, if second < 60 { &twice[..] } else { &twice[..2] });
        rules.evaluate(at(second));
    }
    let said = std::mem::take(&mut *hearing.0.lock().unwrap());
    assert!(
        said[0].starts_with("3 rules cannot be evaluated: ") && said[0].contains("many-to-many"),
        "{said:?}"
    );
    assert_eq!(said[1..], ["rules are evaluated again"]);
}

#[test]
fn whoever_looks_shares_the_alerts_with_others() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![alert("A", "x == 0", 0)]));
    stage.scrape(0, &[("x", 0.0)]);
    rules.evaluate(at(0));
    let [one, other] = [rules.groups(), rules.groups()].map(|groups| Arc::clone(&groups[0].rules[0].alerts));
    assert!(one.len() == 1 && Arc::ptr_eq(&one, &other));
}
