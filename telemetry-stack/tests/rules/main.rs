//! Rules over a real history: what is recorded, which alerts follow, what is told of them, and what survives an end.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking")]

mod recorded;
mod restarted;
mod stage;
mod told;
