//! What of a panel is drawn: what the filter lets through and nobody has hidden.

use super::pen::{Pen, fitted, letters};
use crate::commands::dashboard::state::{Chosen, Draft, chart};
use std::sync::Arc;
use telemetry_catalog::panel::Panel;
use telemetry_charts::Chart;
use telemetry_charts::data::{self, Clean};
use telemetry_charts::pile::Layer;
use telemetry_charts::state::Span;
use telemetry_stack::panels::Course;

/// In how many columns a filter is named at most.
const FILTER: u16 = 20;

/// A panel with what was measured of it, ready to be drawn.
pub(super) struct Shown<'a> {
    pub(super) pen: Pen<'a>,
    pub(super) panel: &'a Panel,
    pub(super) draft: &'a Draft,
    chosen: Arc<Chosen>,
    /// The times alone.
    pub(super) chart: Chart<'a>,
    /// How many series nobody brought.
    pub(super) left_out: usize,
    /// Whether it fills the screen.
    pub(super) zoomed: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn of(pen: Pen<'a>, panel: &'a Panel, course: &Course, draft: &'a Draft) -> Self {
        let hidden =
            pen.app.hidden.iter().filter(|(id, _)| *id == panel.id).map(|(_, name)| data::name(name));
        let chosen = draft.chosen(&pen.app.filter, hidden.collect());
        let chart = chart(panel, course);
        Self { pen, panel, draft, chosen, chart, left_out: course.left_out, zoomed: pen.app.zoomed }
    }

    /// Whether the series of this name is drawn.
    pub(super) fn is_drawn(&self, name: &str) -> bool {
        self.chosen.lets(name)
    }

    /// The series that are drawn, of which something is known.
    pub(super) fn drawn(&self) -> impl Iterator<Item = &Clean> {
        self.of_places(&self.chosen.drawn)
    }

    /// The states of each of them.
    pub(super) fn spans(&self) -> impl Iterator<Item = &[Span]> {
        self.chosen.drawn.iter().map(|place| self.draft.spans(&self.chart, *place))
    }

    /// The look of the series of that name.
    pub(super) fn look(&self, name: &str) -> usize {
        let place = self.draft.series.iter().position(|series| series.name == name);
        place.map_or(0, |place| self.draft.look(place))
    }

    /// The lines or layers of the series that are drawn, and how many of these are together in the last.
    pub(super) fn layers(&self) -> (&[Layer], usize) {
        let (layers, together) = self.chosen.layers(self.draft, self.panel);
        (layers, *together)
    }

    /// The letter of each of these layers.
    pub(super) fn letters(&self, layers: &[Layer]) -> Vec<char> {
        let places = &self.chosen.drawn;
        let place = |layer: &Layer| {
            let is_it =
                |place: &&usize| self.draft.series.get(**place).is_some_and(|one| one.name == layer.name);
            places.iter().find(is_it).copied().unwrap_or_default()
        };
        letters(layers.iter().map(place))
    }

    /// The names of those that are hidden, in their order.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        self.of_places(&self.chosen.struck).map(|series| series.name.as_str())
    }

    fn of_places<'p>(&'p self, places: &'p [usize]) -> impl Iterator<Item = &'p Clean> {
        places.iter().filter_map(|place| self.draft.series.get(*place))
    }

    /// How much of what is known is drawn, where that is not all. A panel that fills the screen also names the filter, which stands below
    /// all panels otherwise. `None` where there is nothing to say.
    pub(super) fn part(&self) -> Option<String> {
        let (drawn, known) = (self.chosen.drawn.len(), self.chosen.known);
        let counted = (drawn < known).then(|| format!("{drawn} of {known} series"));
        let filter = Some(&self.pen.app.filter).filter(|filter| self.zoomed && !filter.is_empty());
        let filter = filter.map(|filter| format!("filter '{}'", fitted(&data::name(filter), FILTER)));
        let said: Vec<_> = counted.into_iter().chain(filter).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// Why nothing is drawn; `None` where something is. `over` says of which time there are no data.
    pub(super) fn reason(&self, over: &str) -> Option<String> {
        if !self.chosen.drawn.is_empty() {
            return None;
        }
        let infinite = self.draft.series.iter().any(|series| series.infinite);
        Some(match (self.chosen.known, self.chosen.passing) {
            (0, _) if infinite => "only infinite values, which are not drawn".to_owned(),
            (0, _) if self.panel.visualization.is_of_now() => "no data".to_owned(),
            (0, _) => format!("no data in the last {over}"),
            (_, 0) => format!("nothing matches '{}'", self.pen.app.filter),
            (_, 1) => "the only series is hidden".to_owned(),
            (_, count) => format!("all {count} series are hidden"),
        })
    }
}
