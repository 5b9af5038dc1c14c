//! The panels of the dashboards as a page: what each shows, and what it asks.

use crate::panel::{Board, Panel};
use crate::promql::Scope;
use std::fmt::Write as _;

/// The page: each board with its panels, and each panel with its unit and its queries, in full and with rates over five minutes.
///
/// ```
/// use telemetry_core::config::Config;
///
/// let boards = telemetry_catalog::panel::boards(&Config::default());
/// let page = telemetry_catalog::render::panels_markdown(&boards);
/// assert!(page.contains("## Agent fleet: Beads (`telemetry-beads`)\n"));
/// ```
#[must_use]
pub fn panels_markdown(boards: &[Board]) -> String {
    let mut page = String::from("# Panels\n");
    for board in boards {
        // Writing into a string cannot fail, here and below.
        let _ = write!(page, "\n## {} (`{}`)\n", board.title, board.uid);
        board.panels().for_each(|panel| page.push_str(&entry(panel)));
    }
    page
}

fn entry(panel: &Panel) -> String {
    let (unit, shown_as) = (panel.unit.as_str(), panel.visualization.as_str());
    let mut text = format!("\n### {} (`{}`)\n\n{}\n", panel.title, panel.id, panel.description);
    let _ = write!(text, "\nUnit: {unit}. Shown as: {shown_as}.\n\n```promql\n");
    let queries: Vec<_> =
        panel.queries.iter().map(|query| query.vector.written(&Scope::plain()) + "\n").collect();
    text.push_str(&queries.join("\n"));
    text.push_str("```\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::boards;
    use telemetry_core::config::Config;

    #[test]
    fn every_panel_stands_there_with_its_queries() {
        let boards = boards(&Config::default());
        let page = panels_markdown(&boards);
        for panel in boards.iter().flat_map(Board::panels) {
            let (_, part) = page.split_once(&format!(" (`{}`)\n", panel.id)).unwrap();
            let part = part.split("\n###").next().unwrap();
            assert!(part.contains(&panel.description) && part.contains(panel.unit.as_str()), "{part}");
            let is_there = |expr: String| part.contains(&expr);
            assert!(
                panel.queries.iter().all(|query| is_there(query.vector.written(&Scope::plain()))),
                "{part}"
            );
        }
        assert!(page.lines().all(|line| line.trim_end() == line));
    }
}
