//! What of a panel is drawn: what the filter lets through and nobody has hidden.

use super::pen::Pen;
use std::collections::BTreeSet;
use telemetry_catalog::panel::Panel;
use telemetry_charts::Chart;
use telemetry_charts::colours::looks;
use telemetry_charts::data::{self, Clean};
use telemetry_stack::panels::Course;

/// A panel with what was measured of it, ready to be drawn.
pub(super) struct Shown<'a> {
    pub(super) pen: Pen<'a>,
    pub(super) panel: &'a Panel,
    /// All series, also those that are not drawn.
    pub(super) series: Vec<Clean>,
    /// The times alone.
    pub(super) chart: Chart<'a>,
    /// How many series nobody brought.
    pub(super) left_out: usize,
    /// The names that somebody has hidden.
    hidden: BTreeSet<String>,
    /// Whether it fills the screen.
    pub(super) zoomed: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn of(pen: Pen<'a>, panel: &'a Panel, course: &Course) -> Self {
        let steps = course.steps;
        let chart = Chart {
            panel,
            series: Vec::new(),
            left_out: 0,
            start: steps.start,
            end: steps.end,
            step: steps.step,
        };
        let hidden =
            pen.app.hidden.iter().filter(|(id, _)| *id == panel.id).map(|(_, name)| data::name(name));
        Self {
            pen,
            panel,
            series: data::clean_over(&chart, &course.series),
            chart,
            left_out: course.left_out,
            hidden: hidden.collect(),
            zoomed: pen.app.zoomed,
        }
    }

    /// Whether somebody has hidden the series of this name.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        self.hidden.contains(name)
    }

    /// Whether the series of this name is drawn.
    pub(super) fn is_drawn(&self, name: &str) -> bool {
        self.pen.app.passes(name) && !self.is_hidden(name)
    }

    /// The series that are drawn, of which something is known.
    pub(super) fn drawn(&self) -> impl Iterator<Item = &Clean> {
        self.known().filter(|series| self.is_drawn(&series.name))
    }

    /// The look of the series of that name.
    pub(super) fn look(&self, name: &str) -> usize {
        let names: Vec<_> = self.series.iter().map(|series| series.name.as_str()).collect();
        let place = names.iter().position(|one| *one == name);
        place.and_then(|place| looks(&names).get(place).copied()).unwrap_or_default()
    }

    /// The names of those that are hidden, in their order.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        let hidden =
            self.known().filter(|series| self.pen.app.passes(&series.name) && self.is_hidden(&series.name));
        hidden.map(|series| series.name.as_str())
    }

    fn known(&self) -> impl Iterator<Item = &Clean> {
        self.series.iter().filter(|series| !series.runs.is_empty())
    }

    /// Why nothing is drawn; `None` where something is. `over` says of which time there are no data.
    pub(super) fn reason(&self, over: &str) -> Option<String> {
        if self.drawn().next().is_some() {
            return None;
        }
        let infinite = self.series.iter().any(|series| series.infinite);
        let passing = self.known().filter(|series| self.pen.app.passes(&series.name)).count();
        Some(match (self.known().count(), passing) {
            (0, _) if infinite => "only infinite values, which are not drawn".to_owned(),
            (0, _) if self.panel.visualization.is_of_now() => "no data".to_owned(),
            (0, _) => format!("no data in the last {over}"),
            (_, 0) => format!("nothing matches '{}'", self.pen.app.filter),
            (_, 1) => "the only series is hidden".to_owned(),
            (_, count) => format!("all {count} series are hidden"),
        })
    }
}
