//! What is on the screen, as files.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Fleet, WIDE, quit, reads, runs};
use crate::support::{Tmux, Up, eventually, require};

/// The files with this ending in a folder.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        found.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    found.sort();
    found
}

/// Presses the key and waits for both files, of which there are so many of each kind then; the newest of each.
fn saved(terminal: &Tmux, folder: &Path, number: usize) -> [Vec<u8>; 2] {
    let before = ["svg", "png"].map(|ending| files(folder, ending));
    terminal.keys(&["w"]);
    let new = |ending: &str, before: &[PathBuf]| {
        eventually("a picture", || {
            let files = files(folder, ending);
            let new = files.iter().find(|file| !before.contains(file))?;
            let bytes = fs::read(new).unwrap();
            // It may be seen while it is written.
            let is_whole = bytes.ends_with(b"</svg>\n")
                || bytes.ends_with(b"</svg>")
                || bytes.ends_with(b"IEND\xaeB`\x82");
            (files.len() == number && is_whole).then_some(bytes)
        })
    };
    [new("svg", &before[0]), new("png", &before[1])]
}

/// Both are pictures, and the one that has words has these.
fn hold([svg, png]: &[Vec<u8>; 2], words: &[&str]) {
    let text = String::from_utf8(svg.clone()).unwrap();
    assert!(text.trim_start().starts_with("<svg") || text.starts_with("<?xml"), "{text}");
    assert!(words.iter().all(|word| text.to_lowercase().contains(word)), "{words:?}: {text}");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert!(side(16) > 300 && side(20) > 150, "{}x{}", side(16), side(20));
}

#[test]
fn what_is_on_the_screen_is_saved_as_pictures() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    fleet.push(&(super::active(super::ACTIVE) + &runs(30, 10)));
    let folder = fleet.folder.path();
    let terminal = Tmux::running(WIDE, &fleet.dashboard(&["-r", "5m"]));
    reads(&terminal, &["437", "live"]);
    hold(&saved(&terminal, folder, 1), &["437"]);
    reads(&terminal, &[".svg"]);
    terminal.keys(&["v"]);
    reads(&terminal, &["agent run duration"]);
    let charts = saved(&terminal, folder, 2);
    hold(&charts, &["active agents"]);
    // Like the terminal, which tells nothing else, they are dark, whatever a reader prefers.
    assert!(!String::from_utf8_lossy(&charts[0]).contains("prefers-color-scheme"));
    // Nothing is written over, however soon it is pressed again.
    let again = saved(&terminal, folder, 3);
    hold(&again, &["active agents"]);
    assert!(files(folder, "svg").iter().any(|file| fs::read(file).unwrap() == charts[0]));
    quit(&terminal);
}

#[test]
fn a_folder_that_takes_nothing_is_said_and_nothing_ends() {
    require!(Tmux);
    let up = Up::start(&[]);
    let fleet = Fleet::at_work(&up);
    let gone = fleet.folder.path().join("gone");
    fs::create_dir(&gone).unwrap();
    let mut command = fleet.dashboard(&[]);
    command.current_dir(&gone);
    let terminal = Tmux::running(WIDE, &command);
    reads(&terminal, &["437"]);
    fs::remove_dir(&gone).unwrap();
    terminal.keys(&["w"]);
    reads(&terminal, &["not saved"]);
    reads(&terminal, &["live"]);
    quit(&terminal);
}
