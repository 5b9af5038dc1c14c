//! `telemetry up`, as its users have it: in a process of its own, beside real servers and real clients.

mod both;
mod ending;
mod exporter;
mod grafana;
mod history_kill;
mod panels;
mod ports;
mod promtool;
mod staleness;
mod workload;
