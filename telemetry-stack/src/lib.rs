#![doc = include_str!("../README.md")]

pub mod api;
pub mod gateway;
pub mod history;
mod number;
pub mod scrape;
