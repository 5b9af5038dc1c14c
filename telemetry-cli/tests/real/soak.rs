//! Minutes of everything at once: agents, wrapped commands, pushes and sweeps that are killed in between, behind a gateway that fails in
//! every way. `cargo xtask soak` runs it.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::Signal;

use crate::support::pushgateway::Groups;
use crate::support::{DelayProxy, Mode, Pushgateway, eventually, exposition, http, require};
use crate::swarm::host::{kill, silent};
use crate::swarm::outcome::{assert_totals, summary};
use crate::swarm::plan::{End, Life, SIGNALS};
use crate::swarm::watch::{LedgerWatch, Watch, assert_same};
use crate::swarm::{Host, Outcome, Workers, seed};

/// How many minutes it lasts; unset, one.
const MINUTES: &str = "TELEMETRY_TEST_SOAK_MINUTES";

const AT_ONCE: usize = 30;

/// More than any machine gets through in the time.
const MOST_TASKS: usize = 1_000_000;

/// The longest delay of a request on its way to the gateway.
const LONGEST_DELAY: Duration = Duration::from_millis(250);

/// What was done, and what came of it.
#[derive(Debug, Default)]
struct Report {
    agents: Mutex<Vec<Outcome>>,
    runs: Mutex<Vec<Run>>,
    pushes: AtomicUsize,
    refused_pushes: AtomicUsize,
    sweeps: AtomicUsize,
    /// The gateway is being restarted.
    away: Event,
    /// Its disk is being wiped.
    wiped: Event,
    modes: AtomicUsize,
    /// What was lower at the gateway than it had been, for each look at which anything was.
    dips: Mutex<Vec<Vec<String>>>,
}

/// What became of one `telemetry run`.
#[derive(Debug)]
struct Run {
    /// The command has run, so its beginning had been recorded.
    began: bool,
    /// The wrapper ended by itself, so the end of the command had been recorded.
    recorded: bool,
    killed_by: Option<Signal>,
}

#[test]
#[ignore = "it takes minutes; `cargo xtask soak` runs it"]
fn minutes_of_everything_at_once_lose_and_double_nothing() {
    require!(Pushgateway);
    let (seed, report) = (seed(), Report::default());
    let mut gateway = Pushgateway::start(Groups::Survive);
    let proxy = DelayProxy::start(gateway.address(), LONGEST_DELAY, seed);
    let host = Host::pushing_to(&proxy.url());
    let (generations, looks) = soak(&host, &mut gateway, &proxy, seed, &report);
    settle(&host, &proxy);
    check(&host, &gateway, &report);
    let dips = take(&report.dips);
    println!("{}", said(&report, &proxy));
    println!("{generations} generations of the ledger, which was looked at {looks} times: nothing lower");
    println!("looks at the gateway at which counters were lower than before: {}", dips.len());
    dips.iter().take(5).for_each(|dip| println!("  {} of them, such as {}", dip.len(), dip[0]));
    // A request that its sender gave up may arrive after a newer one. Nothing else makes a counter lower.
    assert!(dips.len() as u64 <= proxy.late(), "{} requests came late, and yet: {dips:?}", proxy.late());
    println!("lost: 0, doubled: 0");
}

/// Until the time is over; returns how many generations of the ledger were seen, and how often it was looked at.
fn soak(
    host: &Host,
    gateway: &mut Pushgateway,
    proxy: &DelayProxy,
    seed: u64,
    report: &Report,
) -> (u64, usize) {
    let minutes = std::env::var(MINUTES).map_or(1.0, |minutes| minutes.parse().unwrap());
    let workers = Workers::new(MOST_TASKS).until(Instant::now() + Duration::from_secs_f64(minutes * 60.0));
    let (workers, url) = (&workers, gateway.url());
    thread::scope(|scope| {
        workers.start(scope, AT_ONCE, move |number| do_something(host, seed, number, report));
        let ledger = scope.spawn(|| watch_ledger(host, workers));
        scope.spawn(|| watch_gateway(&url, workers, report));
        let mut random = Rng::with_seed(seed);
        while !workers.are_gone() {
            make_trouble(gateway, proxy, &mut random, report);
        }
        proxy.set(Mode::Pass);
        ledger.join().unwrap()
    })
}

