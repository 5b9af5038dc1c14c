//! The screen itself as a picture.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use telemetry_charts::screen::{self, Colour, Screen};

/// The cells of a screen.
pub(super) fn screen(buffer: &Buffer) -> Screen {
    Screen {
        columns: buffer.area.width,
        title: "telemetry dashboard".to_owned(),
        cells: buffer.content.iter().map(cell).collect(),
    }
}

fn cell(cell: &Cell) -> screen::Cell {
    let has = |modifier| cell.modifier.contains(modifier);
    screen::Cell {
        symbol: if has(Modifier::HIDDEN) { String::new() } else { cell.symbol().to_owned() },
        colour: colour(cell.fg),
        ground: colour(cell.bg),
        bold: has(Modifier::BOLD),
        reversed: has(Modifier::REVERSED),
        faint: has(Modifier::DIM),
        underlined: has(Modifier::UNDERLINED),
        struck: has(Modifier::CROSSED_OUT),
    }
}

/// One of the 16 colours. The dashboard uses no others.
fn colour(colour: Color) -> Option<Colour> {
    match colour {
        Color::Black => Some(Colour::Black),
        Color::Red => Some(Colour::Red),
        Color::Green => Some(Colour::Green),
        Color::Yellow => Some(Colour::Yellow),
        Color::Blue => Some(Colour::Blue),
        Color::Magenta => Some(Colour::Magenta),
        Color::Cyan => Some(Colour::Cyan),
        Color::Gray => Some(Colour::White),
        Color::DarkGray => Some(Colour::BrightBlack),
        Color::LightRed => Some(Colour::BrightRed),
        Color::LightGreen => Some(Colour::BrightGreen),
        Color::LightYellow => Some(Colour::BrightYellow),
        Color::LightBlue => Some(Colour::BrightBlue),
        Color::LightMagenta => Some(Colour::BrightMagenta),
        Color::LightCyan => Some(Colour::BrightCyan),
        Color::White => Some(Colour::BrightWhite),
        Color::Indexed(number) => Colour::ALL.get(usize::from(number)).copied(),
        Color::Reset | Color::Rgb(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use telemetry_charts::Theme;

    #[test]
    fn a_screen_has_its_letters_and_colours() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(0, 0, "LIVE", Style::new().fg(Color::Green).add_modifier(Modifier::BOLD));
        buffer.set_string(0, 1, "a<b&c ⣿█", Style::new());
        let screen = screen(&buffer);
        assert_eq!((screen.columns, screen.cells.len()), (20, 40));
        let first = screen::Cell {
            symbol: "L".to_owned(),
            colour: Some(Colour::Green),
            bold: true,
            ..Default::default()
        };
        assert_eq!(screen.cells[0], first);
        let svg = screen.svg(Theme::Dark).unwrap();
        assert!(svg.contains(">LIVE</text>") && svg.contains(">a&lt;b&amp;c</text>"), "{svg}");
    }
}
