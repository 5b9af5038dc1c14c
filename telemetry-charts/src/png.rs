//! A picture as a PNG: shapes drawn by plotters in several times the size and made smaller, so that their edges are smooth, then the text.

use crate::ink::{Colour, Ground};
use crate::scene::{Anchor, At, Dash, Mark, Rect, Scene, Text};
use crate::{ChartError, Size, font};
use plotters::coord::Shift;
use plotters::prelude::{
    BitMapBackend, Circle, DrawingArea, IntoDrawingArea as _, PathElement, Polygon, Rectangle,
};
use plotters::style::{Color as _, RGBAColor, ShapeStyle};

type Canvas<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// The most pixels that shapes are drawn with, which bounds the memory to some 75 MB.
const MOST: u64 = 25_000_000;

/// How many times larger shapes are drawn.
const FINER: u32 = 3;

/// Whether such a picture has no more pixels than are drawn.
pub(crate) fn fits(size: Size, scale: u32) -> bool {
    pixels((size.width.saturating_mul(scale), size.height.saturating_mul(scale))) <= MOST
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The whole file: so many pixels in each direction for each of the scene's.
pub(crate) fn file(scene: &Scene, size: Size, scale: u32, ground: Ground) -> Result<Vec<u8>, ChartError> {
    let is_drawn = fits(size, scale);
    let size = (size.width.saturating_mul(scale), size.height.saturating_mul(scale));
    let pixels = pixels(size);
    let finer = (1..=FINER).rev().find(|finer| pixels * u64::from(finer * finer) <= MOST).unwrap_or(1);
    if !is_drawn {
        return Err(ChartError::Pixels(Size { width: size.0, height: size.1 }));
    }
    let mut picture = Picture::new(size, (scale, finer), ground);
    let mut shapes = Vec::new();
    // Texts go on what was drawn before them; runs of shapes are drawn together, since each time costs a pass over the picture.
    for mark in &scene.marks {
        match mark {
            Mark::Text(text) => picture.later.push(text.clone()),
            mark => shapes.push(mark),
        }
    }
    picture.draw(&shapes)?;
    let mut small = picture.smaller();
    for text in &picture.later {
        small.write(text, ground);
    }
    small.encoded()
}

/// The picture in its larger size.
struct Picture {
    pixels: Vec<u8>,
    size: (u32, u32),
    scale: u32,
    finer: u32,
    ground: Ground,
    later: Vec<Text>,
}

/// The picture in its own size.
struct Small {
    pixels: Vec<u8>,
    size: (u32, u32),
    scale: u32,
}

impl Picture {
    fn new(size: (u32, u32), (scale, finer): (u32, u32), ground: Ground) -> Self {
        let count = size.0 as usize * size.1 as usize * (finer * finer) as usize;
        let pixels = crate::ink::Ink::Ground.colour(ground).repeat(count);
        Self { pixels, size, scale, finer, ground, later: Vec::new() }
    }

    fn draw(&mut self, marks: &[&Mark]) -> Result<(), ChartError> {
        let brush = Brush { finer: f64::from(self.scale * self.finer), ground: self.ground };
        let size = (self.size.0 * self.finer, self.size.1 * self.finer);
        let canvas = BitMapBackend::with_buffer(&mut self.pixels, size).into_drawing_area();
        marks.iter().try_for_each(|mark| brush.draw(&canvas, mark))?;
        canvas.present().map_err(failed)
    }

    /// Each pixel is the mean of those that were drawn for it.
    fn smaller(&self) -> Small {
        let (width, finer) = (self.size.0 as usize, self.finer as usize);
        let mut pixels = vec![0; width * self.size.1 as usize * 3];
        let mut sums = vec![0_u32; width * 3];
        for (rows, line) in self.pixels.chunks(width * finer * 3 * finer).zip(pixels.chunks_mut(width * 3)) {
            sums.fill(0);
            for row in rows.chunks(width * finer * 3) {
                for (group, sum) in row.chunks(finer * 3).zip(sums.chunks_mut(3)) {
                    for pixel in group.chunks(3) {
                        for (part, sum) in pixel.iter().zip(sum.iter_mut()) {
                            *sum += u32::from(*part);
                        }
                    }
                }
            }
            let count = self.finer * self.finer;
            for (part, sum) in line.iter_mut().zip(&sums) {
                *part = u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX);
            }
        }
        Small { pixels, size: self.size, scale: self.scale }
    }
}

/// How shapes are drawn.
#[derive(Clone, Copy)]
struct Brush {
    finer: f64,
    ground: Ground,
}

