//! What a command reports itself, followed while it runs: events as lines of JSON, or an exposition.
//!
//! | module | what it answers |
//! |---|---|
//! | `from` | where the report comes from, and what the command is given for it |
//! | `lines` | bytes to lines of a bounded length |
//! | `file` | what was added to a file since the last look, however it was replaced meanwhile |
//! | `pipe` | what was written to a descriptor, of which the command never waits to be rid |
//! | `only` | that no other run follows the same file |
//! | `tally` | what of it was recorded, and the words for what was not |
//! | `families` | the counts of an exposition, added to those of the registry |
//! | `since` | what of an exposition was counted since the attempt began |
//! | `follow` | when it is looked at, merged and pushed |
//!
//! Nothing in a report can break the run: what cannot be understood is counted, and told in one line at the end.

mod families;
mod file;
mod follow;
mod from;
mod lines;
mod only;
mod pipe;
mod since;
mod tally;

pub(super) use follow::{Follower, Way};
pub(super) use from::{Ends, MetricsFrom};
