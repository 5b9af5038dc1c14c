//! The lines that box drawing characters draw, from the middle of a cell to its edges.

use crate::ink::Ink;
use crate::scene::{At, Dash, Mark, Rect};
use std::f64::consts::FRAC_PI_2;

/// What a character draws.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Rule {
    pub(super) boxes: Vec<Rect>,
    pub(super) curves: Vec<Vec<At>>,
}

/// How thick a line is that goes to an edge: not at all, light, heavy or double. In the order up, right, down, left.
type Arms = [u8; 4];

const DOUBLE: u8 = 3;

/// The characters from U+2500 on whose lines are whole, with their arms.
const ARMS: &[(char, Arms)] = &[
    ('─', [0, 1, 0, 1]),
    ('━', [0, 2, 0, 2]),
    ('│', [1, 0, 1, 0]),
    ('┃', [2, 0, 2, 0]),
    ('┌', [0, 1, 1, 0]),
    ('┏', [0, 2, 2, 0]),
    ('┐', [0, 0, 1, 1]),
    ('┓', [0, 0, 2, 2]),
    ('└', [1, 1, 0, 0]),
    ('┗', [2, 2, 0, 0]),
    ('┘', [1, 0, 0, 1]),
    ('┛', [2, 0, 0, 2]),
    ('├', [1, 1, 1, 0]),
    ('┣', [2, 2, 2, 0]),
    ('┝', [1, 2, 1, 0]),
    ('┠', [2, 1, 2, 0]),
    ('┤', [1, 0, 1, 1]),
    ('┫', [2, 0, 2, 2]),
    ('┥', [1, 0, 1, 2]),
    ('┨', [2, 0, 2, 1]),
    ('┬', [0, 1, 1, 1]),
    ('┳', [0, 2, 2, 2]),
    ('┯', [0, 2, 1, 2]),
    ('┰', [0, 1, 2, 1]),
    ('┴', [1, 1, 0, 1]),
    ('┻', [2, 2, 0, 2]),
    ('┷', [1, 2, 0, 2]),
    ('┸', [2, 1, 0, 1]),
    ('┼', [1, 1, 1, 1]),
    ('╋', [2, 2, 2, 2]),
    ('┿', [1, 2, 1, 2]),
    ('╂', [2, 1, 2, 1]),
    ('═', [0, 3, 0, 3]),
    ('║', [3, 0, 3, 0]),
    ('╒', [0, 3, 1, 0]),
    ('╓', [0, 1, 3, 0]),
    ('╔', [0, 3, 3, 0]),
    ('╕', [0, 0, 1, 3]),
    ('╖', [0, 0, 3, 1]),
    ('╗', [0, 0, 3, 3]),
    ('╘', [1, 3, 0, 0]),
    ('╙', [3, 1, 0, 0]),
    ('╚', [3, 3, 0, 0]),
    ('╛', [1, 0, 0, 3]),
    ('╜', [3, 0, 0, 1]),
    ('╝', [3, 0, 0, 3]),
    ('╞', [1, 3, 1, 0]),
    ('╟', [3, 1, 3, 0]),
    ('╠', [3, 3, 3, 0]),
    ('╡', [1, 0, 1, 3]),
    ('╢', [3, 0, 3, 1]),
    ('╣', [3, 0, 3, 3]),
    ('╤', [0, 3, 1, 3]),
    ('╥', [0, 1, 3, 1]),
    ('╦', [0, 3, 3, 3]),
    ('╧', [1, 3, 0, 3]),
    ('╨', [3, 1, 0, 1]),
    ('╩', [3, 3, 0, 3]),
    ('╪', [1, 3, 1, 3]),
    ('╫', [3, 1, 3, 1]),
    ('╬', [3, 3, 3, 3]),
    ('╴', [0, 0, 0, 1]),
    ('╵', [1, 0, 0, 0]),
    ('╶', [0, 1, 0, 0]),
    ('╷', [0, 0, 1, 0]),
    ('╸', [0, 0, 0, 2]),
    ('╹', [2, 0, 0, 0]),
    ('╺', [0, 2, 0, 0]),
    ('╻', [0, 0, 2, 0]),
    ('╼', [0, 2, 0, 1]),
    ('╽', [1, 0, 2, 0]),
    ('╾', [0, 1, 0, 2]),
    ('╿', [2, 0, 1, 0]),
];

