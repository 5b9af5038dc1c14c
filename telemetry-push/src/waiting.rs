//! Changes that wait for whoever holds the lock of the ledger.
//!
//! A process that finds the lock taken leaves what it counted in a file of its own and then waits. Whoever gets the lock next adds every
//! waiting change in one replacement of the ledger, so that fifty processes cost one write and not fifty; and whoever waits in vain
//! leaves nothing behind but a file that the next one adds.
//!
//! Each change is added once: the ledger names those that are in it until their files are gone. Files are not synced, so after a power
//! cut one may be there again whose name the ledger has forgotten; that is why a file of this host from before its last boot counts for
//! nothing. Its process was never told that it is durable.

use crate::error::{Context, Error};
use crate::families::{Families, PREFIX};
use crate::fault;
use crate::folder::{Entry, Folder, is_beside, read_bounded};
use crate::made;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// What was found waiting.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The changes with the names of their files, the oldest first.
    pub(crate) changes: Vec<(String, Families)>,
    waiting: Vec<(u128, String, Families)>,
    /// The names of the files whose changes are in the ledger already, or count for nothing.
    pub(crate) over: Vec<String>,
    /// The names of the files that are no changes, with why.
    pub(crate) strange: Vec<(String, String)>,
}

/// A change that was left. Its file is locked as long as this lives, so that nobody takes it for one from before the last boot.
#[derive(Debug)]
pub(crate) struct Left {
    id: String,
    _file: File,
}

/// Leaves a change in the folder, whole from the first moment that it is seen.
pub(crate) fn leave(folder: &Path, counted: &Families) -> Result<Left, Error> {
    let id = crate::random_id();
    let mut text = format!("{}\n", header());
    counted.write(&mut text);
    let file = made::put_locked(&file(folder, &id), text.as_bytes())?;
    Ok(Left { id, _file: file })
}

impl Left {
    /// Whether it still waits. Whoever adds it removes the file once that is durable.
    pub(crate) fn is_there(&self, folder: &Path) -> bool {
        file(folder, &self.id).symlink_metadata().is_ok()
    }

    /// Takes it back; under the lock of the ledger alone.
    pub(crate) fn take_back(&self, folder: &Path) -> io::Result<()> {
        fault::step().and_then(|()| fs::remove_file(file(folder, &self.id)))
    }
}

/// The names of the files that wait.
pub(crate) fn names(folder: &Path) -> BTreeSet<String> {
    let folder = Folder::enter(folder).ok().flatten();
    let names = folder.and_then(|folder| folder.names().ok()).unwrap_or_default();
    names.into_iter().filter(|name| !is_beside(name)).collect()
}

/// Everything that waits in the folder, but for what the ledger has taken already.
pub(crate) fn find(folder: &Folder, taken: &BTreeSet<String>) -> Result<Found, Error> {
    let mut found = Found::default();
    for name in folder.names()? {
        match name.strip_suffix(".prom") {
            Some(id) if taken.contains(id) => found.over.push(id.to_owned()),
            Some(id) => found.read(folder, &name, id)?,
            None => folder.of_the_living(&name).map(drop)?,
        }
    }
    // The last write of a state is what counts.
    found.waiting.sort_by_key(|(since, ..)| *since);
    found.changes = found.waiting.drain(..).map(|(_, id, families)| (id, families)).collect();
    Ok(found)
}

impl Found {
    fn read(&mut self, folder: &Folder, name: &str, id: &str) -> Result<(), Error> {
        match folder.open(name)? {
            Entry::Nothing => {}
            Entry::Odd => self.strange.push((id.to_owned(), "it is no file".to_owned())),
            Entry::File(file) => match read_bounded(&file).context("read", Path::new(name))? {
                Some(bytes) => self.judge(id, &file, &String::from_utf8_lossy(&bytes)),
                None => self.strange.push((id.to_owned(), "it is too long".to_owned())),
            },
        }
        Ok(())
    }

    fn judge(&mut self, id: &str, file: &File, text: &str) {
        let id = id.to_owned();
        let first = text.lines().next().unwrap_or_default();
        match Header::read(first) {
            Some(header) if header.is_over(file) => self.over.push(id),
            Some(header) => match Families::read(text) {
                Ok(families) if families.only_rise() => self.waiting.push((header.since, id, families)),
                Ok(_) => self.strange.push((id, "its counters fall".to_owned())),
                Err(why) => self.strange.push((id, why.to_string())),
            },
            // Its own process will add it; a newer version knows how.
            None if first.starts_with(&format!("{PREFIX}change ")) => {}
            None => self.strange.push((id, "it is no change of a ledger".to_owned())),
        }
    }
}

