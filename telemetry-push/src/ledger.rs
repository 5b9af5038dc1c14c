//! The durable ledger: one lock, one file that is replaced whole, so that no death and no power cut between two steps leaves
//! anything but the state before or the state after.

mod examine;

pub use examine::Examination;

use crate::change::Change;
use crate::copies::{self, Window};
use crate::error::{Context, Error};
use crate::families::Families;
use crate::fault;
use crate::folder::{Entry, Folder, read_bounded};
use crate::lease::{Acquired, Lease, Release};
use crate::lock::Lock;
use crate::made;
use crate::place::{self, Place};
use crate::presence::{self, Presence};
use crate::textfile::Textfile;
use crate::totals::{NoLedger, Totals};
use crate::waiting::{self, Left};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use telemetry_core::catalog::{
    WORKSPACE_ACQUISITIONS, WORKSPACE_RELEASES, WorkspaceAcquisitions, WorkspaceReleases,
};
use telemetry_core::config::Config;
use telemetry_core::{Registry, Snapshot};

mod look;

pub use look::{Look, Unreadable};

/// How long a process waits for others that are merging, before it gives up: 2 s.
pub const LOCK_BOUND: Duration = Duration::from_secs(2);

/// A ledger: the totals of every process of one instance.
///
/// Each process adds what it counted under one lock and replaces one file, `ledger.prom`. File and folder are synced, so what a
/// [`Carry::merge`](crate::Carry::merge) returned from survives a power cut. Clones are the same ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    place: Place,
    max_series: usize,
    textfile: Option<Textfile>,
}

/// What a merge did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Whether all of it is in the ledger, synced. Otherwise others held the lock for too long, and the counts wait in a file beside the
    /// ledger for whoever merges next: they survive the death of this process, but not a power cut before that.
    pub durable: bool,
    /// What a person should know: a damaged file that was set aside, a metric that had to begin anew. Said once, by this merge.
    pub notes: Vec<String>,
}

/// The ledger as it is under its lock, with all that waited added, before it is replaced.
struct Opened<'l> {
    totals: Totals,
    /// Whether the file has to be replaced.
    changed: bool,
    notes: Vec<String>,
    /// Nothing is written without it.
    lock: Option<&'l Lock>,
    /// Why what stands in the file is no ledger.
    damaged: Option<NoLedger>,
    /// The half hour in which this is, and what is to be kept as its copy if there is none yet.
    half_hour: u64,
    copy: Option<Totals>,
    /// Where changes wait, if there is such a folder.
    waiting: Option<Folder>,
}

