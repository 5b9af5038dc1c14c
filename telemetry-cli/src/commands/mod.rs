//! The commands, one file each: its arguments, and what it does.

pub(crate) mod alerts;
pub(crate) mod demo;
pub(crate) mod export_config;
pub(crate) mod list;
pub(crate) mod push;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod up;
