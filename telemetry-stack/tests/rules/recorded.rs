//! What rules write into the history.

use crate::stage::{BEGIN, Stage, alert, failure, labelled, record, set};
use telemetry_stack::rules::{RuleHealth, RuleSet};

fn at(second: i64) -> i64 {
    BEGIN + second * 1000
}

#[test]
fn a_rule_sees_what_the_rule_before_it_recorded_at_the_same_time() {
    let stage = Stage::new();
    let first = labelled(record("a:sum", "sum by (job) (x)"), &[("added", "yes")]);
    let rules =
        stage.rules(set(vec![first, record("a:twice", "a:sum * 2"), alert("Twice", "a:twice > 4", 0)]));
    stage.scrape(0, &[("x{job=\"j\",i=\"1\"}", 1.0), ("x{job=\"j\",i=\"2\"}", 2.0)]);
    rules.evaluate(at(1));
    let sum = ("{__name__=\"a:sum\", added=\"yes\", job=\"j\"}".to_owned(), 3.0);
    assert_eq!(stage.query("a:sum", 1), [sum]);
    let twice = ("{__name__=\"a:twice\", added=\"yes\", job=\"j\"}".to_owned(), 6.0);
    assert_eq!(stage.query("a:twice", 1), [twice]);
    assert_eq!(stage.told(), ["Twice added=yes job=j: Firing"]);
}

#[test]
fn what_is_not_recorded_any_more_ends_at_once_also_after_a_restart() {
    let stage = Stage::new();
    let rules = || stage.rules(set(vec![record("r", "x > 0")]));
    let first = rules();
    stage.scrape(0, &[("x{i=\"1\"}", 1.0), ("x{i=\"2\"}", 1.0), ("x{i=\"3\"}", 1.0)]);
    first.evaluate(at(1));
    stage.scrape(14, &[("x{i=\"1\"}", 0.0)]);
    first.evaluate(at(15));
    assert_eq!(stage.seconds_of("r{i=\"1\"}", 0..=20), (1..=14).collect::<Vec<_>>());
    drop(first);
    stage.scrape(29, &[("x{i=\"2\"}", 0.0)]);
    rules().evaluate(at(30));
    assert_eq!(stage.seconds_of("r{i=\"2\"}", 0..=40), (1..=29).collect::<Vec<_>>());
    assert_eq!(stage.query("r", 31).len(), 1);
}

#[test]
fn an_alert_has_the_series_that_prometheus_writes_and_they_end_with_each_state() {
    let stage = Stage::new();
    let rule = labelled(alert("Down", "x == 0", 15), &[("severity", "critical")]);
    let rules = stage.rules(set(vec![rule]));
    for (second, value) in [(0, 0.0), (15, 0.0), (30, 0.0), (45, 1.0)] {
        stage.scrape(second, &[("x{job=\"j\"}", value)]);
        rules.evaluate(at(second));
    }
    let labels = "alertname=\"Down\", alertstate=\"pending\", job=\"j\", severity=\"critical\"";
    assert_eq!(stage.query("ALERTS", 5), [(format!("{{__name__=\"ALERTS\", {labels}}}"), 1.0)]);
    assert_eq!(stage.seconds_of("ALERTS{alertstate=\"pending\"}", 0..=60), (0..=14).collect::<Vec<_>>());
    assert_eq!(stage.seconds_of("ALERTS{alertstate=\"firing\"}", 0..=60), (15..=44).collect::<Vec<_>>());
    assert_eq!(stage.seconds_of("ALERTS_FOR_STATE", 0..=60), (0..=44).collect::<Vec<_>>());
    let since = "{__name__=\"ALERTS_FOR_STATE\", alertname=\"Down\", job=\"j\", severity=\"critical\"}";
    let began = f64::from(u32::try_from(BEGIN / 1000).unwrap());
    assert_eq!(stage.query("ALERTS_FOR_STATE", 44), [(since.to_owned(), began)]);
}

#[test]
fn series_that_become_one_are_an_error_and_what_was_recorded_stays() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![labelled(record("r", "x"), &[("i", "same")])]));
    stage.scrape(0, &[("x{i=\"1\"}", 1.0)]);
    rules.evaluate(at(0));
    stage.scrape(15, &[("x{i=\"1\"}", 1.0), ("x{i=\"2\"}", 1.0)]);
    rules.evaluate(at(15));
    let why = "vector contains metrics with the same labelset after applying rule labels";
    assert_eq!(failure(&rules.groups()), why);
    assert_eq!(stage.query("r", 16).len(), 1, "as in Prometheus, a failure is no end");
}

