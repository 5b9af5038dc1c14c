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

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{eventually, exposition, http, require};
use crate::swarm::seed;
use besieged::Besieged;
use client::{Acknowledged, DEEDS, RUNS, come_first, on_the_page, use_it};
use report::Report;
use tally::{Answers, Tally};
use vitals::{Course, PARTS};

/// How many minutes the long siege lasts; unset, one.
const MINUTES: &str = "TELEMETRY_TEST_SIEGE_MINUTES";

/// How long the short siege lasts.
const SHORT: Duration = Duration::from_secs(20);

/// How often memory, files and threads are looked at.
const LOOKS: Duration = Duration::from_millis(200);

/// How often it is said how it goes.
const WORDS: Duration = Duration::from_secs(60);

/// What is promised of an end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The same with slack for a machine that runs other tests beside this one.
const ENDS_WITHIN_BUSY: Duration = Duration::from_secs(20);

/// From when until when the siege lasts.
struct Until {
    begun: Instant,
    time: Duration,
}

impl Until {
    fn now_and(time: Duration) -> Self {
        Self { begun: Instant::now(), time }
    }

    fn is_over(&self) -> bool {
        self.elapsed() >= self.time
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// In which of so many equal parts of the time it is now.
    fn part(&self, parts: usize) -> usize {
        let share = self.elapsed().as_secs_f64() / self.time.as_secs_f64();
        ((share * parts as f64) as usize).min(parts - 1)
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

/// Tells all figures first and judges them then, so that whatever is wrong hides nothing else.
fn siege(time: Duration, ends_within: Duration) {
    let (seed, mut besieged) = (seed(), Besieged::start());
    let (done, answers, tally) = (Acknowledged::default(), Answers::new(), Tally::default());
    come_first(&besieged, &done);
    let mut courses = besieged.processes().map(Course::begin);
    attack_and_use(&besieged, &done, &Until::now_and(time), seed, (&answers, &tally), &mut courses);
    await_calm(&mut courses);
    let report = Report { time, answers: &answers, tally: &tally, courses: &courses };
    println!("{}", report.tables());
    let mut broken = report.broken();
    broken.extend(fails("after the siege", || nothing_is_lost(&besieged, &done)));
    broken.extend(fails("the end", || end_and_begin_again(&mut besieged, ends_within)));
    broken.extend(fails("after a restart", || nothing_is_lost(&besieged, &done)));
    let ((pushed, added), ran) = (done.now(), done.ran.load(Ordering::SeqCst));
    let pushed: u64 = pushed.iter().sum();
    println!("pushed: {pushed}; added: {added}; commands run: {ran}; looked for before and after a restart");
    assert!(broken.is_empty(), "{broken:#?}");
    println!("lost: 0");
}

fn attack_and_use(
    besieged: &Besieged,
    done: &Acknowledged,
    until: &Until,
    seed: u64,
    (answers, tally): (&Answers, &Tally),
    courses: &mut [Course],
) {
    let targets = besieged.targets();
    thread::scope(|scope| {
        for (place, target) in targets.iter().enumerate() {
            scope.spawn(move || attack::hang(target, until, tally));
            for number in 0..attack::AT_EACH_DOOR {
                let seed = seed.rotate_left(16) ^ (place * attack::AT_EACH_DOOR + number) as u64;
                scope.spawn(move || attack::attack(target, seed, until, tally));
            }
        }
        for which in 0..DEEDS.len() {
            scope.spawn(move || use_it(which, besieged, done, until, answers));
        }
        watch(until, answers, courses);
    });
}

/// Looks at the processes until the time is over, and says now and then how it goes: what an hour came to is known although it does not end.
fn watch(until: &Until, answers: &Answers, courses: &mut [Course]) {
    let mut next = WORDS;
    while !until.is_over() {
        courses.iter_mut().for_each(|course| course.look(until.part(PARTS)));
        if until.elapsed() >= next {
            next += WORDS;
            let (requests, errors) = answers.so_far();
            println!("{} s: {requests} requests, {errors} errors", until.elapsed().as_secs());
            courses.iter().for_each(|course| println!("    {}", course.now()));
        }
        thread::sleep(LOOKS);
    }
}

/// What a check said that does not hold.
fn fails(what: &str, check: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(check)).err()?;
    let said = panic.downcast_ref::<String>().map(String::as_str);
    Some(format!("{what}: {}", said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it failed")))
}

/// All connections of attackers are over soon, and so are the threads that worked for them, or else some remain, which the report says.
fn await_calm(courses: &mut [Course]) {
    let begun = Instant::now();
    while begun.elapsed() < crate::support::wait::PATIENCE {
        courses.iter_mut().for_each(Course::look_after);
        if courses.iter().all(Course::is_calm) {
            break;
        }
        thread::sleep(LOOKS);
    }
    println!("calm after {} s", begun.elapsed().as_secs());
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

fn end_and_begin_again(besieged: &mut Besieged, within: Duration) {
    besieged.up.signal(Signal::TERM);
    let (status, took, said) = besieged.up.ended();
    println!(
        "`telemetry up` ended within {} ms of the signal; it had said {} bytes",
        took.as_millis(),
        said.len()
    );
    besieged.up.restart();
    assert!(status.success() && took < within, "{status} after {took:?}: {}", end_of(&said));
}

/// The last of what a process said: an hour may have been much.
fn end_of(said: &str) -> &str {
    said.char_indices().rev().nth(2_000).map_or(said, |(at, _)| &said[at..])
}
