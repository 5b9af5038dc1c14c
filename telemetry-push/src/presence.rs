//! Which processes are alive, and what their live gauges stand at.
//!
//! A living process holds an exclusive lock on a file of its own, which the kernel releases at any death. So no process id is ever
//! asked about, and a recycled one can mislead nobody. What the process shows stands in that file; it is replaced by a file that is
//! complete and locked already, so it can be read at any moment and nobody waits for anybody.

use crate::error::Error;
use crate::families::Families;
use crate::folder::{Folder, is_beside, read_bounded};
use crate::made;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;

/// The sign that this process is alive, with the values of its live gauges.
#[derive(Debug)]
pub(crate) struct Presence {
    path: PathBuf,
    process: u32,
    shown: Families,
    _file: File,
}

impl Presence {
    /// Shows these live gauges in a file of their own in the folder.
    pub(crate) fn begin(folder: &Path, live: &Families) -> Result<Self, Error> {
        let process = process::id();
        let path = folder.join(format!("{process}-{}.prom", crate::random_id()));
        let file = put(&path, live)?;
        Ok(Self { path, process, shown: live.clone(), _file: file })
    }

    /// Shows other values from now on.
    pub(crate) fn show(&mut self, live: &Families) -> Result<(), Error> {
        if self.shown != *live {
            self._file = put(&self.path, live)?;
            self.shown.clone_from(live);
        }
        Ok(())
    }

    /// Whether these are the values that are shown.
    pub(crate) fn shows(&self, live: &Families) -> bool {
        self.shown == *live
    }
}

#[cfg(test)]
impl Presence {
    /// Ends without clearing up, as the presence of a process that is killed.
    pub(crate) fn die(mut self) {
        self.process = 0;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // A process that was forked off must not end what its parent shows. Left behind, the file would only be swept by the next one.
        if self.process == process::id() {
            let _swept_later = fs::remove_file(&self.path);
        }
    }
}

/// Shows these values in the file.
fn put(path: &Path, live: &Families) -> Result<File, Error> {
    let mut text = String::new();
    live.write(&mut text);
    made::put_locked(path, text.as_bytes())
}

/// Removes the files of the dead, and sums the live gauges over the living.
pub(crate) fn sweep(folder: &Path) -> Result<Families, Error> {
    let mut sums = Families::default();
    let Some(folder) = Folder::enter(folder)? else { return Ok(sums) };
    for name in folder.names()? {
        let Some(file) = folder.of_the_living(&name)? else { continue };
        if !is_beside(&name) {
            sums.add(&shown(&file), usize::MAX, &mut Vec::new());
        }
    }
    Ok(sums)
}

/// What a living process shows. A text that does not parse was written by a version that this one does not know, and adds nothing; nor
/// does what is no live gauge.
fn shown(file: &File) -> Families {
    let bytes = read_bounded(file).ok().flatten().unwrap_or_default();
    let mut shown = Families::read(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
    shown.0.retain(|_, family| family.is_live());
    shown
}
