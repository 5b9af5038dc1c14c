//! Many agents at once, through the real Pushgateway and under the eyes of a real Prometheus: nothing is lost, doubled or going down.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use telemetry_core::exposition::{Label, Value};

use crate::support::pushgateway::Groups;
use crate::support::{
    DelayProxy, Mode, Prometheus, Pushgateway, Scrape, Scratch, eventually, exposition, require,
};

/// How many runs there are at once.
const AT_ONCE: usize = 20;

/// A host with a fleet that pushes to one gateway.
struct Fleet {
    scratch: Scratch,
    gateway_url: String,
}

impl Fleet {
    fn pushing_to(url: &str) -> Self {
        Self { scratch: Scratch::new(), gateway_url: url.to_owned() }
    }

    fn telemetry(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.telemetry_pushing_to(&self.gateway_url);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts one run of a shell script.
    fn start(&self, script: &str) -> Child {
        self.telemetry(&["run", "--provider", "claude", "--project", "p", "--", "sh", "-c", script])
            .spawn()
            .unwrap()
    }

    /// Runs the script `count` times, so many at once.
    fn run(&self, count: usize, at_once: usize, script: &str) {
        thread::scope(|scope| {
            for worker in 0..at_once {
                scope.spawn(move || {
                    for _ in (worker..count).step_by(at_once) {
                        assert!(self.start(script).wait().unwrap().success());
                    }
                });
            }
        });
    }

    fn push(&self) {
        assert!(self.telemetry(&["push"]).status().unwrap().success());
    }

    /// The totals of the ledger, as the command shows them.
    fn ledger(&self) -> Series {
        let mut command = self.telemetry(&["snapshot", "-S", "ledger", "-f", "prometheus"]);
        let output = command.stdout(Stdio::piped()).output().unwrap();
        series(&String::from_utf8(output.stdout).unwrap())
    }
}

/// Every number of an exposition that only grows, by what names it.
type Series = BTreeMap<String, f64>;

/// The counters of the catalog and the counts of its histograms.
fn series(text: &str) -> Series {
    let families = exposition::families(text);
    let ours = families.iter().filter(|family| family.name.starts_with("sase_"));
    ours.flat_map(|family| {
        family.metrics.iter().filter_map(|metric| {
            let number = match &metric.value {
                Value::Counter(counter) => counter.value,
                Value::Histogram(histogram) => histogram.count.unwrap(),
                _ => return None,
            };
            Some((format!("{}{}", family.name, sorted(&metric.labels)), number))
        })
    })
    .collect()
}

fn sorted(labels: &[Label<'_>]) -> String {
    let labels: BTreeMap<_, _> =
        labels.iter().map(|label| (label.name.as_ref(), label.value.as_ref())).collect();
    format!("{labels:?}")
}

fn total(gateway: &Pushgateway, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    exposition::total(&gateway.metrics(), metric, labels)
}

#[test]
fn two_hundred_runs_are_two_hundred_in_one_group() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let fleet = Fleet::pushing_to(&gateway.url());
    fleet.run(200, AT_ONCE, "true");
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[]), Some(200.0));
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[("status", "ok")]), Some(200.0));
    assert_eq!(total(&gateway, "sase_agent_run_duration_seconds", &[]), Some(200.0));
    assert_eq!(total(&gateway, "sase_agent_active", &[]), Some(0.0), "there, and 0");
    assert_eq!(gateway.groups().len(), 1, "{:?}", gateway.groups());
}

#[test]
fn a_killed_wrapper_costs_its_outcome_and_nothing_else() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let fleet = Fleet::pushing_to(&gateway.url());
    // The orphans end by themselves when this file is there, and after a minute in any case.
    let orphans = format!(
        "for i in $(seq 600); do [ -e {}/over ] && exit; sleep 0.1; done",
        fleet.scratch.path().display()
    );
    let mut doomed: Vec<Child> = (0..10).map(|_| fleet.start(&orphans)).collect();
    fleet.run(190, AT_ONCE, "true");
    eventually("the ten are active", || {
        (total(&gateway, "sase_agent_active", &[]) == Some(10.0)).then_some(())
    });
    for wrapper in &mut doomed {
        wrapper.kill().unwrap();
        wrapper.wait().unwrap();
    }
    fleet.push();
    assert_eq!(total(&gateway, "sase_agent_active", &[]), Some(0.0));
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[]), Some(190.0));
    assert_eq!(total(&gateway, "sase_agent_spawns_total", &[]), Some(200.0));
    std::fs::write(fleet.scratch.path().join("over"), "").unwrap();
}

