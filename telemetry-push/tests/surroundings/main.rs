//! The ledger in surroundings that are against it: no room, no right to write, no home, other users, other hosts, a crowd.
//!
//! They are real ones, made of what the kernel offers: file systems and host names in namespaces of their own, and other users. A test
//! process enters them by starting this binary once more through `unshare` or `setpriv`. Where that is not permitted, a test reports
//! itself as skipped.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | [`scene`] | starting this binary once more, elsewhere or as somebody else |
//! | [`child`] | a process that merges there |
//! | [`state`] | what a ledger says, and what it has to say after a merge |
//! | [`clock`], [`crowd`], [`full_disk`], [`home`], [`hosts`], [`read_only`], [`users`] | the tests |
//! | [`skip`] | saying that a test cannot run here |
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports by panicking, and its support is no different"
)]

mod child;
mod clock;
mod crowd;
mod full_disk;
mod home;
mod hosts;
mod read_only;
mod scene;
mod users;

#[path = "../crash/skip.rs"]
mod skip;
#[path = "../crash/state.rs"]
mod state;
