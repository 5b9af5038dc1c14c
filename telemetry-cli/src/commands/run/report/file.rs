//! What was added to a file since the last look, however it was cut or replaced meanwhile.
//!
//! The file is the command's: it need not be there yet, may be cut, removed, or replaced by another of its name. A file that was there
//! before is read from its end at that time on, so that a log is not counted twice.

use super::families;
use super::lines::MAX_LINE;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The most that one look reads of a file, in bytes.
const MOST_AT_ONCE: u64 = 8 << 20;

/// The longest exposition that is read, in bytes.
const LONGEST_EXPOSITION: u64 = 64 << 20;

/// Why a file cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    #[error("it is no plain file")]
    NoFile,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// One state of a file, told apart from others by what the system says of it.
type Stamp = (u64, u64, u64, i64, i64);

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Nothing that tells.
    Unknown,
    Events,
    Exposition,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing new.
    Nothing,
    /// What was added.
    Bytes(Vec<u8>),
    /// What follows does not continue what was read before: another file has this name now, or it was cut.
    Anew,
    /// What follows continues a line of which the beginning was not read.
    Within,
}

/// A file that is followed.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    open: Option<Open>,
    /// What the file was when the attempt began.
    before: Option<Stamp>,
    /// The exposition that it held then.
    counted_before: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Open {
    file: File,
    at: u64,
    content: Content,
    /// Whether the first look must skip the rest of a line.
    within: bool,
}

impl Tail {
    /// Follows this file from now on.
    ///
    /// # Errors
    /// Where it is there, and no plain file or not to be read.
    pub(super) fn new(path: PathBuf) -> Result<Self, Wrong> {
        let mut tail = Self { path, open: None, before: None, counted_before: None };
        tail.skip()?;
        tail.begin();
        Ok(tail)
    }

    /// Leaves out what the file holds by now.
    ///
    /// # Errors
    /// Where it is there, and no plain file or not to be read.
    pub(super) fn skip(&mut self) -> Result<(), Wrong> {
        self.open = self.open_at_end()?;
        Ok(())
    }

