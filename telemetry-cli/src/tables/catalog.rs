//! The page of `telemetry list`: the metrics of the catalog by subsystem.

use super::grid::{Cell, Grid, Paint, painted};
use crate::output::Screen;
use telemetry_catalog::{Group, MetricType};
use telemetry_core::metric::MetricDef;

/// The whole page. Where the screen has no room for four columns, each help stands below its metric.
pub(crate) fn catalog(groups: &[Group], screen: Screen) -> String {
    let wide = grid(groups, &["METRIC", "TYPE", "LABELS", "HELP"], |def| {
        [labels(def), def.help.to_owned()].map(Cell::plain).to_vec()
    });
    let fits = screen.width.is_none_or(|width| wide.width(wide.first_width()) <= width);
    if fits {
        return page(groups, &wide, screen, |_| None);
    }
    let narrow = grid(groups, &["METRIC", "TYPE", "LABELS"], |def| vec![Cell::plain(labels(def))]);
    page(groups, &narrow, screen, |def| Some(painted(&format!("  {}", def.help), Paint::Faint, screen)))
}

fn grid(groups: &[Group], header: &[&str], last: impl Fn(&MetricDef) -> Vec<Cell>) -> Grid {
    let mut grid = Grid::new(header, usize::MAX);
    for def in groups.iter().flat_map(|group| &group.metrics) {
        let first = [Cell::new(def.name, Paint::Strong), Cell::plain(MetricType::of(def.kind).as_str())];
        grid.push(first.into_iter().chain(last(def)).collect());
    }
    grid
}

/// The titles between the rows of the one grid, so that columns line up from one subsystem to the next.
fn page(
    groups: &[Group],
    grid: &Grid,
    screen: Screen,
    below: impl Fn(&MetricDef) -> Option<String>,
) -> String {
    let lines = grid.lines(grid.first_width(), screen);
    let mut rows = lines.rows.into_iter();
    let mut out = lines.header + "\n";
    for group in groups {
        let slug = painted(&format!("({})", group.subsystem.slug), Paint::Faint, screen);
        out.push_str(&format!("\n{} {slug}\n", painted(group.subsystem.title, Paint::Strong, screen)));
        for def in &group.metrics {
            let lines = rows.next().into_iter().chain(below(def));
            lines.for_each(|line| out.push_str(&format!("{line}\n")));
        }
    }
    out
}

fn labels(def: &MetricDef) -> String {
    match def.labels {
        [] => "-".to_owned(),
        labels => labels.iter().map(|label| label.name).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::{Filter, find_subsystem};

    fn beads(width: Option<u16>) -> String {
        let filter = Filter { subsystem: find_subsystem("beads").ok(), metric_type: None };
        catalog(&filter.groups(), Screen { width, colour: false })
    }

    #[test]
    fn a_pipe_gets_one_line_for_each_metric() {
        let expected = "\
METRIC                              TYPE     LABELS                  HELP

Beads (beads)
sase_bead_operations_total          counter  operation               Bead CRUD operations
sase_bead_status_transitions_total  counter  from_status, to_status  Bead status transitions
sase_bead_active                    gauge    project, status         Active beads
";
        assert_eq!(beads(None), expected);
    }

    #[test]
    fn a_narrow_screen_has_the_help_below_the_metric() {
        let page = beads(Some(80));
        assert!(
            page.contains(
                "\nsase_bead_operations_total          counter  operation\n  Bead CRUD operations\n"
            ),
            "{page}"
        );
        assert!(page.lines().all(|line| line.len() <= 80), "{page}");
    }

    #[test]
    fn every_metric_fits_on_a_screen_of_eighty_columns() {
        let page = catalog(&Filter::default().groups(), Screen { width: Some(80), colour: false });
        assert!(page.lines().all(|line| line.len() <= 80), "{page}");
        assert_eq!(page.matches("sase_").count(), telemetry_core::catalog::metrics().count());
    }
}
