//! Groups on the disk.
//!
//! One file of `redb`, which is written in transactions: after a death at any moment it is as after the last one that was finished.

use super::error::{GatewayError, StoreError};
use super::group::GroupKey;
use crate::surviving::{Senseless, surviving};
use redb::{
    CommitError, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageError,
    TableDefinition, TableError, TransactionError,
};
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The groups by their keys.
const GROUPS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("groups");

/// What there is besides: how many changes were made.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");

/// The name of the number of changes.
const CHANGES: &str = "changes";

/// How much of the file is kept in memory, in bytes. All groups are kept there as well, in their own form.
const CACHE: usize = 8 * 1024 * 1024;

/// What becomes of a group on the disk: its new form, or nothing.
pub(super) type Change = (GroupKey, Option<Vec<u8>>);

/// Where groups outlive the process.
pub(super) trait Store: Send {
    /// All groups that there are.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&mut self) -> Result<Vec<(GroupKey, Vec<u8>)>, StoreError>;

    /// Makes all of these changes or none. They have outlived the power when this returns.
    ///
    /// # Errors
    /// When they could not be made.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;
}

/// The file, which is closed while it cannot be used.
#[derive(Debug)]
pub(super) struct Redb {
    path: PathBuf,
    database: Option<Database>,
    /// How many changes were made, as the file says.
    changes: u64,
}

impl Redb {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// When another process has it open, or it cannot be read or written.
    pub(super) fn open(path: &Path) -> Result<Self, GatewayError> {
        let mut store = Self { path: path.to_owned(), database: None, changes: 0 };
        match store.reopen() {
            Ok(()) => Ok(store),
            Err(StoreError::InUse) => Err(GatewayError::InUse { path: path.to_owned() }),
            Err(source) => Err(GatewayError::Store { path: path.to_owned(), source }),
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        self.close();
        let (database, changes) = surviving(|| {
            let database = Database::builder().set_cache_size(CACHE).create_file(private(&self.path)?)?;
            let changes = changes_of(&database)?;
            Ok::<_, StoreError>((database, changes))
        })?;
        (self.database, self.changes) = (Some(database), changes);
        Ok(())
    }

    /// Closing writes to the file, so that it may fail as any other work with it. Then the next opening repairs what it can.
    fn close(&mut self) {
        let database = self.database.take();
        let _repaired_later = surviving(|| {
            drop(database);
            Ok::<_, StoreError>(())
        });
    }

    fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let Some(database) = &self.database else {
            return Err(StoreError::Unusable("the file is closed".to_owned()));
        };
        surviving(|| write(database, changes, self.changes + 1))
    }
}

impl Drop for Redb {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens the file, or makes it, for its owner alone. One that others could read until now is theirs no longer.
fn private(path: &Path) -> io::Result<File> {
    let mut open = OpenOptions::new();
    let file = open.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        // A file system that knows no owners keeps nobody out, which whoever mounted it has decided.
        let _as_it_was = file.set_permissions(Permissions::from_mode(0o600));
    }
    Ok(file)
}

/// Writes changes in one transaction, with the number that they are the last of.
fn write(database: &Database, changes: &[Change], number: u64) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate).map_err(|error| unusable(&error))?;
    {
        let mut groups = transaction.open_table(GROUPS)?;
        for (key, group) in changes {
            match group {
                Some(group) => groups.insert(key.as_bytes(), &**group)?,
                None => groups.remove(key.as_bytes())?,
            };
        }
        transaction.open_table(FACTS)?.insert(CHANGES, number)?;
    }
    Ok(transaction.commit()?)
}

/// All groups of the file.
fn groups_of(database: &Database) -> Result<Vec<(GroupKey, Vec<u8>)>, StoreError> {
    let groups = match database.begin_read()?.open_table(GROUPS) {
        Ok(groups) => groups,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut loaded = Vec::new();
    for group in groups.iter()? {
        let (key, group) = group?;
        loaded.push((GroupKey::from(key.value()), group.value().to_vec()));
    }
    Ok(loaded)
}

impl Store for Redb {
    fn load(&mut self) -> Result<Vec<(GroupKey, Vec<u8>)>, StoreError> {
        self.database.as_ref().map_or_else(|| Ok(Vec::new()), |database| surviving(|| groups_of(database)))
    }

    /// After an error the file is closed and opened again, which `redb` asks for. It then says whether the changes are in it all the
    /// same, as when only the last step of writing them failed.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if self.database.is_none() {
            self.reopen()?;
        }
        let wanted = self.changes + 1;
        match self.write(changes) {
            Ok(()) => {
                self.changes = wanted;
                Ok(())
            }
            // Whether it can be opened again matters to the next commit, and what failed to this one.
            Err(error) => match self.reopen() {
                Ok(()) if self.changes == wanted => Ok(()),
                _ => Err(error),
            },
        }
    }
}