    /// Where the file is, or will be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn open_at_end(&self) -> Result<Option<Open>, Wrong> {
        let Some(mut open) = self.open()? else { return Ok(None) };
        open.at = open.file.metadata()?.len();
        let mut last = [b'\n'];
        if let Some(before) = open.at.checked_sub(1) {
            open.file.read_exact_at(&mut last, before)?;
        }
        open.within = last != *b"\n";
        Ok(Some(open))
    }

    /// Never waits for a writer, as opening a pipe with a name would.
    fn open(&self) -> Result<Option<Open>, Wrong> {
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        match OpenOptions::new().read(true).custom_flags(nonblocking).open(&self.path) {
            Ok(file) if !file.metadata()?.is_file() => Err(Wrong::NoFile),
            Ok(file) => {
                let content = content(&file)?;
                Ok(Some(Open { file, at: 0, content, within: false }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// An attempt begins: an exposition that is the same at its end was not written by it, and what another counts already neither.
    pub(super) fn begin(&mut self) {
        self.before = None;
        self.counted_before = self.exposition().ok().flatten();
        self.before = std::fs::metadata(&self.path).ok().map(|metadata| stamp(&metadata));
    }

    /// The exposition that the file held when the attempt began.
    pub(super) fn counted_before(&self) -> &[u8] {
        self.counted_before.as_deref().unwrap_or_default()
    }

    /// Whether the folder of the file is not there, so that nobody can have written it.
    pub(super) fn has_no_folder(&self) -> bool {
        self.open.is_none() && self.path.parent().is_some_and(|folder| !folder.exists())
    }

    /// What is new. To be asked again until there is nothing.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn look(&mut self) -> Result<Found, Wrong> {
        if let Some(open) = &mut self.open {
            let found = open.look()?;
            if found != Found::Nothing || !self.was_replaced()? {
                return Ok(found);
            }
        }
        self.open = self.open()?;
        Ok(if self.open.is_some() { Found::Anew } else { Found::Nothing })
    }

    /// Whether the name belongs to another file now. One that was removed is followed on: the command may hold it open.
    fn was_replaced(&self) -> io::Result<bool> {
        let Some(open) = &self.open else { return Ok(true) };
        let ours = open.file.metadata()?;
        let is_ours = |other: &Metadata| (other.dev(), other.ino()) == (ours.dev(), ours.ino());
        Ok(std::fs::metadata(&self.path).is_ok_and(|other| !is_ours(&other)))
    }

    /// How many bytes of events there are that no look has taken yet.
    pub(super) fn left(&self) -> u64 {
        let events = self.open.as_ref().filter(|open| open.content == Content::Events);
        let length = events.and_then(|open| Some(open.file.metadata().ok()?.len().saturating_sub(open.at)));
        length.unwrap_or_default()
    }

    /// The exposition that the file holds, if the attempt wrote one.
    ///
    /// # Errors
    /// Where it cannot be read or is too long.
    pub(super) fn exposition(&self) -> Result<Option<Vec<u8>>, Wrong> {
        let Some(Open { mut file, content: Content::Exposition, .. }) = self.open()? else { return Ok(None) };
        let metadata = file.metadata()?;
        if Some(stamp(&metadata)) == self.before {
            return Ok(None);
        }
        if metadata.len() > LONGEST_EXPOSITION {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
        let mut text = Vec::new();
        (&mut file).take(LONGEST_EXPOSITION).read_to_end(&mut text)?;
        Ok(Some(text))
    }
}

impl Open {
    fn look(&mut self) -> io::Result<Found> {
        let length = self.file.metadata()?.len();
        if length < self.at {
            (self.at, self.content, self.within) = (0, Content::Unknown, false);
            return Ok(Found::Anew);
        }
        if std::mem::take(&mut self.within) {
            return Ok(Found::Within);
        }
        if self.content == Content::Unknown {
            self.content = content(&self.file)?;
        }
        if self.content != Content::Events || length == self.at {
            return Ok(Found::Nothing);
        }
        let mut bytes = vec![0; usize::try_from((length - self.at).min(MOST_AT_ONCE)).unwrap_or(MAX_LINE)];
        let read = self.file.read_at(&mut bytes, self.at)?;
        bytes.truncate(read);
        self.at += read as u64;
        Ok(if read == 0 { Found::Nothing } else { Found::Bytes(bytes) })
    }
}

/// What the first line of a file tells of it; but for its first character nothing as long as it has no end.
fn content(file: &File) -> io::Result<Content> {
    let mut beginning = vec![0; MAX_LINE];
    let read = file.read_at(&mut beginning, 0)?;
    let beginning = beginning.get(..read).unwrap_or_default().trim_ascii_start();
    let is_whole = read == MAX_LINE || beginning.contains(&b'\n');
    Ok(match beginning.first() {
        None => Content::Unknown,
        Some(b'{') => Content::Events,
        Some(b'#') => Content::Exposition,
        Some(_) if !is_whole => Content::Unknown,
        Some(_) if families::begins(beginning) => Content::Exposition,
        Some(_) => Content::Events,
    })
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Everything that is new, with `|` where it begins anew and `~` where it continues a line.
    fn new_in(tail: &mut Tail) -> String {
        let mut all = String::new();
        loop {
            match tail.look().unwrap() {
                Found::Nothing => return all,
                Found::Anew => all.push('|'),
                Found::Within => all.push('~'),
                Found::Bytes(bytes) => all.push_str(std::str::from_utf8(&bytes).unwrap()),
            }
        }
    }

    fn append(path: &std::path::Path, text: &str) {
        use std::io::Write as _;
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn what_is_appended_is_new_once_and_what_was_there_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        append(&path, "{0}\n");
        let mut tail = Tail::new(path.clone()).unwrap();
        assert_eq!(new_in(&mut tail), "");
        append(&path, "{1}\n{2");
        assert_eq!(new_in(&mut tail), "{1}\n{2");
        append(&path, "}\n");
        assert_eq!((tail.left(), new_in(&mut tail), tail.left()), (2, "}\n".to_owned(), 0));
        assert_eq!(new_in(&mut tail), "");
    }

    #[test]
    fn a_file_that_comes_later_is_cut_removed_or_replaced_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let mut tail = Tail::new(path.clone()).unwrap();
        assert_eq!(new_in(&mut tail), "");
        append(&path, "{1}\n{2}\n");
        assert_eq!(new_in(&mut tail), "|{1}\n{2}\n");
        fs::write(&path, "{3}\n").unwrap();
        assert_eq!(new_in(&mut tail), "|{3}\n");
        append(&path, "{4}\n");
        fs::rename(&path, folder.path().join("old")).unwrap();
        append(&path, "{5}\n");
        assert_eq!(new_in(&mut tail), "{4}\n|{5}\n", "the rest of the old one comes first");
        fs::remove_file(&path).unwrap();
        assert_eq!(new_in(&mut tail), "");
        append(&path, "{6}\n");
        assert_eq!(new_in(&mut tail), "|{6}\n");
    }

    #[test]
    fn the_rest_of_a_line_that_was_there_is_none_of_this_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        append(&path, "{0}\n{1");
        let mut tail = Tail::new(path.clone()).unwrap();
        append(&path, "}\n{2}\n");
        assert_eq!(new_in(&mut tail), "~}\n{2}\n");
    }

    #[test]
    fn an_exposition_is_whole_and_only_where_the_attempt_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.prom");
        fs::write(&path, "# TYPE a gauge\na 1\n").unwrap();
        let mut tail = Tail::new(path.clone()).unwrap();
        assert_eq!((new_in(&mut tail).as_str(), tail.exposition().unwrap()), ("", None));
        append(&path, "a{x=\"1\"} 2\n");
        assert_eq!(new_in(&mut tail), "");
        assert!(tail.exposition().unwrap().unwrap().starts_with(b"# TYPE"));
        tail.begin();
        assert_eq!(tail.exposition().unwrap(), None);
        assert!(tail.counted_before().ends_with(b"a{x=\"1\"} 2\n"));
        assert_eq!(tail.left(), 0);
    }

    #[test]
    fn what_is_no_plain_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [pipe, folder.path().to_owned(), "/dev/null".into()] {
            assert!(matches!(Tail::new(path), Err(Wrong::NoFile)));
        }
    }
}
