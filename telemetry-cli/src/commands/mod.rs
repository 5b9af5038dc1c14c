//! The commands, one file each: its arguments, and what it does.

pub(crate) mod alerts;
pub(crate) mod chart;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod dashboard;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod endpoint;
pub(crate) mod export_config;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod push;
pub(crate) mod query;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod snapshot;
pub(crate) mod status;
pub(crate) mod up;
