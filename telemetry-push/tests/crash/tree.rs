//! A folder with all that is in it, of which nothing is known but the name of the ledger.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of a test's own, in memory where there is such a place: what is synced is seen in the system calls, and a disk that really
/// does it would only take its time.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// What stands below a folder, by path from there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: BTreeMap<PathBuf, Node>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Folder,
    File(Vec<u8>),
}

impl Tree {
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.add(root, Path::new(""));
        tree
    }

    fn add(&mut self, root: &Path, below: &Path) {
        for entry in fs::read_dir(root.join(below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                self.nodes.insert(path.clone(), Node::Folder);
                self.add(root, &path);
            } else {
                self.nodes.insert(path, Node::File(fs::read(entry.path()).unwrap()));
            }
        }
    }

    /// Makes the same tree below an empty folder.
    pub(crate) fn write(&self, root: &Path) {
        // A folder stands before what is in it.
        for (path, node) in &self.nodes {
            match node {
                Node::Folder => fs::create_dir(root.join(path)).unwrap(),
                Node::File(bytes) => fs::write(root.join(path), bytes).unwrap(),
            }
        }
    }

    /// How many files and folders it has.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The files that were set aside as no ledger.
    pub(crate) fn set_aside(&self) -> Vec<&Node> {
        let aside = |path: &Path| path.to_string_lossy().contains("set-aside");
        self.nodes.iter().filter(|(path, _)| aside(path)).map(|(_, node)| node).collect()
    }
}
