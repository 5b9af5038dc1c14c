//! Everything that can be wrong with a configuration, said so that a person can mend it at once.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::{AddressError, Origin};

/// Why there is no configuration. Each message says where, what, and what would be right.
///
/// Keys are the full dotted ones of the file, beginning with `telemetry.`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that was named by `--config` or `SASE_CONFIG` cannot be read; most often it does not exist.
    #[error("{}: the file that {named_by} names cannot be read: {source}", path.display())]
    NamedFile {
        /// The file.
        path: PathBuf,
        /// `--config` or `SASE_CONFIG`.
        named_by: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file was found, but it cannot be read.
    #[error("{}: the file was found but cannot be read: {source}", path.display())]
    FoundFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is too long, or no file at all.
    #[error("{}: {problem}", path.display())]
    NotAConfiguration {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: &'static str,
    },
    /// The file is not YAML, or not of a shape that can hold settings.
    #[error("{at}: not readable as YAML: {message}")]
    Yaml {
        /// The place at which reading stopped.
        at: Origin,
        /// What is wrong there.
        message: String,
        /// The error of the YAML library, or of the UTF-8 decoder.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// There is no setting of this name.
    #[error("{at}: {key}: unknown key; {hint}")]
    UnknownKey {
        /// The place of the key.
        at: Origin,
        /// The key, escaped if it has unprintable characters.
        key: String,
        /// The nearest right key, or the ones that exist.
        hint: String,
    },
    /// An environment variable has the prefix `SASE_TELEMETRY_` but belongs to no setting.
    #[error("{name}: unknown environment variable; did you mean {nearest}?")]
    UnknownVariable {
        /// The name of the variable, escaped if it has unprintable characters.
        name: String,
        /// The variable whose name is nearest.
        nearest: String,
    },
    /// A value has the wrong type or an impossible value.
    #[error("{at}: {key}: expected {expected}, found {found}")]
    Value {
        /// The place of the setting.
        at: Origin,
        /// The key.
        key: String,
        /// What would be right.
        expected: String,
        /// What is there, shortened and escaped.
        found: String,
    },
    /// A text is not the address of a server. The text is not repeated, for a password may stand in it.
    #[error("{at}: {key}: {cause}")]
    Address {
        /// The place of the setting.
        at: Origin,
        /// The key.
        key: String,
        /// What is wrong with it.
        #[source]
        cause: AddressError,
    },
    /// A setting needs another one beside it.
    #[error("{at}: {key}: needs {missing} as well")]
    Incomplete {
        /// The place of the setting.
        at: Origin,
        /// The key.
        key: String,
        /// The key of the setting that is missing.
        missing: String,
    },
    /// Two settings contradict each other; they may come from different places.
    #[error("{at}: {key}: {problem} {other_key} ({other_at})")]
    Contradiction {
        /// The place of the one setting.
        at: Origin,
        /// The key of the one setting.
        key: String,
        /// How the one relates to the other.
        problem: String,
        /// The key of the other setting, with its value where that is the point.
        other_key: String,
        /// The place of the other setting.
        other_at: Box<Origin>,
    },
}

impl ConfigError {
    /// The place of what is wrong, where it is one inside a file, a variable or a flag that holds settings.
    #[must_use]
    pub const fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Yaml { at, .. }
            | Self::UnknownKey { at, .. }
            | Self::Value { at, .. }
            | Self::Address { at, .. }
            | Self::Incomplete { at, .. }
            | Self::Contradiction { at, .. } => Some(at),
            _ => None,
        }
    }
}
