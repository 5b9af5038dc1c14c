//! Colours and characters, as the terminal can show them.

use crate::output::Screen;
use ratatui::style::{Color, Modifier, Style};
use telemetry_catalog::verdict::Verdict;
use telemetry_charts::Theme;

/// What the terminal can show. Only the 16 colours that every theme of a terminal defines are used, so that each stays readable on its
/// background; where there is none, weight and words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skin {
    /// Whether there are colours.
    pub(super) colour: bool,
    /// Whether there is more than ASCII.
    pub(super) utf8: bool,
}

/// The theme of a terminal that tells its colours as many do in `COLORFGBG`: the numbers of those of its letters and of its ground, with
/// whatever between them. A terminal that tells nothing is dark, as most are.
pub(super) fn ground(colours: Option<&str>) -> Theme {
    let ground = colours.and_then(|colours| colours.rsplit(';').next()?.trim().parse::<u8>().ok());
    match ground {
        // White, and what is bright but for bright black.
        Some(7 | 9..=15) => Theme::Light,
        _ => Theme::Dark,
    }
}

impl Skin {
    /// The same for whoever makes text: pictures in a line, and characters that any terminal has.
    pub(super) const fn screen(self) -> Screen {
        Screen { width: None, colour: self.colour, utf8: self.utf8 }
    }

    /// Where numbers are drawn.
    pub(super) fn drawn(self) -> Style {
        self.paint(Color::Cyan)
    }

    /// How a verdict is written.
    pub(super) fn verdict(self, verdict: Verdict) -> Style {
        let colour = match verdict {
            Verdict::Healthy => Color::Green,
            Verdict::Unknown => Color::DarkGray,
            Verdict::Warning => Color::Yellow,
            Verdict::Critical => Color::Red,
        };
        self.paint(colour)
    }

    /// What is less important.
    pub(super) fn faint(self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// What stands out.
    pub(super) const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Where the focus is.
    pub(super) fn focus(self) -> Style {
        if self.colour {
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    /// In this colour, where there are any.
    pub(super) fn paint(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_dark_unless_it_tells_that_it_is_light() {
        for light in ["0;15", "0;default;15", "0;7", "15"] {
            assert_eq!(ground(Some(light)), Theme::Light, "{light}");
        }
        for dark in ["15;0", "7;8", "12;default", "", ";", "x", "0;-1", "0;300"] {
            assert_eq!(ground(Some(dark)), Theme::Dark, "{dark}");
        }
        assert_eq!(ground(None), Theme::Dark);
    }
}
