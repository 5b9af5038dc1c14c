//! The list of the files that an export wrote, in the notation of `sha256sum`, so that anybody can check it with that.

use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The name of the list in the folder.
pub(super) const NAME: &str = ".telemetry-export.sha256";

/// The longest list that is read. Ours have some hundred bytes for each of a few dozen files.
const LONGEST: u64 = 1 << 20;

/// Paths below the folder, with what they held when they were written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    sums: BTreeMap<String, String>,
}

impl Manifest {
    /// The list of a folder, if it has one that can be read: without one, no file there is known to be ours.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let file = folder.join(NAME);
        let plain =
            fs::symlink_metadata(&file).ok().filter(|found| found.is_file() && found.len() <= LONGEST);
        plain.and_then(|_| fs::read_to_string(&file).ok()).map(|text| Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let entry = |line: &str| line.split_once("  ").map(|(sum, path)| (path.to_owned(), sum.to_owned()));
        Self { sums: text.lines().filter_map(entry).collect() }
    }

    pub(super) fn text(&self) -> String {
        self.sums.iter().map(|(path, sum)| format!("{sum}  {path}\n")).collect()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// Notes what a file holds.
    pub(super) fn note(&mut self, path: &str, contents: &[u8]) {
        self.sums.insert(path.to_owned(), sum(contents));
    }

    /// Takes over what another list says of a file.
    pub(super) fn note_as(&mut self, path: &str, other: &Self) {
        if let Some(sum) = other.sums.get(path) {
            self.sums.insert(path.to_owned(), sum.clone());
        }
    }

    /// Whether the file is on the list and still holds what was written.
    pub(super) fn is_untouched(&self, path: &str, file: &Path) -> bool {
        self.sums.get(path).is_some_and(|noted| fs::read(file).is_ok_and(|found| sum(&found) == *noted))
    }
}

fn sum(contents: &[u8]) -> String {
    digest(&SHA256, contents).as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_sha256sum_and_reads_itself() {
        let mut manifest = Manifest::default();
        manifest.note("a b/c.yml", b"abc");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a b/c.yml\n";
        assert_eq!(manifest.text(), expected);
        assert_eq!(Manifest::parse(&format!("rubbish\n{expected}")), manifest);
    }

    #[test]
    fn a_changed_file_is_no_longer_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let mut manifest = Manifest::default();
        manifest.note("x", b"1");
        assert!(!manifest.is_untouched("x", &file));
        fs::write(&file, "1").unwrap();
        assert!(manifest.is_untouched("x", &file) && !manifest.is_untouched("y", &file));
        fs::write(&file, "2").unwrap();
        assert!(!manifest.is_untouched("x", &file));
    }
}
