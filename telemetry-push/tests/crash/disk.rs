//! What of a folder a power cut may leave.
//!
//! A file system promises only what was synced: the contents of a file as they were when the file was, and the names in a folder as
//! they were when the folder was. What happened since may be there, wholly or in part and in any order.

use crate::tree::{Node, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file or folder, whatever its name. The numbers of a file system are given anew once a file is gone; these are not.
type Id = usize;

/// The names in a folder.
type Names = BTreeMap<OsString, Id>;

/// Files and folders, as processes see them or as they stand on the disk.
#[derive(Debug, Clone, Default)]
struct View {
    files: BTreeMap<Id, Vec<u8>>,
    folders: BTreeMap<Id, Names>,
}

/// A folder on a disk that loses what was not synced.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    /// The numbers of what is visible at this moment.
    ids: BTreeMap<u64, Id>,
    next: Id,
    visible: View,
    durable: View,
    /// Which of them are folders.
    folders: BTreeSet<Id>,
}

/// What of the contents survives that was not synced.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Contents {
    /// Everything.
    Visible,
    /// Nothing: the file is as long and as old as when it was synced, and empty if it never was.
    Durable,
    /// The first half.
    Torn,
}

/// The root has this id.
const ROOT: Id = 0;

impl Disk {
    /// A disk on which everything that is there now is durable.
    pub(crate) fn new(root: &Path) -> Self {
        let mut disk = Self {
            root: root.to_owned(),
            ids: BTreeMap::new(),
            next: ROOT,
            visible: View::default(),
            durable: View::default(),
            folders: BTreeSet::new(),
        };
        disk.look();
        disk.sync_all();
        disk
    }

    /// Looks at what is visible now. It has to be called at each system call, to see that a number was given anew.
    pub(crate) fn look(&mut self) {
        let (mut visible, mut numbers) = (View::default(), BTreeMap::new());
        let root = self.root.clone();
        self.look_below(&root, &mut visible, &mut numbers);
        (self.visible, self.ids) = (visible, numbers);
    }

    fn look_below(&mut self, path: &Path, visible: &mut View, numbers: &mut BTreeMap<u64, Id>) -> Option<Id> {
        // What another thread has just removed is not there.
        let metadata = fs::symlink_metadata(path).ok()?;
        let id = self.id(metadata.ino());
        numbers.insert(metadata.ino(), id);
        if metadata.is_dir() {
            let mut names = Names::new();
            for entry in fs::read_dir(path).ok()? {
                let entry = entry.unwrap();
                if let Some(id) = self.look_below(&entry.path(), visible, numbers) {
                    names.insert(entry.file_name(), id);
                }
            }
            self.folders.insert(id);
            visible.folders.insert(id, names);
        } else {
            visible.files.insert(id, fs::read(path).ok()?);
        }
        Some(id)
    }

    fn id(&mut self, number: u64) -> Id {
        *self.ids.entry(number).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// What stands at this path, which may be one below `/proc`, was synced.
    pub(crate) fn sync(&mut self, path: &Path) {
        let Some(id) = fs::metadata(path).ok().and_then(|metadata| self.ids.get(&metadata.ino())) else {
            return;
        };
        if let Some(names) = self.visible.folders.get(id) {
            self.durable.folders.insert(*id, names.clone());
        }
        if let Some(bytes) = self.visible.files.get(id) {
            self.durable.files.insert(*id, bytes.clone());
        }
    }

    /// Everything was synced.
    pub(crate) fn sync_all(&mut self) {
        self.durable.files.extend(self.visible.files.clone());
        self.durable.folders.extend(self.visible.folders.clone());
    }

    /// The tree of what was synced, and of nothing else.
    pub(crate) fn synced(&self) -> Tree {
        let mut tree = Tree::default();
        self.add(ROOT, Path::new(""), &self.durable.folders, Contents::Durable, &mut tree);
        tree
    }

    /// Every tree that a power cut at this moment may leave, with what of it survived.
    pub(crate) fn after_power_cut(&self) -> Vec<(String, Tree)> {
        let mut trees = Vec::new();
        for (names, folders) in self.choices() {
            for contents in [Contents::Visible, Contents::Durable, Contents::Torn] {
                let mut tree = Tree::default();
                self.add(ROOT, Path::new(""), &folders, contents, &mut tree);
                trees.push((format!("{names} names, {contents:?} contents"), tree));
            }
        }
        trees
    }

    /// Which names may survive: all, the synced ones, those of one folder or all but those, and one name of a folder or all but
    /// that one.
    fn choices(&self) -> Vec<(String, BTreeMap<Id, Names>)> {
        let (new, old) = (&self.visible.folders, &self.durable.folders);
        let ids: BTreeSet<Id> = new.keys().chain(old.keys()).copied().collect();
        let mut visible = old.clone();
        visible.extend(new.clone());
        let mut choices = vec![("visible".to_owned(), visible.clone()), ("durable".to_owned(), old.clone())];
        for id in ids {
            let empty = Names::new();
            let (new, old) = (visible.get(&id).unwrap_or(&empty), old.get(&id).unwrap_or(&empty));
            let names: BTreeSet<&OsString> = new.keys().chain(old.keys()).collect();
            let changed: Vec<_> = names.into_iter().filter(|name| new.get(*name) != old.get(*name)).collect();
            if changed.is_empty() {
                continue;
            }
            let mut choose = |what: String, base: &BTreeMap<Id, Names>, names: Names| {
                let mut folders = base.clone();
                folders.insert(id, names);
                choices.push((what, folders));
            };
            choose(format!("of folder {id} durable, else visible"), &visible, old.clone());
            choose(format!("of folder {id} visible, else durable"), &self.durable.folders, new.clone());
            for name in changed {
                choose(format!("but {name:?} visible"), &visible, with(new, name, old.get(name)));
                let durable = &self.durable.folders;
                choose(format!("but {name:?} durable"), durable, with(old, name, new.get(name)));
            }
        }
        choices
    }

    fn add(
        &self,
        folder: Id,
        path: &Path,
        folders: &BTreeMap<Id, Names>,
        contents: Contents,
        tree: &mut Tree,
    ) {
        for (name, id) in folders.get(&folder).into_iter().flatten() {
            let path = path.join(name);
            if self.folders.contains(id) {
                tree.nodes.insert(path.clone(), Node::Folder);
                self.add(*id, &path, folders, contents, tree);
            } else {
                tree.nodes.insert(path, Node::File(self.contents(*id, contents)));
            }
        }
    }

    fn contents(&self, id: Id, contents: Contents) -> Vec<u8> {
        let durable = self.durable.files.get(&id).cloned().unwrap_or_default();
        // Of a file that nobody sees any more, nothing was written since.
        let visible = self.visible.files.get(&id).unwrap_or(&durable).clone();
        match contents {
            Contents::Torn if visible != durable => visible[..visible.len() / 2].to_vec(),
            Contents::Durable => durable,
            _ => visible,
        }
    }
}

/// The names, with one of them as it stands elsewhere.
fn with(names: &Names, name: &OsString, id: Option<&Id>) -> Names {
    let mut names = names.clone();
    match id {
        Some(id) => _ = names.insert(name.clone(), *id),
        None => _ = names.remove(name),
    }
    names
}
