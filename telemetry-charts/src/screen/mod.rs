//! The cells of a terminal as a picture.
//!
//! Letters are those of a font of equal width. Lines, blocks and braille dots are drawn as shapes, since those of fonts leave gaps
//! between the cells.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what a screen is, and its formats |
//! | `block` | the parts of cells that block elements and braille patterns fill |
//! | `rule` | the lines that box drawing characters draw |
//!
//! ```
//! use telemetry_charts::Theme;
//! use telemetry_charts::screen::{Cell, Colour, Screen};
//!
//! let cell = |symbol: &str| Cell { symbol: symbol.to_owned(), colour: Some(Colour::Green), ..Cell::default() };
//! let screen = Screen { columns: 2, title: "two".to_owned(), cells: vec![cell("o"), cell("k")] };
//! assert!(screen.svg(Theme::Dark)?.contains(">ok<"));
//! assert!(screen.png(2, Theme::Dark)?.starts_with(b"\x89PNG"));
//! # Ok::<_, telemetry_charts::ChartError>(())
//! ```

mod block;
mod rule;
#[cfg(test)]
mod tests;

use crate::font::Weight;
use crate::ink::Ink;
use crate::scene::{Mark, Rect, Scene, Text};
use crate::{ChartError, SIDES, Size, Theme, Zone, data, png, svg};
use std::collections::BTreeMap;

/// The 16 colours that every terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say what they are")]
#[repr(u8)]
pub enum Colour {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

impl Colour {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Black,
        Self::Red,
        Self::Green,
        Self::Yellow,
        Self::Blue,
        Self::Magenta,
        Self::Cyan,
        Self::White,
        Self::BrightBlack,
        Self::BrightRed,
        Self::BrightGreen,
        Self::BrightYellow,
        Self::BrightBlue,
        Self::BrightMagenta,
        Self::BrightCyan,
        Self::BrightWhite,
    ];

    const fn ink(self) -> Ink {
        Ink::Terminal(self as u8)
    }
}

/// A cell: what stands in it, and how. The default is a cell with nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a terminal turns each of them on and off by itself")]
pub struct Cell {
    /// A character, with what is combined with it; nothing, or a space, is an empty cell. Behind one that is two cells wide comes one
    /// with nothing.
    pub symbol: String,
    /// The colour of the character; `None` is that of the terminal.
    pub colour: Option<Colour>,
    /// The colour behind it; `None` is that of the terminal.
    pub ground: Option<Colour>,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether both colours are exchanged.
    pub reversed: bool,
    /// Whether it is less important.
    pub faint: bool,
    /// Whether there is a line below it.
    pub underlined: bool,
    /// Whether there is a line through it.
    pub struck: bool,
}

/// The cells of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// How many there are side by side.
    pub columns: u16,
    /// What it shows, in a phrase, for those who do not see it.
    pub title: String,
    /// The cells, row after row.
    pub cells: Vec<Cell>,
}

/// The size of a cell in pixels, the size of its letters and how far below its top they stand. The letters are 0.6 em wide.
const WIDTH: f64 = 9.0;
const HEIGHT: f64 = 20.0;
const LETTER: f64 = 15.0;
const BASE: f64 = 15.0;

/// The margin of the picture.
const MARGIN: f64 = 14.0;

/// What is filled, by its colour and its strength in hundredths.
type Fills = BTreeMap<(Ink, u8), Vec<Rect>>;

impl Screen {
    /// The screen as an SVG document.
    ///
    /// # Errors
    /// [`ChartError`].
    pub fn svg(&self, theme: Theme) -> Result<String, ChartError> {
        self.size()?;
        Ok(svg::document(&self.scene(), theme))
    }

    /// The screen as a PNG that has so many pixels in each direction for each of the screen's: 1 to 4, and fewer where that would be too
    /// many. With one it is a PNG up to some 130,000 cells, which no screen has.
    ///
    /// # Errors
    /// [`ChartError`].
    pub fn png(&self, scale: u32, theme: Theme) -> Result<Vec<u8>, ChartError> {
        let (scene, size) = (self.scene(), self.size()?);
        let scale = (1..=scale.clamp(1, 4)).rev().find(|scale| png::fits(size, *scale)).unwrap_or(1);
        png::file(&scene, size, scale, theme.ground())
    }

    fn rows(&self) -> usize {
        self.cells.len().div_ceil(usize::from(self.columns).max(1))
    }

    fn size(&self) -> Result<Size, ChartError> {
        let width = f64::from(self.columns) * WIDTH + 2.0 * MARGIN;
        let height = self.rows() as f64 * HEIGHT + 2.0 * MARGIN;
        let size = Size { width: width as u32, height: height as u32 };
        // A wall of screens is larger than what anybody asks a chart for.
        let fits = size.width >= *SIDES.start() && size.height >= *SIDES.start();
        if fits { Ok(size) } else { Err(ChartError::Size(size)) }
    }