impl Brush {
    fn draw(self, canvas: &Canvas<'_>, mark: &Mark) -> Result<(), ChartError> {
        let colour = mark.ink().colour(self.ground);
        match mark {
            Mark::Line { points, width, dash, .. } => {
                let style = self.stroke(colour, *width);
                strokes(points, *dash).iter().try_for_each(|stroke| {
                    canvas.draw(&PathElement::new(self.places(stroke), style)).map_err(failed)
                })
            }
            Mark::Area { points, opacity, .. } => {
                canvas.draw(&Polygon::new(self.places(points), fill(colour, *opacity))).map_err(failed)
            }
            Mark::Boxes { boxes, opacity, .. } => {
                let style = fill(colour, *opacity);
                boxes.iter().try_for_each(|rect| canvas.draw(&self.rectangle(rect, style)).map_err(failed))
            }
            Mark::Dot { at, radius, .. } => canvas
                .draw(&Circle::new(self.place(*at), radius * self.finer, fill(colour, 1.0)))
                .map_err(failed),
            Mark::Text(_) => Ok(()),
        }
    }

    fn stroke(self, [red, green, blue]: Colour, width: f64) -> ShapeStyle {
        RGBAColor(red, green, blue, 1.0).stroke_width((width * self.finer).round().max(1.0) as u32)
    }

    /// What is drawn ends before the pixel of the second corner, so that boxes beside each other join.
    fn rectangle(self, rect: &Rect, style: ShapeStyle) -> Rectangle<(i32, i32)> {
        let (left, top) = self.place((rect.left, rect.top));
        let (right, bottom) = self.place((rect.right(), rect.bottom()));
        Rectangle::new([(left, top), (right.max(left + 1), bottom.max(top + 1))], style)
    }

    fn places(self, points: &[At]) -> Vec<(i32, i32)> {
        points.iter().map(|at| self.place(*at)).collect()
    }

    fn place(self, (x, y): At) -> (i32, i32) {
        ((x * self.finer).round() as i32, (y * self.finer).round() as i32)
    }
}

fn fill([red, green, blue]: Colour, opacity: f64) -> ShapeStyle {
    RGBAColor(red, green, blue, opacity).filled()
}

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

/// The strokes of a dashed line; those of a whole line are itself.
fn strokes(points: &[At], dash: Dash) -> Vec<Vec<At>> {
    let lengths = dash.lengths();
    if lengths.is_empty() {
        return vec![points.to_vec()];
    }
    let mut strokes = vec![points.iter().take(1).copied().collect::<Vec<_>>()];
    let (mut place, mut left) = (0, lengths[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = (to.0 - from.0).hypot(to.1 - from.1);
        while length > left {
            let part = left / length;
            from = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            length -= left;
            if place % 2 == 0 {
                strokes.last_mut().into_iter().for_each(|stroke| stroke.push(from));
            } else {
                strokes.push(vec![from]);
            }
            place = (place + 1) % lengths.len();
            left = lengths[place];
        }
        left -= length;
        if place % 2 == 0 {
            strokes.last_mut().into_iter().for_each(|stroke| stroke.push(to));
        }
    }
    strokes.retain(|stroke| stroke.len() > 1);
    strokes
}

impl Small {
    fn write(&mut self, text: &Text, ground: Ground) {
        let scale = f64::from(self.scale);
        let (size, at) = (text.size * scale, (text.at.0 * scale, text.at.1 * scale));
        let width = font::advance(&text.text, size, text.weight);
        let left = match text.anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let colour = text.ink.colour(ground);
        font::draw(&text.text, (left, at.1.round()), size, text.weight, |x, y, cover| {
            self.blend(x, y, colour, cover);
        });
    }

    fn blend(&mut self, x: i64, y: i64, colour: Colour, cover: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x >= self.size.0 || y >= self.size.1 {
            return;
        }
        let at = (y as usize * self.size.0 as usize + x as usize) * 3;
        let cover = cover.clamp(0.0, 1.0);
        for (part, new) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *part = (f32::from(*part) + (f32::from(new) - f32::from(*part)) * cover).round() as u8;
        }
    }

    fn encoded(&self) -> Result<Vec<u8>, ChartError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.size.0, self.size.1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_filter(png::Filter::Adaptive);
        // 96 pixels to the inch, or as many more as there are for each, so that who places the picture knows its size.
        let per_meter = 3780 * self.scale;
        let unit = png::Unit::Meter;
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_meter, yppu: per_meter, unit }));
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_around_corners() {
        let strokes = strokes(&[(0.0, 0.0), (8.0, 0.0), (8.0, 9.0)], Dash::Dashed);
        assert_eq!(strokes, [vec![(0.0, 0.0), (6.0, 0.0)], vec![(8.0, 2.0), (8.0, 8.0)]]);
    }

    #[test]
    fn a_whole_line_is_one_stroke() {
        assert_eq!(strokes(&[(0.0, 0.0), (8.0, 0.0)], Dash::Solid).len(), 1);
    }
}
