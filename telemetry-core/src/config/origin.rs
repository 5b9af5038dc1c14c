//! Where a value came from, for error messages and for showing a configuration to a person.

use std::fmt;
use std::path::PathBuf;

/// Where the value of a setting came from.
///
/// Displayed as a person would look for it: `sase.yml:12:5`, the name of a variable, or a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of a file.
    File {
        /// The file as a person in the current folder would name it.
        path: PathBuf,
        /// The line on which the key stands, from 1.
        line: usize,
        /// The column, in characters, at which the key begins, from 1.
        column: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The flag of this spelling, such as `--set`.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
