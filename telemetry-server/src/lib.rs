#![doc = include_str!("../README.md")]

mod activity;
mod auth;
mod connection;
mod encoding;
mod error;
mod exposition;
mod flight;
mod hosting;
mod incoming;
mod limits;
mod merge;
pub mod metrics;
mod negotiation;
mod outgoing;
mod pages;
mod process;
mod reception;
mod rotating;
mod router;
mod server;
mod source;
mod tls;

pub use error::Error;
pub use exposition::Exposition;
pub use limits::Limits;
pub use metrics::FailureReason;
pub use server::{Server, serve};
pub use source::{Source, SourceError, SourceFailure, Told};
