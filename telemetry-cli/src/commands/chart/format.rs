//! What a picture is written as, and what says so.

use crate::failure::Failure;
use crate::output::file::Target;
use clap::ValueEnum;
use std::io::{self, IsTerminal as _};
use std::path::Path;

/// What a picture is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Pixels
    Png,
    /// Shapes and text
    Svg,
}

/// What goes to that target: what was asked for, else what the ending of the file says.
pub(super) fn of(target: &Target, asked: Option<Format>) -> Result<Format, Failure> {
    let Target::File { named, .. } = target else { return on_stdout(asked) };
    match (by_ending(named), asked) {
        (Some(told), Some(asked)) if told != asked => {
            let what = format!("the ending of {} says another format than --format", named.display());
            Err(Failure::usage(what))
        }
        (Some(format), _) | (None, Some(format)) => Ok(format),
        (None, None) => {
            let what = format!("the ending of {} says no format that there is", named.display());
            Err(Failure::usage(what).advice("a file ends in .png or .svg"))
        }
    }
}

/// A terminal shows no PNG.
fn on_stdout(asked: Option<Format>) -> Result<Format, Failure> {
    match asked.unwrap_or(Format::Svg) {
        Format::Png if io::stdout().is_terminal() => {
            Err(Failure::usage("a terminal shows no PNG; -o FILE.png writes a file"))
        }
        format => Ok(format),
    }
}

fn by_ending(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Format::value_variants().iter().find(|format| Format::ending(**format) == ending).copied()
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format_in_whatever_case() {
        let format = |path: &str, format| of(&Target::of(Path::new(path)).unwrap(), format);
        assert_eq!(format("a.PNG", None).unwrap(), Format::Png);
        assert_eq!(format("./d.svg", None).unwrap(), Format::Svg);
        assert_eq!(format("-", None).unwrap(), Format::Svg);
        assert_eq!(format("noending", Some(Format::Png)).unwrap(), Format::Png);
        for (path, told) in [("a.pdf", None), ("png", None), (".svg", None), ("a.png", Some(Format::Svg))] {
            assert!(format(path, told).unwrap_err().is_usage(), "{path}");
        }
    }
}
