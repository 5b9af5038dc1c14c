//! Reading rules from a Prometheus rule file.

use super::set::RuleSet;
use std::path::Path;
use telemetry_core::config::Config;

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
    /// The rules of a file.
    ///
    /// # Errors
    /// [`RuleFileError`].
    pub fn read(path: &Path) -> Result<Self, RuleFileError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| RuleFileError::Read { file: file.clone(), source })?;
        Self::parse(&file, &text)
    }

    /// The rules of a text, which messages call `file`.
    ///
    /// # Errors
    /// [`RuleFileError::Wrong`].
    pub fn parse(file: &str, text: &str) -> Result<Self, RuleFileError> {
        let _stub = (file, text);
        Ok(Self::default())
    }

    /// The generated rules, with the thresholds of the configuration.
    #[must_use]
    pub fn generated(config: &Config) -> Self {
        let _stub = config;
        Self::default()
    }

    /// The generated alert rules without the recording rules: what those would record is computed in full. For a source into which
    /// nothing can be recorded.
    #[must_use]
    pub fn generated_in_full(config: &Config) -> Self {
        let _stub = config;
        Self::default()
    }
}
