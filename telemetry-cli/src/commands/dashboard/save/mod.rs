//! What is on the screen as picture files.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which files, and what is in them |
//! | `cells` | the screen itself as a picture |
//! | `panels` | the charts on the screen as a sheet |

mod cells;
mod panels;

use super::look::Courses;
use super::state::{App, View};
use crate::failure::Failure;
use crate::output::file::create;
use chrono::{Local, TimeZone as _};
use ratatui::buffer::Buffer;
use std::fs;
use std::path::{Path, PathBuf};
use telemetry_charts::{ChartError, Size, Theme};

/// How wide the picture of charts is, in pixels: that of one, and that of several.
const ONE: u32 = 1200;
const SEVERAL: u32 = 1600;

/// How many pixels a PNG has in each direction for each of these, so that it is sharp on screens of high density.
const SCALE: u32 = 2;

/// How many pictures of one second are told apart by their names.
const MOST: u32 = 1000;

/// A picture in both formats.
struct Picture {
    svg: String,
    png: Vec<u8>,
}

/// Writes what is on the screen as an SVG and a PNG into a folder, and says which files these are: of charts the pictures that `telemetry
/// chart` draws of the same panels, of anything else the screen itself, in the theme of the terminal. No file that is there is written over.
pub(super) fn save(app: &App, screen: &Buffer, theme: Theme, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shown = app.courses.as_deref().filter(|_| app.shown() == View::Charts);
    let picture = match shown.filter(|courses| !courses.panels.is_empty()) {
        Some(courses) => charts(app, courses, theme),
        None => cells(screen, theme),
    };
    let picture =
        picture.map_err(|error| Failure::new("cannot draw what is on the screen").because(error))?;
    written(&picture, folder, &name(app.now))
}

fn charts(app: &App, courses: &Courses, theme: Theme) -> Result<Picture, ChartError> {
    let sheet = panels::sheet_of(app, courses);
    let width = if sheet.parts.len() == 1 { ONE } else { SEVERAL };
    let size = Size { width, height: sheet.height(width) };
    // Of very many charts there are too many pixels for the finer picture.
    let png = sheet.png(size, SCALE, theme).or_else(|_| sheet.png(size, 1, theme))?;
    Ok(Picture { svg: sheet.svg(size, theme)?, png })
}

fn cells(screen: &Buffer, theme: Theme) -> Result<Picture, ChartError> {
    let screen = cells::screen(screen);
    // Of a wall there are too many pixels for the finer picture.
    let png = screen.png(SCALE, theme).or_else(|_| screen.png(1, theme))?;
    Ok(Picture { svg: screen.svg(theme)?, png })
}

/// The name of files of that moment, by the clock of this machine.
fn name(now: i64) -> String {
    let local = Local.timestamp_millis_opt(now).earliest();
    local.map_or_else(|| "telemetry".to_owned(), |local| local.format("telemetry-%Y%m%d-%H%M%S").to_string())
}

/// Writes both files under a name that neither has yet.
fn written(picture: &Picture, folder: &Path, name: &str) -> Result<Vec<PathBuf>, Failure> {
    for place in 1..=MOST {
        let name = if place == 1 { name.to_owned() } else { format!("{name}-{place}") };
        let [svg, png] = ["svg", "png"].map(|ending| folder.join(format!("{name}.{ending}")));
        if !create(&svg, picture.svg.as_bytes())? {
            continue;
        }
        match create(&png, &picture.png) {
            Ok(true) => return Ok(vec![svg, png]),
            // One of two would be half of what was asked for.
            other => {
                let _gone = fs::remove_file(&svg);
                other?;
            }
        }
    }
    Err(Failure::new(format!("{} has too many pictures of this second", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_file_is_written_over_and_both_have_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let picture = Picture { svg: "<svg/>".to_owned(), png: b"png".to_vec() };
        fs::write(folder.path().join("a.png"), "mine").unwrap();
        let mut all = BTreeSet::new();
        for expected in ["a-2", "a-3"] {
            let files = written(&picture, folder.path(), "a").unwrap();
            let names: Vec<_> = files.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
            assert_eq!(names, [expected, expected]);
            all.extend(files);
        }
        assert_eq!(fs::read(folder.path().join("a.png")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), all.len() + 1, "something is left over");
        assert!(written(&picture, &folder.path().join("none"), "a").is_err());
    }
}
