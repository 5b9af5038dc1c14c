//! What stands in a terminal, as a drawing: a dark pane with the text of each line where it stood.

use std::fmt::Write as _;

/// The margin around everything, in pixels.
const MARGIN: f64 = 14.0;

/// The width of a character, in pixels.
const WIDTH: f64 = 8.4;

/// How far above the lower edge of its line a text stands, as a share of the line's height.
const BASE: f64 = 0.75;

/// The pane and the text on it, where nothing says otherwise.
const PANE: &str = "#1b1f27";
const INK: &str = "#d7dae0";

/// The sixteen colours that every terminal has, first the ordinary and then the bright ones.
const COLOURS: [&str; 16] = [
    "#2b303b", "#f07178", "#a5d174", "#f2c063", "#74b8e8", "#c792ea", "#6fd3d6", "#c5c8d0", "#7a808e",
    "#ff8b92", "#bce28c", "#ffd580", "#93cdf5", "#dcaef5", "#95e6e8", "#ffffff",
];

/// The sheet that is drawn on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet {
    /// How many characters a line has.
    pub(super) columns: usize,
    /// The height of a line, in pixels. Frames have gaps where it is more than the font's.
    pub(super) height: f64,
    /// What the picture shows, for whoever cannot see it.
    pub(super) label: &'static str,
}

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Style {
    ink: Option<usize>,
    ground: Option<usize>,
    is_bold: bool,
    is_faint: bool,
    is_italic: bool,
    is_underlined: bool,
    is_reversed: bool,
}

/// The screen, with its colours as escape sequences, as an SVG.
pub(super) fn svg(screen: &str, sheet: Sheet) -> String {
    let lines: Vec<_> = screen.trim_end().lines().collect();
    let width = sheet.columns as f64 * WIDTH + 2.0 * MARGIN;
    let height = lines.len() as f64 * sheet.height + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PANE}\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" \
         fill=\"{INK}\">\n",
        sheet.label
    );
    // The style of one line goes on in the next until it is changed.
    let mut style = Style::default();
    for (row, line) in lines.iter().enumerate() {
        draw_line(&mut svg, line, (row as f64).mul_add(sheet.height, MARGIN), sheet.height, &mut style);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Draws a line whose upper edge is at `top`.
fn draw_line(svg: &mut String, line: &str, top: f64, height: f64, style: &mut Style) {
    let mut column = 0;
    for part in line.split("\u{1b}[") {
        let text = match part.split_once('m') {
            Some((codes, text)) if codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => {
                *style = style.then(codes);
                text
            }
            _ => part,
        };
        let length = text.chars().count();
        let (x, width) = (MARGIN + column as f64 * WIDTH, length as f64 * WIDTH);
        if let (Some(ground), true) = (style.ground(), length > 0) {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{ground}\"/>"
            );
        }
        if !text.trim().is_empty() {
            let (y, text) = (height.mul_add(BASE, top), text.replace('&', "&amp;").replace('<', "&lt;"));
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\"{}>{text}</text>",
                style.attributes()
            );
        }
        column += length;
    }
}

impl Style {
    /// The style after the codes of a select-graphic-rendition sequence.
    fn then(mut self, codes: &str) -> Self {
        let mut codes = codes.split(';').map(|code| code.parse::<usize>().unwrap_or_default());
        while let Some(code) = codes.next() {
            match code {
                0 => self = Self::default(),
                1 => self.is_bold = true,
                2 => self.is_faint = true,
                3 => self.is_italic = true,
                4 => self.is_underlined = true,
                7 => self.is_reversed = true,
                22 => (self.is_bold, self.is_faint) = (false, false),
                23 => self.is_italic = false,
                24 => self.is_underlined = false,
                27 => self.is_reversed = false,
                30..=37 => self.ink = Some(code - 30),
                90..=97 => self.ink = Some(code - 82),
                40..=47 => self.ground = Some(code - 40),
                100..=107 => self.ground = Some(code - 92),
                38 => self.ink = of_many(&mut codes),
                48 => self.ground = of_many(&mut codes),
                39 => self.ink = None,
                49 => self.ground = None,
                _ => {}
            }
        }
        self
    }

    /// What is behind the text, where that is not the pane.
    fn ground(self) -> Option<&'static str> {
        let (ink, ground) =
            (self.ink.map(|colour| COLOURS[colour]), self.ground.map(|colour| COLOURS[colour]));
        if self.is_reversed { Some(ink.unwrap_or(INK)) } else { ground }
    }

    fn attributes(self) -> String {
        let ink = match (self.is_reversed, self.ink, self.ground) {
            (false, ink, _) => ink.map(|colour| COLOURS[colour]),
            (true, _, ground) => Some(ground.map_or(PANE, |colour| COLOURS[colour])),
        };
        let mut attributes = String::new();
        let mut say = |says: bool, what: &str| attributes.push_str(if says { what } else { "" });
        say(self.is_bold, " font-weight=\"bold\"");
        say(self.is_faint, " opacity=\"0.6\"");
        say(self.is_italic, " font-style=\"italic\"");
        say(self.is_underlined, " text-decoration=\"underline\"");
        attributes + &ink.map(|ink| format!(" fill=\"{ink}\"")).unwrap_or_default()
    }
}

/// One of 256 colours, of which the first sixteen are the ordinary ones; the program uses no other.
fn of_many(codes: &mut impl Iterator<Item = usize>) -> Option<usize> {
    let is_of_many = codes.next() == Some(5);
    codes.next().filter(|colour| is_of_many && *colour < COLOURS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str) -> Vec<String> {
        let mut svg = String::new();
        draw_line(&mut svg, line, 0.0, 20.0, &mut Style::default());
        svg.lines().map(str::to_owned).collect()
    }

    #[test]
    fn colours_become_attributes_and_text_keeps_its_column() {
        let lines = drawn("ab \u{1b}[1m\u{1b}[31m<1 %\u{1b}[0m c");
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("font-weight=\"bold\" fill=\"#f07178\">&lt;1 %<"), "{lines:?}");
        assert!(lines[2].contains(&format!("x=\"{:.1}\"", MARGIN + 7.0 * WIDTH)), "{lines:?}");
        assert!(!lines[2].contains("fill"), "{lines:?}");
    }

    #[test]
    fn a_colour_is_the_same_however_it_is_written() {
        let style = |codes: &str| Style::default().then(codes);
        assert_eq!(style("38;5;10"), style("92"));
        assert_eq!(style("1;38;5;3"), style("1;33"));
        assert_eq!(style("48;5;12"), style("104"));
        assert_eq!(style("31;39;1;22"), Style::default());
        assert_eq!(style("38;5;200"), Style::default());
    }

    #[test]
    fn what_is_chosen_stands_on_its_colour() {
        let lines = drawn("\u{1b}[7m\u{1b}[36m x \u{1b}[0m");
        assert!(lines[0].starts_with("<rect") && lines[0].contains("#6fd3d6"), "{lines:?}");
        assert!(lines[1].contains(&format!("fill=\"{PANE}\"> x <")), "{lines:?}");
    }
}
