//! What is drawn for a letter that the fonts lack: a box with its code point in it, as browsers do, so that one still sees which letter it is.
//!
//! The digits are of three by five pixels, the smallest that can be read.

/// The digits of base 16: five rows of three pixels each, from the top left to the bottom right.
const DIGITS: [u16; 16] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
    0b010_101_111_101_101,
    0b110_101_110_101_110,
    0b011_100_100_100_011,
    0b110_101_101_101_110,
    0b111_100_110_100_111,
    0b111_100_110_100_100,
];

/// How wide and high a digit is, in its pixels.
const WIDE: i64 = 3;
const HIGH: i64 = 5;

/// How high the box is, and how far it reaches below the base line.
const BOX: i64 = 2 * HIGH + 5;
const BELOW: i64 = 3;

/// How strong the frame is beside the digits.
const FRAME: f32 = 0.5;

/// The size of letters for which a pixel of a digit is one of the picture.
const SMALLEST: f64 = 11.0;

/// The box of a letter in letters of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Box {
    code: u32,
    /// How many digits are in each of the two rows.
    digits: i64,
    /// What is free between the frame and the digits.
    free: i64,
    /// How many pixels of the picture a pixel of a digit has in each direction.
    dot: i64,
}

impl Box {
    /// A narrow one has nothing between the frame and the digits.
    pub(crate) fn of(letter: char, size: f64, narrow: bool) -> Self {
        let code = u32::from(letter);
        Self {
            code,
            digits: if code > 0xFFFF { 3 } else { 2 },
            free: i64::from(!narrow),
            dot: ((size / SMALLEST) as i64).max(1),
        }
    }

    /// How much room it takes, with what is free beside it.
    pub(crate) fn advance(self) -> f64 {
        ((self.width() + 1) * self.dot) as f64
    }

    fn width(self) -> i64 {
        self.digits * (WIDE + 1) - 1 + 2 * (1 + self.free)
    }

    /// Calls with every pixel and how much of it is covered; the box begins at `x` on the base line `y`.
    pub(crate) fn draw(self, (x, y): (f64, f64), pixel: &mut impl FnMut(i64, i64, f32)) {
        let (left, top) = (x.round() as i64, y.round() as i64 - (BOX - BELOW) * self.dot);
        for row in 0..BOX {
            for column in 0..self.width() {
                let cover = self.cover(column, row);
                if cover > 0.0 {
                    self.fill((left + column * self.dot, top + row * self.dot), cover, pixel);
                }
            }
        }
    }

    fn fill(self, (left, top): (i64, i64), cover: f32, pixel: &mut impl FnMut(i64, i64, f32)) {
        for down in 0..self.dot {
            (0..self.dot).for_each(|right| pixel(left + right, top + down, cover));
        }
    }

    /// How much of one of its pixels is covered.
    fn cover(self, column: i64, row: i64) -> f32 {
        if column == 0 || row == 0 || column == self.width() - 1 || row == BOX - 1 {
            return FRAME;
        }
        let (column, row) = (column - 1 - self.free, row - 2);
        let (place, right) = (column.div_euclid(WIDE + 1), column.rem_euclid(WIDE + 1));
        let (line, down) = (row.div_euclid(HIGH + 1), row.rem_euclid(HIGH + 1));
        let is_digit = (0..self.digits).contains(&place) && (0..2).contains(&line);
        if !is_digit || right >= WIDE || down >= HIGH {
            return 0.0;
        }
        let digit = self.code >> (4 * (2 * self.digits - 1 - line * self.digits - place)) & 0xF;
        let bit = WIDE * HIGH - 1 - down * WIDE - right;
        if DIGITS[digit as usize] >> bit & 1 == 1 { 1.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(letter: char, narrow: bool) -> Vec<String> {
        let one = Box::of(letter, 11.0, narrow);
        let mut rows = vec![vec![' '; usize::try_from(one.width()).unwrap()]; 15];
        one.draw((0.0, 12.0), &mut |x, y, cover| {
            let (x, y) = (usize::try_from(x).unwrap(), usize::try_from(y).unwrap());
            rows[y][x] = if cover == 1.0 { '#' } else { '.' };
        });
        rows.into_iter().map(String::from_iter).collect()
    }

    #[test]
    fn a_box_tells_the_code_point() {
        let expected = [
            "...........",
            ".         .",
            ". # # ### .",
            ". # # #   .",
            ". ### ##  .",
            ".   # #   .",
            ".   # ### .",
            ".         .",
            ". ### ##  .",
            ".   # # # .",
            ". ### # # .",
            ". #   # # .",
            ". ### ##  .",
            ".         .",
            "...........",
        ];
        assert_eq!(drawn('\u{4E2D}', false), expected);
    }

    #[test]
    fn a_box_is_as_wide_as_it_needs() {
        let width = |letter, narrow| drawn(letter, narrow)[0].len();
        assert_eq!(
            (width('\u{4E2D}', true), width('\u{4E2D}', false), width('\u{1F680}', false)),
            (9, 11, 15)
        );
        assert_eq!(Box::of('\u{4E2D}', 22.0, false).advance(), 24.0);
    }
}
