//! Client and pusher against small servers that are written for the occasion: what is sent, how often, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod client;
mod pusher;
mod server;
