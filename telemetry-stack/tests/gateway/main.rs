//! The gateway behind its real door: beside a real Pushgateway, killed in the middle of pushes, with a full disk, and with clients that
//! mean no good.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking")]
#![expect(clippy::print_stdout, reason = "a skipped test and a measurement report what they have to say")]

mod full_disk;
mod hostile;
mod http;
mod killed;
mod measured;
mod place;
mod real;
mod skip;
