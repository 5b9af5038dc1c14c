//! Cells as sequences that also a terminal of 16 colours understands.
//!
//! What crossterm writes for the 16 colours of a theme, `38;5;N`, belongs to terminals of 256: one of 16 reads it as three styles of which
//! it knows two, and lets text blink. Here these colours are 30 to 37 and 90 to 97, which every terminal knows that has them. A terminal
//! of eight skips the latter, and what is faint is as any other text.

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use std::io::{self, Write};

/// What each modifier is called, without those that no view uses and some terminals do not know.
const MODIFIERS: [(Modifier, &str); 5] = [
    (Modifier::BOLD, ";1"),
    (Modifier::DIM, ";2"),
    (Modifier::UNDERLINED, ";4"),
    (Modifier::REVERSED, ";7"),
    (Modifier::CROSSED_OUT, ";9"),
];

/// Text, and what is behind it: the base of its eight colours, that of their bright ones, and what begins any other.
const TEXT: Ground = Ground { dark: 30, bright: 90, other: 38 };
const BEHIND: Ground = Ground { dark: 40, bright: 100, other: 48 };

/// Writes cells as such sequences; anything else is left to crossterm.
#[derive(Debug)]
pub(in super::super) struct Sixteen<W: Write> {
    rest: CrosstermBackend<W>,
}

/// How a colour is said of the text, or of what is behind it.
#[derive(Debug, Clone, Copy)]
struct Ground {
    dark: u8,
    bright: u8,
    other: u8,
}

/// How a cell is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look(Color, Color, Modifier);

impl<W: Write> Sixteen<W> {
    pub(in super::super) const fn new(writer: W) -> Self {
        Self { rest: CrosstermBackend::new(writer) }
    }
}

/// A sequence that ends whatever was before and begins this: nobody has to know what was.
fn sequence(Look(text, behind, modifiers): Look) -> String {
    let mut codes = String::from("\x1b[0");
    codes.extend(
        MODIFIERS.iter().filter(|(modifier, _)| modifiers.contains(*modifier)).map(|(_, code)| *code),
    );
    codes += &TEXT.code(text);
    codes += &BEHIND.code(behind);
    codes.push('m');
    codes
}

impl Ground {
    fn code(self, colour: Color) -> String {
        let Self { dark, bright, other } = self;
        match colour {
            // It was ended before.
            Color::Reset => String::new(),
            Color::Black => format!(";{dark}"),
            Color::Red => format!(";{}", dark + 1),
            Color::Green => format!(";{}", dark + 2),
            Color::Yellow => format!(";{}", dark + 3),
            Color::Blue => format!(";{}", dark + 4),
            Color::Magenta => format!(";{}", dark + 5),
            Color::Cyan => format!(";{}", dark + 6),
            Color::Gray => format!(";{}", dark + 7),
            Color::DarkGray => format!(";{bright}"),
            Color::LightRed => format!(";{}", bright + 1),
            Color::LightGreen => format!(";{}", bright + 2),
            Color::LightYellow => format!(";{}", bright + 3),
            Color::LightBlue => format!(";{}", bright + 4),
            Color::LightMagenta => format!(";{}", bright + 5),
            Color::LightCyan => format!(";{}", bright + 6),
            Color::White => format!(";{}", bright + 7),
            Color::Indexed(number) => format!(";{other};5;{number}"),
            Color::Rgb(red, green, blue) => format!(";{other};2;{red};{green};{blue}"),
        }
    }
}

/// What makes a terminal show these cells. Behind them nothing is left of how they look.
fn written<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>) -> String {
    const PLAIN: Look = Look(Color::Reset, Color::Reset, Modifier::empty());
    let (mut text, mut at, mut before) = (String::new(), None, PLAIN);
    for (x, y, cell) in cells {
        if at != Some((x, y)) {
            // Whoever counts from one knows no place zero. Writing into a string does not fail.
            let _written = write!(text, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1);
        }
        at = Some((x.saturating_add(1), y));
        let look = Look(cell.fg, cell.bg, cell.modifier);
        if look != before {
            text += &sequence(look);
            before = look;
        }
        text += cell.symbol();
    }
    if before != PLAIN {
        text += &sequence(PLAIN);
    }
    text
}

impl<W: Write> Backend for Sixteen<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        self.rest.write_all(written(content).as_bytes())
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.rest.append_lines(count)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.rest.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.rest.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.rest.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.rest.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.rest.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.rest.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.rest.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.rest.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    /// What is written of these, each in its place of the first line.
    fn line(cells: &[(u16, &str, Style)]) -> String {
        let made = |(x, symbol, style): &(u16, &str, Style)| {
            let mut cell = Cell::default();
            cell.set_symbol(symbol).set_style(*style);
            (*x, cell)
        };
        let cells: Vec<_> = cells.iter().map(made).collect();
        written(cells.iter().map(|(x, cell)| (*x, 0, cell)))
    }

    #[test]
    fn the_colours_of_a_theme_have_their_own_numbers() {
        let all = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        for (colour, number) in all.into_iter().zip((30..38).chain(90..98)) {
            let written = line(&[(0, "x", Style::new().fg(colour))]);
            assert_eq!(written, format!("\x1b[1;1H\x1b[0;{number}mx\x1b[0m"));
            let written = line(&[(0, "x", Style::new().bg(colour))]);
            assert_eq!(written, format!("\x1b[1;1H\x1b[0;{}mx\x1b[0m", number + 10));
        }
        let other = Style::new().fg(Color::Indexed(200)).bg(Color::Rgb(1, 2, 3));
        assert_eq!(line(&[(0, "x", other)]), "\x1b[1;1H\x1b[0;38;5;200;48;2;1;2;3mx\x1b[0m");
    }

    #[test]
    fn a_look_ends_the_one_before_and_places_are_said_where_they_do_not_follow() {
        let bold = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD | Modifier::REVERSED);
        let written = line(&[(4, "a", bold), (5, "b", bold), (6, "é", Style::new()), (9, "d", Style::new())]);
        assert_eq!(written, "\x1b[1;5H\x1b[0;1;7;36mab\x1b[0mé\x1b[1;10Hd");
        assert_eq!(line(&[]), "");
    }

    #[test]
    fn whoever_is_shown_no_colour_is_sent_none() {
        let strong = Style::new().add_modifier(Modifier::BOLD);
        assert_eq!(line(&[(0, "a", strong), (1, "b", Style::new())]), "\x1b[1;1H\x1b[0;1ma\x1b[0mb");
    }

    #[test]
    fn what_is_drawn_is_what_is_sent() {
        let mut sent = Vec::new();
        let cell = Cell::new("x");
        Sixteen::new(&mut sent).draw([(0, 2, &cell)].into_iter()).unwrap();
        assert_eq!(sent, b"\x1b[3;1Hx");
    }
}