fn changes_of(database: &Database) -> Result<u64, StoreError> {
    match database.begin_read()?.open_table(FACTS) {
        Ok(facts) => Ok(facts.get(CHANGES)?.map_or(0, |changes| changes.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn unusable(error: &dyn std::error::Error) -> StoreError {
    StoreError::Unusable(error.to_string())
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
        match error.kind() {
            kind if full.contains(&kind) => Self::Full(error),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

impl From<Senseless> for StoreError {
    fn from(error: Senseless) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) => error.into(),
            StorageError::Corrupted(what) => Self::Damaged(what),
            error => unusable(&error),
        }
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            error => unusable(&error),
        }
    }
}

impl From<TransactionError> for StoreError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            error => unusable(&error),
        }
    }
}

impl From<TableError> for StoreError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            TableError::TableTypeMismatch { .. } | TableError::TypeDefinitionChanged { .. } => {
                Self::Damaged(error.to_string())
            }
            error => unusable(&error),
        }
    }
}

impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            error => unusable(&error),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    /// A disk in memory, which may be full.
    #[derive(Debug, Clone, Default)]
    pub(in super::super) struct Disk(pub(in super::super) Arc<Mutex<Content>>);

    #[derive(Debug, Default)]
    pub(in super::super) struct Content {
        pub(in super::super) groups: BTreeMap<GroupKey, Vec<u8>>,
        /// Why nothing can be written, if so.
        pub(in super::super) broken: Option<io::ErrorKind>,
        /// Whether a write that fails has been made nevertheless.
        pub(in super::super) deceives: bool,
        pub(in super::super) commits: usize,
    }

    impl Store for Disk {
        fn load(&mut self) -> Result<Vec<(GroupKey, Vec<u8>)>, StoreError> {
            Ok(self.0.lock().unwrap().groups.clone().into_iter().collect())
        }

        fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
            let mut content = self.0.lock().unwrap();
            let broken = content.broken;
            if broken.is_none() || content.deceives {
                for (key, group) in changes.iter().cloned() {
                    match group {
                        Some(group) => content.groups.insert(key, group),
                        None => content.groups.remove(&key),
                    };
                }
            }
            content.commits += usize::from(broken.is_none());
            broken.map_or(Ok(()), |kind| Err(io::Error::from(kind).into()))
        }
    }

    fn key(job: &str) -> GroupKey {
        GroupKey::new([("job", job)])
    }

    #[test]
    fn what_was_committed_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.redb");
        let mut store = Redb::open(&path).unwrap();
        store.commit(&[(key("a"), Some(vec![1])), (key("b"), Some(vec![2]))]).unwrap();
        store.commit(&[(key("a"), None), (key("b"), Some(vec![3]))]).unwrap();
        assert!(matches!(Redb::open(&path), Err(GatewayError::InUse { .. })));
        drop(store);
        let mut store = Redb::open(&path).unwrap();
        assert_eq!(store.load().unwrap(), [(key("b"), vec![3])]);
        assert_eq!(store.changes, 2);
    }

    #[test]
    fn a_closed_file_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Redb::open(&folder.path().join("g.redb")).unwrap();
        store.commit(&[(key("a"), Some(vec![1]))]).unwrap();
        store.database = None;
        store.commit(&[(key("b"), Some(vec![2]))]).unwrap();
        assert_eq!(store.load().unwrap().len(), 2);
    }

    /// A file with some groups in it, and its content.
    fn written(path: &Path) -> Vec<u8> {
        let mut store = Redb::open(path).unwrap();
        for round in 0..20 {
            store.commit(&[(key(&format!("{round}")), Some(vec![round; 500]))]).unwrap();
        }
        drop(store);
        std::fs::read(path).unwrap()
    }

    /// Opens a file, reads it and writes to it.
    fn use_of(path: &Path) -> Result<(), String> {
        let mut store = Redb::open(path).map_err(|error| error.to_string())?;
        let done = store.load().and_then(|_| store.commit(&[(key("new"), Some(vec![1]))]));
        done.map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_that_was_cut_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.redb");
        let whole = written(&path);
        for length in [5000, whole.len() / 2] {
            std::fs::write(&path, whole.get(..length).unwrap()).unwrap();
            let error = use_of(&path).unwrap_err();
            assert!(error.contains("g.redb") && error.contains("move it away"), "{length}: {error}");
        }
    }

    #[test]
    fn bits_that_were_changed_are_told_or_not_noticed_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.redb");
        let whole = written(&path);
        let mut random = fastrand::Rng::with_seed(3);
        let mut refused = 0;
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..200 {
                let at = random.usize(..bytes.len());
                *bytes.get_mut(at).unwrap() ^= 1 << random.u8(..8);
            }
            std::fs::write(&path, bytes).unwrap();
            refused += usize::from(use_of(&path).is_err());
        }
        assert!(refused > 0);
    }

    #[test]
    fn the_file_is_its_owners_alone_also_when_it_was_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.redb");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        drop(Redb::open(&path).unwrap());
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        drop(Redb::open(&path).unwrap());
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_file_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.redb");
        std::fs::write(&path, "not ours").unwrap();
        assert!(matches!(Redb::open(&path), Err(GatewayError::Store { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"not ours");
    }

    #[test]
    fn no_room_is_told_from_other_trouble() {
        let of = |kind| StoreError::from(io::Error::from(kind));
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
            assert!(matches!(of(kind), StoreError::Full(_)));
        }
        assert!(matches!(of(io::ErrorKind::PermissionDenied), StoreError::Io(_)));
    }
}
