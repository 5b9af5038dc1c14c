//! What a picture consists of, before it is written as SVG or PNG: shapes and texts at places in pixels.

use crate::Zone;
use crate::font::{self, Weight};
use crate::ink::Ink;

/// A place: pixels from the left, pixels from the top.
pub(crate) type At = (f64, f64);

/// What the lines of a series look like where colours alone do not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
    Mixed,
}

impl Dash {
    /// Of the series with that look.
    pub(crate) const fn of(look: usize) -> Self {
        match look / crate::colours::COLOURS % 4 {
            0 => Self::Solid,
            1 => Self::Dashed,
            2 => Self::Dotted,
            _ => Self::Mixed,
        }
    }

    /// The lengths of its strokes and gaps in turn, in pixels; nothing is a whole line.
    pub(crate) const fn lengths(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[6.0, 4.0],
            Self::Dotted => &[2.0, 3.0],
            Self::Mixed => &[9.0, 3.0, 2.0, 3.0],
        }
    }
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A text on its base line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) at: At,
    pub(crate) text: String,
    pub(crate) ink: Ink,
    /// The height of an em, in pixels.
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) anchor: Anchor,
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    /// A line through these points.
    Line { points: Vec<At>, ink: Ink, width: f64, dash: Dash },
    /// Everything inside of these points.
    Area { points: Vec<At>, ink: Ink, opacity: f64 },
    /// Boxes.
    Boxes { boxes: Vec<Rect>, ink: Ink, opacity: f64 },
    /// A filled circle.
    Dot { at: At, radius: f64, ink: Ink },
    /// A text.
    Text(Text),
}

/// A whole picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// What it is called, for the names of its parts.
    pub(crate) name: String,
    /// What it shows, in a phrase.
    pub(crate) title: String,
    /// What it shows, in sentences, for those who do not see it.
    pub(crate) description: String,
    /// In whose time it is.
    pub(crate) zone: Zone,
    /// What is drawn, the lowest first.
    pub(crate) marks: Vec<Mark>,
}

impl Text {
    /// A text that begins there.
    pub(crate) fn new(at: At, text: impl Into<String>, size: f64, ink: Ink) -> Self {
        Self { at, text: text.into(), ink, size, weight: Weight::Regular, anchor: Anchor::Start }
    }

    pub(crate) const fn bold(mut self) -> Self {
        self.weight = Weight::Bold;
        self
    }

    pub(crate) const fn held(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// Shortened to that width.
    pub(crate) fn within(mut self, width: f64) -> Self {
        self.text = font::elided(&self.text, self.size, self.weight, width);
        self
    }

    /// The room it takes.
    pub(crate) fn room(&self) -> f64 {
        font::room(&self.text, self.size, self.weight)
    }
}

impl Scene {
    pub(crate) fn text(&mut self, text: Text) {
        self.marks.push(Mark::Text(text));
    }

    /// The texts that are drawn.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn rect(&mut self, rect: Rect, ink: Ink, opacity: f64) {
        self.marks.push(Mark::Boxes { boxes: vec![rect], ink, opacity });
    }

    pub(crate) fn line(&mut self, points: Vec<At>, ink: Ink, width: f64, dash: Dash) {
        self.marks.push(Mark::Line { points, ink, width, dash });
    }
}

impl Rect {
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// A part of it that is so high, in its middle.
    pub(crate) fn middle(self, height: f64) -> Self {
        let height = height.min(self.height);
        Self { top: self.top + (self.height - height) / 2.0, height, ..self }
    }

    /// The same without so much at the top.
    pub(crate) fn below(self, height: f64) -> Self {
        Self { top: self.top + height, height: (self.height - height).max(0.0), ..self }
    }

    /// The same without so much at the bottom.
    pub(crate) fn above(self, height: f64) -> Self {
        Self { height: (self.height - height).max(0.0), ..self }
    }
}
