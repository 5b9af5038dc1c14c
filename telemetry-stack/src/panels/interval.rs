//! How often a source scrapes what tells of the fleet.

use crate::health::coverage;
use crate::page::liveness::JOBS;
use crate::source::{Source, SourceError};
use std::time::Duration;
use telemetry_catalog::promql::{Foreign, Window};

/// Over how long scrapes are counted.
const COUNTED: Window = Window::minutes(1);

/// Over how long scrapes are looked at where there are too few to be counted.
const LOOKED_AT: Window = Window::minutes(5);

/// The time between two scrapes that most have: it is written into an exported configuration, and taken for that of a source whose own cannot
/// be seen.
pub const USUAL_INTERVAL: Duration = Duration::from_secs(15);

/// The time between two scrapes, as of `at` in milliseconds since 1970: by counting them where they are many, and else by looking at each.
///
/// What follows from it, such as the range of a rate, is thereby the same wherever a panel is shown.
///
/// # Errors
/// What keeps the source from answering.
pub fn scrape_interval(source: &dyn Source, at: i64) -> Result<Duration, SourceError> {
    let (up, jobs) = (Foreign::Up.name(), JOBS.join("|"));
    let counted = source.instant(&format!("max(count_over_time({up}{{job=~\"{jobs}\"}}[{COUNTED}]))"), at)?;
    let count = counted.first().map_or(0.0, |(_, count)| *count);
    let interval = Duration::from_secs_f64((f64::from(COUNTED.seconds()) / count.max(1.0)).round().max(1.0));
    if interval < USUAL_INTERVAL {
        return Ok(interval);
    }
    Ok(coverage(source, LOOKED_AT, at)?.interval.unwrap_or(USUAL_INTERVAL).max(USUAL_INTERVAL))
}
