#![doc = include_str!("../README.md")]

pub mod api;
mod duration;
mod folder;
pub mod gateway;
pub mod history;
mod holder;
mod neighbour;
mod number;
mod part;
mod port;
pub mod scrape;
mod stack;
mod upkeep;

pub use duration::{duration_text, parse_duration};
pub use folder::{DataFolder, FolderError};
pub use holder::Holder;
pub use part::Part;
pub use port::{PortError, Taken};
pub use stack::{Place, Stack, StackError, StackOptions};
