//! What the tests with real servers stand on.
//!
//! | module | what it gives |
//! |---|---|
//! | [`programs`], [`skip`] | finds the installed programs; `require!` skips a test that lacks one |
//! | [`pushgateway`], [`prometheus`], [`node_exporter`] | real servers on ports of their own, ended when dropped |
//! | [`promtool`] | what Prometheus's own checker says of an exposition |
//! | [`proxy`] | a slow, hanging, refusing or failing way to a server |
//! | [`certificates`] | a server's certificate, from an authority of the test's own |
//! | [`scratch`] | a temporary folder, and our binary in a clean environment |
//! | [`curl`] | what curl gets, with the headers that one tells it to send |
//! | [`http`], [`exposition`] | a plain HTTP client, and numbers out of what it fetched |
//! | [`wait`] | waiting with a bound |
//! | [`port`], [`server`] | what the servers above are made from |

pub(crate) mod certificates;
pub(crate) mod curl;
pub(crate) mod exposition;
pub(crate) mod http;
mod node_exporter;
mod port;
pub(crate) mod programs;
pub(crate) mod prometheus;
pub(crate) mod promtool;
pub(crate) mod proxy;
pub(crate) mod pushgateway;
pub(crate) mod scratch;
pub(crate) mod server;
pub(crate) mod skip;
pub(crate) mod wait;

pub(crate) use certificates::Certificates;
pub(crate) use node_exporter::NodeExporter;
pub(crate) use programs::{Program, require};
pub(crate) use prometheus::{Prometheus, Scrape};
pub(crate) use proxy::{DelayProxy, Mode};
pub(crate) use pushgateway::Pushgateway;
pub(crate) use scratch::Scratch;
pub(crate) use wait::eventually;