/// What a box drawing character draws; `None` for any other.
pub(super) fn rule(letter: char, cell: Rect) -> Option<Rule> {
    if !('\u{2500}'..='\u{257F}').contains(&letter) {
        return None;
    }
    if let Some((_, arms)) = ARMS.iter().find(|(of, _)| *of == letter) {
        return Some(Rule { boxes: strokes(*arms, cell), curves: Vec::new() });
    }
    let curve = |points| Some(Rule { boxes: Vec::new(), curves: vec![points] });
    let (left, right, top, bottom) = (cell.left, cell.right(), cell.top, cell.bottom());
    match letter {
        '╭' => curve(corner(cell, (right, bottom))),
        '╮' => curve(corner(cell, (left, bottom))),
        '╯' => curve(corner(cell, (left, top))),
        '╰' => curve(corner(cell, (right, top))),
        '╱' => curve(vec![(left, bottom), (right, top)]),
        '╲' => curve(vec![(left, top), (right, bottom)]),
        '╳' => Some(Rule {
            boxes: Vec::new(),
            curves: vec![vec![(left, bottom), (right, top)], vec![(left, top), (right, bottom)]],
        }),
        '┄' | '┈' | '╌' => Some(dashed(cell, letter, false, 1.0)),
        '┅' | '┉' | '╍' => Some(dashed(cell, letter, false, 2.0)),
        '┆' | '┊' | '╎' => Some(dashed(cell, letter, true, 1.0)),
        '┇' | '┋' | '╏' => Some(dashed(cell, letter, true, 2.0)),
        _ => None,
    }
}

/// A curve as it is drawn.
pub(super) const fn curve(points: Vec<At>, ink: Ink) -> Mark {
    Mark::Line { points, ink, width: LIGHT, dash: Dash::Solid }
}

/// How thick a light line is, in pixels, and half of the distance between the two of a double one.
const LIGHT: f64 = 1.4;
const APART: f64 = 2.0;

/// The place of the middle of lines.
fn middle(cell: Rect) -> At {
    (cell.left + cell.width / 2.0, cell.top + cell.height / 2.0)
}

fn strokes(arms: Arms, cell: Rect) -> Vec<Rect> {
    arms.into_iter()
        .enumerate()
        .filter(|(_, thick)| *thick > 0)
        .flat_map(|(side, thick)| {
            let offsets: &[f64] = if thick == DOUBLE { &[-APART, APART] } else { &[0.0] };
            let width = if thick == 2 { LIGHT * 2.0 } else { LIGHT };
            offsets.iter().map(move |offset| arm(side, width, *offset, cell)).collect::<Vec<_>>()
        })
        .collect()
}

/// A stroke from just behind the middle to an edge, so that two of them join.
fn arm(side: usize, width: f64, offset: f64, cell: Rect) -> Rect {
    let (x, y) = middle(cell);
    let over = width / 2.0 + offset.abs();
    match side {
        0 => Rect { left: x + offset - width / 2.0, top: cell.top, width, height: y + over - cell.top },
        1 => Rect {
            left: x - over,
            top: y + offset - width / 2.0,
            width: cell.right() - x + over,
            height: width,
        },
        2 => Rect { left: x + offset - width / 2.0, top: y - over, width, height: cell.bottom() - y + over },
        _ => Rect {
            left: cell.left,
            top: y + offset - width / 2.0,
            width: x + over - cell.left,
            height: width,
        },
    }
}

/// A rounded corner between the two edges that meet at a corner of the cell.
fn corner(cell: Rect, (to_x, to_y): At) -> Vec<At> {
    const STEPS: u32 = 8;
    let (x, y) = middle(cell);
    let radius = (cell.width / 2.0).min(cell.height / 2.0);
    let (right, down) = ((to_x - x).signum(), (to_y - y).signum());
    let arc = (0..=STEPS).map(|step| {
        let angle = FRAC_PI_2 * f64::from(step) / f64::from(STEPS);
        (x + right * radius * (1.0 - angle.cos()), y + down * radius * (1.0 - angle.sin()))
    });
    [(x, to_y)].into_iter().chain(arc).chain([(to_x, y)]).collect()
}

/// Two, three or four dashes.
fn dashed(cell: Rect, letter: char, upright: bool, thick: f64) -> Rule {
    let count = match letter {
        '╌' | '╍' | '╎' | '╏' => 2_u8,
        '┄' | '┅' | '┆' | '┇' => 3,
        _ => 4,
    };
    let (x, y) = middle(cell);
    let width = LIGHT * thick;
    let dash = |place: u8| {
        let part = |length: f64| length / f64::from(count);
        if upright {
            let top = cell.top + part(cell.height) * (f64::from(place) + 0.2);
            Rect { left: x - width / 2.0, top, width, height: part(cell.height) * 0.6 }
        } else {
            let left = cell.left + part(cell.width) * (f64::from(place) + 0.2);
            Rect { left, top: y - width / 2.0, width: part(cell.width) * 0.6, height: width }
        }
    };
    Rule { boxes: (0..count).map(dash).collect(), curves: Vec::new() }
}