/// As in Prometheus: both write, and of two samples at one time the first counts.
#[test]
fn of_two_rules_that_make_the_same_series_the_first_counts() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![
        record("r", "x"),
        record("r", "x + 1"),
        alert("A", "x >= 1", 0),
        alert("A", "x >= 2", 0),
    ]));
    for (second, value, told) in [
        (0, 2.0, &["A: Firing", "A: Firing"][..]),
        (15, 1.0, &["A: Resolved"]),
        (30, 1.0, &[]),
        (45, 0.0, &["A: Resolved"]),
    ] {
        stage.scrape(second, &[("x", value)]);
        rules.evaluate(at(second));
        assert_eq!(stage.told(), told, "{second}");
    }
    for rule in &rules.groups()[0].rules {
        assert_eq!(rule.health, RuleHealth::Ok);
    }
    assert_eq!(stage.query("r", 46), [("{__name__=\"r\"}".to_owned(), 0.0)]);
    let fires = stage.seconds_of("ALERTS{alertstate=\"firing\"}", 0..=60);
    assert_eq!(
        fires,
        (0..=44).collect::<Vec<_>>(),
        "the first writes that it fires before the second says that it does not"
    );
}

#[test]
fn more_series_than_there_may_be_are_an_error() {
    let stage = Stage::new();
    let mut set = set(vec![record("r", "x")]);
    set.groups[0].limit = 1;
    let rules = stage.rules(set);
    stage.scrape(0, &[("x{i=\"1\"}", 1.0), ("x{i=\"2\"}", 1.0)]);
    rules.evaluate(at(0));
    assert_eq!(failure(&rules.groups()), "exceeded limit of 1 with 2 series");
    assert!(stage.query("r", 1).is_empty());
}

#[test]
fn a_group_may_look_at_the_past_and_what_it_records_stands_there() {
    let stage = Stage::new();
    let mut set = set(vec![record("r", "x"), alert("A", "r == 1", 0)]);
    set.groups[0].query_offset = std::time::Duration::from_secs(10);
    let rules = stage.rules(set);
    stage.scrape(0, &[("x", 1.0)]);
    stage.scrape(8, &[("x", 2.0)]);
    rules.evaluate(at(12));
    assert_eq!(stage.query("r", 2), [("{__name__=\"r\"}".to_owned(), 1.0)]);
    assert_eq!(stage.seconds_of("ALERTS", 0..=4), [2, 3, 4]);
    assert_eq!(stage.notices()[0].starts_at, at(12));
}

#[test]
fn a_clock_that_was_set_back_changes_nothing_until_it_has_caught_up() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![alert("A", "x == 1", 0), alert("B", "absent(x)", 0)]));
    for second in [0, 900] {
        stage.scrape(second, &[("x", 1.0)]);
        rules.evaluate(at(second));
    }
    assert_eq!(stage.told(), ["A: Firing", "A: StillFiring"]);
    // In the past there was nothing, or something else.
    for (second, told) in
        [(-3600, &[][..]), (-3550, &[]), (-3540, &["A: StillFiring"]), (899, &["A: StillFiring"])]
    {
        rules.evaluate(at(second));
        assert_eq!(stage.told(), told, "{second}: who is not told again believes that it has ended");
        assert!(failure(&rules.groups()).starts_with("the clock was set back"), "{second}");
        assert_eq!(crate::stage::listed(&rules), ["A firing"]);
    }
    stage.scrape(915, &[("x", 1.0)]);
    rules.evaluate(at(915));
    assert_eq!(rules.groups()[0].rules[0].health, RuleHealth::Ok);
    drop(rules);
    // Another process knows it from the history.
    let restarted = stage.rules(RuleSet { groups: set(vec![alert("A", "x == 1", 0)]).groups });
    restarted.evaluate(at(0));
    assert!(failure(&restarted.groups()).contains("ahead of the clock"), "{}", failure(&restarted.groups()));
    assert_eq!(stage.told(), ["A: StillFiring"]);
}

#[test]
fn samples_that_come_too_late_are_counted_and_nobody_minds() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![record("r", "vector(2)"), alert("A", "vector(1)", 0)]));
    stage.scrape(30, &[("r", 7.0)]);
    rules.evaluate(at(15));
    assert_eq!(stage.told(), ["A: Firing"]);
    assert_eq!(rules.groups()[0].rules[0].health, RuleHealth::Ok);
    let metrics = format!("{:?}", rules.metrics());
    assert!(metrics.contains("telemetry_rules_samples_out_of_order_total"), "{metrics}");
    assert_eq!(stage.query("r", 31), [("{__name__=\"r\"}".to_owned(), 7.0)]);
}
