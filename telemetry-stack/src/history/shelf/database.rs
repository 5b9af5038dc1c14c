//! The shelf that is a file of the embedded database redb.

use super::{Changes, Key, Pen, Row, Shelf, ShelfError, Take, View};
use redb::{
    CommitError, CompactionError, Database, DatabaseError, ReadOnlyTable, ReadTransaction, ReadableDatabase,
    ReadableTable, StorageError, TableDefinition, TableError, TransactionError, WriteTransaction,
};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// As much memory as the database may use for pages. The system keeps those that are read often anyway.
const CACHE: usize = 8 * 1024 * 1024;

/// A value of at most this length fills its pages: four of them, without what the database adds.
pub(in crate::history) const GOOD_LENGTH: usize = 4 * 4096 - 64;

type Table = TableDefinition<'static, Key, &'static [u8]>;

const fn table(row: Row) -> Table {
    TableDefinition::new(match row {
        Row::Series => "series",
        Row::Journal => "journal",
        Row::Blocks => "blocks",
        Row::Packs => "packs",
        Row::Facts => "facts",
    })
}

const ROWS: [Row; 5] = [Row::Series, Row::Journal, Row::Blocks, Row::Packs, Row::Facts];

/// A database file. After a failed write it is closed, and opened again when it is next needed: redb refuses to go on with it.
#[derive(Debug)]
pub(in crate::history) struct DatabaseShelf {
    path: PathBuf,
    database: Mutex<Option<Arc<Database>>>,
}

impl DatabaseShelf {
    /// Opens the file, which is created where it is not there.
    pub(in crate::history) fn open(path: &Path) -> Result<Self, ShelfError> {
        let database = Some(Arc::new(open(path)?));
        Ok(Self { path: path.to_owned(), database: Mutex::new(database) })
    }

    fn database(&self) -> Result<Arc<Database>, ShelfError> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        match &*database {
            Some(open) => Ok(Arc::clone(open)),
            None => Ok(Arc::clone(database.insert(Arc::new(open(&self.path)?)))),
        }
    }

    fn close(&self) {
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn open(path: &Path) -> Result<Database, ShelfError> {
    surviving(|| {
        let database = Database::builder().set_cache_size(CACHE).create(path)?;
        let transaction = database.begin_read()?;
        // A file without the last row has not been made ready yet.
        match transaction.open_table(table(Row::Facts)) {
            Err(TableError::TableDoesNotExist(_)) => create_rows(&database)?,
            other => drop(other?),
        }
        Ok(database)
    })
}

fn create_rows(database: &Database) -> Result<(), ShelfError> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    for row in ROWS {
        transaction.open_table(table(row))?;
    }
    Ok(transaction.commit()?)
}

impl Shelf for DatabaseShelf {
    fn commit(&self, changes: &mut Changes<'_>) -> Result<(), ShelfError> {
        let database = self.database()?;
        let done = surviving(|| {
            let mut transaction = database.begin_write()?;
            // After a kill the file is open again at once, however long it is.
            transaction.set_quick_repair(true);
            changes(&mut Writing(&transaction))?;
            Ok(transaction.commit()?)
        });
        drop(database);
        done.inspect_err(|_| self.close())
    }

    fn view(&self) -> Result<Box<dyn View>, ShelfError> {
        let database = self.database()?;
        surviving(|| {
            let transaction = database.begin_read()?;
            let packs = transaction.open_table(table(Row::Packs))?;
            Ok(Box::new(Reading { transaction, packs }) as Box<dyn View>)
        })
    }

    fn bytes(&self) -> u64 {
        // The file has holes, which take no space.
        self.path.metadata().map_or(0, |metadata| metadata.blocks() * 512)
    }

    fn compact(&self) -> Result<(), ShelfError> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        match database.as_mut().and_then(Arc::get_mut) {
            Some(alone) => surviving(|| Ok(alone.compact().map(drop)?)),
            None => Ok(()),
        }
    }
}

struct Writing<'t>(&'t WriteTransaction);

impl Pen for Writing<'_> {
    fn put(&mut self, row: Row, key: Key, value: &[u8]) -> Result<(), ShelfError> {
        self.0.open_table(table(row))?.insert(key, value)?;
        Ok(())
    }

    fn remove(&mut self, row: Row, keys: RangeInclusive<Key>) -> Result<(), ShelfError> {
        Ok(self.0.open_table(table(row))?.retain_in(keys, |_, _| false)?)
    }
}

struct Reading {
    transaction: ReadTransaction,
    packs: ReadOnlyTable<Key, &'static [u8]>,
}

impl View for Reading {
    fn last(&self, row: Row, keys: RangeInclusive<Key>, take: &mut Take<'_>) -> Result<(), ShelfError> {
        surviving(|| {
            let found = match row {
                Row::Packs => self.packs.range(keys)?.next_back(),
                _ => self.transaction.open_table(table(row))?.range(keys)?.next_back(),
            };
            let Some(found) = found else { return Ok(()) };
            let (key, value) = found?;
            take(key.value(), value.value())
        })
    }

    fn each(&self, row: Row, take: &mut Take<'_>) -> Result<(), ShelfError> {
        surviving(|| {
            for found in self.transaction.open_table(table(row))?.iter()? {
                let (key, value) = found?;
                take(key.value(), value.value())?;
            }
            Ok(())
        })
    }
}

/// The database panics where its file makes no sense. Nothing of what it was doing is used after that.
fn surviving<T>(work: impl FnOnce() -> Result<T, ShelfError>) -> Result<T, ShelfError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ShelfError::Damaged("the database cannot make sense of it".to_owned())))
}

impl From<StorageError> for ShelfError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) => error.into(),
            StorageError::Corrupted(what) => Self::Damaged(what),
            other => Self::Other(other.into()),
        }
    }
}

impl From<io::Error> for ShelfError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, InvalidData, QuotaExceeded, StorageFull, UnexpectedEof};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full,
            InvalidData | UnexpectedEof => Self::Damaged(error.to_string()),
            _ => Self::Other(error.into()),
        }
    }
}

impl From<DatabaseError> for ShelfError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}

impl From<TransactionError> for ShelfError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}

impl From<TableError> for ShelfError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            TableError::TableTypeMismatch { .. } | TableError::TypeDefinitionChanged { .. } => {
                Self::Damaged(error.to_string())
            }
            other => Self::Other(other.into()),
        }
    }
}

impl From<CommitError> for ShelfError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}

impl From<CompactionError> for ShelfError {
    fn from(error: CompactionError) -> Self {
        match error {
            CompactionError::Storage(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}
