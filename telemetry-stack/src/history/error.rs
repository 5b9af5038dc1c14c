//! What can go wrong with a history, in words for whoever has to mend it.

use super::chunk::Damaged;
use super::shelf::ShelfError;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// Why a history could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There are as many series as there may be.
    #[error("the history has {0} series, which is as many as it may have")]
    TooManySeries(usize),
    /// A sample is of a series that is not known, or that was forgotten because it had no samples for longer than the retention.
    #[error("a sample is of a series that is not known any more; its labels must be told again")]
    UnknownSeries,
    /// The disk is full, or a quota or the limit on the length of a file is reached. Nothing has changed, and it works again when there is room.
    #[error("no space is left for the history {}; make room there, or keep it elsewhere", .0.display())]
    NoSpace(PathBuf),
    /// Another process has the history open.
    #[error("the history {} is open in another process; end that one, or use another folder", .0.display())]
    InUse(PathBuf),
    /// The file is not what was once written.
    #[error("the history {} is damaged: {reason}; move the file away and start again to begin a new one", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder cannot be created.
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// The file cannot be read or written.
    #[error("cannot use the history {}", .0.display())]
    Unusable(PathBuf, #[source] Box<dyn Error + Send + Sync>),
    /// Samples can be imported into an empty history only.
    #[error("the history {} has samples already; import into an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The samples of an imported series are not in the order of their times, or the series came before.
    #[error("an imported series is not in the order of time, or came before: {0}")]
    NotInOrder(String),
}

impl HistoryError {
    pub(super) fn of(path: &Path, error: ShelfError) -> Self {
        let path = path.to_owned();
        match error {
            ShelfError::Full => Self::NoSpace(path),
            ShelfError::InUse => Self::InUse(path),
            ShelfError::Damaged(reason) => Self::Damaged { path, reason },
            ShelfError::Other(error) => Self::Unusable(path, error),
        }
    }
}

impl From<Damaged> for ShelfError {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged.to_string())
    }
}
