#![doc = include_str!("../README.md")]

pub mod api;
mod document;
mod duration;
mod folder;
pub mod gateway;
pub mod health;
pub mod history;
mod holder;
mod neighbour;

pub mod notify;
mod number;
pub mod page;
pub mod panels;
mod part;
mod port;
pub mod report;
pub mod rules;
pub mod scrape;
pub mod source;
mod stack;
mod surviving;
mod tally;
mod upkeep;
mod words;

pub use duration::{duration_text, parse_duration};
pub use folder::{DataFolder, FolderError};
pub use holder::Holder;
pub use neighbour::reachable;
pub use part::Part;
pub use port::{PortError, Taken};
pub use stack::{Place, RulesPlan, Stack, StackError, StackOptions};
