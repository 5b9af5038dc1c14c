//! `telemetry up`, as its users have it: in a process of its own, beside real servers and real clients.
//!
//! | module | responsible for |
//! |---|---|
//! | [`ports`], [`ending`] | how it begins and how it ends |
//! | [`alertmanager`] | who is told of alerts |
//! | [`alerts_command`] | what `telemetry alerts` says of it |
//! | [`external`] | how other people and other machines reach it |
//! | [`wiring`] | where the rules and the page are |
//! | [`workload`] | hours in the life of a fleet, for a history |
//! | [`both`] | our stack and a real Prometheus with the same samples |
//! | [`panels`] | every generated expression, asked of both |
//! | [`promtool`], [`grafana`] | what clients ask |
//! | [`rule_files`] | rule files and templates, read by us and by promtool |
//! | [`exporter`] | something to scrape whose page a test changes |
//! | [`rules`] | rules, evaluated by us and by a real Prometheus |
//! | [`staleness`] | what ends and comes back |
//! | [`history_kill`] | kills, and no room on the disk |
//! | [`clients`], [`clients_life`], [`clients_wire`] | who pushes: the official client, our own runs, and requests by the byte |
//! | [`hostile`], [`hostile_crowd`] | clients that mean no good, and many of them |
//! | [`kills`], [`faults`] | pushes that are killed in the middle, and no room on the disk |

mod alertmanager;
mod alerts_command;
mod both;
mod clients;
mod clients_life;
mod clients_wire;
mod ending;
mod exporter;
mod external;
mod faults;
mod grafana;
mod history_kill;
mod hostile;
mod hostile_crowd;
mod kills;
mod panels;
mod ports;
mod promtool;
mod rule_files;
mod rules;
mod staleness;
mod wiring;
mod workload;