/// The name of the file of a change.
pub(crate) fn name(id: &str) -> String {
    format!("{id}.prom")
}

/// The file of a change.
pub(crate) fn file(folder: &Path, id: &str) -> PathBuf {
    folder.join(name(id))
}

/// The first line of a change: when and where it was written, and since which boot.
struct Header<'t> {
    /// Nanoseconds since 1970.
    since: u128,
    boot: &'t str,
    host: &'t str,
}

impl<'t> Header<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let fields = line.strip_prefix(PREFIX)?.strip_prefix("change format=1 ")?;
        let (since, rest) = fields.strip_prefix("since=")?.split_once(" boot=")?;
        let (boot, host) = rest.split_once(" host=")?;
        Some(Self { since: since.parse().ok()?, boot, host })
    }

    /// Whether this host has been booted since. A process that still waits with it shows that it has not, whatever names say.
    fn is_over(&self, file: &File) -> bool {
        let (boot, host) = here();
        self.host == host && self.boot != boot && file.try_lock().is_ok()
    }
}

fn header() -> String {
    let (boot, host) = here();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{PREFIX}change format=1 since={since} boot={boot} host={host}")
}

/// This boot and this host: its name, and what tells it from another of the same name with which it shares a folder. Where the system
/// names no boot, a file that comes back after a power cut cannot be told.
fn here() -> &'static (String, String) {
    static HERE: OnceLock<(String, String)> = OnceLock::new();
    HERE.get_or_init(|| {
        let word = |text: String| text.split_whitespace().collect::<String>();
        let read = |path| word(fs::read_to_string(path).unwrap_or_default());
        // The id itself is for nobody's eyes but the machine's, says machine-id(5).
        let mut machine = DefaultHasher::new();
        read("/etc/machine-id").hash(&mut machine);
        let host = format!("{}/{:016x}", word(crate::place::host()), machine.finish());
        (read("/proc/sys/kernel/random/boot_id"), host)
    })
}

#[cfg(test)]
mod tests {
    use super::{Found, file, find};
    use crate::families::Families;
    use crate::folder::Folder;
    use crate::kept::Amount;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use telemetry_core::catalog::LLM_RETRIES;

    fn change() -> Families {
        let mut families = Families::default();
        families.of_def(LLM_RETRIES.def()).series.insert(vec!["a".to_owned()], Amount::Number(2.0));
        families
    }

    /// Leaves a change as a process does that waits no longer.
    fn leave(folder: &Path, counted: &Families) -> std::io::Result<String> {
        Ok(super::leave(folder, counted).unwrap().id)
    }

    fn found(folder: &Path, taken: &[&String]) -> Found {
        let folder = Folder::enter(folder).unwrap().unwrap();
        find(&folder, &taken.iter().map(|id| (*id).clone()).collect::<BTreeSet<_>>()).unwrap()
    }

    #[test]
    fn a_change_is_found_until_the_ledger_has_taken_it() {
        let folder = tempfile::tempdir().unwrap();
        let id = leave(folder.path(), &change()).unwrap();
        assert_eq!(found(folder.path(), &[]).changes, [(id.clone(), change())]);
        let taken = found(folder.path(), &[&id]);
        assert_eq!((taken.changes.len(), taken.over), (0, vec![id]));
    }

    #[test]
    fn the_oldest_change_comes_first_and_one_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ids: Vec<_> = (0..20).map(|_| leave(folder.path(), &change()).unwrap()).collect();
        fs::write(file(folder.path(), "newer"), "# telemetry: change format=2 ...\n").unwrap();
        let Found { changes, over, strange, .. } = found(folder.path(), &[]);
        assert_eq!(changes.iter().map(|(id, _)| id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
        assert_eq!((over.len(), strange.len()), (0, 0));
    }

    #[test]
    fn a_change_from_before_the_last_boot_counts_for_nothing_and_a_strange_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let id = leave(folder.path(), &change()).unwrap();
        let path = file(folder.path(), &id);
        let text = fs::read_to_string(&path).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let boot = first.split("boot=").nth(1).unwrap().split(' ').next().unwrap();
        fs::write(&path, format!("{}\n{rest}", first.replacen(boot, "another", 1))).unwrap();
        assert_eq!(found(folder.path(), &[]).over, std::slice::from_ref(&id));
        let waiting = fs::File::open(&path).unwrap();
        waiting.lock().unwrap();
        assert_eq!(found(folder.path(), &[]).changes.len(), 1, "its process waits: it is not from before");
        drop(waiting);
        for strange in [&text[..text.len() - 9], "", "rubbish"] {
            fs::write(&path, strange).unwrap();
            assert_eq!(found(folder.path(), &[]).strange.len(), 1, "{strange}");
        }
    }
}
