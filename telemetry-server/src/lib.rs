#![doc = include_str!("../README.md")]

mod error;
mod exposition;
mod merge;
mod negotiation;
mod router;
mod server;

pub use error::Error;
pub use exposition::{Exposition, Source};
pub use server::{Server, serve};
