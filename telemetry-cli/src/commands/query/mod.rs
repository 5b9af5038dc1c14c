//! `telemetry query`: PromQL against the Prometheus HTTP API.
//!
//! | module | responsible for |
//! |---|---|
//! | `moment` | times as people name them, and the steps between two of them |
//! | `refusal` | why there is no answer, with the place in the expression |
//! | `unknown` | what an expression names that nobody knows there, where nothing came of it |
//! | `document` | the answer for programs |

mod document;
mod moment;
mod refusal;
mod unknown;

use crate::args::{AsJson, Patience, address, length};
use crate::clock::now;
use crate::failure::{Failure, warn};
use crate::output::{print_json, print_to};
use crate::session::Session;
use crate::tables::{self, harmless};
use clap::{Args, ValueEnum};
use moment::At;
use std::io::{self, Read as _};
use std::process::ExitCode;
use std::time::Duration;
use telemetry_query::{Steps, Value};
use telemetry_stack::source::{Answer, Theirs};

/// The longest expression that is read, in bytes. Nobody writes one by hand that is as long.
const LONGEST: u64 = 1024 * 1024;

/// Evaluate PromQL against the Prometheus HTTP API
///
/// The Prometheus is that of the configuration, which may be `telemetry up`. Without --range there is one value for each series, the
/// largest first; with it a picture of how each went.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry query 'sum by (status) (sase_agent_runs_total)'
  telemetry query 'sum(rate(sase_agent_runs_total[5m]))' --range 1h
  telemetry query 'sase_agent_active' --at '10m ago'
  telemetry query -j 'sase_agent_runs_total' | jq '.result[].samples[0][1]'
  echo 'sum(sase_agent_active)' | telemetry query -

Times are `now`, RFC 3339 (2026-01-31T12:00:00Z), seconds since 1970, or how long ago: -10m or '10m ago'.

Exit codes: 0 there is an answer, which may be empty; 1 there is none; 64 wrong usage.")]
pub(crate) struct QueryArgs {
    /// The expression; `-` reads it from standard input
    expr: String,
    /// Show how it went in this time, such as 1h
    #[arg(short, long, value_name = "TIME", value_parser = span)]
    range: Option<Duration>,
    /// The time from one value to the next [default: as many as the screen is wide]
    #[arg(long, value_name = "TIME", value_parser = span, requires = "range")]
    step: Option<Duration>,
    /// The time of the values, or the end of the range
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment::at, allow_hyphen_values = true)]
    at: At,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// How the answer is shown
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    as_json: AsJson,
    /// Show every series of a range
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// A table, with pictures of ranges
    #[default]
    #[value(alias = "table")]
    Rich,
    /// One document with all series
    Json,
}

/// A question, and what came of it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) expr: String,
    /// The address without its credentials.
    pub(crate) source: String,
    /// The times of a range.
    pub(crate) steps: Option<Steps>,
    pub(crate) answer: Answer,
}

pub(crate) fn run(args: &QueryArgs, session: &Session) -> Result<ExitCode, Failure> {
    let expr = expression(&args.expr)?;
    let at = args.at.milliseconds(if args.range.is_some() { next_second(now()) } else { now() });
    let screen = session.screen();
    let steps = args.range.map(|range| moment::steps(at, range, args.step, screen.width)).transpose()?;
    let address = match &args.from {
        Some(text) => address("--from", text)?,
        None => session.config()?.prometheus.url,
    };
    let source = address.url.clone();
    let theirs = Theirs::within(address, args.patience.timeout)?;
    let answer = match steps {
        Some(steps) => theirs.query_range(&expr, steps),
        None => theirs.query(&expr, at),
    };
    let answer = answer.map_err(|error| refusal::failure(&error, &expr))?;
    answer.warnings.iter().for_each(|warning| warn(&harmless(warning)));
    if is_empty(&answer.value) {
        unknown::said(&theirs, &expr).iter().for_each(|line| warn(&harmless(line)));
    }
    let asked = Asked { expr, source, steps, answer };
    if args.as_json.json || args.format == Format::Json {
        return print_json(&document::document(&asked)?);
    }
    print_to(screen, &tables::query(&asked, args.all, screen))
}

/// The expression, from the argument or from standard input.
fn expression(given: &str) -> Result<String, Failure> {
    let mut text = given.to_owned();
    if given == "-" {
        text.clear();
        let read = io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text);
        read.map_err(|error| Failure::new("cannot read the expression from standard input").because(error))?;
    }
    let text = text.trim();
    match text {
        "" => Err(Failure::usage("the expression is empty")),
        _ if text.len() as u64 > LONGEST => Err(Failure::usage("the expression is longer than 1 MiB")),
        _ => Ok(text.to_owned()),
    }
}

const fn is_empty(value: &Value) -> bool {
    match value {
        Value::Vector(elements) => elements.is_empty(),
        Value::Matrix(series) => series.is_empty(),
        _ => false,
    }
}

/// A length of time that is more than none, in whole milliseconds.
fn span(text: &str) -> Result<Duration, String> {
    let long = length(text).filter(|long| long.as_millis() > 0 && *long <= moment::LONGEST);
    long.ok_or_else(|| "expected a time above 0, such as 30, 30s or 1h30m".to_owned())
}

/// A range ends at a whole second, so that its times can be read.
const fn next_second(now: i64) -> i64 {
    now.saturating_add(999) / 1000 * 1000
}
