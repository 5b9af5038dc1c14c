//! `telemetry snapshot`: the current values of the metrics, from wherever they can be had.

mod ask;
mod show;
mod watch;

use super::list::subsystem;
use crate::args::{AsJson, Patience, length};
use crate::failure::Failure;
use crate::session::Session;
use ask::{Look, look};
use clap::{Args, ValueEnum};
use show::View;
use std::process::ExitCode;
use std::time::Duration;
use telemetry_core::metric::Subsystem;

/// Show the current values of the metrics
///
/// By default the Pushgateway and the exposition server are asked at once and what both have is shown; where the Pushgateway does not
/// answer, the ledger of this user takes its place.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry snapshot
  telemetry snapshot -s llm -f json | jq '.[] | select(.value != 0)'
  telemetry snapshot --from http://localhost:9100/metrics
  telemetry snapshot -S prometheus
  some-exporter | telemetry snapshot --from -
  telemetry snapshot --watch")]
pub(crate) struct SnapshotArgs {
    /// Where the values come from
    #[arg(short = 'S', long, value_enum, default_value_t, conflicts_with = "from")]
    source: Source,
    /// How they are shown
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    as_json: AsJson,
    /// Only the metrics of this subsystem, with all their series
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    /// Read this exposition instead, with whatever metrics it has
    #[arg(long, value_name = "URL|FILE|-")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
    /// Look again every few seconds, such as 5, 0.5 or 1m, and show what has changed since the last look
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", value_parser = interval)]
    watch: Option<Duration>,
    /// Also show what is neither in the catalog nor about telemetry itself
    #[arg(long)]
    all: bool,
}

impl SnapshotArgs {
    /// How it is shown, whichever option says so.
    const fn format(&self) -> Format {
        if self.as_json.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Source {
    /// The Pushgateway and the exposition server together; the ledger in place of a Pushgateway that does not answer
    #[default]
    Auto,
    /// The Pushgateway
    Pushgateway,
    /// The exposition server
    Exposition,
    /// The ledger of this user, or of this machine for root
    Ledger,
    /// The newest values that the Prometheus, or `telemetry up`, has scraped
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Tables with sums, failure rates and percentiles
    #[default]
    Rich,
    /// One array of samples
    Json,
    /// The text format of Prometheus
    Prometheus,
}

pub(crate) fn run(args: &SnapshotArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.watch.is_some() && args.from.as_deref() == Some("-") {
        return Err(Failure::usage("standard input can be read once, and not watched"));
    }
    let config = session.config()?;
    if let Some(interval) = args.watch {
        return watch::watch(args, &config, session, interval);
    }
    let view = View { args, config: &config, screen: session.screen() };
    look(args, &config, |readings, has_ledger| match ask::nothing(&readings) {
        Some(failure) => Err(failure.advice(view.advice())),
        None => view.show(&Look::of(readings, has_ledger, args)),
    })?
}

/// How long from one look to the next. Whoever looks more often than five times in a second only keeps the sources busy.
fn interval(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(86_400);
    let found = length(text).filter(|length| (SHORTEST..=LONGEST).contains(length));
    found.ok_or_else(|| "expected a time from 0.2 seconds to a day, such as 2, 0.5 or 1m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_its_bounds() {
        assert_eq!(interval("0.2"), Ok(Duration::from_millis(200)));
        assert_eq!(interval("1m"), Ok(Duration::from_secs(60)));
        for text in ["0", "0.1", "-1", "2d", "inf", "x"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
