//! A picture as an SVG document: real text, classes in the place of colours, and words for those who do not see it.

use crate::Theme;
use crate::font::Weight;
use crate::ink::{Ground, Ink};
use crate::scene::{Anchor, At, Mark, Rect, Scene, Text};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The letters of the reader's system.
const LETTERS: &str =
    "system-ui,-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Noto Sans,Ubuntu,Cantarell,sans-serif";

/// The letters of equal width of the reader's system.
const EQUAL: &str =
    "JetBrains Mono,ui-monospace,Cascadia Mono,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace";

/// The whole document.
pub(crate) fn document(scene: &Scene, theme: Theme) -> String {
    let mut svg = String::new();
    let (width, height) = (number(scene.width), number(scene.height));
    let (name, class) = (&scene.name, class(theme));
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">"
    );
    let _ = writeln!(svg, "<title id=\"{name}-title\">{}</title>", escaped(&scene.title));
    let _ = writeln!(svg, "<desc id=\"{name}-desc\">{}</desc>", escaped(&scene.description));
    let _ = writeln!(svg, "<style>{}</style>", style(scene, theme));
    let _ = writeln!(svg, "<rect class=\"g\" width=\"{width}\" height=\"{height}\"/>");
    for mark in &scene.marks {
        write_mark(&mut svg, mark);
    }
    svg.push_str("</svg>\n");
    svg
}

/// A style inside of a page holds for the page, so that ours are for what has this class.
const fn class(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "chart-light",
        Theme::Dark => "chart-dark",
        Theme::Reader => "chart-reader",
    }
}

fn style(scene: &Scene, theme: Theme) -> String {
    let class = class(theme);
    let mut style = format!(".{class} text{{font-family:{LETTERS};font-variant-numeric:tabular-nums}}");
    let _ = write!(
        style,
        ".{class} .b{{font-weight:600}}.{class} path,.{class} polyline{{stroke-linejoin:round;stroke-linecap:round}}"
    );
    if scene.marks.iter().any(|mark| matches!(mark, Mark::Text(text) if text.weight.is_equal())) {
        let _ = write!(style, ".{class} .m{{font-family:{EQUAL};white-space:pre}}");
    }
    let inks: BTreeSet<_> = scene.marks.iter().map(Mark::ink).chain([Ink::Ground]).collect();
    let colours = |ground| inks.iter().map(|ink| colour(class, *ink, ground)).collect::<String>();
    match theme {
        Theme::Light => style.push_str(&colours(Ground::Light)),
        Theme::Dark => style.push_str(&colours(Ground::Dark)),
        Theme::Reader => {
            style.push_str(&colours(Ground::Light));
            let _ = write!(style, "@media (prefers-color-scheme:dark){{{}}}", colours(Ground::Dark));
        }
    }
    style
}

fn colour(class: &str, ink: Ink, ground: Ground) -> String {
    let [red, green, blue] = ink.colour(ground);
    let (name, colour) = (ink.class(), format!("#{red:02x}{green:02x}{blue:02x}"));
    format!(".{class} .{name}{{fill:{colour}}}.{class} .{name}l{{fill:none;stroke:{colour}}}")
}

impl Mark {
    /// What it is drawn in.
    pub(crate) const fn ink(&self) -> Ink {
        match self {
            Self::Line { ink, .. }
            | Self::Area { ink, .. }
            | Self::Boxes { ink, .. }
            | Self::Dot { ink, .. } => *ink,
            Self::Text(text) => text.ink,
        }
    }
}

fn write_mark(svg: &mut String, mark: &Mark) {
    let class = mark.ink().class();
    let _ = match mark {
        Mark::Line { points, width, dash, .. } => {
            let dash: Vec<_> = dash.lengths().iter().map(|length| number(*length)).collect();
            let dash = if dash.is_empty() {
                String::new()
            } else {
                format!(" stroke-dasharray=\"{}\"", dash.join(" "))
            };
            writeln!(
                svg,
                "<path class=\"{class}l\" stroke-width=\"{}\"{dash} d=\"{}\"/>",
                number(*width),
                path(points)
            )
        }
        Mark::Area { points, opacity, .. } => {
            writeln!(svg, "<path class=\"{class}\"{} d=\"{}z\"/>", see_through(*opacity), path(points))
        }
        Mark::Boxes { boxes, opacity, .. } => {
            let boxes: String = boxes.iter().map(outline).collect();
            writeln!(svg, "<path class=\"{class}\"{} d=\"{boxes}\"/>", see_through(*opacity))
        }
        Mark::Dot { at: (x, y), radius, .. } => {
            let (x, y, radius) = (number(*x), number(*y), number(*radius));
            writeln!(svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>")
        }
        Mark::Text(text) => write_text(svg, text),
    };
}

fn write_text(svg: &mut String, text: &Text) -> std::fmt::Result {
    let class = text.ink.class();
    let bold = match text.weight {
        Weight::Regular => "",
        Weight::Bold => " b",
        Weight::Mono => " m",
        Weight::MonoBold => " m b",
    };
    // Whatever letters the reader has, each stands in its cell.
    let length = match text.weight.is_equal() {
        true => format!(" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", number(text.room())),
        false => String::new(),
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let (x, y, size) = (number(text.at.0), number(text.at.1), number(text.size));
    writeln!(
        svg,
        "<text class=\"{class}{bold}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{length}>{}</text>",
        escaped(&text.text)
    )
}

fn see_through(opacity: f64) -> String {
    if opacity >= 1.0 {
        String::new()
    } else {
        format!(" fill-opacity=\"{}\"", (opacity * 100.0).round() / 100.0)
    }
}

/// A path through points, of which all but the first are said by how far they are from the one before.
fn path(points: &[At]) -> String {
    let mut path = String::new();
    let mut before = (0, 0);
    for (place, &(x, y)) in points.iter().enumerate() {
        let (here, letter) = ((tenths(x), tenths(y)), if place == 0 { 'M' } else { 'l' });
        let _ = write!(path, "{letter}{} {}", decimal(here.0 - before.0), decimal(here.1 - before.1));
        before = here;
    }
    path
}

fn outline(rect: &Rect) -> String {
    let Rect { left, top, width, height } = *rect;
    format!("M{} {}h{}v{}h{}z", number(left), number(top), number(width), number(height), number(-width))
}

fn number(value: f64) -> String {
    decimal(tenths(value))
}

/// A tenth of a pixel is as fine as anybody sees.
fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

fn decimal(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    match (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, rest) => format!("{sign}{whole}.{rest}"),
    }
}

/// A text as XML has it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_one_decimal() {
        for (value, text) in [(0.0, "0"), (-0.04, "0"), (12.34, "12.3"), (-7.96, "-8"), (-0.3, "-0.3")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_path_goes_from_point_to_point() {
        assert_eq!(path(&[(1.0, 2.0), (1.5, 2.0), (0.5, 3.25)]), "M1 2l0.5 0l-1 1.3");
    }

    #[test]
    fn the_end_of_an_element_is_text() {
        assert_eq!(escaped("]]></text>&\"'"), "]]&gt;&lt;/text&gt;&amp;&quot;&#39;");
    }
}
