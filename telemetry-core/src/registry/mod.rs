//! Registries: the series of every metric, and their values at one moment.

#[cfg(feature = "live")]
mod add;
#[cfg(feature = "live")]
mod handed;
#[cfg(test)]
#[cfg(all(loom, feature = "live"))]
mod interleavings;
#[cfg(feature = "live")]
mod key;
#[cfg(feature = "live")]
mod lines;
#[cfg(feature = "live")]
mod list;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod order;
#[cfg(feature = "live")]
mod place;
#[cfg(feature = "live")]
mod recent;
#[cfg(feature = "live")]
mod sheet;
#[cfg(feature = "live")]
mod sought;
#[cfg(feature = "live")]
mod store;
#[cfg(feature = "live")]
mod table;
#[cfg(feature = "live")]
mod words;
#[cfg(feature = "live")]
use live as half;

#[cfg(not(feature = "live"))]
mod stub;
#[cfg(not(feature = "live"))]
use stub as half;

pub use half::Registry;
#[cfg(feature = "live")]
pub use handed::Handed;

pub(crate) use half::Kept;
#[cfg(feature = "live")]
pub(crate) use place::{Known, Place, Written};
#[cfg(feature = "live")]
pub(crate) use store::{Series, Store};
#[cfg(not(feature = "live"))]
pub(crate) use stub::Series;

/// The label value that replaces every value of a label set beyond the series limit.
pub const OVERFLOW: &str = "__overflow__";
