//! Lines over time, or layers that pile up to a sum, in dots of Braille or in letters.

use super::axis::{self, Plot};
use super::frame::Note;
use super::legend::{self, Entry};
use super::limits;
use super::pen::{Pen, put};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget as _;
use ratatui::widgets::canvas::{Canvas, Context, Line, Points};
use telemetry_charts::pile::{self, Layer, Stretch};
use telemetry_charts::scale::Scale;

/// How many lines of a panel there are for each mark of the scale of values.
const LINES_A_MARK: u16 = 3;

/// From which size on names stand beside the plot of a panel that fills the screen, and in how many columns.
const BESIDE: (u16, u16) = (80, 10);
const NAMES: u16 = 34;

/// Draws the panel, and gives the remarks for which there was no room in it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let panel = shown.panel;
    let (layers, together) = shown.layers();
    let letters = shown.letters(layers);
    let entries = legend::entries(shown, layers, &letters, together);
    let area = names(buffer, area, shown, layers, &entries);
    let (area, times) = below(area, u16::from(area.height > 2));
    let scale = pile::scale(panel, layers, usize::from(area.height / LINES_A_MARK).clamp(2, 6));
    let area = axis::values(buffer, area, &scale, panel.unit, &shown.pen);
    let plot = Plot::new(area, (shown.chart.start, shown.chart.end), shown.pen.skin.utf8);
    axis::times(buffer, times, &plot, &shown.pen);
    limits::lines(buffer, &plot, &scale, shown);
    let traced = Traced { layers, letters: &letters, stacked: panel.stacked };
    trace(buffer, &plot, &scale, traced, &shown.pen);
    ends(buffer, &plot, &scale, traced, &shown.pen);
    limits::labels(buffer, &plot, &scale, shown)
}

/// Writes the names below the plot, or beside it where there is room, and gives what is left.
fn names(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, layers: &[Layer], entries: &[Entry]) -> Rect {
    // The only series of a panel has its value in the title; its name is that of the panel or stands there.
    let is_told = entries.len() == 1 && layers.iter().all(|layer| layer.name == shown.panel.title);
    if is_told || area.height < 5 {
        return area;
    }
    if shown.zoomed && area.width >= BESIDE.0 && area.height >= BESIDE.1 {
        let left = Rect { width: area.width - NAMES - 2, ..area };
        legend::beside(buffer, Rect { x: left.right() + 2, width: NAMES, ..area }, entries, &shown.pen);
        return left;
    }
    let rows = match area.height {
        5..10 => 1,
        10..18 => 2,
        _ => 3,
    };
    let flow = legend::flow(entries, area.width, rows);
    let (left, room) = below(area, flow.rows);
    legend::below(buffer, room, entries, &flow, &shown.pen);
    left
}

/// Divides an area into what is above and so many lines below.
fn below(area: Rect, lines: u16) -> (Rect, Rect) {
    let above = area.height.saturating_sub(lines);
    (Rect { height: above, ..area }, Rect { y: area.y + above, height: area.height - above, ..area })
}

/// Layers with how they are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traced<'l> {
    pub(super) layers: &'l [Layer],
    pub(super) letters: &'l [char],
    pub(super) stacked: bool,
}

impl<'l> Traced<'l> {
    fn each(self) -> impl DoubleEndedIterator<Item = (&'l Layer, char)> + ExactSizeIterator {
        self.layers.iter().zip(self.letters.iter().copied())
    }
}

/// Draws the layers, those that are under others first.
pub(super) fn trace(buffer: &mut Buffer, plot: &Plot, scale: &Scale, traced: Traced<'_>, pen: &Pen<'_>) {
    let (right, top) = plot.last();
    let paint = |context: &mut Context<'_>| {
        for (layer, letter) in traced.each().rev() {
            if !pen.skin.utf8 {
                context.layer();
                context.marker(Marker::Custom(if layer.look.is_some() { letter } else { ':' }));
            }
            let colour = pen.series(layer.look).fg.unwrap_or(Color::Reset);
            // Without colours, or in letters, areas would hide what they are made of.
            let filled = (traced.stacked && pen.skin.colour && pen.skin.utf8) || layer.look.is_none();
            for run in &layer.runs {
                stretch(context, plot, scale, run, colour, filled);
            }
        }
    };
    let canvas = Canvas::default().marker(if pen.skin.utf8 { Marker::Braille } else { Marker::Custom('*') });
    canvas
        .x_bounds([0.0, right.max(1.0)])
        .y_bounds([0.0, top.max(1.0)])
        .paint(paint)
        .render(plot.area, buffer);
}

fn stretch(
    context: &mut Context<'_>,
    plot: &Plot,
    scale: &Scale,
    run: &[Stretch],
    color: Color,
    filled: bool,
) {
    let run = pile::thinned(run, usize::from(plot.area.width) * 4);
    let at = |stretch: &Stretch| (plot.x(stretch.time), plot.y(scale, stretch.high));
    if filled {
        let coords: Vec<_> = run.windows(2).flat_map(|pair| between(plot, scale, pair[0], pair[1])).collect();
        context.draw(&Points { coords: &coords, color });
    }
    if let [only] = &run[..] {
        // A lone dot is easily overlooked.
        let (x, y) = at(only);
        let (right, top) = plot.last();
        let (beside, above) = ((x + 1.0).min(right), (y + 1.0).min(top));
        context.draw(&Points { coords: &[(x, y), (beside, y), (x, above), (beside, above)], color });
    }
    for pair in run.windows(2) {
        let ((x1, y1), (x2, y2)) = (at(&pair[0]), at(&pair[1]));
        context.draw(&Line { x1, y1, x2, y2, color });
    }
}

/// Every second dot between the edges of a layer, from one moment to another, so that the edges stand out.
fn between(plot: &Plot, scale: &Scale, from: Stretch, to: Stretch) -> Vec<(f64, f64)> {
    let ((left, low, high), (right, to_low, to_high)) = (place(plot, scale, from), place(plot, scale, to));
    let span = (right - left).max(1.0);
    let mut dots = Vec::new();
    let mut x = left;
    while x <= right {
        let part = (x - left) / span;
        let (low, high) = (low + (to_low - low) * part, high + (to_high - high) * part);
        let mut y = low.round() + (low.round() + x) % 2.0;
        while y <= high {
            dots.push((x, y));
            y += 2.0;
        }
        x += 1.0;
    }
    dots
}

fn place(plot: &Plot, scale: &Scale, stretch: Stretch) -> (f64, f64, f64) {
    (plot.x(stretch.time), plot.y(scale, stretch.low), plot.y(scale, stretch.high))
}

/// Writes the letter of each series that is told by one to the end of its line.
fn ends(buffer: &mut Buffer, plot: &Plot, scale: &Scale, traced: Traced<'_>, pen: &Pen<'_>) {
    let mut taken: Vec<(u16, u16)> = Vec::new();
    for (layer, letter) in traced.each().filter(|(layer, _)| pen.is_lettered(layer.look)) {
        let Some(end) = layer.runs.last().and_then(|run| run.last()) else { continue };
        let (x, y) = (plot.column(end.time), plot.row(scale, end.high));
        // Letters of lines that end in the same place stand beside each other.
        let Some(x) = (plot.area.x..=x).rev().find(|x| !taken.contains(&(*x, y))) else { continue };
        taken.push((x, y));
        let style = pen.series(layer.look).patch(pen.skin.strong());
        put(buffer, Rect { x, y, width: 1, height: 1 }, &letter.to_string(), style);
    }
}
