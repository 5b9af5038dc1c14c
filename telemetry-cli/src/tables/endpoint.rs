//! The page of `telemetry endpoint`.

use super::grid::{Cell, Grid, Paint, harmless, painted};
use crate::commands::endpoint::Endpoint;
use crate::output::Screen;

/// What to say of the other forms.
const OTHERS: &str = "-f otel, -f kubernetes: the same for an OpenTelemetry collector, and for pods";

/// A line for each address, and what to paste.
pub(crate) fn endpoints(endpoints: &[Endpoint], scrape_configs: &str, screen: Screen) -> String {
    let mut page = String::new();
    let wide = grid(endpoints, true);
    let fits = screen.width.is_none_or(|width| wide.width(wide.first_width()) <= width);
    let grid = if fits { wide } else { grid(endpoints, false) };
    let lines = grid.lines(grid.first_width(), screen);
    page += &format!("{}\n{}\n", lines.header, lines.rows.join("\n"));
    let title = painted("What to paste into prometheus.yml", Paint::Strong, screen);
    let others = painted(OTHERS, Paint::Faint, screen);
    page + &format!("\n{title}\n\n{scrape_configs}\n{others}\n")
}

/// Where a narrow screen has no room for it, what each is for is left out.
fn grid(endpoints: &[Endpoint], with_about: bool) -> Grid {
    let header = ["SERVER", "ADDRESS", "FROM", "ASKS FOR", "WHICH"];
    let mut grid = Grid::new(&header[..if with_about { 5 } else { 4 }], usize::MAX);
    for endpoint in endpoints {
        let address = match (&endpoint.url, endpoint.why_not) {
            (Some(url), _) => Cell::plain(harmless(url)),
            (None, why) => Cell::new(why.unwrap_or_default(), Paint::Faint),
        };
        let origin = Cell::new(harmless(&endpoint.origin), Paint::Faint);
        let mut row = vec![Cell::plain(endpoint.name), address, origin, Cell::plain(endpoint.asks_for())];
        row.extend(with_about.then(|| Cell::new(endpoint.about, Paint::Faint)));
        grid.push(row);
    }
    grid
}
