//! Files that the compiler embeds: each has to lie in the folder of its own crate, or the published crate would lack it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::failure::{Failure, Outcome, While as _};

/// The macros that take a path from the folder of the source file they stand in.
const EMBEDDING: [&str; 2] = ["include_str!", "include_bytes!"];

/// Fails for whatever a source file of these crates embeds from outside its crate's folder.
pub(crate) fn check(root: &Path, crates: &[String]) -> Outcome {
    let mut wrong = Vec::new();
    for name in crates {
        let folder = root.join(name);
        for source in sources(&folder)? {
            let text =
                fs::read_to_string(&source).while_doing(format_args!("cannot read {}", source.display()))?;
            wrong.extend(complaints(&folder, &source, &text));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong.join("\n"))) }
}

/// Every Rust source below a folder.
fn sources(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).while_doing(format_args!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry.while_doing(format_args!("cannot list {}", folder.display()))?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// What one source embeds from outside, or by a path that only the compiler knows.
fn complaints(folder: &Path, source: &Path, text: &str) -> Vec<String> {
    let uses =
        EMBEDDING.iter().flat_map(|name| text.match_indices(name).map(|(at, _)| &text[at + name.len()..]));
    let complaint = |path: Option<&str>| match path {
        Some(path) if is_inside(folder, source, path) => None,
        Some(path) => Some(format!("{} embeds {path}, which is outside its crate", source.display())),
        None => Some(format!("{} embeds a file whose path is not written out", source.display())),
    };
    uses.filter(|rest| rest.starts_with(['(', '[', '{']))
        .filter_map(|rest| complaint(literal(&rest[1..])))
        .collect()
}

/// The string that the macro is given, if it is one.
fn literal(arguments: &str) -> Option<&str> {
    arguments.trim_start().strip_prefix('"')?.split('"').next()
}

/// Whether a path, taken from the folder of the source, stays below the folder of the crate.
fn is_inside(folder: &Path, source: &Path, path: &str) -> bool {
    let Some(begin) = source.parent().and_then(|parent| parent.strip_prefix(folder).ok()) else {
        return false;
    };
    let mut depth = begin.components().count();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::CurDir => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_crate_may_be_embedded_and_no_other() {
        let (folder, source) = (Path::new("/r/a"), Path::new("/r/a/src/x/y.rs"));
        for (path, inside) in [
            ("y.txt", true),
            ("../../README.md", true),
            ("./z/../../lib.rs", true),
            ("../../../README.md", false),
            ("../../../a/README.md", false),
            ("/etc/passwd", false),
        ] {
            assert_eq!(is_inside(folder, source, path), inside, "{path}");
        }
    }

    #[test]
    fn what_is_embedded_is_seen_however_it_is_written() {
        // Written apart, since this file is looked through as well.
        let text = |rest: &str| format!("#![doc = include_{}!{rest}]", "str");
        let seen = |rest: &str| complaints(Path::new("/r/a"), Path::new("/r/a/lib.rs"), &text(rest)).len();
        assert_eq!([seen("(\"in.md\")"), seen("(\"../out.md\")")], [0, 1]);
        assert_eq!(
            [seen("(\n  \"../out.md\"\n)"), seen("[\"../out.md\"]"), seen("(concat!(\"..\"))")],
            [1, 1, 1]
        );
    }

    #[test]
    fn this_workspace_embeds_nothing_from_outside() {
        let repository = crate::repository::Repository::open().unwrap();
        let crates = repository.packages();
        assert!(crates.contains(&"telemetry-core".to_owned()), "{crates:?}");
        check(repository.root(), &crates).unwrap();
    }
}
