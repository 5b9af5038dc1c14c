//! A swarm of real processes that count and die, and the arithmetic of what must be left of them.
//!
//! | module | what it gives |
//! |---|---|
//! | [`plan`] | the life of each process, drawn from a seed |
//! | [`journal`] | what a process has counted, in a file of its own that survives its death |
//! | [`agent`] | the process itself: this test program once more |
//! | [`host`] | the ledger that they share, our binary beside it, and the end of each process |
//! | [`outcome`] | what a process must have left in the ledger, and whether it did |
//! | [`watch`] | the ledger and the gateway, looked at again and again: nothing goes down |

pub(crate) mod agent;
pub(crate) mod host;
pub(crate) mod journal;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod watch;

pub(crate) use host::{Host, Workers};
pub(crate) use outcome::Outcome;

/// Holds the seed of a run that is to be repeated.
const SEED: &str = "TELEMETRY_TEST_SEED";

/// The seed of this run: the one that was asked for, or any. It is printed, and test runners show what a failed test printed.
pub(crate) fn seed() -> u64 {
    let asked_for = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
    let seed = asked_for.unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed} draws the same lives again");
    seed
}