    fn scene(&self) -> Scene {
        let (columns, rows) = (usize::from(self.columns).max(1), self.rows());
        let mut scene = Scene {
            width: columns as f64 * WIDTH + 2.0 * MARGIN,
            height: rows as f64 * HEIGHT + 2.0 * MARGIN,
            name: "screen".to_owned(),
            title: data::name(&self.title),
            description: "A terminal.".to_owned(),
            zone: Zone::utc(),
            marks: Vec::new(),
        };
        let (mut grounds, mut shapes) = (Fills::new(), Fills::new());
        let mut letters = Vec::new();
        for (row, cells) in self.cells.chunks(columns).enumerate() {
            let mut line = Line { top: MARGIN + row as f64 * HEIGHT, ..Line::default() };
            for (column, cell) in cells.iter().enumerate() {
                let rect = Rect {
                    left: MARGIN + column as f64 * WIDTH,
                    top: line.top,
                    width: WIDTH,
                    height: HEIGHT,
                };
                grounds_of(&mut grounds, cell, rect);
                shapes_of(&mut shapes, &mut letters, &mut line, cell, rect);
            }
            line.end(&mut letters);
        }
        let boxes =
            |((ink, strength), boxes)| Mark::Boxes { boxes, ink, opacity: f64::from(strength) / 100.0 };
        scene.marks.extend(grounds.into_iter().chain(shapes).map(boxes));
        scene.marks.extend(letters);
        scene
    }
}

impl Cell {
    /// The colours of the character and of what is behind it, of which that of the terminal is none.
    fn inks(&self) -> (Ink, Option<Ink>) {
        let plain = if self.faint { Ink::Faint } else { Ink::Text };
        let (front, back) = (self.colour.map_or(plain, Colour::ink), self.ground.map(Colour::ink));
        if self.reversed { (back.unwrap_or(Ink::Ground), Some(front)) } else { (front, back) }
    }

    fn is_empty(&self) -> bool {
        self.symbol.trim().is_empty()
    }
}

/// Boxes of one colour beside each other become one.
fn grounds_of(grounds: &mut Fills, cell: &Cell, rect: Rect) {
    let (_, Some(ink)) = cell.inks() else { return };
    let boxes = grounds.entry((ink, 100)).or_default();
    match boxes.last_mut().filter(|last| last.top == rect.top && (last.right() - rect.left).abs() < 0.01) {
        Some(last) => last.width += rect.width,
        None => boxes.push(rect),
    }
}

/// What a cell shows: a shape, or a letter of the line.
fn shapes_of(shapes: &mut Fills, marks: &mut Vec<Mark>, line: &mut Line, cell: &Cell, rect: Rect) {
    let (ink, _) = cell.inks();
    let below = [(cell.underlined, BASE + 2.0), (cell.struck, BASE - 5.0)];
    for (_, base) in below.into_iter().filter(|(is_drawn, _)| *is_drawn) {
        let stroke = Rect { top: rect.top + base, height: 1.0, ..rect };
        shapes.entry((ink, 100)).or_default().push(stroke);
    }
    let letter = cell.symbol.chars().next().unwrap_or(' ');
    if let Some((strength, boxes)) = block::boxes(letter, rect) {
        shapes.entry((ink, strength)).or_default().extend(boxes);
    } else if let Some(rule) = rule::rule(letter, rect) {
        shapes.entry((ink, 100)).or_default().extend(rule.boxes);
        marks.extend(rule.curves.into_iter().map(|points| rule::curve(points, ink)));
    } else if !cell.is_empty() {
        return line.add(marks, cell, rect.left);
    }
    line.end(marks);
}

/// Letters of one kind beside each other, which are one text.
#[derive(Debug, Default)]
struct Line {
    top: f64,
    text: Option<Text>,
}

impl Line {
    fn add(&mut self, marks: &mut Vec<Mark>, cell: &Cell, left: f64) {
        let weight = if cell.bold { Weight::MonoBold } else { Weight::Mono };
        let symbol = data::name(&cell.symbol);
        let (ink, _) = cell.inks();
        let follows = |text: &Text| text.ink == ink && text.weight == weight && is_narrow(&symbol);
        if !self.text.as_ref().is_some_and(follows) {
            self.end(marks);
        }
        let base = (left, self.top + BASE);
        let start = || Text { weight, ..Text::new(base, "", LETTER, ink) };
        self.text.get_or_insert_with(start).text.push_str(&symbol);
        if !is_narrow(&symbol) {
            self.end(marks);
        }
    }

    fn end(&mut self, marks: &mut Vec<Mark>) {
        marks.extend(self.text.take().map(Mark::Text));
    }
}

/// Whether a symbol surely fills one cell in whatever letters the reader has, so that others can follow it in the same text.
fn is_narrow(symbol: &str) -> bool {
    let mut letters = symbol.chars();
    letters.next().is_some_and(|letter| (letter as u32) < 0x2000) && letters.next().is_none()
}
