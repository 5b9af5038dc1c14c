//! `telemetry chart`: panels as picture files.
//!
//! | module | responsible for |
//! |---|---|
//! | `pick` | the panels that are named, and what an unknown name may have meant |
//! | `ask` | what was measured of them, several at once |
//! | `format` | what the picture is written as |
//! | `zone` | the clock of this machine |

mod ask;
mod format;
mod pick;
mod zone;

use crate::args::{Patience, address, length};
use crate::clock::now;
use crate::failure::{Failure, warn};
use crate::output::file::Target;
use crate::session::Session;
use ask::Question;
use clap::{Args, ValueEnum};
use format::Format;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use telemetry_catalog::panel::{Panel, Unit, Visualization, boards};
use telemetry_catalog::promql::Window;
use telemetry_catalog::quantity;
use telemetry_charts::{ChartError, Part, Sheet, Size};
use telemetry_stack::panels::Course;

pub(crate) use zone::here;

/// Draw panels as a picture
///
/// The panels are those of the dashboards, which `telemetry list --panels` lists; several stand on one sheet.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry chart agent-runs-failing -o failures.png
  telemetry chart llm-errors-rate llm-retries-rate -r 24h -o llm.svg
  telemetry chart agent-run-duration-seconds-p95 --theme dark --width 1600 --height 600 -o p95.png
  telemetry chart agent-runs-failing -o - > failures.svg

