//! A siege: every listener of the project under malformed, huge, slow and half-closed requests, while those who mean well push, scrape, ask
//! and look. `cargo xtask soak hostile` runs an hour of it, and each run of the tests a short one.
//!
//! | module | responsible for |
//! |---|---|
//! | `besieged` | the processes and their listeners |
//! | `attack` | those who mean no good |
//! | `client` | those who mean well, and what was acknowledged to them |
//! | `tally`, `vitals` | what was answered, and what the processes took of the machine |
//! | `report` | the tables, and which invariants broke |

mod attack;
mod besieged;
mod client;
mod report;
mod tally;
mod vitals;

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{eventually, exposition, http, require};
use crate::swarm::seed;
use besieged::Besieged;
use client::{Acknowledged, DEEDS, RUNS, come_first, on_the_page, use_it};
use report::{MORE_FILES, Report};
use tally::{Answers, Tally};
use vitals::Course;

/// How many minutes the long siege lasts; unset, one.
const MINUTES: &str = "TELEMETRY_TEST_SIEGE_MINUTES";

/// How long the short siege lasts.
const SHORT: Duration = Duration::from_secs(20);

/// How often memory, files and threads are looked at.
const LOOKS: Duration = Duration::from_millis(200);

/// What is promised of an end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The same with slack for a machine that runs other tests beside this one.
const ENDS_WITHIN_BUSY: Duration = Duration::from_secs(20);

/// The end of the siege.
struct Until(Instant);

impl Until {
    fn is_over(&self) -> bool {
        Instant::now() >= self.0
    }
}

#[test]
fn a_short_siege_delays_harms_and_loses_nothing() {
    require!(Curl);
    siege(SHORT, ENDS_WITHIN_BUSY);
}

#[test]
#[ignore = "it takes minutes; `cargo xtask soak hostile` runs it"]
fn a_long_siege_delays_harms_and_loses_nothing() {
    require!(Curl);
    let minutes = std::env::var(MINUTES).map_or(1.0, |minutes| minutes.parse().unwrap());
    siege(Duration::from_secs_f64(minutes * 60.0), ENDS_WITHIN);
}

fn siege(time: Duration, ends_within: Duration) {
    let (seed, mut besieged) = (seed(), Besieged::start());
    let (done, answers, tally) = (Acknowledged::default(), Answers::new(), Tally::default());
    come_first(&besieged, &done);
    let courses = Mutex::new(besieged.processes().map(Course::begin));
    let until = Until(Instant::now() + time);
    thread::scope(|scope| {
        let (besieged, done, answers, tally, until) = (&besieged, &done, &answers, &tally, &until);
        for (place, (door, address)) in besieged.doors().into_iter().enumerate() {
            scope.spawn(move || attack::hang(door, address, until, tally));
            for number in 0..attack::AT_EACH_DOOR {
                let seed = seed.rotate_left(16) ^ (place * attack::AT_EACH_DOOR + number) as u64;
                scope.spawn(move || attack::attack(door, address, seed, until, tally));
            }
        }
        for which in 0..DEEDS.len() {
            scope.spawn(move || use_it(which, besieged, done, until, answers));
        }
        while !until.is_over() {
            courses.lock().unwrap().iter_mut().for_each(Course::look);
            thread::sleep(LOOKS);
        }
    });
    let mut courses = courses.into_inner().unwrap();
    await_calm(&mut courses);
    let report = Report { time, answers: &answers, tally: &tally, courses: &courses };
    println!("{}", report.tables());
    nothing_is_lost(&besieged, &done);
    let took = end_and_begin_again(&mut besieged, ends_within);
    nothing_is_lost(&besieged, &done);
    let ((pushed, added), ran) = (done.now(), done.ran.load(Ordering::SeqCst));
    let pushed: u64 = pushed.iter().sum();
    println!("pushed: {pushed}; added: {added}; commands run: {ran}; lost: 0, before and after a restart");
    println!("`telemetry up` ended within {} ms of the signal", took.as_millis());
    let broken = report.broken();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// All connections of attackers are over soon, or else some remain open, which the report says.
fn await_calm(courses: &mut [Course]) {
    let deadline = Instant::now() + crate::support::wait::PATIENCE;
    let open = |course: &Course| course.after.files > course.before.files + MORE_FILES;
    while Instant::now() < deadline {
        courses.iter_mut().for_each(Course::look);
        if !courses.iter().any(open) {
            break;
        }
        thread::sleep(LOOKS);
    }
}

/// Everything that was acknowledged is exactly there: at the gateway, in the ledger and, soon, in the history, in which no counter went back.
fn nothing_is_lost(besieged: &Besieged, done: &Acknowledged) {
    let (pushed, added) = done.now();
    let (pushed, added) = (pushed.map(|number| number as f64).to_vec(), added as f64);
    let ran = done.ran.load(Ordering::SeqCst) as f64;
    let page = http::get(&format!("{}/metrics", besieged.up.gateway_url())).unwrap().body;
    assert_eq!(on_the_page(&page), pushed, "at the gateway");
    assert_eq!(exposition::total(&page, "siege_added_total", &[]), Some(added), "at the gateway");
    let page = http::get(&format!("http://{}/metrics", besieged.ledger.address())).unwrap().body;
    assert_eq!(exposition::total(&page, RUNS, &[]), Some(ran), "in the ledger");
    let api = besieged.up.api();
    for (expression, expected) in [
        ("sum(siege_pushed_total)", pushed.iter().sum()),
        ("sum(siege_added_total)", added),
        (&format!("sum({RUNS}{{job!=\"\"}})"), ran),
        ("sum(resets(siege_pushed_total[1d])) + sum(resets(siege_added_total[1d]))", 0.0),
    ] {
        let is_there = || api.query(expression).first().is_some_and(|sum| sum.value == expected);
        eventually(&format!("{expression} is {expected}"), || is_there().then_some(()));
    }
}

fn end_and_begin_again(besieged: &mut Besieged, within: Duration) -> Duration {
    besieged.up.signal(Signal::TERM);
    let (status, took, said) = besieged.up.ended();
    assert!(status.success() && took < within, "{status} after {took:?}: {said}");
    besieged.up.restart();
    took
}
