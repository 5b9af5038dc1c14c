//! What several fuzz targets need: folders in memory, and expositions that are read within bounds and written again.

mod exposition;
mod scratch;
mod shortcuts;

pub use exposition::{read, written};
pub use scratch::{folder, from_here, records};
pub use shortcuts::check_shortcuts;
