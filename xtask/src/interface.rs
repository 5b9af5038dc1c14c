//! What a library offers to others, read from what rustdoc writes for programs, and what of it was taken away.
//!
//! Every item that is gone, or reads otherwise than it did, counts as taken away, an argument that is called otherwise too: what is told
//! too often is looked at once more, and what is not told breaks somebody's build.

use std::fs;
use std::path::Path;

use public_api::diff::PublicApiDiff;
use public_api::{Builder, PublicApi};

use crate::failure::{Failure, Outcome, While as _};
use crate::process;
use crate::repository::Repository;

/// How many items are listed of a library.
const LISTED: usize = 30;

/// What a library offers.
pub(crate) struct Interface(PublicApi);

impl Interface {
    /// Asks rustdoc, with every feature. The stable one writes for programs as well when it is told so.
    ///
    /// # Errors
    /// When the library cannot be built, or rustdoc writes another version of its format than is read here.
    pub(crate) fn of(repository: &Repository, library: &str, target: &Path) -> Outcome<Self> {
        let written = target.join("doc").join(format!("{}.json", library.replace('-', "_")));
        // Should rustdoc write nothing, then this must not be read for it.
        let _ = fs::remove_file(&written);
        let mut rustdoc =
            repository.cargo(["rustdoc", "--quiet", "--package", library, "--lib", "--all-features"]);
        rustdoc.arg("--target-dir").arg(target).args([
            "--",
            "-Z",
            "unstable-options",
            "--output-format",
            "json",
        ]);
        process::run(rustdoc.args(["--cap-lints", "allow"]).env("RUSTC_BOOTSTRAP", "1"))?;
        let read = Builder::from_rustdoc_json(&written).omit_blanket_impls(true).build();
        read.map(Self).while_doing(format_args!("cannot read what rustdoc wrote of {library}"))
    }

    /// What an earlier one has and this one has not, as lines; nothing where all is there.
    pub(crate) fn lacks(self, earlier: Self) -> Option<String> {
        let PublicApiDiff { removed, changed, .. } = PublicApiDiff::between(earlier.0, self.0);
        let removed = removed.iter().map(|item| format!("  - {item}"));
        let changed = changed.iter().map(|it| format!("  - {}\n  + {}", it.old, it.new));
        let lines: Vec<_> = removed.chain(changed).collect();
        let shown = lines.get(..LISTED.min(lines.len())).unwrap_or_default().join("\n");
        let more = lines.len().saturating_sub(LISTED);
        let more = if more > 0 { format!("\n  … and {more} more") } else { String::new() };
        (!lines.is_empty()).then(|| shown + &more)
    }
}

/// Whether a version may lack what an earlier one had: its first number that is not 0 has been raised.
pub(crate) fn may_break(earlier: &str, version: &str) -> Outcome<bool> {
    let ((major, minor), raised) = (leading(earlier)?, leading(version)?);
    Ok(if major > 0 { raised.0 > major } else { raised > (0, minor) })
}

fn leading(version: &str) -> Outcome<(u64, u64)> {
    let mut numbers = version.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(Failure::new(format!("{version:?} is no version"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_break_where_its_first_number_is_raised() {
        for (earlier, version, may) in [
            ("0.1.0", "0.1.0", false),
            ("0.1.0", "0.1.9", false),
            ("0.1.9", "0.2.0", true),
            ("0.9.0", "1.0.0", true),
            ("1.4.0", "1.5.0", false),
            ("1.4.0", "2.0.0", true),
            ("0.2.0", "0.1.0", false),
        ] {
            assert_eq!(may_break(earlier, version).unwrap(), may, "{earlier} {version}");
        }
        assert!(may_break("1", "1.0.0").is_err());
    }
}
