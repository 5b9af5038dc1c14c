//! A thousand processes that count and die, a gateway that comes and goes, and a Prometheus that watches: to the unit, nothing is lost or
//! doubled, and nothing goes down.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::support::api::History;
use crate::support::pushgateway::Groups;
use crate::support::{Prometheus, Pushgateway, Scrape, eventually, exposition, require};
use crate::swarm::outcome::{assert_totals, summary};
use crate::swarm::plan::Life;
use crate::swarm::watch::{LedgerWatch, assert_same};
use crate::swarm::{Host, Outcome, Workers, seed};

const PROCESSES: usize = 1000;

const AT_ONCE: usize = 50;

/// What only rises, as Prometheus names it.
const RISING: &str = r#"{__name__=~"(sase|telemetry)_.+_(total|bucket|count|sum)"}"#;

/// Longer than the whole test takes.
const THROUGHOUT: &str = "30m";

#[test]
fn of_a_thousand_processes_nothing_is_lost_doubled_or_going_down() {
    require!(Pushgateway, Prometheus);
    let seed = seed();
    let mut gateway = Pushgateway::start(Groups::Survive);
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", gateway.address()).honoring_labels()]);
    prometheus.await_up("pushgateway");
    let host = Host::pushing_to(&gateway.url());
    let outcomes = live_all(&host, &mut gateway, seed);
    println!("{}", summary(&outcomes));
    let killed = outcomes.iter().filter(|outcome| outcome.killed_by.is_some()).count();
    assert!(killed * 10 > PROCESSES * 3, "{killed} of {PROCESSES} were killed");
    host.push();
    let (ledger, at_gateway) = (host.ledger(), gateway.metrics());
    assert_totals(&outcomes, &ledger);
    assert_same(&ledger, &at_gateway);
    assert_eq!(exposition::total(&at_gateway, "sase_agent_active", &[]), Some(0.0), "nobody lives");
    host.assert_clean();
    host.assert_no_process_is_left();
    assert_prometheus_saw_no_reset(&prometheus, &at_gateway);
}

/// Lets everybody live, while the gateway is restarted, wiped and restarted again.
fn live_all(host: &Host, gateway: &mut Pushgateway, seed: u64) -> Vec<Outcome> {
    let (workers, outcomes) = (Workers::new(PROCESSES), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let (outcomes, workers) = (&outcomes, &workers);
        workers.start(scope, AT_ONCE, move |number| {
            let outcome = host.live(number, &format!("p{number}"), Life::draw(seed, number));
            outcomes.lock().unwrap().push(outcome);
        });
        scope.spawn(|| watch_ledger(host, workers));
        trouble(gateway, workers);
    });
    outcomes.into_inner().unwrap()
}

/// Each time the gateway is away until some more processes have ended without it.
fn trouble(gateway: &mut Pushgateway, workers: &Workers) {
    for (at, wipes) in [(PROCESSES / 4, false), (PROCESSES / 2, true), (PROCESSES * 3 / 4, false)] {
        workers.await_ended(at);
        if wipes {
            gateway.wipe();
        } else {
            gateway.stop();
        }
        workers.await_ended(at + AT_ONCE / 2);
        gateway.restart();
    }
}

fn watch_ledger(host: &Host, workers: &Workers) {
    let (mut watch, file) = (LedgerWatch::default(), host.folder().join("ledger.prom"));
    while !workers.are_gone() {
        watch.look(&file);
        thread::sleep(Duration::from_millis(100));
    }
    let (generation, looks) = watch.seen();
    println!("the ledger was looked at {looks} times, up to generation {generation}");
}

/// Not even at the wipe is anything lower: what comes back first are the totals of the ledger, which are no lower than any before.
fn assert_prometheus_saw_no_reset(prometheus: &Prometheus, at_gateway: &str) {
    let total = exposition::total(at_gateway, "sase_llm_retries_total", &[]).unwrap();
    let sum = || prometheus.query("sum(sase_llm_retries_total)").first().map(|sample| sample.value);
    eventually("Prometheus has the last push", || (sum() == Some(total)).then_some(()));
    let histories = prometheus.history(RISING, THROUGHOUT);
    let mut scrapes = BTreeSet::new();
    for history in &histories {
        for (before, after) in history.samples.iter().zip(history.samples.iter().skip(1)) {
            assert!(before.1 <= after.1, "{:?} went down from {before:?} to {after:?}", history.labels);
        }
        scrapes.extend(history.samples.iter().map(|(at, _)| at.to_bits()));
    }
    let rising = exposition::numbers(at_gateway).values().filter(|number| number.rises).count();
    assert_eq!(histories.len(), rising, "each series was scraped");
    assert!(scrapes.len() > 10, "{} scrapes are no watch", scrapes.len());
    println!("Prometheus saw {} series in {} scrapes", histories.len(), scrapes.len());
    assert_resets_are_none(prometheus, &histories);
}

/// The same by Prometheus's own reckoning: series by series, and of the sums that a dashboard draws.
fn assert_resets_are_none(prometheus: &Prometheus, histories: &[History]) {
    let names: BTreeSet<_> = histories.iter().map(|history| &history.labels["__name__"]).collect();
    for name in names {
        for resets in [
            format!("sum(resets({name}[{THROUGHOUT}]))"),
            format!("sum(resets(sum by (le) ({name})[{THROUGHOUT}:1s]))"),
        ] {
            let seen: Vec<_> = prometheus.query(&resets).iter().map(|sample| sample.value).collect();
            assert_eq!(seen, [0.0], "{resets}");
        }
    }
}
