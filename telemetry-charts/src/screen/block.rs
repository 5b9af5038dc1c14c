//! The parts of a cell that block elements, shades and braille patterns fill.

use crate::scene::Rect;

/// The boxes of such a character with their strength in hundredths; `None` for any other.
pub(super) fn boxes(letter: char, cell: Rect) -> Option<(u8, Vec<Rect>)> {
    let place = letter as u32;
    let part = |left: f64, top: f64, right: f64, bottom: f64| vec![part(cell, (left, top), (right, bottom))];
    let eighth = |number: u32| f64::from(number) / 8.0;
    let solid = match place {
        0x2580 => part(0.0, 0.0, 1.0, 0.5),
        // From a lower eighth to the whole, then from seven left eighths to one.
        0x2581..=0x2588 => part(0.0, 1.0 - eighth(place - 0x2580), 1.0, 1.0),
        0x2589..=0x258F => part(0.0, 0.0, eighth(0x2590 - place), 1.0),
        0x2590 => part(0.5, 0.0, 1.0, 1.0),
        0x2591 => return Some((28, part(0.0, 0.0, 1.0, 1.0))),
        0x2592 => return Some((52, part(0.0, 0.0, 1.0, 1.0))),
        0x2593 => return Some((76, part(0.0, 0.0, 1.0, 1.0))),
        0x2594 => part(0.0, 0.0, 1.0, 0.125),
        0x2595 => part(0.875, 0.0, 1.0, 1.0),
        0x2596..=0x259F => quadrants(QUADRANTS[(place - 0x2596) as usize], cell),
        0x2800..=0x28FF => dots(place - 0x2800, cell),
        _ => return None,
    };
    Some((100, solid))
}

/// Which quadrants the characters from U+2596 on fill: upper left 1, upper right 2, lower left 4, lower right 8.
const QUADRANTS: [u8; 10] = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];

fn quadrants(set: u8, cell: Rect) -> Vec<Rect> {
    let at = |bit: u8| (f64::from(bit % 2) / 2.0, f64::from(bit / 2) / 2.0);
    let quadrant = |bit| part(cell, at(bit), (at(bit).0 + 0.5, at(bit).1 + 0.5));
    (0..4).filter(|bit| set >> bit & 1 == 1).map(quadrant).collect()
}

/// Column and row of each dot of a braille pattern, in the order of its bits.
const DOTS: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];

/// Dots at equal distances, also from those of the cells around.
fn dots(set: u32, cell: Rect) -> Vec<Rect> {
    const SIDE: f64 = 2.6;
    let dot = |(column, row): (u8, u8)| Rect {
        left: cell.left + cell.width * (f64::from(column) + 0.5) / 2.0 - SIDE / 2.0,
        top: cell.top + cell.height * (f64::from(row) + 0.5) / 4.0 - SIDE / 2.0,
        width: SIDE,
        height: SIDE,
    };
    let is_set = |(bit, _): &(usize, &(u8, u8))| set >> bit & 1 == 1;
    DOTS.iter().enumerate().filter(is_set).map(|(_, at)| dot(*at)).collect()
}

/// A part of a cell, from one corner to another.
fn part(cell: Rect, (left, top): (f64, f64), (right, bottom): (f64, f64)) -> Rect {
    Rect {
        left: cell.left + cell.width * left,
        top: cell.top + cell.height * top,
        width: cell.width * (right - left),
        height: cell.height * (bottom - top),
    }
}
