//! `telemetry snapshot`: the current values of the metrics, from wherever they can be had.

use super::list::subsystem;
use crate::args::Patience;
use crate::failure::{Failure, warn};
use crate::output::{Screen, print};
use crate::samples::{self, Scope, Union, unite};
use crate::session::{Session, why_nothing_is_recorded};
use crate::sources::{Asked, Reading, ask_exposition, ask_from, ask_gateway, ask_ledger, block_on};
use crate::tables::{self, Page, SourceLine, Standing};
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use telemetry_core::config::{Carrier, Config};
use telemetry_core::metric::Subsystem;
use telemetry_push::Ledger;

/// The most series of one metric that a table shows where no subsystem is asked for.
const FEW_SERIES: usize = 10;

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
  some-exporter | telemetry snapshot --from -")]
pub(crate) struct SnapshotArgs {
    /// Where the values come from
    #[arg(short = 'S', long, value_enum, default_value_t, conflicts_with = "from")]
    source: Source,
    /// How they are shown
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Only the metrics of this subsystem, with all their series
    #[arg(short, long, value_name = "SUBSYSTEM", value_parser = subsystem)]
    subsystem: Option<&'static Subsystem>,
    /// Read this exposition instead, with whatever metrics it has
    #[arg(long, value_name = "URL|FILE|-")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
    /// Also show what is neither in the catalog nor about telemetry itself
    #[arg(long)]
    all: bool,
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
    let config = session.config()?;
    let asked = ask(args, &config)?;
    let mut readings: Vec<_> = asked.iter().map(Reading::of).collect();
    let ledger = needs_ledger(args, &config, &readings).then(|| ask_ledger(&config));
    // Where both have a series, the ledger has the newer value: a gateway has what was pushed before another road was chosen.
    ledger.iter().for_each(|ledger| readings.insert(0, Reading::of(ledger)));
    let view = View { args, config: &config, has_ledger: ledger.is_some(), screen: session.screen() };
    view.show(readings)
}

/// Asks what the arguments name, all at once.
fn ask(args: &SnapshotArgs, config: &Config) -> Result<Vec<Asked>, Failure> {
    if let Some(from) = &args.from {
        return Ok(vec![ask_from(from, args.patience.timeout)]);
    }
    let (gateway, exposition) =
        (ask_gateway(config, args.patience.timeout), ask_exposition(config, args.patience.timeout));
    match args.source {
        Source::Auto => {
            let (gateway, exposition) = block_on(async { tokio::join!(gateway, exposition) })?;
            Ok(vec![gateway, exposition])
        }
        Source::Pushgateway => Ok(vec![block_on(gateway)?]),
        Source::Exposition => Ok(vec![block_on(exposition)?]),
        Source::Ledger => Ok(vec![ask_ledger(config)]),
    }
}

/// The ledger takes the place of a gateway without an answer. Counts that leave it by another road are at no gateway.
fn needs_ledger(args: &SnapshotArgs, config: &Config, readings: &[Reading<'_>]) -> bool {
    let auto = args.from.is_none() && args.source == Source::Auto;
    let no_gateway = readings.first().is_some_and(|gateway| gateway.families.is_err());
    auto && (no_gateway || config.carrier == Carrier::Textfile)
}

/// How what was read is shown.
struct View<'v> {
    args: &'v SnapshotArgs,
    config: &'v Config,
    has_ledger: bool,
    screen: Screen,
}

