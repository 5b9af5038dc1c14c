//! Several charts on one picture, with what a reader needs to know who was not there: over which time, from where, and when it was drawn.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what a sheet is, and its formats |
//! | `layout` | which chart is where, and how high it is |
//! | `draw` | the head, the charts in their frames, and the foot |

mod draw;
mod layout;
#[cfg(test)]
mod tests;

use crate::{Chart, ChartError, SIDES, Size, Theme, Zone, font, png, svg};
use std::collections::BTreeSet;

/// A chart on a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'a> {
    /// The chart.
    pub chart: Chart<'a>,
    /// Why it is not known what was measured, which is then said in its place.
    pub trouble: Option<String>,
}

/// Charts on one picture. A single one has its description below its title.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet<'a> {
    /// What they have in common.
    pub title: String,
    /// Where what was measured comes from.
    pub source: String,
    /// What has drawn it, with its version.
    pub program: String,
    /// When, in milliseconds since 1970.
    pub drawn: i64,
    /// In whose time it is.
    pub zone: Zone,
    /// The charts, in the order in which they stand. Their times are the same.
    pub parts: Vec<Part<'a>>,
}

/// The largest number of pixels of a PNG for each of a sheet's in each direction.
const FINEST: u32 = 4;

impl Sheet<'_> {
    /// The widest sheet, in pixels.
    pub const WIDEST: u32 = *SIDES.end();
    /// The highest sheet, in pixels.
    pub const HIGHEST: u32 = 16_384;

    /// The height that the charts need in this width, in pixels.
    #[must_use]
    pub fn height(&self, width: u32) -> u32 {
        layout::height(self, f64::from(width)).ceil() as u32
    }

    /// The smallest picture on which there is still something to see of each chart, in this width.
    #[must_use]
    pub fn least(&self, width: u32) -> Size {
        let height = layout::least(self, f64::from(width)).ceil() as u32;
        Size { width: layout::NARROWEST, height }
    }

    /// The sheet as an SVG document.
    ///
    /// # Errors
    /// [`ChartError`].
    pub fn svg(&self, size: Size, theme: Theme) -> Result<String, ChartError> {
        self.check(size)?;
        Ok(svg::document(&draw::scene(self, size), theme))
    }

    /// The sheet as a PNG that has so many pixels in each direction for each of the sheet's: 1 to 4. More than 1 is for screens of high
    /// density, on which it is as large and finer.
    ///
    /// # Errors
    /// [`ChartError`].
    pub fn png(&self, size: Size, scale: u32, theme: Theme) -> Result<Vec<u8>, ChartError> {
        self.check(size)?;
        png::file(&draw::scene(self, size), size, scale.clamp(1, FINEST), theme.ground())
    }

    /// The letters for which a PNG of this size has boxes with their code points, since its fonts lack them; an SVG has them as text.
    #[must_use]
    pub fn lacking(&self, size: Size) -> BTreeSet<char> {
        let scene = draw::scene(self, size);
        scene.texts().flat_map(|text| font::lacking(&text.text, text.weight)).collect()
    }

    fn check(&self, size: Size) -> Result<(), ChartError> {
        let least = self.least(size.width);
        let fits = (least.width..=Self::WIDEST).contains(&size.width)
            && (least.height..=Self::HIGHEST).contains(&size.height);
        if fits { Ok(()) } else { Err(ChartError::Size(size)) }
    }
}
