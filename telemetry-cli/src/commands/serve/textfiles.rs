//! The folders of `--textfile`: what the `*.prom` files in them have to tell at a scrape.
//!
//! Nothing in such a folder is believed but what the system says of it, since programs of any user may write there: no link is followed,
//! nothing but a plain file is read, and of that no more than a bound. A file is told whole or not at all, and one that contradicts what
//! was told before it is left out, as Prometheus would refuse all the others with it.

use super::claims::Claims;
use super::count::counted;
use super::whole::read_whole;
use crate::failure::warn;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use telemetry_core::exposition::{Family, Format, parse_bytes};

/// The most that is read of one file, in bytes.
const MOST_OF_A_FILE: u64 = 16 * 1024 * 1024;

/// The most that is read at one scrape, in bytes.
const MOST_OF_ALL: u64 = 64 * 1024 * 1024;

/// The most files that are read at one scrape.
const MOST_FILES: usize = 1000;

/// The folders that are read, and what was said of them.
#[derive(Debug)]
pub(super) struct Textfiles {
    folders: Vec<PathBuf>,
    /// What the server tells by itself, which no file may contradict.
    own: Claims,
    /// What was wrong at the last scrape, so that it is not said again at each.
    said: Mutex<BTreeSet<String>>,
}

/// One reading of all folders.
#[derive(Debug, Default)]
struct Reading {
    families: Vec<Family<'static>>,
    served: usize,
    /// A sentence for each file that is left out.
    left_out: BTreeSet<String>,
    bytes: u64,
}

impl Textfiles {
    /// These folders, beside families that are told without them.
    pub(super) fn new(folders: Vec<PathBuf>, own: &[Family<'_>]) -> Self {
        Self { folders, own: Claims::of(own), said: Mutex::default() }
    }

    /// What all files tell now. What is left out is said on standard error, once.
    pub(super) fn families(&self) -> Vec<Family<'static>> {
        let reading = self.read();
        self.say(&reading.left_out);
        let mut families = reading.families;
        families.extend(counted(reading.served, reading.left_out.len()));
        families
    }

    fn say(&self, left_out: &BTreeSet<String>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.difference(&said).for_each(|sentence| warn(sentence));
        said.clone_from(left_out);
    }

    /// Reads the folders in the order in which they were given, and their files by name, so that the same one is right each time.
    fn read(&self) -> Reading {
        let (mut reading, mut claims) = (Reading::default(), self.own.clone());
        let files: Vec<_> = self.folders.iter().filter_map(|folder| files(folder).ok()).flatten().collect();
        for file in files.iter().take(MOST_FILES) {
            match reading.take(file, &mut claims) {
                Ok(()) => reading.served += 1,
                Err(why) => _ = reading.left_out.insert(left_out(file, &why)),
            }
        }
        reading.left_out.extend(
            files
                .iter()
                .skip(MOST_FILES)
                .map(|file| left_out(file, &format!("there are more than {MOST_FILES} files"))),
        );
        reading
    }
}

impl Reading {
    /// Adds what a file tells, or says why it is left out.
    fn take(&mut self, file: &Path, claims: &mut Claims) -> Result<(), String> {
        let room = MOST_OF_ALL - self.bytes;
        let Some(bytes) = read_whole(file, MOST_OF_A_FILE.min(room))? else {
            let (most, of) = if room < MOST_OF_A_FILE {
                (MOST_OF_ALL, "all files together are")
            } else {
                (MOST_OF_A_FILE, "it is")
            };
            return Err(format!("{of} longer than {} MiB", most / 1024 / 1024));
        };
        // What is left out was read, too.
        self.bytes += bytes.len() as u64;
        if telemetry_push::is_ledger(&bytes) {
            return Err("it is a ledger, whose counts go the way that telemetry.carrier says".to_owned());
        }
        let families = parsed(&bytes)?;
        claims.add(&families)?;
        self.families.extend(families.into_iter().map(Family::into_owned));
        Ok(())
    }
}

/// Whether a folder can be read, which a scrape is told of.
pub(super) fn readable(folder: &Path) -> std::io::Result<()> {
    std::fs::read_dir(folder).map(|_| ())
}

/// The files of a folder that are meant for this, in the order of their names.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_meant(path))
        .collect();
    files.sort();
    Ok(files)
}

/// A name that begins with a dot is of a file that is being written, as with most programs that replace one.
fn is_meant(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == "prom")
}

fn parsed(bytes: &[u8]) -> Result<Vec<Family<'_>>, String> {
    let families = parse_bytes(bytes, Format::Text).map_err(|error| error.to_string())?;
    let mut metrics = families.iter().flat_map(|family| &family.metrics);
    // Prometheus would believe them, and take a file that nobody writes any more for fresh, or drop its samples as too old.
    if metrics.any(|metric| metric.timestamp.is_some()) {
        return Err("it has timestamps, which a text file may not have".to_owned());
    }
    Ok(families)
}

fn left_out(file: &Path, why: &str) -> String {
    format!("{} is left out of the scrape: {why}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: impl IntoIterator<Item = (String, &'static str)>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.into_iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    #[test]
    fn the_first_of_two_folders_is_right_and_only_a_thousand_files_are_read() {
        let many = folder((0..=MOST_FILES).map(|number| (format!("{number:04}.prom"), "")));
        let one = folder([("a.prom".to_owned(), "a 1\n")]);
        let other = folder([("a.prom".to_owned(), "a 2\n"), ("b.prom".to_owned(), "b 2\n")]);
        let folders =
            |folders: &[&tempfile::TempDir]| folders.iter().map(|folder| folder.path().to_owned()).collect();
        let reading = Textfiles::new(folders(&[&one, &other]), &[]).read();
        assert_eq!((reading.served, reading.families.len()), (2, 2));
        assert!(reading.left_out.iter().all(|said| said.contains("a series of a")), "{reading:?}");
        let reading = Textfiles::new(folders(&[&many]), &[]).read();
        assert_eq!((reading.served, reading.left_out.len()), (MOST_FILES, 1));
    }

    #[test]
    fn a_ledger_is_left_out() {
        let ledger = "# telemetry: ledger format=1 id=x generation=1 half_hour=1\nb 1\n";
        let copy = "# telemetry: copy id=x generation=1\nc 1\n";
        let mixed = folder([
            ("a.prom".to_owned(), "a 1\n"),
            ("copy.prom".to_owned(), copy),
            ("ledger.prom".to_owned(), ledger),
        ]);
        let reading = Textfiles::new(vec![mixed.path().to_owned()], &[]).read();
        assert_eq!((reading.served, reading.left_out.len()), (2, 1));
        assert!(
            reading
                .left_out
                .iter()
                .all(|said| said.contains("ledger.prom is left out of the scrape: it is a ledger"))
        );
        assert_eq!(reading.families.iter().map(|family| &*family.name).collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn what_is_wrong_is_said_again_only_after_it_was_mended() {
        let textfiles = Textfiles::new(Vec::new(), &[]);
        let wrong = BTreeSet::from(["x is left out".to_owned()]);
        textfiles.say(&wrong);
        assert_eq!(*textfiles.said.lock().unwrap(), wrong);
        textfiles.say(&BTreeSet::new());
        assert!(textfiles.said.lock().unwrap().is_empty());
    }
}
