//! Writing a folder of files as one: it is there whole or not at all, whatever stands there already and whenever this process dies.
//!
//! | module | responsible for |
//! |---|---|
//! | `target` | where the folder is to be, and what must not be replaced |
//! | `claim` | one export at a time, and what a killed one left behind |
//! | `staging` | the folder while it is being written, beside its place, and moving it there |
//! | `inherit` | what of the folder that stood there before is kept |
//! | `manifest` | which files are ours, and which of them somebody has changed since |
//!
//! What the files say is not known here.

mod claim;
mod inherit;
mod manifest;
mod staging;
mod target;

use crate::failure::Failure;
use claim::Claim;
use inherit::Inheritance;
use manifest::Manifest;
use staging::Staging;
use std::path::PathBuf;

pub(crate) use target::Target;

/// A file to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    /// The path below the folder, with forward slashes.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) contents: String,
    /// Who may read it, and whose it is once it is written.
    pub(crate) kind: Kind,
}

/// What becomes of a file at the next export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everybody may read it, and it is replaced; a changed one is put aside.
    Rendered,
    /// The same, but whoever runs it fills it in: a changed one stays, and the new one is written beside it.
    FilledIn,
    /// The same as what is rendered, but it describes the other files: it stays where files stay that it may describe.
    Description,
    /// Its owner alone may read it, and one that exists is kept.
    Secret,
}

/// What an export has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Exported {
    /// Whether a folder stood there before.
    pub(crate) replaced: bool,
    /// The number of files that were written.
    pub(crate) written: usize,
    /// What was kept of the former folder, by its path there.
    pub(crate) kept: Vec<PathBuf>,
    /// The number of files that an earlier export wrote and this one did not, since they belong to what was not asked for.
    pub(crate) unchanged: usize,
    /// What somebody had changed, with where it is now.
    pub(crate) put_aside: Vec<(PathBuf, PathBuf)>,
    /// What somebody had filled in, so that the new one is beside it, under the second name.
    pub(crate) filled_in: Vec<(PathBuf, PathBuf)>,
    /// A folder that could not be removed, with why.
    pub(crate) left: Option<String>,
}

/// Writes the files as the folder `target`. A folder that stands there is replaced only with `force`; of it, everything is kept that no
/// export has written or that somebody has changed. Files that an export wrote and that are not among the new ones are kept if
/// `still_known` knows them.
pub(crate) fn export(
    target: &Target,
    files: &[NewFile],
    force: bool,
    still_known: &dyn Fn(&str) -> bool,
) -> Result<Exported, Failure> {
    target.make_parents()?;
    let _claim = Claim::of(target)?;
    let former = target.former(force)?;
    let staging = Staging::begin(target)?;
    let mut exported = Exported { replaced: former.is_some(), ..Exported::default() };
    let mut manifest = Manifest::default();
    if let Some(former) = &former {
        let inheritance = Inheritance::of(former, files, still_known)?;
        inheritance.carry_over(&staging, &mut exported, &mut manifest)?;
    }
    for file in files {
        write(file, &staging, &mut exported, &mut manifest)?;
    }
    staging.write_manifest(&manifest)?;
    exported.left = staging.install(former.as_deref())?;
    Ok(exported)
}

