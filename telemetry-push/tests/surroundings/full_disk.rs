//! No room on the disk: what does not fit is not counted by half, and is counted once there is room again.

use crate::scene::{Scene, is_inside, succeeds};
use crate::skip::require;
use crate::state::{Process, State};
use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "TELEMETRY_SURROUNDINGS_DISK";

/// How much room a page of memory has, which is the least that such a file system gives.
const PAGE: usize = 4096;

#[test]
fn a_merge_that_finds_no_room_adds_nothing_and_is_made_up_for() {
    require!(Scene::own_mounts().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_mounts().test("full_disk::inside_no_room").env(FOLDER, folder.path()));
}

#[test]
fn a_merge_that_may_make_no_file_adds_nothing_and_is_made_up_for() {
    require!(Scene::own_mounts().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_mounts().test("full_disk::inside_no_files").env(FOLDER, folder.path()));
}

#[test]
fn the_first_merge_ever_finds_no_room_and_is_made_up_for() {
    require!(Scene::own_mounts().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_mounts().test("full_disk::inside_nothing_there").env(FOLDER, folder.path()));
}

#[test]
fn a_full_disk_is_read_even_after_a_death() {
    require!(Scene::own_mounts().permitted());
    let folder = tempfile::tempdir().unwrap();
    succeeds(Scene::own_mounts().test("full_disk::inside_after_a_death").env(FOLDER, folder.path()));
}

/// A small file system of its own, at the folder that the test was given.
fn disk(options: &str) -> Option<PathBuf> {
    is_inside().then(|| {
        let folder = PathBuf::from(env::var_os(FOLDER).unwrap());
        mount(&folder, options);
        folder
    })
}

pub(crate) fn mount(folder: &Path, options: &str) {
    succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(folder));
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_no_room() {
    let Some(disk) = disk("size=96k") else { return };
    let failed = at_every_level(&disk, &mut |pages| fill(&disk.join("filler"), pages), &mut || {
        fs::remove_file(disk.join("filler")).unwrap();
    });
    assert!(failed > 0, "the disk was never full");
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_no_files() {
    let Some(disk) = disk("size=1m,nr_inodes=40") else { return };
    let fillers = disk.join("fillers");
    fs::create_dir(&fillers).unwrap();
    let mut crowd = |left: usize| {
        let made = (0..).take_while(|i| File::create(fillers.join(i.to_string())).is_ok()).count();
        (0..left.min(made)).for_each(|i| fs::remove_file(fillers.join(i.to_string())).unwrap());
    };
    let mut clear = || {
        fs::read_dir(&fillers).unwrap().for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap());
    };
    let failed = at_every_level(&disk, &mut crowd, &mut clear);
    assert!(failed > 0, "no file was ever too many");
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_nothing_there() {
    let Some(disk) = disk("size=64k") else { return };
    for left in 0..6 {
        let root = disk.join(left.to_string());
        fs::create_dir(&root).unwrap();
        fill(&disk.join("filler"), left);
        let mut process = Process::begin(&root, "p");
        process.count();
        let merged = process.carry.merge();
        let expected = if merged.is_ok() { State::default().plus("p", 1) } else { State::default() };
        assert_eq!(State::read(&root).0.with_living(0), expected, "{left} pages left: {merged:?}");
        fs::remove_file(disk.join("filler")).unwrap();
        process.merge();
        let expected = State::default().plus("p", 1).plus("p", 2).with_living(1);
        assert_eq!(State::read(&root), (expected, Vec::new()), "{left} pages left: {merged:?}");
        drop(process);
        fs::remove_dir_all(&root).unwrap();
    }
}

#[test]
#[ignore = "started in a namespace of its own"]
fn inside_after_a_death() {
    let Some(disk) = disk("size=64k") else { return };
    let mut process = Process::begin(&disk, "p");
    process.merge();
    drop(process);
    fill(&disk.join("filler"), 0);
    assert_eq!(State::read(&disk), (State::default().plus("p", 1), Vec::new()));
}

/// Merges with so much room left, for each amount up to more than enough; says how many merges failed. One process lives through all
/// of it, and another one begins anew each time.
fn at_every_level(disk: &Path, fill_up: &mut dyn FnMut(usize), clear: &mut dyn FnMut()) -> u32 {
    let mut old = Process::begin(disk, "old");
    old.merge();
    let (mut state, mut failed) = (State::default().plus("old", 1), 0);
    for left in 0..12 {
        let mut new = Process::begin(disk, "new");
        fill_up(left);
        let mut counted = state.clone();
        for (process, name, nth) in [(&mut old, "old", left * 2 + 2), (&mut new, "new", 1)] {
            process.count();
            counted = counted.plus(name, u32::try_from(nth).unwrap());
            match process.carry.merge() {
                Ok(merged) => {
                    assert_eq!(merged.notes, Vec::<String>::new(), "{left} left");
                    state = state.plus(name, u32::try_from(nth).unwrap());
                }
                Err(error) => {
                    failed += 1;
                    let said = error.to_string();
                    assert!(said.contains(&*disk.to_string_lossy()), "{said} names no file");
                }
            }
            let (found, notes) = State::read(disk);
            assert_eq!((found.with_living(0), notes), (state.clone(), Vec::new()), "{left} left, {name}");
        }
        clear();
        old.merge();
        new.merge();
        state = counted.plus("old", u32::try_from(left * 2 + 3).unwrap()).plus("new", 2);
        assert_eq!(State::read(disk), (state.with_living(2), Vec::new()), "{left} left, and made up for");
        drop(new);
    }
    failed
}

/// Fills the disk up to so many pages.
fn fill(filler: &Path, left: usize) {
    let mut file = File::create(filler).unwrap();
    let full = (0..).take_while(|_| file.write_all(&[b'x'; PAGE]).is_ok()).count();
    file.set_len((full.saturating_sub(left) * PAGE) as u64).unwrap();
}
