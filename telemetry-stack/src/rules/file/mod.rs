//! Reading rules from a Prometheus rule file.
//!
//! It is as strict as Prometheus, and says where in the file what is wrong. Two rules of the same name and labels are none of that: they
//! write the same series, of which the first one counts.
//!
//! | module | responsible for |
//! |---|---|
//! | `yaml` | from YAML to a tree of a known shape, and lines in the file |
//! | `shape` | what a rule file may have where |
//! | `check` | from the tree to rules, and what is refused |

mod check;
mod shape;
#[cfg(test)]
mod tests;
mod yaml;

use super::set::RuleSet;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How long a rule file may be, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Why a rule file is refused. Each says the file, the line and what is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleFileError {
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What stands in it is not right.
    #[error("{file}:{line}: {what}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl RuleSet {
    /// The rules of a file of at most 16 MiB.
    ///
    /// # Errors
    /// [`RuleFileError`].
    pub fn read(path: &Path) -> Result<Self, RuleFileError> {
        let file = path.display().to_string();
        let bytes = bytes(path).map_err(|source| RuleFileError::Read { file: file.clone(), source })?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                Err(RuleFileError::Wrong { file, line, what: "a rule file is text in UTF-8".to_owned() })
            }
        }
    }

    /// The rules of all of these files. A file that is named twice, in whatever way, counts once.
    ///
    /// # Errors
    /// [`RuleFileError`], of the first file that is refused.
    pub fn read_all(files: &[PathBuf]) -> Result<Self, RuleFileError> {
        let mut seen = BTreeSet::new();
        // Where a file is, is not known of one that is not there, and reading it says so.
        let is_new = |file: &&PathBuf| seen.insert(file.canonicalize().unwrap_or_else(|_| (*file).clone()));
        let sets = files.iter().filter(is_new).map(|file| Self::read(file));
        let sets = sets.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { groups: sets.into_iter().flat_map(|set| set.groups).collect() })
    }

    /// The rules of a text of at most 16 MiB, which messages call `file`.
    ///
    /// ```
    /// use telemetry_stack::rules::RuleSet;
    ///
    /// let rules = RuleSet::parse("up.yml", "groups:\n- name: up\n  rules:\n  - alert: Down\n    expr: up == 0\n")?;
    /// assert_eq!(rules.groups[0].rules[0].expr, "up == 0");
    ///
    /// let error = RuleSet::parse("up.yml", "groups:\n- name: up\n  rules:\n  - alert: Down\n    expr: up = 0\n");
    /// assert!(error.unwrap_err().to_string().starts_with("up.yml:5: "));
    /// # Ok::<(), telemetry_stack::rules::RuleFileError>(())
    /// ```
    ///
    /// # Errors
    /// [`RuleFileError::Wrong`].
    pub fn parse(file: &str, text: &str) -> Result<Self, RuleFileError> {
        let wrong = |yaml::Fault { line, what }| RuleFileError::Wrong { file: file.to_owned(), line, what };
        if text.len() > LONGEST {
            let what = format!("a rule file may have at most {} MiB", LONGEST / 1024 / 1024);
            return Err(wrong(yaml::Fault { line: 1, what }));
        }
        // What says in which order bytes come is no part of the text.
        check::rules(file, text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(wrong)
    }
}

/// What is in a file, and at most one byte more than there may be.
fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody who writes into it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a plain file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
