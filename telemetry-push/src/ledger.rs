//! The durable ledger: one lock, one file that is replaced whole, so that no death and no power cut between two steps leaves
//! anything but the state before or the state after.

use crate::change::Change;
use crate::error::{Context, Error};
use crate::lock::Lock;
use crate::place::Place;
use crate::presence::{self, Presence};
use crate::totals::{NoLedger, Totals};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use telemetry_core::config::Config;

/// How long a process waits for others that are merging, before it gives up: 2 s.
pub const LOCK_BOUND: Duration = Duration::from_secs(2);

/// A ledger: the totals of every process of one instance.
///
/// Each process adds what it counted under one lock and replaces one file, `ledger.prom`. File and folder are synced, so what a
/// [`Carry::merge`](crate::Carry::merge) returned from survives a power cut.
#[derive(Debug, Clone)]
pub struct Ledger {
    place: Place,
    max_series: usize,
}

/// What a merge did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The generation of the ledger that holds what was merged.
    pub generation: u64,
    /// What a person should know: a damaged file that was set aside, a metric that had to begin anew. Said once, by this merge.
    pub notes: Vec<String>,
}

impl Ledger {
    /// The ledger that the configuration names. Nothing is read or made yet.
    ///
    /// # Errors
    /// [`Error::NoFolder`] where no folder is configured or known.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self { place: Place::of(config)?, max_series: config.max_series_per_metric })
    }

    /// Where the ledger is, and under which group it is pushed.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What a person should do before this ledger can be pushed, the first time that it is asked for; see [`Place::advice`].
    #[must_use]
    pub fn advice_once(&self) -> Option<String> {
        let advice = self.place.advice.clone()?;
        let mark = self.place.folder.join("advice.given");
        File::create_new(mark).ok().map(|_| advice)
    }

    /// The file that holds the totals.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.place.folder.join("ledger.prom")
    }

    /// The totals now, after the dead were swept; `notes` gets what a person should know.
    ///
    /// `None` where nothing was ever merged. When this returns, the sweep is durable.
    ///
    /// In a folder that cannot be written the totals are computed all the same, and only not written back.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Busy`] where others hold the lock for longer than [`LOCK_BOUND`].
    pub fn totals(&self, notes: &mut Vec<String>) -> Result<Option<Totals>, Error> {
        if !self.file().try_exists().context("look for", &self.file())? {
            return Ok(None);
        }
        let lock = Lock::acquire(&self.lock_file(), LOCK_BOUND);
        let writable = match &lock {
            Ok(_) => true,
            Err(Error::Io { source, .. }) if is_read_only(source) => false,
            Err(_) => return lock.map(|_| None),
        };
        let notes_before = notes.len();
        let mut totals = self.load(notes)?;
        let anew = notes.len() > notes_before;
        let changed = totals.set_live(&presence::sweep(&self.living())?, self.max_series);
        if (changed || anew) && writable {
            self.replace(&mut totals, notes)?;
        }
        Ok(Some(totals))
    }

    /// The totals as the file has them at this moment, without a lock and without a sweep.
    pub(crate) fn peek(&self) -> Result<Option<Totals>, Error> {
        let text = match fs::read_to_string(self.file()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("read", &self.file()),
        };
        Ok(Totals::parse(&text).ok())
    }

    /// Adds what a process counted, and replaces what it said of its live gauges. When this returns, all of it is durable; when
    /// it fails, nothing was added.
    pub(crate) fn merge(&self, change: &Change, presence: &mut Option<Presence>) -> Result<Merged, Error> {
        create_folder(&self.place.folder)?;
        let _lock = Lock::acquire(&self.lock_file(), LOCK_BOUND)?;
        let mut notes = Vec::new();
        let mut totals = self.load(&mut notes)?;
        totals.add(change, self.max_series, &mut notes);
        self.show_presence(change, presence)?;
        totals.set_live(&presence::sweep(&self.living())?, self.max_series);
        self.replace(&mut totals, &mut notes)?;
        Ok(Merged { generation: totals.generation, notes })
    }

    fn show_presence(&self, change: &Change, presence: &mut Option<Presence>) -> Result<(), Error> {
        if presence.is_none() && change.live().next().is_some() {
            *presence = Some(Presence::begin(&self.living())?);
        }
        presence.as_mut().map_or(Ok(()), |presence| presence.write(change))
    }

    /// Reads the file under the lock. One that is no ledger is set aside, never overwritten.
    fn load(&self, notes: &mut Vec<String>) -> Result<Totals, Error> {
        let path = self.file();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Totals::new(crate::random_id()));
            }
            Err(error) => return Err(error).context("read", &path),
        };
        let parsed =
            String::from_utf8(bytes).map_err(|_| NoLedger::NotText).and_then(|text| Totals::parse(&text));
        match parsed {
            Ok(totals) => Ok(totals),
            Err(NoLedger::Format(format)) => Err(Error::Newer { path, format }),
            Err(why) => {
                let aside = self.set_aside(&path)?;
                notes.push(format!(
                    "{} could not be read as a ledger ({why}); it is kept as {} and counting begins anew",
                    path.display(),
                    aside.display()
                ));
                Ok(Totals::new(crate::random_id()))
            }
        }
    }

    fn set_aside(&self, path: &Path) -> Result<PathBuf, Error> {
        let aside = self.place.folder.join(format!("ledger.set-aside-{}", crate::random_id()));
        fs::rename(path, &aside).context("set aside", path)?;
        Ok(aside)
    }

    /// Writes the next generation beside the file, syncs it, puts it in the file's place, and syncs the folder.
    ///
    /// Once the file is in its place its counts are there for everybody, so a folder that cannot be synced is a note and no
    /// failure: after a failure the same counts would be merged a second time.
    fn replace(&self, totals: &mut Totals, notes: &mut Vec<String>) -> Result<(), Error> {
        totals.generation += 1;
        let (path, new) = (self.file(), self.place.folder.join("ledger.new"));
        write_synced(&new, totals.file().as_bytes()).context("write", &new)?;
        fs::rename(&new, &path).context("replace", &path)?;
        if let Err(error) = sync_folder(&self.place.folder) {
            notes.push(format!("{error}: the ledger would not survive a power cut"));
        }
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.place.folder.join("ledger.lock")
    }

    fn living(&self) -> PathBuf {
        self.place.folder.join("living")
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).context("sync", folder)
}

/// Makes a folder with those above it, and syncs each into the one that holds it.
fn create_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).context("create", folder);
            }
            _ => return sync_folder(parent),
        }
    }
    fs::create_dir_all(folder).context("create", folder)
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
