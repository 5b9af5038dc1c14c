//! `telemetry endpoint`: the addresses in use, and the scrape configuration for them.
//!
//! | module | responsible for |
//! |---|---|
//! | `addresses` | where each server is, who said so, and what it asks for |
//! | `scrape` | the jobs as Prometheus, an OpenTelemetry collector and Kubernetes take them |

mod addresses;
mod scrape;

use crate::args::AsJson;
use crate::failure::{Failure, warn};
use crate::output::{print, print_json, print_to};
use crate::session::Session;
use crate::tables;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::process::ExitCode;

pub(crate) use addresses::Endpoint;

/// Show the addresses in use, and the scrape configuration for them
///
/// Nobody is asked: these are the addresses of the configuration. Secrets are named by their files and never read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry endpoint
  telemetry endpoint -f prometheus > scrape.yml
  telemetry endpoint -f otel
  telemetry endpoint -f kubernetes | head -20
  telemetry endpoint -f json | jq -r '.endpoints[] | select(.name == \"Pushgateway\") | .url'")]
pub(crate) struct EndpointArgs {
    /// What is shown
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    as_json: AsJson,
}

impl EndpointArgs {
    /// How it is shown, whichever option says so.
    const fn format(&self) -> Format {
        if self.as_json.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// The addresses, and below them what to paste into Prometheus
    #[default]
    Rich,
    /// The addresses, and what to paste into Prometheus as a text
    Json,
    /// The scrape_configs of Prometheus
    Prometheus,
    /// The prometheus receiver of an OpenTelemetry collector
    Otel,
    /// Pods for the Prometheus operator, or for one that discovers them by their annotations
    Kubernetes,
}

/// Everything for programs.
#[derive(Serialize)]
struct Document {
    endpoints: Vec<Endpoint>,
    /// YAML with the key `scrape_configs`.
    scrape_configs: String,
}

pub(crate) fn run(args: &EndpointArgs, session: &Session) -> Result<ExitCode, Failure> {
    let loaded = session.load()?;
    loaded.warnings.iter().for_each(|warning| warn(warning));
    let config = &loaded.config;
    let endpoints = || addresses::endpoints(&loaded);
    match args.format() {
        Format::Rich => {
            let screen = session.screen();
            print_to(screen, &tables::endpoints(&endpoints(), &scrape::prometheus(config), screen))
        }
        Format::Json => {
            print_json(&Document { endpoints: endpoints(), scrape_configs: scrape::prometheus(config) })
        }
        Format::Prometheus => print(&scrape::prometheus(config)),
        Format::Otel => print(&scrape::otel(config)),
        Format::Kubernetes => print(&scrape::kubernetes(config)?),
    }
}
