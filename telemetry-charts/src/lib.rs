#![doc = include_str!("../README.md")]

pub mod buckets;
pub mod clock;
pub mod colours;
pub mod data;
mod font;
mod frame;
mod ink;
mod kind;
mod legend;
#[cfg(test)]
mod picture_tests;
pub mod pile;
mod png;
pub mod scale;
mod scene;
pub mod screen;
mod sheet;
pub mod state;
mod svg;
mod unknown;
mod words;
mod zone;

pub use sheet::{Part, Sheet};
pub use zone::Zone;

use crate::ink::Ground;
use crate::scene::Scene;
use telemetry_catalog::panel::Panel;

/// A point: a time in milliseconds since 1970, and a value; NaN is a gap.
pub type Point = (i64, f64);

/// A line, an area or a row of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is called in the legend.
    pub name: String,
    /// Its points, with rising times. Where two are further apart than a step and a half, nothing is known between them.
    pub points: Vec<Point>,
}

/// A panel with what was measured over a span of time. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart<'a> {
    /// What is shown, and how.
    pub panel: &'a Panel,
    /// What was measured.
    pub series: Vec<Series>,
    /// How many series there are beside these, which whoever asked did not bring; the picture says so.
    pub left_out: usize,
    /// The left edge.
    pub start: i64,
    /// The right edge.
    pub end: i64,
    /// The time from one point to the next, in milliseconds.
    pub step: i64,
}

/// The size of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// In which colours a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
    /// Whatever the reader of an SVG prefers; a PNG is light.
    Reader,
}

impl Theme {
    /// The ground of what cannot follow its reader.
    const fn ground(self) -> Ground {
        match self {
            Self::Light | Self::Reader => Ground::Light,
            Self::Dark => Ground::Dark,
        }
    }
}

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The picture is too small to show anything, or larger than pictures may be.
    #[error("a picture of {} by {} pixels cannot be drawn", .0.width, .0.height)]
    Size(Size),
    /// The picture has more pixels than a PNG may have here; an SVG of it can be drawn.
    #[error("a PNG of {} by {} pixels is too large; an SVG has no such bound", .0.width, .0.height)]
    Pixels(Size),
    /// What draws has failed.
    #[error("cannot draw the picture: {0}")]
    Draw(String),
}

/// The smallest and the largest width and height of a picture, in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 40..=4096;

/// Draws a chart as an SVG document, with its title.
///
/// # Errors
/// [`ChartError`].
pub fn svg(chart: &Chart<'_>, size: Size, theme: Theme) -> Result<String, ChartError> {
    Ok(svg::document(&scene(chart, size, true, &Zone::utc())?, theme))
}

/// Draws a chart as an SVG document whose title is there for screen readers alone: for a page that has a heading above it.
///
/// # Errors
/// [`ChartError`].
pub fn svg_untitled(chart: &Chart<'_>, size: Size, theme: Theme) -> Result<String, ChartError> {
    svg_untitled_in(chart, size, theme, &Zone::utc())
}

/// The same in the time of a zone.
///
/// # Errors
/// [`ChartError`].
pub fn svg_untitled_in(
    chart: &Chart<'_>,
    size: Size,
    theme: Theme,
    zone: &Zone,
) -> Result<String, ChartError> {
    Ok(svg::document(&scene(chart, size, false, zone)?, theme))
}

/// Draws a chart as a PNG, with its title.
///
/// # Errors
/// [`ChartError`].
pub fn png(chart: &Chart<'_>, size: Size, theme: Theme) -> Result<Vec<u8>, ChartError> {
    png::file(&scene(chart, size, true, &Zone::utc())?, size, 1, theme.ground())
}

/// What the picture of a chart consists of.
fn scene(chart: &Chart<'_>, size: Size, titled: bool, zone: &Zone) -> Result<Scene, ChartError> {
    if !SIDES.contains(&size.width) || !SIDES.contains(&size.height) {
        return Err(ChartError::Size(size));
    }
    let series = data::clean(chart);
    let mut scene = Scene {
        width: size.width.into(),
        height: size.height.into(),
        name: words::id(chart),
        title: words::title(chart),
        description: words::description(chart, &series, zone),
        zone: zone.clone(),
        marks: Vec::new(),
    };
    let inside = frame::inside(&scene);
    let area = if titled { frame::title(&mut scene, inside) } else { inside };
    kind::draw(&mut scene, area, chart, &series);
    Ok(scene)
}
