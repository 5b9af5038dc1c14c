#![doc = include_str!("../README.md")]

mod carry;
mod change;
pub mod client;
mod container;
mod copies;
mod error;
mod exit;
mod families;
mod fault;
mod folder;
pub mod http;
mod kept;
mod lease;
pub mod ledger;
mod lock;
mod made;
#[cfg(test)]
mod model;
mod place;
mod presence;
pub mod pusher;
mod textfile;
mod totals;
mod waiting;

pub use carry::Carry;
pub use client::{BlockingPushClient, Group, GroupError, PushClient, PushClientBuilder, PushError, Retry};
pub use copies::{COPIES, COPY_INTERVAL, Window};
pub use error::{Error, in_sentences};
pub use exit::{EXIT_BOUND, ExitGuard, Flushed, Problem, PushOnExit, SHORTEST_PERIOD, push_on_exit};
pub use lease::{Acquired, Lease, Release};
pub use ledger::{Examination, Ledger, Look, Merged, Unreadable};
pub use place::{Place, state_folder};
pub use pusher::{LastPush, Pushed, Pusher, Wish};
pub use totals::{Totals, is_ledger};

use std::hash::{BuildHasher, Hasher, RandomState};

/// Thirty-two random hexadecimal digits, to tell ledgers and files apart; the standard library seeds its hashers from the system.
fn random_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
