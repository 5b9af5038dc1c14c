//! The page of `telemetry endpoint`.

use super::grid::{Cell, Grid, Paint, painted};
use super::harmless;
use crate::commands::endpoint::Endpoint;
use crate::output::Screen;

/// What to say of the other forms.
const OTHERS: &str = "-f otel, -f kubernetes: the same for an OpenTelemetry collector, and for pods";

/// A line for each address, and what to paste.
pub(crate) fn endpoints(endpoints: &[Endpoint], scrape_configs: &str, screen: Screen) -> String {
    let title = painted("What to paste into prometheus.yml", Paint::Strong, screen);
    let others = painted(OTHERS, Paint::Faint, screen);
    format!("{}\n{title}\n\n{scrape_configs}\n{others}\n", addresses(endpoints, screen))
}

/// On a narrow screen it is left out what each is for, and where an address comes from stands below it.
fn addresses(endpoints: &[Endpoint], screen: Screen) -> String {
    let wide = grid(endpoints, true);
    let fits = screen.width.is_none_or(|width| wide.width(wide.first_width()) <= width);
    let grid = if fits { wide } else { grid(endpoints, false) };
    let lines = grid.lines(grid.first_width(), screen);
    let mut text = lines.header + "\n";
    for (row, endpoint) in lines.rows.iter().zip(endpoints) {
        text += &format!("{row}\n");
        if !fits {
            text +=
                &format!("{}\n", painted(&format!("  {}", harmless(&endpoint.origin)), Paint::Faint, screen));
        }
    }
    text
}

fn grid(endpoints: &[Endpoint], whole: bool) -> Grid {
    let header = ["SERVER", "ADDRESS", "ASKS FOR", "FROM", "WHICH"];
    let mut grid = Grid::new(&header[..if whole { 5 } else { 3 }], usize::MAX);
    for endpoint in endpoints {
        let address = match (&endpoint.url, endpoint.why_not) {
            (Some(url), _) => Cell::plain(harmless(url)),
            (None, why) => Cell::new(why.unwrap_or_default(), Paint::Faint),
        };
        let mut row = vec![Cell::plain(endpoint.name), address, Cell::plain(endpoint.asks_for())];
        let rest = [harmless(&endpoint.origin), endpoint.about.to_owned()];
        row.extend(rest.into_iter().filter(|_| whole).map(|text| Cell::new(text, Paint::Faint)));
        grid.push(row);
    }
    grid
}
