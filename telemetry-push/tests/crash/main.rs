//! Death and power loss between any two system calls of a merge.
//!
//! A child process, which is this test binary started once more, merges while its parent leads it from system call to system call
//! with `ptrace`. At every one of these points one run is killed, and one run is looked at as a power cut would have left it. What
//! others then read must be exactly the ledger before the merge or exactly the one after it.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | [`child`] | the process that merges, and how it is started |
//! | [`trace`] | leading it from system call to system call |
//! | [`state`] | what a ledger says, and what it has to say after a merge |
//! | [`verdict`] | whether a folder that a death left behind is sound |
//! | [`tree`] | a folder with all that is in it, of which nothing is known but the name of the ledger |
//! | [`disk`] | what of a folder a power cut may leave |
//! | [`killed`], [`contended`], [`power`] | the tests |
//! | [`skip`] | saying that a test cannot run here |
//!
//! Where tracing is not permitted, the tests report themselves as skipped.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports by panicking, and its support is no different"
)]

mod child;
mod contended;
mod disk;
mod killed;
mod power;
mod skip;
mod state;
mod trace;
mod tree;
mod verdict;