#[test]
fn at_a_slow_gateway_no_counter_goes_down_and_each_ends_at_the_total() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::from_millis(1500), 11);
    let fleet = Fleet::pushing_to(&proxy.url());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch_counters(&gateway, &over));
        let ended = EndOfWatch(&over);
        fleet.run(50, 50, "true");
        eventually("the gateway has the totals of the ledger", || {
            (at_gateway(&gateway) == fleet.ledger()).then_some(())
        });
        drop(ended);
        assert!(watcher.join().unwrap() > 10, "the counters were watched");
    });
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[]), Some(50.0));
    assert!(proxy.requests() < 100, "processes at once share requests");
}

/// Ends the watch when it is dropped, also by a panic, for which the watcher would otherwise be waited for.
struct EndOfWatch<'a>(&'a AtomicBool);

impl Drop for EndOfWatch<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Looks at every counter again and again; returns how often.
fn watch_counters(gateway: &Pushgateway, over: &AtomicBool) -> usize {
    let (mut before, mut looks) = (Series::new(), 0);
    while !over.load(Ordering::Relaxed) {
        let now = at_gateway(gateway);
        for (name, value) in &before {
            assert!(
                now.get(name).is_some_and(|now| now >= value),
                "{name} was {value} and is {:?}",
                now.get(name)
            );
        }
        before = now;
        looks += 1;
        thread::sleep(Duration::from_millis(5));
    }
    looks
}

fn at_gateway(gateway: &Pushgateway) -> Series {
    series(&gateway.metrics())
}

#[test]
fn while_the_gateway_is_down_nothing_is_lost() {
    require!(Pushgateway);
    let mut gateway = Pushgateway::start(Groups::AreLost);
    let fleet = Fleet::pushing_to(&gateway.url());
    fleet.run(3, 1, "true");
    gateway.stop();
    fleet.run(5, 5, "true");
    gateway.restart();
    fleet.push();
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[]), Some(8.0));
    assert_eq!(at_gateway(&gateway), fleet.ledger());
}

#[test]
fn a_hanging_gateway_holds_a_run_up_for_no_longer_than_the_bound() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::ZERO, 1);
    let fleet = Fleet::pushing_to(&proxy.url());
    proxy.set(Mode::Hang);
    // Far beyond the bounds of one and two seconds, and far below a request's own.
    let begun = std::time::Instant::now();
    fleet.run(1, 1, "true");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    proxy.set(Mode::Pass);
    fleet.push();
    assert_eq!(total(&gateway, "sase_agent_runs_total", &[]), Some(1.0));
}

#[test]
fn prometheus_sees_the_increase_that_happened() {
    require!(Pushgateway, Prometheus);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", gateway.address()).honoring_labels()]);
    prometheus.await_up("pushgateway");
    let fleet = Fleet::pushing_to(&gateway.url());
    let number = |query: &str| prometheus.query(query).first().map(|sample| sample.value);
    let sum = || number("sum(sase_agent_runs_total)");
    let go = fleet.scratch.path().join("go");
    let mut first = fleet.start(&format!("until [ -e {} ]; do sleep 0.1; done", go.display()));
    eventually("Prometheus has the series before anything is counted", || (sum() == Some(0.0)).then_some(()));
    std::fs::write(go, "").unwrap();
    assert!(first.wait().unwrap().success());
    fleet.run(59, 4, "sleep 0.5");
    eventually("Prometheus has the last push", || (sum() == Some(60.0)).then_some(()));
    // As of the last scrape, so that nothing is extrapolated, however far apart a busy machine scrapes.
    let at = number("max(timestamp(sase_agent_runs_total))").unwrap();
    let increase = number(&format!("sum(increase(sase_agent_runs_total[10m] @ {at}))")).unwrap();
    assert!((increase - 60.0).abs() < 0.01, "{increase} is not 60");
}
