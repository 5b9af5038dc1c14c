//! `cargo xtask picture`: the pictures in the README, made from what the program really prints in a real terminal, and from what its page
//! shows in a real browser.
//!
//! They are made by hand when the output changes, and not checked: durations differ from run to run.
//!
//! | module | what it makes |
//! |---|---|
//! | [`snapshot`] | `docs/snapshot.svg` |
//! | [`dashboard`] | `docs/dashboard.svg` and `docs/dashboard-charts.svg` |
//! | [`page`] | `docs/page.png` |
//! | [`demo`], [`mod@window`], [`drawing`] | what these are made from: a fleet, a terminal, and what stands in it as an SVG |

mod dashboard;
mod demo;
mod drawing;
mod page;
mod snapshot;
mod window;

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::process;
use crate::repository::Repository;

/// Which picture to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What it shows
    #[arg(value_enum, default_value_t = Shown::Snapshot)]
    shown: Shown,
    /// The page to look at, of a demonstration or a stack that runs; without it, a demonstration is started
    #[arg(long)]
    url: Option<String>,
    /// The size of the window, in pixels; as it is, the page is seen down to the health of each subsystem
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x1640", value_parser = window)]
    window: (u32, u32),
    /// By night
    #[arg(long)]
    dark: bool,
    /// Build without optimisation, which is faster to build
    #[arg(long)]
    debug: bool,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// `telemetry snapshot` in a terminal, as docs/snapshot.svg
    Snapshot,
    /// Both views of `telemetry dashboard` in a terminal, as docs/dashboard.svg and docs/dashboard-charts.svg
    Dashboard,
    /// The page of a stack in a browser, as docs/page.png
    Page,
}

/// Makes the picture that is asked for.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    match (options.shown, &options.url) {
        (Shown::Snapshot, _) => snapshot::draw(repository, &build(repository, options)?),
        (Shown::Dashboard, _) => dashboard::draw(repository, &build(repository, options)?),
        (Shown::Page, Some(url)) => page::take(repository, options, url),
        (Shown::Page, None) => {
            page::take_of_a_demonstration(repository, options, &build(repository, options)?)
        }
    }
}

/// Builds the program.
fn build(repository: &Repository, options: &Options) -> Outcome<PathBuf> {
    let (profile, folder) = if options.debug { ("dev", "debug") } else { ("release", "release") };
    process::run(&mut repository.cargo(["build", "--package", "telemetry-cli", "--profile", profile]))?;
    Ok(repository.target()?.join(folder).join("telemetry"))
}

/// The two sides of a window.
fn window(text: &str) -> Result<(u32, u32), String> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| format!("{text} is no size such as 1280x960"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_two_sides() {
        assert_eq!(window("1280x960"), Ok((1280, 960)));
        assert!(window("1280").is_err() && window("ax3").is_err());
    }
}
