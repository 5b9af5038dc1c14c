//! `telemetry up`, as its users have it: in a process of its own, beside real servers and real clients.

mod clients;
mod clients_life;
mod clients_wire;
mod ending;
mod faults;
mod hostile;
mod hostile_crowd;
mod kills;
mod ports;
