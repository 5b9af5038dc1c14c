//! The page of `telemetry list`: the metrics of the catalog by subsystem.

use super::grid::{Cell, Paint};
use super::listing::{Entry, Section, listing};
use crate::output::Screen;
use telemetry_catalog::{Group, MetricType};
use telemetry_core::metric::MetricDef;

/// The whole page. Where the screen has no room for four columns, each help stands below its metric.
pub(crate) fn catalog(groups: &[Group], screen: Screen) -> String {
    let sections: Vec<_> = groups.iter().map(section).collect();
    listing(&["METRIC", "TYPE", "LABELS", "HELP"], &sections, screen)
}

fn section(group: &Group) -> Section {
    Section {
        title: group.subsystem.title.to_owned(),
        slug: group.subsystem.slug.to_owned(),
        entries: group.metrics.iter().map(|def| entry(def)).collect(),
    }
}

fn entry(def: &MetricDef) -> Entry {
    let metric_type = MetricType::of(def.kind).as_str();
    Entry {
        cells: vec![Cell::new(def.name, Paint::Strong), Cell::plain(metric_type), Cell::plain(labels(def))],
        last: def.help.to_owned(),
    }
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
        catalog(&filter.groups(), Screen { width, ..Screen::PLAIN })
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
        let page = catalog(&Filter::default().groups(), Screen { width: Some(80), ..Screen::PLAIN });
        assert!(page.lines().all(|line| line.len() <= 80), "{page}");
        assert_eq!(page.matches("sase_").count(), telemetry_core::catalog::metrics().count());
    }
}
