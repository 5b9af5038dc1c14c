//! The lines of a table in order, as the subsystem, the zoom and the filter want them. None is laid out here.

use super::super::super::super::look::{Line, Section};
use super::super::super::super::state::App;
use super::names;
use telemetry_core::metric::Subsystem;

/// How many of its series stand below a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// None.
    Metrics,
    /// So many, and below them how many more there are.
    Largest(usize),
    /// All.
    All,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row<'l> {
    /// A subsystem, whether it has the focus, and whether nothing is known of it.
    Title { subsystem: &'static Subsystem, focused: bool, is_empty: bool },
    /// A metric over all its series.
    Metric(&'l Line, &'static Subsystem),
    /// One of its series.
    Series(&'l Line, &'l str),
    /// So many series that are not shown.
    More(usize),
}

impl Row<'_> {
    pub(super) const fn is_title(&self) -> bool {
        matches!(self, Self::Title { .. })
    }

    pub(super) const fn is_focused(&self) -> bool {
        matches!(self, Self::Title { focused: true, .. })
    }
}

/// The lines of a subsystem; none at all where nothing of it passes the filter.
pub(super) fn of<'l>(section: &'l Section, focused: bool, depth: Depth, app: &App) -> Vec<Row<'l>> {
    let subsystem = section.subsystem;
    let mut rows = vec![Row::Title { subsystem, focused, is_empty: section.lines.is_empty() }];
    // A metric begins with the line that has no series.
    for block in section.lines.chunk_by(|_, next| next.series.is_some()) {
        rows.extend(metric(block, subsystem, depth, app));
    }
    let has_nothing = rows.len() == 1 && !app.filter.is_empty();
    if has_nothing { Vec::new() } else { rows }
}

/// A metric with its series: all of them where its own name passes the filter, else those that do.
fn metric<'l>(block: &'l [Line], subsystem: &'static Subsystem, depth: Depth, app: &App) -> Vec<Row<'l>> {
    let Some((whole, series)) = block.split_first() else { return Vec::new() };
    let is_named = app.passes(whole.def.name) || app.passes(names::short(whole.def, subsystem));
    let passing = || {
        let named = series.iter().filter_map(|line| line.series.as_deref().map(|name| (line, name)));
        named.filter(|(_, name)| is_named || app.passes(name))
    };
    if !is_named && passing().next().is_none() {
        return Vec::new();
    }
    let (shown, more) = match depth {
        Depth::Metrics => (0, 0),
        // The line that says of one more has room for that one.
        Depth::Largest(most) if series.len() <= most + 1 => (usize::MAX, 0),
        Depth::Largest(most) => (most, series.len().saturating_sub(most)),
        Depth::All => (usize::MAX, 0),
    };
    let series = passing().take(shown).map(|(line, name)| Row::Series(line, name));
    let more = (more > 0).then_some(Row::More(more));
    [Row::Metric(whole, subsystem)].into_iter().chain(series).chain(more).collect()
}
