#![doc = include_str!("../README.md")]

mod failure;
mod filter;
pub mod indicator;
mod lookup;
pub mod panel;
pub mod promql;
mod quantile;
pub mod quantity;
pub mod render;
pub mod rules;
pub mod stack;
mod target;
pub mod verdict;

pub use failure::{FailureRule, Share};
pub use filter::{Filter, Group, MetricType};
pub use lookup::{Entry, LookupError, find_metric, find_subsystem, nearest_names, subsystems};
pub use promql::{Example, examples};
pub use quantile::{DifferentBounds, Distribution, Estimate};
pub use target::{EXPOSITION_JOB, GATEWAY_JOB, STACK_JOB, WORKER_JOB, exposition_target};
