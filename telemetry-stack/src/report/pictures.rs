//! Every panel as a picture, as long as the report does not grow too long.

use crate::page::charts::{MOST_ROWS, SMALL, USUAL, size};
use crate::panels::{Course, Sight, course};
use crate::source::Source;
use telemetry_catalog::panel::{Panel, Visualization};
use telemetry_charts::{Theme, Zone, svg_untitled_in};

/// How long all pictures together may be, in bytes. A mailbox takes about so much.
const MOST: usize = 12 * 1024 * 1024;

/// What came of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Picture {
    /// An SVG document.
    Drawn(String),
    /// Nothing was measured of it.
    Empty,
    /// There is no room for it.
    TooLong,
    /// Why nothing is known of it.
    Trouble(String),
}

/// A panel over the time that ends at `at`.
pub(super) fn picture(source: &dyn Source, panel: &Panel, sight: &Sight, at: i64, zone: &Zone) -> Picture {
    match course(source, panel, sight, at) {
        Err(error) => Picture::Trouble(error.to_string()),
        Ok(course) if is_empty(&course) => Picture::Empty,
        Ok(course) => {
            let rows = u32::try_from(course.series.len()).unwrap_or(MOST_ROWS);
            let size = size(panel, width(panel), rows);
            let drawn = svg_untitled_in(&course.chart(panel), size, Theme::Reader, zone);
            drawn.map_or_else(|error| Picture::Trouble(error.to_string()), Picture::Drawn)
        }
    }
}

/// Whether there is nothing that could be drawn.
fn is_empty(course: &Course) -> bool {
    course.series.iter().flat_map(|series| &series.points).all(|(_, value)| !value.is_finite())
}

/// Pictures are as wide as a narrow column, so that their letters can be read on any screen.
const fn width(panel: &Panel) -> u32 {
    match panel.visualization {
        Visualization::Stat => SMALL,
        _ => USUAL,
    }
}

/// The pictures for which there is room, the first ones first.
pub(super) fn bounded(pictures: Vec<Picture>) -> Vec<Picture> {
    let mut length = 0;
    let fits = |picture| match picture {
        Picture::Drawn(svg) if length + svg.len() > MOST => Picture::TooLong,
        Picture::Drawn(svg) => {
            length += svg.len();
            Picture::Drawn(svg)
        }
        other => other,
    };
    pictures.into_iter().map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_left_out_and_what_is_shorter_is_not() {
        let long = || Picture::Drawn("x".repeat(MOST / 2));
        let pictures = bounded(vec![long(), Picture::Empty, long(), long(), Picture::Drawn(String::new())]);
        let left_out: Vec<_> = pictures.iter().map(|picture| *picture == Picture::TooLong).collect();
        assert_eq!(left_out, [false, false, false, true, false]);
    }
}