impl Ledger {
    /// The ledger that the configuration names. Nothing is read or made yet.
    ///
    /// # Errors
    /// [`Error::NoFolder`] where no folder is configured or known.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self::at(Place::of(config)?, config))
    }

    /// The ledger at a place that is known already, with what the configuration says of ledgers besides. Nothing is read or made yet.
    ///
    /// It is for a process that goes on with what another began, whatever the host is called by now.
    #[must_use]
    pub fn at(place: Place, config: &Config) -> Self {
        let textfile = Textfile::of(config, &place);
        Self { place, max_series: config.max_series_per_metric, textfile }
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
        File::create_new(self.file_named("advice.given")).ok().map(|_| advice)
    }

    /// The file that holds the totals.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.file_named(place::FILE)
    }

    /// The file in which a copy of this ledger is kept for node_exporter, where the configured carrier is `textfile`. It is written after
    /// the ledger, under the same lock and whole, so that it is behind for a moment and never ahead.
    #[must_use]
    pub fn textfile(&self) -> Option<&Path> {
        self.textfile.as_ref().map(Textfile::file)
    }

    /// The totals now, after the dead were swept and what waits was added; `notes` gets what a person should know.
    ///
    /// `None` where nothing was ever merged. When this returns, the sweep is durable, and so is all that waited.
    ///
    /// On a full disk the totals are computed all the same, and only not written back. In a folder that cannot be written, or where others
    /// hold the lock for longer than [`LOCK_BOUND`], they are those of the last merge, with the live gauges of now.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Damaged`] where it is no whole ledger. It is left as it is, and so is what
    /// waits for it.
    pub fn totals(&self, notes: &mut Vec<String>) -> Result<Option<Totals>, Error> {
        self.totals_within(LOCK_BOUND, notes)
    }

    /// The totals as of [`totals`](Self::totals), after waiting for others for no longer than `bound`.
    pub(crate) fn totals_within(
        &self,
        bound: Duration,
        notes: &mut Vec<String>,
    ) -> Result<Option<Totals>, Error> {
        if !self.is_there()? {
            return Ok(None);
        }
        let lock = match Lock::acquire(&self.lock_file(), bound) {
            Ok(lock) => Some(lock),
            Err(Error::Busy { .. }) => None,
            Err(Error::Io { source, .. }) if is_read_only(&source) => None,
            Err(error) => return Err(error),
        };
        let mut opened = self.open_whole(lock.as_ref())?;
        let generation = opened.totals.generation;
        if self.close(&mut opened).is_err() {
            // On a full disk, say: what was swept and added is told all the same, and whoever merges next says what is wrong.
            opened.totals.generation = generation;
        }
        notes.append(&mut opened.notes);
        Ok(Some(opened.totals))
    }

    /// The ledger for a reader, who leaves a damaged one as it is: somebody may still put a copy of it back in its place, and nothing that
    /// waits is lost until then.
    fn open_whole<'l>(&self, lock: Option<&'l Lock>) -> Result<Opened<'l>, Error> {
        let opened = self.load(lock)?;
        match opened.damaged {
            Some(why) => Err(Error::Damaged { path: self.file(), why: why.to_string() }),
            None => self.with_waiting(opened),
        }
    }

    /// Whether there is anything of a ledger: its file, a change that waits for it, or a process that shows its live gauges.
    fn is_there(&self) -> Result<bool, Error> {
        let file = self.file();
        let there = file.try_exists().context("look for", &file)?;
        Ok(there || holds_any(&self.waiting()) || holds_any(&self.living()))
    }

    /// What happened in the last `span` according to the ledger's own half-hourly copies, of which it keeps those of a day or more.
    ///
    /// `None` where nothing was ever merged. The window begins with the half hour in which `now - span` lies; it is shorter where the
    /// copies do not reach back so far.
    ///
    /// # Errors
    /// Those of [`totals`](Self::totals).
    pub fn window(
        &self,
        span: Duration,
        now: SystemTime,
        notes: &mut Vec<String>,
    ) -> Result<Option<Window>, Error> {
        self.window_within(LOCK_BOUND, span, now, notes)
    }

    /// The window as of [`window`](Self::window), after waiting for others for no longer than `bound`. Where they hold the lock for longer,
    /// it is that of the last merge.
    ///
    /// # Errors
    /// Those of [`totals`](Self::totals).
    pub fn window_within(
        &self,
        bound: Duration,
        span: Duration,
        now: SystemTime,
        notes: &mut Vec<String>,
    ) -> Result<Option<Window>, Error> {
        let Some(totals) = self.totals_within(bound, notes)? else { return Ok(None) };
        copies::window(&self.copies(), &totals, span, now).map(Some)
    }

    /// Acquires a workspace of this project by a lease that lasts until somebody [releases](Self::release_workspace) it by its id,
    /// whatever becomes of this process. The gauge of held workspaces counts it until then.
    ///
    /// When this returns without an error, lease and acquisition are durable, in one step.
    ///
    /// # Errors
    /// Those of [`Carry::merge`](crate::Carry::merge); then nothing was acquired. [`Error::Busy`] too where others hold the lock for
    /// longer than [`LOCK_BOUND`].
    pub fn acquire_workspace(&self, id: &str, project: &str) -> Result<Acquired, Error> {
        self.with_leases(|totals, change| {
            if let Some(lease) = totals.leases.0.get(id) {
                return Acquired::Before(lease.clone());
            }
            WORKSPACE_ACQUISITIONS.in_registry(change).with(|| WorkspaceAcquisitions { project }).inc();
            WORKSPACE_RELEASES.in_registry(change).touch(|| WorkspaceReleases { project });
            let lease = Lease { project: project.to_owned(), since: SystemTime::now() };
            totals.leases.0.insert(id.to_owned(), lease);
            Acquired::Now
        })
    }

    /// Releases the workspace that was acquired under this id, here or by any other process, and says which it was; `None` where none
    /// is held under it, and then nothing is counted.
    ///
    /// When this returns without an error, the release is durable.
    ///
    /// # Errors
    /// Those of [`acquire_workspace`](Self::acquire_workspace); then the lease is still held.
    pub fn release_workspace(&self, id: &str, release: Release) -> Result<Option<Lease>, Error> {
        self.with_leases(|totals, change| {
            let lease = totals.leases.0.remove(id)?;
            let project = lease.project.as_str();
            match release {
                Release::Done => {
                    WORKSPACE_RELEASES.in_registry(change).with(|| WorkspaceReleases { project }).inc();
                }
                Release::Failed => {
                    WORKSPACE_RELEASES.in_registry(change).touch(|| WorkspaceReleases { project });
                }
            }
            Some(lease)
        })
    }

    /// Changes the leases, and counts what the change is, in one replacement.
    fn with_leases<T>(&self, work: impl FnOnce(&mut Totals, &Registry) -> T) -> Result<T, Error> {
        made::create_folder(&self.place.folder)?;
        let lock = Lock::acquire(&self.lock_file(), LOCK_BOUND)?;
        let mut opened = self.open(Some(&lock))?;
        let before = opened.totals.leases.clone();
        let registry = Registry::new(&Config::default());
        let result = work(&mut opened.totals, &registry);
        if before != opened.totals.leases {
            let nothing = Snapshot::default();
            let change = Change::between(&nothing, &nothing, &registry.snapshot());
            opened.add(&change.counted, self.max_series);
            opened.changed = true;
        }
        self.close(&mut opened)?;
        Ok(result)
    }

    /// The names of the changes that wait. Needs no lock.
    pub(crate) fn waiting_names(&self) -> BTreeSet<String> {
        waiting::names(&self.waiting())
    }

    /// Whether there is more than the totals of this generation: a later one, or a change that waits and did not before. Needs no lock.
    pub(crate) fn has_grown_since(&self, generation: u64, waited: &BTreeSet<String>) -> Result<bool, Error> {
        if !self.waiting_names().is_subset(waited) {
            return Ok(true);
        }
        match fs::read_to_string(self.file()) {
            Ok(text) => Ok(Totals::parse(&text).is_ok_and(|totals| totals.generation > generation)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).context("read", &self.file()),
        }
    }

    /// Shows the live gauges of this process from now on, if there is anything to show.
    pub(crate) fn show(&self, live: &Families, presence: &mut Option<Presence>) -> Result<(), Error> {
        match presence {
            Some(presence) => presence.show(live),
            None if live.is_empty() => Ok(()),
            None => {
                made::create_folder(&self.living())?;
                *presence = Some(Presence::begin(&self.living(), live)?);
                Ok(())
            }
        }
    }

    /// Adds what a process counted. When this returns an error, nothing was added.
    ///
    /// Whoever finds the lock taken leaves the change for its holder and waits, up to the bound.
    pub(crate) fn merge(&self, counted: &Families, bound: Duration) -> Result<Merged, Error> {
        made::create_folder(&self.place.folder)?;
        if let Some(lock) = Lock::at_once(&self.lock_file())? {
            return self.merge_locked(counted, &lock);
        }
        if counted.is_empty() {
            // Only the live gauges changed, and those are shown already; the holder of the lock or the next one adds them up.
            return match Lock::acquire(&self.lock_file(), bound) {
                Ok(lock) => self.merge_locked(counted, &lock),
                Err(Error::Busy { .. }) => Ok(Self::left_waiting(None)),
                Err(error) => Err(error),
            };
        }
        let left =
            made::create_folder(&self.waiting()).and_then(|()| waiting::leave(&self.waiting(), counted));
        let Ok(left) = left else {
            // What cannot be left, such as on a full disk, is added by this process itself when it gets the lock.
            return self.merge_locked(counted, &Lock::acquire(&self.lock_file(), bound)?);
        };
        match Lock::acquire(&self.lock_file(), bound) {
            Ok(lock) => self.merge_left(&left, &lock),
            Err(Error::Busy { .. }) => Ok(Self::left_waiting(None)),
            Err(error) => Ok(Self::left_waiting(Some(&error))),
        }
    }

    fn merge_locked(&self, counted: &Families, lock: &Lock) -> Result<Merged, Error> {
        let mut opened = self.open(Some(lock))?;
        opened.add(counted, self.max_series);
        self.close(&mut opened)?;
        Ok(Merged { durable: true, notes: opened.notes })
    }

    /// Adds everything that waits, the change that this process left among it, unless another has added that already. Should it fail,
    /// the change is taken back: this process still has it, and nobody else can add it while the lock is held.
    fn merge_left(&self, left: &Left, lock: &Lock) -> Result<Merged, Error> {
        if !left.is_there(&self.waiting()) {
            // Files go once their changes are durable, so there is nothing left to do; others wait for this lock.
            return Ok(Merged { durable: true, notes: Vec::new() });
        }
        self.merge_locked(&Families::default(), lock).or_else(|error| match left.take_back(&self.waiting()) {
            Ok(()) => Err(error),
            Err(_) => Ok(Self::left_waiting(Some(&error))),
        })
    }

    /// What becomes of a change that only waits. It is out of the hands of this process.
    fn left_waiting(problem: Option<&Error>) -> Merged {
        Merged { durable: false, notes: problem.iter().map(|error| error.in_full()).collect() }
    }

    /// Reads the ledger, and under its lock adds what waits. Without the lock somebody else may be adding that at this moment, and a total
    /// with it could be followed by one without.
    fn open<'l>(&self, lock: Option<&'l Lock>) -> Result<Opened<'l>, Error> {
        self.with_waiting(self.load(lock)?)
    }

    fn with_waiting<'l>(&self, mut opened: Opened<'l>) -> Result<Opened<'l>, Error> {
        let folder = if opened.lock.is_some() { Folder::enter(&self.waiting())? } else { None };
        let Some(folder) = folder else { return Ok(opened) };
        let found = waiting::find(&folder, &opened.totals.taken)?;
        for (id, why) in &found.strange {
            self.set_strange_aside(&folder, id, why, &mut opened.notes);
        }
        // What the ledger has is durable there, so these files may go before anything else happens.
        let still_there = |id: &String| folder.remove(&waiting::name(id)).is_err();
        opened.totals.taken = found.over.into_iter().filter(still_there).collect();
        for (id, counted) in found.changes {
            opened.add(&counted, self.max_series);
            opened.changed = true;
            opened.totals.taken.insert(id);
        }
        opened.waiting = Some(folder);
        Ok(opened)
    }

    /// Sweeps the dead, and replaces the file where anything changed.
    fn close(&self, opened: &mut Opened<'_>) -> Result<(), Error> {
        let living = presence::sweep(&self.living())?;
        opened.changed |= opened.totals.set_live(living, self.max_series);
        if opened.lock.is_none() {
            return Ok(());
        }
        if opened.changed {
            self.replace(opened)?;
            for (folder, id) in
                opened.waiting.iter().flat_map(|f| opened.totals.taken.iter().map(move |id| (f, id)))
            {
                let _named_in_the_ledger = folder.remove(&waiting::name(id));
            }
        }
        self.keep_textfile(opened);
        Ok(())
    }

    /// Brings the copy for node_exporter up to the ledger, also where only an earlier one could not be written. What was counted is
    /// durable without it, so that what goes wrong is a note.
    fn keep_textfile(&self, opened: &mut Opened<'_>) {
        let Some(textfile) = self.textfile.as_ref().filter(|_| opened.totals.generation > 0) else { return };
        opened.notes.extend(textfile.keep(&opened.totals).err().map(|error| {
            format!(
                "node_exporter does not have the newest counts, which are safe in the ledger: {}; its folder is to be named by \
                 telemetry.textfile_path",
                error.in_full()
            )
        }));
    }

    /// Reads the file.
    fn load<'l>(&self, lock: Option<&'l Lock>) -> Result<Opened<'l>, Error> {
        let path = self.file();
        let opened = |totals, damaged| Opened::new(totals, damaged, lock);
        let anew = || Totals::new(crate::random_id());
        let bytes = match self.read(&path)? {
            Entry::Nothing => return Ok(opened(anew(), None)),
            Entry::Odd => return Ok(opened(anew(), Some(NoLedger::NoFile))),
            Entry::File(file) => read_bounded(&file).context("read", &path)?,
        };
        let parsed = bytes
            .ok_or(NoLedger::TooLong)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| NoLedger::NotText))
            .and_then(|text| Totals::parse(&text));
        match parsed {
            Ok(totals) => Ok(opened(totals, None)),
            Err(NoLedger::Format(format)) => Err(Error::Newer { path, format }),
            Err(why) => Ok(opened(anew(), Some(why))),
        }
    }

    /// Opens the file without waiting for anything, should it be a pipe. A link is followed: it is the user's to say where their ledger is.
    fn read(&self, path: &Path) -> Result<Entry, Error> {
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        match File::options().read(true).custom_flags(flags).open(path) {
            Ok(file) if file.metadata().context("look at", path)?.is_file() => Ok(Entry::File(file)),
            Ok(_) => Ok(Entry::Odd),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Entry::Nothing),
            Err(error) => Err(error).context("read", path),
        }
    }

    fn new_aside(&self) -> PathBuf {
        self.file_named(&format!("{}{}", look::SET_ASIDE, crate::random_id()))
    }

    fn set_aside(&self, path: &Path) -> Result<PathBuf, Error> {
        let aside = self.new_aside();
        fault::step().and_then(|()| fs::rename(path, &aside)).context("set aside", path)?;
        Ok(aside)
    }

    fn set_strange_aside(&self, folder: &Folder, id: &str, why: &str, notes: &mut Vec<String>) {
        let aside = self.new_aside();
        let kept = match folder.move_away(&waiting::name(id), &aside) {
            Ok(()) => format!("it is kept as {}", aside.display()),
            Err(error) => error.in_full(),
        };
        let path = waiting::file(&self.waiting(), id);
        notes.push(format!("{} could not be added to the ledger ({why}); {kept}", path.display()));
    }

    /// Writes the next generation beside the file, syncs it, puts it in the file's place, and syncs the folder.
    ///
    /// Once the file is in its place its counts are there for everybody, so what goes wrong from then on is a note and no failure:
    /// after a failure the same counts would be merged a second time.
    fn replace(&self, opened: &mut Opened<'_>) -> Result<(), Error> {
        self.keep_copy(opened);
        opened.totals.half_hour = opened.half_hour;
        let Opened { totals, notes, damaged, .. } = opened;
        if totals.generation == 0 {
            // Whoever made the folders may have died before they were durable.
            made::sync_folders_above(&self.place.folder);
            totals.born = now();
        }
        // A file that says that it was replaced more often than can be counted stays one that was replaced.
        totals.generation = totals.generation.saturating_add(1);
        let (path, new) = (self.file(), self.file_named("ledger.new"));
        made::write_synced(&new, totals.file().as_bytes())?;
        if let Some(why) = damaged.as_ref() {
            let aside = self.set_aside(&path)?;
            notes.push(format!(
                "{} could not be read as a ledger ({why}); it is kept as {} and counting begins anew",
                path.display(),
                aside.display()
            ));
        }
        fault::step().and_then(|()| fs::rename(&new, &path)).context("replace", &path)?;
        *damaged = None;
        if let Err(error) = made::sync_folder(&self.place.folder) {
            notes.push(format!("{}: the ledger would not survive a power cut", error.in_full()));
        }
        Ok(())
    }

    /// Keeps the totals from before the first change of a half hour. Without that copy a window is less exact, and nothing else.
    fn keep_copy(&self, opened: &mut Opened<'_>) {
        let Some(copy) = opened.copy.take() else { return };
        let now = opened.half_hour;
        let kept =
            made::create_folder(&self.copies()).and_then(|()| copies::keep(&self.copies(), &copy, now));
        opened.notes.extend(kept.err().map(|error| error.in_full()));
    }

    fn file_named(&self, name: &str) -> PathBuf {
        self.place.folder.join(name)
    }

    fn lock_file(&self) -> PathBuf {
        self.file_named("ledger.lock")
    }

    fn living(&self) -> PathBuf {
        self.file_named("living")
    }

    fn waiting(&self) -> PathBuf {
        self.file_named("waiting")
    }

    fn copies(&self) -> PathBuf {
        self.file_named("copies")
    }
}

impl<'l> Opened<'l> {
    fn new(totals: Totals, damaged: Option<NoLedger>, lock: Option<&'l Lock>) -> Self {
        let half_hour = copies::half_hour(SystemTime::now());
        let copy = (totals.half_hour != half_hour).then(|| totals.clone());
        let changed = damaged.is_some();
        Self { totals, changed, notes: Vec::new(), lock, damaged, half_hour, copy, waiting: None }
    }

    fn add(&mut self, counted: &Families, max_series: usize) {
        self.changed |= !counted.is_empty();
        self.totals.families.add(counted, max_series, &mut self.notes);
    }
}

/// The seconds since 1970.
fn now() -> Option<u64> {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Whether there is anything in a folder, which itself may be missing.
fn holds_any(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