fn do_something(host: &Host, seed: u64, number: usize, report: &Report) {
    let mut random = Rng::with_seed(seed.rotate_left(32) ^ number as u64);
    match random.u8(..20) {
        0..=13 => {
            let life = Life::draw(seed, number);
            let life = if random.u8(..6) == 0 { life.hurried() } else { life };
            let kind = if life.is_certain() { "certain" } else { "open" };
            let outcome = host.live(number, &format!("{kind}-{}", number % 100), life);
            lock(&report.agents).push(outcome);
        }
        14..=17 => {
            let run = wrap(host, number, &mut random);
            lock(&report.runs).push(run);
        }
        18 => {
            let pushed = silent(&mut host.telemetry(&["push"])).status().unwrap().success();
            let count = if pushed { &report.pushes } else { &report.refused_pushes };
            count.fetch_add(1, Ordering::Relaxed);
        }
        // There is nothing to sweep before anybody has recorded anything.
        _ if !host.folder().join("ledger.prom").exists() => {}
        _ => {
            exposition::families(&host.ledger());
            report.sweeps.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs a command under our binary, which every other time is sent a signal.
fn wrap(host: &Host, number: usize, random: &mut Rng) -> Run {
    let began = host.note(&format!("began-{number}"));
    let script = format!("echo > {}; sleep 0.{}; exit {}", began.display(), random.u8(0..6), random.u8(0..2));
    let arguments = ["run", "--provider", "wrapped", "--project", "swarm", "--", "sh", "-c", &script];
    let mut wrapper = silent(&mut host.telemetry(&arguments)).spawn().unwrap();
    let (_, signal) = SIGNALS[random.usize(..SIGNALS.len())];
    let killed_by = random.bool().then_some(signal);
    if let Some(signal) = killed_by {
        thread::sleep(Duration::from_millis(random.u64(..700)));
        kill(&mut wrapper, signal);
    }
    let status = wrapper.wait().unwrap();
    let killed_by = killed_by.filter(|_| status.code().is_none());
    assert!(killed_by.is_some() || status.code().is_some(), "the wrapper ended with {status}");
    Run { began: fs::exists(&began).unwrap(), recorded: status.code().is_some(), killed_by }
}

/// Changes something about the gateway or the way to it, and lets some time go by.
fn make_trouble(gateway: &mut Pushgateway, proxy: &DelayProxy, random: &mut Rng, report: &Report) {
    let troubles = [Mode::Hang, Mode::Refuse, Mode::Fail];
    match random.u8(..10) {
        0 => report.away.around(|| {
            gateway.stop();
            thread::sleep(Duration::from_millis(random.u64(..1000)));
            gateway.restart();
        }),
        1 => report.wiped.around(|| {
            report.away.around(|| {
                gateway.wipe();
                gateway.restart();
            });
        }),
        _ => {
            // More often than not all is well, since processes hold off for up to a minute after failures.
            proxy.set(troubles.get(random.usize(..9)).copied().unwrap_or(Mode::Pass));
            report.modes.fetch_add(1, Ordering::SeqCst);
        }
    }
    thread::sleep(Duration::from_millis(random.u64(200..2500)));
}

fn watch_ledger(host: &Host, workers: &Workers) -> (u64, usize) {
    let (mut watch, file) = (LedgerWatch::default(), host.folder().join("ledger.prom"));
    while !workers.are_gone() {
        watch.look(&file);
        thread::sleep(Duration::from_millis(50));
    }
    watch.seen()
}

/// Notes what is lower than it was, but for what a wipe has taken.
fn watch_gateway(url: &str, workers: &Workers, report: &Report) {
    let (mut watch, mut wiped) = (Watch::default(), 0);
    while !workers.are_gone() {
        let away = report.away.begun();
        let answer = http::get(&format!("{url}/metrics")).ok().filter(|answer| answer.status == 200);
        // An answer that a gateway was giving when it ended may be cut short anywhere.
        let answer = answer.filter(|_| report.away.is_none_since(away));
        if !report.wiped.is_none_since(wiped) {
            watch.forget();
            wiped = report.wiped.begun();
        } else if let Some(answer) = answer {
            lock(&report.dips).extend(Some(watch.look(&answer.body)).filter(|lower| !lower.is_empty()));
        }
        thread::sleep(Duration::from_millis(25));
    }
}

/// Something that happens now and then, and that others must know about.
#[derive(Debug, Default)]
struct Event {
    begun: AtomicUsize,
    over: AtomicUsize,
}

impl Event {
    fn around(&self, work: impl FnOnce()) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        work();
        self.over.fetch_add(1, Ordering::SeqCst);
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether it happens neither now nor has since it had begun so often.
    fn is_none_since(&self, begun: usize) -> bool {
        self.begun() == begun && self.over.load(Ordering::SeqCst) == begun
    }
}

/// Until nobody lives and no request is under way, so that the last push is the last.
fn settle(host: &Host, proxy: &DelayProxy) {
    host.assert_no_process_is_left();
    eventually("no request is under way", || (proxy.open() == 0).then_some(()));
    host.push();
}

fn check(host: &Host, gateway: &Pushgateway, report: &Report) {
    let (ledger, at_gateway) = (host.ledger(), gateway.metrics());
    assert_totals(&lock(&report.agents), &ledger);
    assert_runs(&lock(&report.runs), &ledger);
    assert_same(&ledger, &at_gateway);
    assert_eq!(exposition::total(&at_gateway, "sase_agent_active", &[]), Some(0.0), "nobody lives");
    host.assert_clean();
}

fn assert_runs(runs: &[Run], ledger: &str) {
    let total = |metric, label| exposition::total(ledger, metric, &[(label, "wrapped")]).unwrap();
    let count = |test: fn(&Run) -> bool| runs.iter().filter(|run| test(run)).count() as f64;
    let within = |what, number, least: f64| {
        // What a wrapper that was killed had recorded is open, within its own one run.
        let most = least + count(|run| !run.recorded);
        assert!((least..=most).contains(&number), "{what}: {number}, and not {least} to {most}");
    };
    within("runs", total("sase_agent_runs_total", "llm_provider"), count(|run| run.recorded));
    within("durations", total("sase_agent_run_duration_seconds", "llm_provider"), count(|run| run.recorded));
    let spawns = total("sase_agent_spawns_total", "llm_provider");
    within("spawns", spawns, count(|run| run.began || run.recorded));
}

fn said(report: &Report, proxy: &DelayProxy) -> String {
    let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    let runs = lock(&report.runs);
    format!(
        "agents: {}\nwrappers: {}, of which {} were killed\n\
         explicit pushes: {} that arrived and {} that failed; sweeps: {}\n\
         gateway: {} restarts, at {} of which its disk was wiped; the way to it changed {} times\n\
         requests: {}, of which {} were passed on although nobody waited for them any more",
        summary(&lock(&report.agents)),
        runs.len(),
        runs.iter().filter(|run| run.killed_by.is_some()).count(),
        count(&report.pushes),
        count(&report.refused_pushes),
        count(&report.sweeps),
        report.away.begun(),
        report.wiped.begun(),
        count(&report.modes),
        proxy.requests(),
        proxy.late(),
    )
}

/// A thread that panicked has failed the test already.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take<T: Default>(mutex: &Mutex<T>) -> T {
    std::mem::take(&mut *lock(mutex))
}

#[test]
fn a_request_that_comes_late_sets_the_gateway_back_until_the_next_push() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    // With this seed the first request takes almost all of the time, and the next ones almost none.
    let proxy = DelayProxy::start(gateway.address(), Duration::from_secs(4), 60793);
    let host = Host::pushing_to(&proxy.url());
    let every = Some(Duration::from_millis(100));
    let life = Life { end: End::Returns, killed: None, every, ..Life::draw(1, 1) }.hurried();
    // The first gives its push up, and the second holds off.
    let counted = [1, 2].map(|number| host.live(number, "p", life));
    host.push();
    let total = || exposition::total(&gateway.metrics(), "sase_llm_retries_total", &[]);
    let all = total();
    assert!(all.is_some_and(|all| all > 0.0), "{counted:?}");
    eventually("the request that was given up has arrived", || (proxy.open() == 0).then_some(()));
    assert!(total() < all && proxy.late() == 1, "{:?} is not less than {all:?}", total());
    host.push();
    assert_eq!((total(), proxy.late()), (all, 1));
    assert_totals(&counted, &host.ledger());
}
