//! The numbers that are shown largest.

use super::section::Sum;
use telemetry_catalog::promql::{Gauges, Selection, gauge};
use telemetry_core::catalog::{
    AGENT, AGENT_ACTIVE, AXE, AXE_LUMBERJACKS_ACTIVE, BEAD_ACTIVE, BEADS, VCS, WORKSPACE_ACTIVE,
};
use telemetry_core::metric::Subsystem;

/// A number of now: the sum of a gauge over all its series.
#[derive(Debug)]
pub(super) struct Large {
    pub(super) title: &'static str,
    pub(super) subsystem: &'static Subsystem,
    /// Whether it is shown of the whole fleet, or only with its subsystem.
    pub(super) is_of_fleet: bool,
    pub(super) gauge: Selection<Gauges>,
}

/// All of them, in this order always.
pub(super) static TILES: [Large; 4] = [
    Large { title: "Active agents", subsystem: &AGENT, is_of_fleet: true, gauge: gauge(&AGENT_ACTIVE) },
    Large { title: "Active workspaces", subsystem: &VCS, is_of_fleet: true, gauge: gauge(&WORKSPACE_ACTIVE) },
    Large { title: "Active beads", subsystem: &BEADS, is_of_fleet: true, gauge: gauge(&BEAD_ACTIVE) },
    Large {
        title: "Active lumberjacks",
        subsystem: &AXE,
        is_of_fleet: false,
        gauge: gauge(&AXE_LUMBERJACKS_ACTIVE),
    },
];

/// What each is over all series; `None` where there is none.
pub(super) fn tiles(sums: &[Sum]) -> Vec<Option<f64>> {
    TILES.iter().map(|tile| total(sums, tile)).collect()
}

fn total(sums: &[Sum], tile: &Large) -> Option<f64> {
    let mut of = sums.iter().filter(|sum| sum.def == tile.gauge.def()).peekable();
    of.peek().is_some().then(|| of.map(|sum| sum.value).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog::metrics;
    use telemetry_core::metric::Kind;

    #[test]
    fn every_gauge_of_the_catalog_is_a_tile_of_its_subsystem() {
        for def in metrics().filter(|def| matches!(def.kind, Kind::Gauge(_))) {
            let tile = TILES.iter().find(|tile| tile.gauge.def() == def);
            let tile = tile.unwrap_or_else(|| panic!("{} has no tile", def.name));
            assert!(tile.subsystem.metrics.contains(&def), "{} is not of {}", def.name, tile.subsystem.slug);
        }
        assert_eq!(TILES.iter().filter(|tile| tile.is_of_fleet).count(), 3);
    }

    #[test]
    fn a_tile_is_the_sum_of_its_gauge_and_unknown_without_one() {
        let def = TILES[3].gauge.def();
        let sum = |value| Sum { def, value, risen: None, failed: 0.0 };
        assert_eq!(tiles(&[sum(2.0), sum(3.0)]), [None, None, None, Some(5.0)]);
    }
}
