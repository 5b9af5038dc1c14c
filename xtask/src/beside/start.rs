//! How long a server takes until it is ready, and what it holds while nobody asks anything.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::Bench;
use super::backfill;
use super::queries;
use super::subject::{Role, Side, Subject};
use super::table::{Figure, Row};
use crate::failure::Outcome;
use crate::terminal;

/// How long it is left alone before its memory is read.
const QUIET: Duration = Duration::from_secs(2);

/// Time until ready, memory after that, and the time that its end took.
type Seen = (Duration, u64, Duration);

pub(super) fn run(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (role, name) in [(Role::Gateway, "the gateway"), (Role::History, "the history")] {
        let empty = |side: Side| bench.fresh(&format!("start-{side}"));
        rows.extend(of(bench, role, &format!("{name}, empty"), empty)?);
    }
    for amount in queries::amounts(bench.quick) {
        let data = backfill::provide(bench, amount)?;
        let what = format!(
            "the history with {} million samples of {} series",
            data.samples / 1_000_000,
            data.series
        );
        rows.extend(of(bench, Role::History, &what, |side| Ok(data.of(side)))?);
    }
    Ok(rows)
}

fn of<P: AsRef<Path>>(
    bench: &Bench,
    role: Role,
    what: &str,
    folder: impl Fn(Side) -> Outcome<P>,
) -> Outcome<[Row; 3]> {
    terminal::say(format_args!("start of {what} …"));
    let mut seen: [Vec<Seen>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..if bench.quick { 1 } else { 5 } {
        for side in &bench.sides {
            let server = Subject::start(&bench.programs, *side, role, folder(*side)?.as_ref())?;
            let ready_after = server.ready_after;
            thread::sleep(QUIET);
            let resident = server.usage()?.resident;
            seen[usize::from(*side == Side::Ours)].push((ready_after, resident, server.end()?));
        }
    }
    let row = |what: String, figure: fn(&Seen) -> Figure| {
        let middle = |seen: &Vec<Seen>| median_of(seen, figure);
        Row::new(what, middle(&seen[0]), middle(&seen[1]))
    };
    Ok([
        row(format!("{what}: until ready"), |seen| Figure::Time(seen.0)),
        row(format!("{what}: resident memory, idle"), |seen| Figure::Bytes(seen.1 as f64)),
        row(format!("{what}: its end"), |seen| Figure::Time(seen.2)),
    ])
}

fn median_of(seen: &[Seen], figure: fn(&Seen) -> Figure) -> Option<Figure> {
    let mut figures: Vec<_> = seen.iter().map(figure).collect();
    figures.sort_by(|one, other| one.number().total_cmp(&other.number()));
    figures.get(figures.len() / 2).copied()
}
