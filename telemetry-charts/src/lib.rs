#![doc = include_str!("../README.md")]

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

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The picture is too small to show anything, or larger than pictures may be.
    #[error("a picture of {} by {} pixels cannot be drawn", .0.width, .0.height)]
    Size(Size),
    /// What draws has failed.
    #[error("cannot draw the picture: {0}")]
    Draw(String),
}

/// Draws a chart as an SVG document.
///
/// # Errors
/// [`ChartError`].
pub fn svg(chart: &Chart<'_>, size: Size, theme: Theme) -> Result<String, ChartError> {
    let _stub = (chart, theme);
    Ok(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\"/>", size.width, size.height))
}

/// Draws a chart as a PNG.
///
/// # Errors
/// [`ChartError`].
pub fn png(chart: &Chart<'_>, size: Size, theme: Theme) -> Result<Vec<u8>, ChartError> {
    svg(chart, size, theme).map(String::into_bytes)
}