/// Writes one file, unless something was kept in its place. What has been filled in is to be compared with the new one, which has another
/// name then.
fn write(
    file: &NewFile,
    staging: &Staging<'_>,
    exported: &mut Exported,
    manifest: &mut Manifest,
) -> Result<(), Failure> {
    if staging.write(file, manifest)? {
        exported.written += 1;
    } else if file.kind == Kind::FilledIn {
        let beside = NewFile { path: format!("{}.new", file.path), ..file.clone() };
        if staging.write(&beside, manifest)? {
            exported.written += 1;
            exported.filled_in.push((PathBuf::from(&file.path), PathBuf::from(beside.path)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// A folder above a target, with what an export did to it.
    struct Scene {
        above: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            Self { above: tempfile::tempdir().unwrap() }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.above.path().join("stack").join(path)
        }

        fn write(&self, path: &str, text: &str) {
            fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
            fs::write(self.at(path), text).unwrap();
        }

        fn read(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.at(path)).ok()
        }

        /// Exports with force; of files that are not exported any more, those in `known/` are still known.
        fn export(&self, files: &[NewFile]) -> Exported {
            let target = Target::new(&self.at("")).unwrap();
            export(&target, files, true, &|path| path.starts_with("known/")).unwrap()
        }
    }

    fn file(path: &str, contents: &str, kind: Kind) -> NewFile {
        NewFile { path: path.to_owned(), contents: contents.to_owned(), kind }
    }

    fn files(contents: &str) -> [NewFile; 4] {
        [
            file("a/rules.yml", contents, Kind::Rendered),
            file("a/form.yml", contents, Kind::FilledIn),
            file("README.md", contents, Kind::Description),
            file(".env", contents, Kind::Secret),
        ]
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn what_nobody_has_touched_is_replaced_and_the_secret_kept() {
        let scene = Scene::new();
        assert_eq!(scene.export(&files("1")), Exported { written: 4, ..Exported::default() });
        let exported = scene.export(&files("2"));
        let kept = paths(&[".env"]);
        assert_eq!(exported, Exported { replaced: true, written: 3, kept, ..Exported::default() });
        let read = ["a/rules.yml", "a/form.yml", "README.md", ".env"].map(|path| scene.read(path).unwrap());
        assert_eq!(read, ["2", "2", "2", "1"]);
        assert_eq!(fs::read_dir(scene.above.path()).unwrap().count(), 1, "something is left beside it");
    }

    #[test]
    fn what_somebody_has_changed_or_added_is_never_lost() {
        let scene = Scene::new();
        scene.export(&files("1"));
        scene.write("a/rules.yml", "changed");
        scene.write("a/form.yml", "filled in");
        scene.write("a/own/deep.txt", "own");
        fs::create_dir(scene.at("empty")).unwrap();
        std::os::unix::fs::symlink("/nowhere", scene.at("link")).unwrap();
        let exported = scene.export(&files("2"));
        assert_eq!(exported.put_aside, [("a/rules.yml".into(), "a/rules.yml.old".into())]);
        assert_eq!(exported.filled_in, [("a/form.yml".into(), "a/form.yml.new".into())]);
        assert_eq!(exported.kept, paths(&[".env", "a/form.yml", "a/own/deep.txt", "link"]));
        let read = |path: &str| scene.read(path).unwrap();
        assert_eq!([read("a/rules.yml"), read("a/rules.yml.old")], ["2", "changed"]);
        assert_eq!(
            [read("a/form.yml"), read("a/form.yml.new"), read("a/own/deep.txt")],
            ["filled in", "2", "own"]
        );
        assert!(
            scene.at("empty").is_dir() && fs::read_link(scene.at("link")).unwrap() == Path::new("/nowhere")
        );
        // Once more, with another change of the same file: neither of the two is lost.
        scene.write("a/rules.yml", "changed again");
        let exported = scene.export(&files("3"));
        assert_eq!(exported.put_aside, [("a/rules.yml".into(), "a/rules.yml.old2".into())]);
        assert_eq!([read("a/rules.yml.old"), read("a/rules.yml.old2")], ["changed", "changed again"]);
        assert_eq!([read("a/form.yml"), read("a/form.yml.new")], ["filled in", "3"]);
    }

    #[test]
    fn files_of_an_earlier_version_go_and_those_of_other_parts_stay() {
        let scene = Scene::new();
        let rendered = |path: &str| file(path, "1", Kind::Rendered);
        let description = file("README.md", "of all", Kind::Description);
        let mut edited = rendered("known/edited.yml");
        scene.export(&[rendered("known/other.yml"), edited.clone(), rendered("a/gone.yml"), description]);
        scene.write("known/edited.yml", "changed");
        let some = [rendered("b.yml"), file("README.md", "of some", Kind::Description)];
        let exported = scene.export(&some);
        assert_eq!(exported.kept, paths(&["known/edited.yml"]));
        assert_eq!(exported.unchanged, 2, "known/other.yml and README.md");
        assert_eq!(scene.read("a/gone.yml"), None);
        assert_eq!(
            [scene.read("known/other.yml"), scene.read("README.md")],
            [Some("1".into()), Some("of all".into())]
        );
        // They are known as ours still, so that a later export replaces them.
        edited.contents = "3".to_owned();
        let mut other = rendered("known/other.yml");
        other.contents = "3".to_owned();
        let exported = scene.export(&[edited, other]);
        assert_eq!(scene.read("known/other.yml").unwrap(), "3");
        assert_eq!(exported.put_aside, [("known/edited.yml".into(), "known/edited.yml.old".into())]);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_and_a_file_in_the_place_of_a_folder_are_put_aside() {
        let scene = Scene::new();
        scene.write("README.md/inside", "own");
        scene.write("a", "own");
        let exported = scene.export(&files("1"));
        assert_eq!(
            exported.put_aside,
            [("README.md".into(), "README.md.old".into()), ("a".into(), "a.old".into())]
        );
        assert_eq!(
            [scene.read("README.md.old/inside"), scene.read("a.old")],
            [Some("own".into()), Some("own".into())]
        );
        assert_eq!(scene.read("a/rules.yml").unwrap(), "1");
    }

    #[test]
    fn a_folder_that_is_somebodys_work_is_not_rebuilt() {
        let scene = Scene::new();
        fs::create_dir(scene.at("")).unwrap();
        (0..=1000).for_each(|number| scene.write(&number.to_string(), ""));
        let target = Target::new(&scene.at("")).unwrap();
        assert!(export(&target, &files("1"), true, &|_| false).is_err());
        assert_eq!(fs::read_dir(scene.at("")).unwrap().count(), 1001);
    }
}
