//! What the tests with real servers stand on.
//!
//! | module | what it gives |
//! |---|---|
//! | [`programs`], [`skip`] | finds the installed programs; `require!` skips a test that lacks one |
//! | [`pushgateway`], [`prometheus`], [`alertmanager`], [`node_exporter`] | real servers on ports of their own, ended when dropped |
//! | [`hooks`] | who is called by webhooks |
//! | [`up`] | our own stack in one process, which can be killed and started again |
//! | [`api`] | the HTTP API of Prometheus, whoever answers it |
//! | [`promtool`], [`amtool`] | what Prometheus's own checker says of an exposition, and Alertmanager's of its configuration |
//! | [`grafana`], [`kubernetes`] | what the published types say of dashboards and Kubernetes objects |
//! | [`browser`] | what somebody with a browser sees of a page |
//! | [`compose`] | what docker-compose makes of a compose file |
//! | [`stub`] | a server that gives everybody the same answer |
//! | [`proxy`] | a slow, hanging, refusing or failing way to a server |
//! | [`certificates`] | a server's certificate, from an authority of the test's own |
//! | [`scratch`] | a temporary folder, and our binary in a clean environment |
//! | [`curl`] | what curl gets, with the headers that one tells it to send |
//! | [`http`], [`exposition`] | a plain HTTP client, and numbers out of what it fetched |
//! | [`schema`], [`reviewed`] | what docs/schema promises of JSON, and output that somebody has read |
//! | [`terminal`] | a terminal, and all that is printed on it |
//! | [`tmux`] | a terminal emulator: keys in, and out what a person sees |
//! | [`wait`] | waiting with a bound |
//! | [`port`], [`server`], [`npm`] | what the servers and the checkers above are made from |

pub(crate) mod alertmanager;
mod amtool;
pub(crate) mod api;
pub(crate) mod browser;
pub(crate) mod certificates;
mod compose;
pub(crate) mod curl;
pub(crate) mod exposition;
pub(crate) mod grafana;
pub(crate) mod hooks;
pub(crate) mod http;
mod kubernetes;
mod node_exporter;
mod npm;
mod port;
pub(crate) mod programs;
pub(crate) mod prometheus;
pub(crate) mod promtool;
pub(crate) mod proxy;
pub(crate) mod pushgateway;
pub(crate) mod reviewed;
pub(crate) mod schema;
pub(crate) mod scratch;
pub(crate) mod server;
pub(crate) mod skip;
pub(crate) mod stub;
pub(crate) mod terminal;
pub(crate) mod tmux;
pub(crate) mod up;
pub(crate) mod wait;

pub(crate) use alertmanager::Alertmanager;
pub(crate) use amtool::amtool_check;
pub(crate) use api::Api;
pub(crate) use certificates::Certificates;
pub(crate) use compose::compose_config;
pub(crate) use grafana::typecheck_dashboards;
pub(crate) use hooks::Hooks;
pub(crate) use kubernetes::validate_kubernetes;
pub(crate) use node_exporter::NodeExporter;
pub(crate) use programs::{Program, require};
pub(crate) use prometheus::{Prometheus, Scrape};
pub(crate) use proxy::{DelayProxy, Mode};
pub(crate) use pushgateway::Pushgateway;
pub(crate) use scratch::Scratch;
pub(crate) use stub::Stub;
pub(crate) use tmux::Tmux;
pub(crate) use up::Up;
pub(crate) use wait::eventually;
