//! What stands around the data: the title, the scales with their marks, and the notes and names below.

use crate::clock;
use crate::font::{self, Weight};
use crate::ink::Ink;
use crate::scale::Scale;
use crate::scene::{Anchor, At, Dash, Rect, Scene, Text};
use telemetry_catalog::panel::Unit;

/// The margin of a picture, in pixels.
pub(crate) const MARGIN: f64 = 12.0;

/// The sizes of texts, in pixels.
pub(crate) const TITLE: f64 = 13.0;
pub(crate) const LABEL: f64 = 11.0;

/// How high the line of a label is.
pub(crate) const LINE: f64 = 17.0;

/// What keeps lines at the lowest and highest value off the edges.
const INSET: f64 = 4.0;

/// The part of the picture that data are drawn in, with its scales.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) area: Rect,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Plot {
    /// Pixels from the left of a moment.
    pub(crate) fn x(&self, time: i64) -> f64 {
        let span = (self.end as f64 - self.start as f64).max(1.0);
        let part = (time as f64 - self.start as f64) / span;
        self.area.left + part.clamp(0.0, 1.0) * self.area.width
    }

    /// Pixels from the top of a value.
    pub(crate) fn y(&self, scale: &Scale, value: f64) -> f64 {
        let height = (self.area.height - 2.0 * INSET).max(0.0);
        self.area.bottom() - INSET - scale.part(value) * height
    }
}

/// The inside of the picture.
pub(crate) fn inside(scene: &Scene) -> Rect {
    let (width, height) = ((scene.width - 2.0 * MARGIN).max(1.0), (scene.height - 2.0 * MARGIN).max(1.0));
    Rect { left: MARGIN, top: MARGIN, width, height }
}

/// Writes the title, and gives what is left below it.
pub(crate) fn title(scene: &mut Scene, area: Rect) -> Rect {
    let title = Text::new((area.left, area.top + TITLE - 2.0), scene.title.clone(), TITLE, Ink::Text);
    scene.text(title.bold().within(area.width));
    area.below(TITLE + 9.0)
}

/// Writes a line of explanation at the bottom, and gives what is left above it.
pub(crate) fn note(scene: &mut Scene, area: Rect, note: &str) -> Rect {
    if note.is_empty() || area.height < 60.0 {
        return area;
    }
    let text = Text::new((area.left, area.bottom() - 3.0), note, LABEL, Ink::Faint);
    scene.text(text.within(area.width));
    area.above(LINE)
}

/// Says in the middle that there is nothing to show.
pub(crate) fn no_data(scene: &mut Scene, area: Rect, unit: Unit) {
    let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0 + 4.0);
    // That no alert is known to fire must not look as if none fired.
    let words = if unit == Unit::Health { "unknown: no alert rules are evaluated" } else { "no data" };
    scene.text(Text::new(middle, words, 14.0, Ink::Faint).held(Anchor::Middle).within(area.width));
}

/// Draws the scale of time below the area, with lines through it where asked to, and gives what is left above it.
pub(crate) fn times(scene: &mut Scene, area: Rect, (start, end): (i64, i64), left: f64) -> Plot {
    let plot = Plot {
        area: Rect { left: area.left + left, width: (area.width - left).max(1.0), ..area }.above(LINE),
        start,
        end,
    };
    let base = plot.area.bottom() + LINE - 3.0;
    let label = |at: At, text: String| Text::new(at, text, LABEL, Ink::Faint);
    let zone = label((area.left, base), scene.zone.name(end));
    let from = area.left + zone.room() + 6.0;
    scene.text(zone);
    let mut free = from;
    for (time, text) in clock::marks(start, end, ((plot.area.width / 68.0) as usize).max(1), &scene.zone) {
        let x = plot.x(time);
        scene.line(vec![(x, plot.area.bottom()), (x, plot.area.bottom() + 3.0)], Ink::Grid, 1.0, Dash::Solid);
        // The label of the end is held inside of the margin.
        let half = font::room(&text, LABEL, Weight::Regular) / 2.0;
        let middle = x.min(area.right() + MARGIN - 3.0 - half);
        if middle - half >= free {
            free = middle + half + 8.0;
            scene.text(label((middle, base), text).held(Anchor::Middle));
        }
    }
    plot
}

/// A round value without a fraction that is nothing.
pub(crate) fn short(unit: Unit, value: f64) -> String {
    unit.shown(value).replace(".0 %", " %")
}

/// How much room the labels of a scale need on its left.
pub(crate) fn room(scale: &Scale, unit: Unit) -> f64 {
    let widths = scale.labels(unit).into_iter().map(|label| font::room(&label, LABEL, Weight::Regular));
    widths.fold(0.0, f64::max) + 8.0
}

/// Draws the marks of a scale on the left of the plot, with lines through it.
pub(crate) fn values(scene: &mut Scene, plot: &Plot, scale: &Scale, unit: Unit) {
    for (mark, label) in scale.marks.iter().zip(scale.labels(unit)) {
        let y = plot.y(scale, *mark);
        let line = vec![(plot.area.left, y), (plot.area.right(), y)];
        scene.line(line, Ink::Grid, 1.0, Dash::Solid);
        scene.text(Text::new((plot.area.left - 8.0, y + 4.0), label, LABEL, Ink::Faint).held(Anchor::End));
    }
}