Exit codes: 0 the picture is written, also where there are no data; 1 nobody answers, or it cannot be written; 64 wrong usage.")]
pub(crate) struct ChartArgs {
    /// The panels, by the names that `telemetry list --panels` shows
    #[arg(required = true, value_name = "PANEL")]
    panels: Vec<String>,
    /// Over which time, up to now: such as 1h, 6h, 24h or 7d
    #[arg(short, long, value_name = "RANGE", default_value = "1h", value_parser = range)]
    range: Duration,
    /// The file, whose ending says the format: .png or .svg; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The format on standard output [default: svg]
    #[arg(short, long, value_enum)]
    format: Option<Format>,
    /// In which colours
    #[arg(long, value_enum, default_value_t)]
    theme: Theme,
    /// The width of the picture in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200)]
    width: u32,
    /// The height of the picture in pixels [default: as much as the panels need]
    #[arg(long, value_name = "PIXELS")]
    height: Option<u32>,
    /// How many pixels a PNG has in each direction for each of these: 2 is for screens of high density
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    scale: u32,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Theme {
    /// Dark on light
    #[default]
    Light,
    /// Light on dark
    Dark,
}

pub(crate) fn run(args: &ChartArgs, session: &Session) -> Result<ExitCode, Failure> {
    let target = Target::of(&args.output)?;
    let format = format::of(&target, args.format)?;
    let from = args.from.as_deref().map(|from| address("--from", from)).transpose()?;
    let config = session.config()?;
    let panels = pick::panels(&boards(&config), &args.panels)?;
    let address = from.unwrap_or(config.prometheus.url);
    let question = Question { address, range: args.range, timeout: args.patience.timeout, now: now() };
    let courses = ask::courses(&question, &panels)?;
    for (panel, course) in panels.iter().zip(&courses) {
        if course.series.iter().all(|series| series.points.is_empty()) {
            warn(&format!("{}: {}", panel.id, nothing(panel, args.range)));
        }
    }
    let part = |(panel, course): (_, &Course)| Part { chart: course.chart(panel), trouble: None };
    let parts = panels.iter().zip(&courses).map(part).collect();
    let sheet = sheet(parts, &question.address.url, question.now);
    let size = size(args, &sheet)?;
    let bytes = match format {
        Format::Svg => sheet.svg(size, args.theme.into())?.into_bytes(),
        Format::Png => sheet.png(size, args.scale, args.theme.into()).map_err(|error| too_large(&error))?,
    };
    target.write(&bytes)?;
    let scale = if format == Format::Png { args.scale } else { 1 };
    let (width, height) = (size.width * scale, size.height * scale);
    target.tell(&format!("{width} × {height} pixels, {}", quantity::bytes(bytes.len() as f64)));
    if format == Format::Png {
        tell_boxes(&sheet.lacking(size));
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which letters of names a PNG cannot show.
fn tell_boxes(letters: &BTreeSet<char>) {
    let Some(first) = letters.first() else { return };
    let (count, first) = (letters.len(), u32::from(*first));
    let are = if count == 1 {
        "letter is a box with its code point"
    } else {
        "letters are boxes with their code points"
    };
    warn(&format!(
        "{count} {are}, such as U+{first:04X}: the fonts of a PNG lack them, and an SVG has them as text"
    ));
}

/// That there is nothing to be drawn. What shows the present alone says nothing of what was before.
fn nothing(panel: &Panel, range: Duration) -> String {
    if panel.unit == Unit::Health {
        return "unknown: no alert rules are evaluated there, or nothing is up that they could tell of"
            .to_owned();
    }
    if panel.visualization.is_of_now() && panel.visualization != Visualization::Stat {
        return "no data at the end, which is all that it shows".to_owned();
    }
    // Years and weeks are not how such a time is asked for.
    format!("no data in the last {}", Window::of_seconds(u32::try_from(range.as_secs()).unwrap_or(u32::MAX)))
}

/// A sheet of charts in the time of this machine. A single one gives it its title.
pub(crate) fn sheet<'p>(parts: Vec<Part<'p>>, source: &str, drawn: i64) -> Sheet<'p> {
    let start = parts.iter().map(|part| part.chart.start).min().unwrap_or(drawn);
    Sheet {
        title: title(&parts),
        source: source.to_owned(),
        program: concat!("telemetry ", env!("CARGO_PKG_VERSION")).to_owned(),
        drawn,
        zone: zone::here(start, drawn),
        parts,
    }
}

fn title(parts: &[Part<'_>]) -> String {
    let mut subsystems: Vec<_> = parts.iter().map(|part| part.chart.panel.subsystem.title).collect();
    subsystems.dedup();
    match (parts, &subsystems[..]) {
        ([only], _) => only.chart.panel.title.clone(),
        (_, [subsystem]) => format!("Agent fleet: {subsystem}"),
        _ => "Agent fleet".to_owned(),
    }
}

/// The size that was asked for, as far as the charts fit it.
fn size(args: &ChartArgs, sheet: &Sheet<'_>) -> Result<Size, Failure> {
    let Size { width, height: least } = sheet.least(args.width);
    if !(width..=Sheet::WIDEST).contains(&args.width) {
        let most = Sheet::WIDEST;
        return Err(Failure::usage(format!("--width {}: expected {width} to {most} pixels", args.width)));
    }
    let height = args.height.unwrap_or_else(|| sheet.height(args.width).min(Sheet::HIGHEST));
    if !(least..=Sheet::HIGHEST).contains(&height) {
        let (most, count) = (Sheet::HIGHEST, sheet.parts.len());
        let panels = if count == 1 { "a panel needs".to_owned() } else { format!("{count} panels need") };
        let what = format!("--height {height}: {panels} {least} to {most} pixels in this width");
        return Err(Failure::usage(what));
    }
    Ok(Size { width: args.width, height })
}

/// The size of each side is checked before.
fn too_large(error: &ChartError) -> Failure {
    Failure::usage(error.to_string())
        .advice("a smaller --scale or fewer panels need less, and an SVG has no such bound")
}

impl From<Theme> for telemetry_charts::Theme {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self::Light,
            Theme::Dark => Self::Dark,
        }
    }
}

/// Over which time a picture goes: from a minute to 90 days.
pub(crate) fn range(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(90 * 86_400);
    let found = length(text).filter(|length| (SHORTEST..=LONGEST).contains(length));
    found.ok_or_else(|| "expected a time from 1m to 90d, such as 1h, 6h, 24h or 7d".to_owned())
}
