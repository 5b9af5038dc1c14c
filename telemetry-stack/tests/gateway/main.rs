//! The gateway behind its real door: beside a real Pushgateway, killed in the middle of pushes, with a full disk, and with clients that
//! mean no good.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking")]

mod full_disk;
mod hostile;
mod http;
mod killed;
mod measured;
mod place;
mod real;
mod skip;
