//! The scales of values and times around a plot, in units and hours that people read.

use super::pen::{Pen, put, put_last, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telemetry_catalog::panel::Unit;
use telemetry_charts::scale::Scale;
use telemetry_charts::{Zone, clock};

/// How many dots a character of Braille has across and down.
const BRAILLE: (u16, u16) = (2, 4);

/// In how many columns a label of time has room.
const LABEL: u16 = 10;

/// With how many more marks it is tried to have two labels.
const MORE: usize = 8;

/// The part of a panel that data are drawn in. Dots are counted from the lower left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub(super) area: Rect,
    start: i64,
    end: i64,
    /// How many dots a character has.
    dots: (u16, u16),
}

impl Plot {
    pub(super) const fn new(area: Rect, (start, end): (i64, i64), utf8: bool) -> Self {
        Self { area, start, end, dots: if utf8 { BRAILLE } else { (1, 1) } }
    }

    /// The last dot across and up.
    pub(super) fn last(&self) -> (f64, f64) {
        let last = |cells: u16, dots: u16| f64::from((u32::from(cells) * u32::from(dots)).saturating_sub(1));
        (last(self.area.width, self.dots.0), last(self.area.height, self.dots.1))
    }

    /// The dot of a moment.
    pub(super) fn x(&self, time: i64) -> f64 {
        let span = (self.end as f64 - self.start as f64).max(1.0);
        let part = ((time as f64 - self.start as f64) / span).clamp(0.0, 1.0);
        (part * self.last().0).round()
    }

    /// The dot of a value.
    pub(super) fn y(&self, scale: &Scale, value: f64) -> f64 {
        (scale.part(value) * self.last().1).round()
    }

    /// The column of a moment.
    pub(super) fn column(&self, time: i64) -> u16 {
        let column = cells(self.x(time), self.dots.0);
        self.area.x + column.min(self.area.width.saturating_sub(1))
    }

    /// The line of a value.
    pub(super) fn row(&self, scale: &Scale, value: f64) -> u16 {
        let row = cells(self.y(scale, value), self.dots.1);
        self.area.bottom().saturating_sub(1).saturating_sub(row).max(self.area.y)
    }
}

/// In which character a dot is.
fn cells(dot: f64, dots: u16) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a dot is inside of the screen"
    )]
    let dot = dot as u16;
    dot / dots
}

/// Draws the scale of values on the left, and gives what is right of it. Where there is hardly room for the data there is none.
pub(super) fn values(buffer: &mut Buffer, area: Rect, scale: &Scale, unit: Unit, pen: &Pen<'_>) -> Rect {
    let labels = scale.labels(unit);
    let room = labels.iter().map(|label| width(label)).max().unwrap_or_default();
    if area.height < 2 || area.width < room + 8 {
        return area;
    }
    let right = Rect { x: area.x + room + 1, width: area.width - room - 1, ..area };
    let plot = Plot::new(right, (0, 1), pen.skin.utf8);
    let style = pen.skin.faint();
    for y in area.top()..area.bottom() {
        put(buffer, Rect { x: area.x + room, y, width: 1, height: 1 }, pen.one_of("│", "|"), style);
    }
    let mut free = None;
    for (mark, label) in scale.marks.iter().zip(labels) {
        let y = plot.row(scale, *mark);
        if free.is_none_or(|free| y < free) {
            put_last(buffer, Rect { y, width: room, height: 1, ..area }, &label, style);
            put(buffer, Rect { x: area.x + room, y, width: 1, height: 1 }, pen.one_of("┤", "+"), style);
            free = Some(y);
        }
    }
    right
}

/// Writes the scale of times into a line below the plot.
pub(super) fn times(buffer: &mut Buffer, line: Rect, plot: &Plot, pen: &Pen<'_>) {
    for (x, label) in told(plot, pen.zone) {
        put(buffer, Rect { x, width: width(&label), ..line }, &label, pen.skin.faint());
    }
}

/// The labels that have room, each with the column in which it begins. One time alone says nothing of how long something takes: rather
/// there are more marks than would have room, of which some have.
fn told(plot: &Plot, zone: &Zone) -> Vec<(u16, String)> {
    let most = usize::from((plot.area.width / LABEL).max(1));
    let mut tries = (most..most + MORE).map(|most| labels(plot, most, zone));
    tries.find(|labels| labels.len() > 1).unwrap_or_else(|| labels(plot, most, zone))
}

/// The labels of so many marks at most, as far as there is room between them, each with the column in which it begins.
fn labels(plot: &Plot, most: usize, zone: &Zone) -> Vec<(u16, String)> {
    let mut free = plot.area.x;
    let mut place = |(time, label): (i64, String)| {
        let needed = width(&label);
        let last = plot.area.right().saturating_sub(needed);
        let x = plot.column(time).saturating_sub(needed / 2).max(plot.area.x).min(last);
        let fits = x >= free && needed <= plot.area.width;
        if fits {
            free = x + needed + 2;
        }
        fits.then_some((x, label))
    };
    clock::marks(plot.start, plot.end, most, zone).into_iter().filter_map(&mut place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_stack::panels::Span;

    #[test]
    fn a_narrow_plot_has_two_times_at_least_that_do_not_touch() {
        const HOUR: i64 = 3_600_000;
        let zone = Zone::utc();
        for range in Span::ALL {
            let length = i64::try_from(range.seconds()).unwrap() * 1000;
            for (width, hour) in (18..70).flat_map(|width| (0..170).step_by(7).map(move |hour| (width, hour)))
            {
                let end = 1_763_726_400_000 + hour * (HOUR + 61_000);
                let plot = Plot::new(Rect::new(5, 0, width, 9), (end - length, end), true);
                let told = told(&plot, &zone);
                assert!(told.len() > 1, "{range:?} in {width}: {told:?}");
                let ends = told.iter().map(|(x, label)| x + super::width(label));
                assert!(ends.clone().zip(&told[1..]).all(|(end, (next, _))| end < *next), "{told:?}");
                assert!(ends.max() <= Some(plot.area.right()), "{told:?}");
            }
        }
    }
}
