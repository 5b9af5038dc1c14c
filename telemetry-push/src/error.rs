//! What can go wrong on the way out of a process, and where.

use crate::client::PushError;
use std::error::Error as StdError;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why counts could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is neither a configured ledger folder nor a home folder to derive one from. A relative path is no home folder.
    #[error(
        "no folder for the ledger: the home folder is not known; set telemetry.ledger_path, or HOME to an absolute path"
    )]
    NoFolder(#[source] etcetera::HomeDirError),
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as the verb of a sentence.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The answer of the system.
        source: io::Error,
    },
    /// The file system has no locks, without which two processes would overwrite each other's counts.
    #[error("the file system of {} has no locks: set telemetry.ledger_path to a folder on another one", path.display())]
    NoLocks {
        /// The lock file.
        path: PathBuf,
        /// The answer of the system.
        source: io::Error,
    },
    /// The counts belong to the process that this one was forked off from, and are that one's to merge.
    #[error("this process was forked off: what its parent counted is merged by its parent")]
    Forked,
    /// Others held the lock for longer than this process may wait.
    #[error("{} was locked by another process for more than {} s", path.display(), waited.as_secs_f64())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The ledger was written by a newer version, which this one could only damage.
    #[error("{} has format {format} of a newer telemetry: update this one, or give it a ledger of its own with telemetry.ledger_path", path.display())]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// What stands in the file is no whole ledger. Nothing is done to it; whoever merges next sets it aside and begins anew.
    #[error(
        "{} could not be read as a ledger, such as one that is half written: {why}; put a copy of it back in its place, if there is one: the next run sets it aside and begins to count anew", path.display()
    )]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system has no thread or no hook left to watch over the end of the process.
    #[error("cannot watch over the end of this process")]
    Watch(#[source] io::Error),
    /// The ledger is in order, but could not be pushed.
    #[error(transparent)]
    Push(#[from] PushError),
}

impl Error {
    /// The error and what caused it, as a person should read it in one line.
    pub(crate) fn in_full(&self) -> String {
        in_sentences(self).join(": ")
    }
}

/// The error and what caused it, as a person should read them: a sentence each, without a cause that the one before has already said.
///
/// Where a sentence ends with what it all came from, as that of [`PushError::Transport`] does, nothing in between is told: it says only
/// through which layers that went.
#[must_use]
pub fn in_sentences(error: &(dyn StdError + 'static)) -> Vec<String> {
    let all: Vec<_> =
        iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    let root = all.last().filter(|root| !root.is_empty()).map(|root| format!(": {root}"));
    let mut sentences: Vec<String> = Vec::new();
    for sentence in all {
        if sentences.last().is_some_and(|last| last.contains(&sentence)) {
            continue;
        }
        let is_last = root.as_ref().is_some_and(|root| sentence.ends_with(root));
        sentences.push(sentence);
        if is_last {
            break;
        }
    }
    sentences
}

/// Names the file and the deed in an input or output error.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action, path: path.to_owned(), source })
    }
}
