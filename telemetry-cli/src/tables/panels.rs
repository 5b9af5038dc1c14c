//! The page of `telemetry list --panels`: what each dashboard shows.

use super::grid::{Cell, Paint};
use super::listing::{Entry, Section, listing};
use crate::output::Screen;
use telemetry_catalog::panel::{Board, Panel};

/// The whole page. Where the screen has no room for four columns, each title stands below its panel.
pub(crate) fn panels(boards: &[Board], screen: Screen) -> String {
    let sections: Vec<_> = boards.iter().map(section).collect();
    listing(&["PANEL", "UNIT", "SHOWN AS", "TITLE"], &sections, screen)
}

fn section(board: &Board) -> Section {
    Section {
        title: board.title.clone(),
        slug: board.uid.clone(),
        entries: board.panels().map(entry).collect(),
    }
}

fn entry(panel: &Panel) -> Entry {
    Entry {
        cells: vec![
            Cell::new(&*panel.id, Paint::Strong),
            Cell::plain(panel.unit.as_str()),
            Cell::plain(panel.visualization.as_str()),
        ],
        last: panel.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::panel::boards;
    use telemetry_core::config::Config;

    #[test]
    fn panels_stand_under_their_board() {
        let mut boards = boards(&Config::default());
        boards.retain(|board| board.uid == "telemetry-notifications");
        let page = panels(&boards, Screen::PLAIN);
        assert!(page.contains("\nAgent fleet: Notifications (telemetry-notifications)\n"), "{page}");
        let row = "notifications-failing    percent     time series     Share of notifications that failed";
        assert!(page.contains(row), "{page}");
    }

    #[test]
    fn every_panel_fits_on_a_screen_of_eighty_columns() {
        let boards = boards(&Config::default());
        let page = panels(&boards, Screen { width: Some(80), ..Screen::PLAIN });
        let long = page.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None);
        assert!(boards.iter().flat_map(Board::panels).all(|panel| page.contains(&panel.title)), "{page}");
    }
}