impl View<'_> {
    fn show(&self, mut readings: Vec<Reading<'_>>) -> Result<ExitCode, Failure> {
        if readings.iter().all(|reading| reading.families.is_err()) {
            return Err(self.nothing(&readings));
        }
        let scope = self.scope();
        for families in readings.iter_mut().filter_map(|reading| reading.families.as_mut().ok()) {
            families.retain(|family| scope.admits(&family.name));
        }
        let sources: Vec<_> = readings.iter().map(source_line).collect();
        let union = united(readings);
        match self.args.format {
            Format::Rich => {
                let page = self.page(sources, &union);
                print(&tables::snapshot(&page, self.screen))
            }
            Format::Json => {
                self.tell(&sources, &union);
                print(&samples::json(&union.families)?)
            }
            Format::Prometheus => {
                self.tell(&sources, &union);
                print(&samples::text(&union.families)?)
            }
        }
    }

    fn scope(&self) -> Scope {
        match self.args.subsystem {
            Some(subsystem) => Scope::Only(subsystem),
            None if self.args.all || self.args.from.is_some() => Scope::Everything,
            None => Scope::Ours,
        }
    }

    fn page<'p>(&'p self, sources: Vec<SourceLine>, union: &'p Union<'p>) -> Page<'p> {
        Page {
            sources,
            union,
            thresholds: &self.config.health_thresholds,
            limit: self.args.subsystem.is_none().then_some(FEW_SERIES),
            when_empty: self.when_empty(),
        }
    }

    /// Standard output is for the samples alone, so that everything else is said on standard error.
    fn tell(&self, sources: &[SourceLine], union: &Union<'_>) {
        sources.iter().for_each(|line| warn(&format!("{} {}: {}", line.name, line.place, line.outcome)));
        union.notes.iter().for_each(|note| warn(note));
        if union.families.iter().all(|family| family.metrics.is_empty()) {
            warn(&self.when_empty());
        }
    }

    /// What to say of sources that answered and have nothing.
    fn when_empty(&self) -> String {
        match self.args.subsystem {
            _ if self.args.from.is_some() => "There is no series in it.".to_owned(),
            Some(subsystem) => format!("Nothing was recorded yet of {}.", subsystem.title),
            None if self.holds_back() => HELD_BACK.to_owned(),
            None => match why_nothing_is_recorded(self.config) {
                Some(why) => format!("Nothing is recorded here: {why}."),
                None => "Nothing was recorded yet.".to_owned(),
            },
        }
    }

    /// Whether there is a ledger that should have been pushed to the gateway that was asked.
    fn holds_back(&self) -> bool {
        let gateway = matches!(self.args.source, Source::Auto | Source::Pushgateway) && !self.has_ledger;
        let pushed = gateway && self.config.carrier == Carrier::Push;
        pushed && Ledger::new(self.config).is_ok_and(|ledger| ledger.file().exists())
    }

    /// What to do where no source has anything.
    fn advice(&self) -> String {
        match why_nothing_is_recorded(self.config) {
            _ if self.args.from.is_some() => FROM_ADVICE.to_owned(),
            Some(why) => {
                format!("Nothing is recorded here: {why}. Another exposition is read with `--from URL`.")
            }
            None => ADVICE.to_owned(),
        }
    }

    fn nothing(&self, readings: &[Reading<'_>]) -> Failure {
        let line = |reading: &Reading<'_>| {
            let why = reading.families.as_ref().err().map(|lack| &*lack.why).unwrap_or_default();
            format!("{} {}: {why}", reading.asked.name, reading.asked.place)
        };
        match readings {
            [only] => Failure::new(format!("no samples from {}", line(only))),
            several => {
                let lines: Vec<_> = several.iter().map(|reading| format!("\n  {}", line(reading))).collect();
                Failure::new(format!("no source has samples{}", lines.concat()))
            }
        }
        .advice(self.advice())
    }
}

/// What to say of a gateway that has nothing while the ledger has something.
const HELD_BACK: &str = "Nothing is recorded there, but there is a ledger: `telemetry snapshot -S ledger` shows it, \
    and `telemetry push` sends it.";

/// What to do where no source has anything because nothing was recorded.
const ADVICE: &str =
    "Record something with `telemetry run -- COMMAND`, or read another exposition with `--from URL`.";

/// What to do where the named exposition cannot be read.
const FROM_ADVICE: &str =
    "`--from` reads the text format or OpenMetrics from a URL, a file, or - for standard input.";

fn source_line(reading: &Reading<'_>) -> SourceLine {
    let standing = match &reading.families {
        Ok(_) => Standing::Answered,
        Err(lack) if lack.absent => Standing::Absent,
        Err(_) => Standing::Wrong,
    };
    SourceLine {
        name: reading.asked.name,
        place: reading.asked.place.clone(),
        outcome: reading.outcome(),
        standing,
    }
}

fn united<'a>(readings: Vec<Reading<'a>>) -> Union<'a> {
    let mut notes: Vec<_> = readings.iter().flat_map(|reading| reading.asked.notes.iter().cloned()).collect();
    let sources =
        readings.into_iter().filter_map(|reading| Some((reading.asked.name, reading.families.ok()?)));
    let mut union = unite(sources.collect());
    notes.append(&mut union.notes);
    Union { notes, ..union }
}
