//! What of the folder that stood there before is kept.
//!
//! Nothing is moved: the new folder gets another name for the same file, so that the former folder stays whole until the new one has
//! taken its place, and a death in between loses nothing.

use super::manifest::{self, Manifest};
use super::staging::Staging;
use super::{Exported, Kind, NewFile};
use crate::failure::Failure;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

/// The most files that a folder may hold that was never written by an export. One with more is somebody's work, and was named by mistake.
const MOST_STRANGERS: usize = 1000;

/// The plan: what is kept, and under which name.
#[derive(Debug)]
pub(super) struct Inheritance {
    former: PathBuf,
    heirlooms: Vec<Heirloom>,
    manifest: Manifest,
}

/// Something that is kept, by its paths below the former and the new folder.
#[derive(Debug, PartialEq, Eq)]
struct Heirloom {
    from: PathBuf,
    to: PathBuf,
    is_folder: bool,
    role: Role,
}

/// As what something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An export wrote it, and nobody has changed it.
    Ours,
    /// It is somebody's, and stays where it was.
    Theirs,
    /// Something new is in its place, so it has another name.
    Aside,
    /// It is a folder, or in one that is put aside: it goes without saying.
    Along,
}

impl Inheritance {
    /// Looks through the former folder.
    pub(super) fn of(
        former: &Path,
        files: &[NewFile],
        still_known: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let found = Manifest::of(former);
        let manifest = found.clone().unwrap_or_default();
        let new: BTreeMap<_, _> = files.iter().map(|file| (PathBuf::from(&file.path), file)).collect();
        let stays = |path: &str| !new.contains_key(Path::new(path)) && still_known(path);
        let others_stay = manifest.paths().any(|path| stays(path) && former.join(path).is_file());
        let folders = new.keys().flat_map(|path| path.ancestors().skip(1)).map(Path::to_path_buf).collect();
        let search = Search { former, manifest: &manifest, new, folders, still_known, others_stay };
        let mut heirlooms = Vec::new();
        search.below(Path::new(""), Path::new(""), &mut heirlooms)?;
        if found.is_none() && heirlooms.len() > MOST_STRANGERS {
            let message = format!("{} holds many files that no export has written", former.display());
            return Err(Failure::new(message).advice("Name another folder with -o."));
        }
        Ok(Self { former: former.to_owned(), heirlooms, manifest })
    }

    /// Brings everything that is kept into the new folder, and notes what that was.
    pub(super) fn carry_over(
        self,
        staging: &Staging<'_>,
        exported: &mut Exported,
        manifest: &mut Manifest,
    ) -> Result<(), Failure> {
        for Heirloom { from, to, is_folder, role } in self.heirlooms {
            staging.take_over(&self.former.join(&from), &to, is_folder)?;
            match role {
                Role::Ours => {
                    exported.unchanged += 1;
                    to.to_str().iter().for_each(|path| manifest.note_as(path, &self.manifest));
                }
                Role::Theirs => exported.kept.push(from),
                Role::Aside => exported.put_aside.push((from, to)),
                Role::Along => {}
            }
        }
        Ok(())
    }
}

/// What the search goes by.
struct Search<'a> {
    former: &'a Path,
    manifest: &'a Manifest,
    new: BTreeMap<PathBuf, &'a NewFile>,
    /// The folders of the new files.
    folders: BTreeSet<PathBuf>,
    still_known: &'a dyn Fn(&str) -> bool,
    /// Whether files stay that an earlier export wrote, which its description describes.
    others_stay: bool,
}

impl Search<'_> {
    /// Goes through a folder, whose path may be another one in the new folder.
    fn below(&self, from: &Path, to: &Path, found: &mut Vec<Heirloom>) -> Result<(), Failure> {
        for entry in entries(&self.former.join(from))? {
            let (name, kind) = (entry.file_name(), kind(&entry)?);
            let (from, to) = (from.join(&name), to.join(&name));
            let role = if from == to { self.role(&from, kind) } else { Some(Role::Along) };
            let Some(role) = role else { continue };
            let to = if role == Role::Aside { self.aside(&to) } else { to };
            // The folders of the new files are there anyway.
            if !(kind.is_dir() && self.folders.contains(&to)) {
                found.push(Heirloom { from: from.clone(), to: to.clone(), is_folder: kind.is_dir(), role });
            }
            if kind.is_dir() {
                self.below(&from, &to, found)?;
            }
        }
        Ok(())
    }

    /// As what something is kept; nothing where it goes with the former folder.
    fn role(&self, path: &Path, kind: FileType) -> Option<Role> {
        if kind.is_dir() {
            return Some(if self.new.contains_key(path) { Role::Aside } else { Role::Along });
        }
        if path == Path::new(manifest::NAME) {
            return None;
        }
        if self.folders.contains(path) {
            return Some(Role::Aside);
        }
        let untouched = kind.is_file()
            && path.to_str().is_some_and(|text| self.manifest.is_untouched(text, &self.former.join(path)));
        match self.new.get(path) {
            Some(file) => self.role_beside(file, path, kind, untouched),
            None if !untouched => Some(Role::Theirs),
            None => path.to_str().is_some_and(self.still_known).then_some(Role::Ours),
        }
    }

    /// The same for a file of which there is a new one.
    fn role_beside(&self, file: &NewFile, path: &Path, kind: FileType, untouched: bool) -> Option<Role> {
        let same = || fs::read(self.former.join(path)).is_ok_and(|found| found == file.contents.as_bytes());
        match file.kind {
            Kind::Secret => Some(Role::Theirs),
            Kind::Description if untouched && self.others_stay => Some(Role::Ours),
            _ if untouched || (kind.is_file() && same()) => None,
            Kind::FilledIn => Some(Role::Theirs),
            _ => Some(Role::Aside),
        }
    }

    /// A name beside a path that nothing has, neither before nor afterwards.
    fn aside(&self, path: &Path) -> PathBuf {
        let numbered = |number: u32| {
            let mut name = OsString::from(path);
            name.push(if number == 1 { ".old".to_owned() } else { format!(".old{number}") });
            PathBuf::from(name)
        };
        let is_free = |path: &PathBuf| {
            fs::symlink_metadata(self.former.join(path)).is_err()
                && !self.new.contains_key(path)
                && !self.folders.contains(path)
        };
        (1..).map(numbered).find(is_free).unwrap_or_else(|| numbered(0))
    }
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, Failure> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries =
        listed.map_err(|error| Failure::new(format!("cannot list {}", folder.display())).because(error))?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

fn kind(entry: &DirEntry) -> Result<FileType, Failure> {
    let path = entry.path();
    entry
        .file_type()
        .map_err(|error| Failure::new(format!("cannot look at {}", path.display())).because(error))
}
