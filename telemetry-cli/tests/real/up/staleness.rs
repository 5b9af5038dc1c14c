//! What ends is gone from the answers, and what comes back is there again, as in a Prometheus that scrapes the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use telemetry_catalog::{EXPOSITION_JOB, STACK_JOB, WORKER_JOB};

use super::exporter::Exporter;
use crate::support::{Api, Prometheus, Scrape, Up, eventually, require};

/// What the target shows of itself, with labels that the scraper has, too.
const ALL: &str =
    "kept 1\nleaves{a=\"1\"} 1\nclash{job=\"theirs\",instance=\"theirs\",exported_job=\"x\"} 1\n";

/// The same when a series has left.
const FEWER: &str = "kept 1\nclash{job=\"theirs\",instance=\"theirs\",exported_job=\"x\"} 1\n";

/// For how many seconds each state of the target is looked at, once both servers have seen it.
const SECONDS: u64 = 5;

type Series = BTreeSet<BTreeMap<String, String>>;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn selector() -> String {
    format!("{{job=\"{WORKER_JOB}\"}}")
}

fn series(api: &Api) -> Series {
    api.query(&selector()).into_iter().map(|sample| sample.labels).collect()
}

fn names(series: &Series) -> BTreeSet<&str> {
    series.iter().map(|labels| labels["__name__"].as_str()).collect()
}

/// The names of what a scraper says of each scrape, and these.
fn with_synthetic<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    let synthetic = [
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
        "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    ];
    synthetic.into_iter().chain(names.iter().copied()).collect()
}

/// At each second the series that there are, with whether the target is up.
fn by_second(api: &Api, seconds: u64) -> BTreeMap<u64, Series> {
    let mut all: BTreeMap<u64, Series> = BTreeMap::new();
    for found in api.last_seconds(&selector(), u32::try_from(seconds).unwrap()) {
        for (time, value) in &found.samples {
            let mut labels = found.labels.clone();
            if labels["__name__"] == "up" {
                labels.insert("value".to_owned(), value.to_string());
            }
            all.entry(*time as u64).or_default().insert(labels);
        }
    }
    all
}

#[test]
fn what_ends_and_comes_back_is_seen_at_each_second_as_by_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show(ALL);
    let target = exporter.address().to_string();
    let theirs = Prometheus::start(&[Scrape::of(WORKER_JOB, &target)]);
    let up = Up::start(&["--scrape", &target, "--no-gateway"]);
    let ours = up.api();
    let everything = with_synthetic(&["kept", "leaves", "clash"]);
    let fewer = with_synthetic(&["kept", "clash"]);
    let nothing = with_synthetic(&[]);
    // When all had seen each state.
    let mut states = Vec::new();
    let mut look = |change: &dyn Fn(), expected: &BTreeSet<&str>| {
        change();
        for api in [&ours, &*theirs] {
            eventually("the series of this state", || (names(&series(api)) == *expected).then_some(()));
        }
        let seen = now();
        eventually("some seconds", || (now() > seen + SECONDS).then_some(()));
        states.push(seen + 1);
    };
    look(&|| exporter.show(ALL), &everything);
    look(&|| exporter.show(FEWER), &fewer);
    look(&|| exporter.hide(), &nothing);
    look(&|| exporter.show(ALL), &everything);
    let span = now() - states[0] + 1;
    let (ours, theirs) = (by_second(&ours, span), by_second(&theirs, span));
    for (state, from) in states.into_iter().enumerate() {
        let is_up = if state == 2 { "0" } else { "1" };
        let has = |labels: &BTreeMap<String, String>| labels.get("value").is_some_and(|up| up == is_up);
        let same = |second: &u64| {
            let (ours, theirs) = (ours.get(second), theirs.get(second));
            ours == theirs && ours.is_some_and(|series| series.iter().any(has))
        };
        let different: Vec<_> = (from..from + SECONDS).filter(|second| !same(second)).collect();
        let shown = different.iter().map(|second| (second, ours.get(second), theirs.get(second)));
        // On a busy machine a scrape may take too long, which either server may meet alone.
        assert!(different.len() < 2, "state {state}: {:#?}", shown.collect::<Vec<_>>());
    }
}

