//! Our evaluation of PromQL beside that of a real Prometheus: random series, random expressions, the same answers.
//!
//! | module | responsible for |
//! |---|---|
//! | [`history`] | random series, for our store and as a file for Prometheus |
//! | [`grammar`] | random expressions |
//! | [`judge`] | whether two answers are the same |
//! | [`api`] | our HTTP API, asked the same as that of Prometheus |
//!
//! Debian's Prometheus is version 2.42, whose windows are closed on their left. No sample here lies where a window can begin, so
//! that this makes no difference; the edges have tests of their own in `telemetry-query`. What else has changed until version 3
//! is avoided where series and expressions are made, and said there.

mod api;
mod catalog;
mod grammar;
mod history;
mod judge;

use std::process::Command;
use std::time::{Duration, Instant};

use telemetry_query::{Limits, MemoryStore, Query, QueryError, Series, Steps};

use crate::support::{Program, Prometheus, Scratch, promtool, require};
use grammar::Grammar;
use judge::{Answer, asked, difference};

/// Set to the seed that a failure has named, to see it again.
const SEED: &str = "TELEMETRY_TEST_SEED";

/// For how long expressions are tried, at most.
const PATIENCE: Duration = Duration::from_secs(12);

/// How many expressions are tried, if there is time for them.
const EXPRESSIONS: usize = 700;

/// How many there must be time for, however slow the machine is.
const LEAST: usize = 50;

fn seed() -> u64 {
    std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap())
}

/// A Prometheus that knows nothing but what is in a file.
pub(crate) fn loaded(exposition: &str) -> Prometheus {
    let folder = Scratch::new();
    std::fs::write(folder.path().join("history.om"), exposition).unwrap();
    std::fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
    let (good, said) =
        promtool::run(folder.path(), &["tsdb", "create-blocks-from", "openmetrics", "history.om", "data"]);
    assert!(good, "{said}");
    let home = folder.path().to_owned();
    Prometheus::start_by(folder, move |address| {
        let mut command = Command::new(Program::Prometheus.path());
        command.current_dir(&home).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        // The samples are from a time that is long over.
        command.arg("--storage.tsdb.retention.time=100y").arg(format!("--web.listen-address={address}"));
        command
    })
}

fn ours(store: &MemoryStore, expression: &str, steps: Steps) -> Result<Vec<Series>, QueryError> {
    Query::parse(expression)?.range(store, steps, &Limits::default())
}

#[test]
fn random_expressions_have_the_same_answers_as_in_prometheus() {
    require!(Prometheus, Promtool);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let (store, exposition) = history::random(&mut random);
    let prometheus = loaded(&exposition);
    let began = Instant::now();
    let (mut tried, mut answered) = (0, 0);
    while tried < EXPRESSIONS && (tried < LEAST || began.elapsed() < PATIENCE) {
        let expression = Grammar(&mut random).expression();
        let steps = history::steps(&mut random);
        let theirs = asked(&prometheus.url(), &expression, steps);
        let ours = ours(&store, &expression, steps);
        tried += 1;
        answered += usize::from(matches!(&theirs, Answer::Series(series) if !series.is_empty()));
        if let Some(difference) = difference(&ours, &theirs) {
            panic!("with {SEED}={seed}, number {tried}: {expression}\nat {steps:?}: {difference}");
        }
    }
    println!("{tried} expressions, {answered} of them with an answer that has samples");
    assert!(
        answered * 2 > tried,
        "with {SEED}={seed}: only {answered} of {tried} expressions have an answer"
    );
}

#[test]
fn a_difference_would_be_seen() {
    require!(Prometheus, Promtool);
    let (store, exposition) = history::random(&mut fastrand::Rng::with_seed(1));
    let prometheus = loaded(&exposition);
    let steps = history::steps(&mut fastrand::Rng::with_seed(1));
    let pairs = [
        ("sum(temperature)", "sum(temperature) + 1e-6"),
        ("temperature", "temperature offset 10s"),
        ("temperature", "temperature > 0"),
        ("rate(requests[2m])", "irate(requests[2m])"),
        ("temperature", "-(-temperature)"),
        ("sum(temperature)", "sum(temperature) * on() group_left temperature"),
    ];
    for (one, other) in pairs {
        assert_eq!(difference(&ours(&store, one, steps), &asked(&prometheus.url(), one, steps)), None);
        assert!(
            difference(&ours(&store, one, steps), &asked(&prometheus.url(), other, steps)).is_some(),
            "{other}"
        );
        assert!(
            difference(&ours(&store, other, steps), &asked(&prometheus.url(), one, steps)).is_some(),
            "{other}"
        );
    }
}