#[test]
fn labels_that_the_scraper_has_too_are_renamed_as_by_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("clash{job=\"a\",instance=\"b\",exported_job=\"c\",le=\"1\"} 1\nempty{job=\"\",x=\"\"} 2\nh_bucket{le=\"+Inf\"} 1\n");
    let target = exporter.address().to_string();
    let theirs = Prometheus::start(&[Scrape::of(WORKER_JOB, &target)]);
    let up = Up::start(&["--no-gateway", "--scrape", &target]);
    let all = with_synthetic(&["clash", "empty", "h_bucket"]);
    let both = [&up.api(), &*theirs]
        .map(|api| eventually("all series", || Some(series(api)).filter(|series| names(series) == all)));
    assert_eq!(both[0], both[1]);
}

#[test]
fn what_ended_while_nobody_scraped_is_gone_after_the_restart() {
    let exporter = Exporter::silent();
    exporter.show(ALL);
    let target = exporter.address().to_string();
    let mut up = Up::start(&["--no-gateway", "--scrape", &target]);
    eventually("it is there", || up.api().query("leaves").first().cloned());
    up.kill();
    exporter.show(FEWER);
    up.restart();
    eventually("it is gone", || up.api().query("leaves").is_empty().then_some(()));
    assert!(!up.api().history("leaves", "5m").is_empty(), "what was before stays");
    eventually("the others go on", || up.api().query("kept").first().cloned());
}

#[test]
fn nobody_misses_the_exposition_port_before_it_first_answered() {
    let exporter = Exporter::silent();
    let port = exporter.address().port();
    let up = Up::start(&["--no-gateway", "--set", &format!("prometheus.exposition_port={port}")]);
    let scrapes = format!("count_over_time(up{{job=\"{STACK_JOB}\"}}[5m]) >= 4");
    eventually("some scrapes", || up.api().query(&scrapes).first().cloned());
    let is_up = format!("up{{job=\"{EXPOSITION_JOB}\"}}");
    assert_eq!(up.api().history(&is_up, "5m"), [], "there was nobody to miss");
    let target = || {
        let targets = up.api().targets().into_iter();
        targets.filter(|target| target["labels"]["job"] == EXPOSITION_JOB).collect::<Vec<_>>()
    };
    assert!(matches!(&target()[..], [only] if only["health"] == "unknown"), "{:?}", target());
    exporter.show("kept 1\n");
    up.api().await_up(EXPOSITION_JOB);
    exporter.hide();
    let is_down = format!("{is_up} == 0");
    eventually("it is missed", || up.api().query(&is_down).first().cloned());
    assert_eq!(up.api().query("kept"), [], "it took its series along");
    assert_eq!(target()[0]["health"], "down");
    assert!(!target()[0]["lastError"].as_str().unwrap().is_empty());
}

#[test]
fn a_timestamp_of_the_far_future_keeps_nothing_out_as_in_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    // The year 2100, and a timestamp in microseconds.
    exporter.show("kept 1\nahead 1 4102444800000\nmicros 1 1700000000000000\n");
    let target = exporter.address().to_string();
    let theirs = Prometheus::start(&[Scrape::of(WORKER_JOB, &target)]);
    let up = Up::start(&["--no-gateway", "--scrape", &target]);
    let (ours, only_kept) = (up.api(), with_synthetic(&["kept"]));
    for api in [&ours, &*theirs] {
        eventually("what has no such timestamp", || (names(&series(api)) == only_kept).then_some(()));
    }
    exporter.show("kept 1\nahead 2\nmicros 2\n");
    let all = with_synthetic(&["kept", "ahead", "micros"]);
    for api in [&ours, &*theirs] {
        eventually("the series go on", || (names(&series(api)) == all).then_some(()));
    }
}
