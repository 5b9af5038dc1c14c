//! One thing that is wrong, or may be.

use super::super::place::Place;
use crate::tables::harmless;
use serde::Serialize;
use std::path::Path;
use telemetry_core::config::{ConfigError, Origin};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// The configuration cannot be used so.
    Error,
    /// It can be used, and somebody should look.
    Warning,
}

/// One thing that is wrong, or may be.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// Where it stands; nothing where the message itself says it.
    place: Option<Place>,
    message: String,
    /// The place as people and their editors read it.
    #[serde(skip)]
    at: String,
}

impl Finding {
    /// Something about a setting.
    pub(super) fn at(severity: Severity, origin: &Origin, message: String) -> Self {
        Self { severity, place: Some(origin.into()), message, at: origin.to_string() }
    }

    /// Something about a whole file: it stands at the beginning, for whoever expects a line and a column.
    fn of_file(file: &Path, message: String) -> Self {
        let origin = Origin::File { path: file.to_owned(), line: 1, column: 1 };
        Self::at(Severity::Error, &origin, message)
    }

    /// What the configuration itself warns of, with the place in its words.
    pub(super) fn remark(text: &str) -> Self {
        Self { severity: Severity::Warning, place: None, message: text.to_owned(), at: String::new() }
    }

    /// Where it stands in its file; what stands in none comes first.
    pub(super) const fn line_and_column(&self) -> (usize, usize) {
        match self.place {
            Some(Place::File { line, column, .. }) => (line, column),
            _ => (0, 0),
        }
    }

    /// The line that is printed. Keys and names of files come from outside.
    pub(super) fn line(&self) -> String {
        let severity = if self.severity == Severity::Warning { "warning: " } else { "" };
        let at = if self.at.is_empty() { String::new() } else { format!("{}: ", self.at) };
        harmless(&format!("{at}{severity}{}", self.message))
    }
}

impl From<&ConfigError> for Finding {
    fn from(error: &ConfigError) -> Self {
        match error {
            ConfigError::NamedFile { path, source, .. } | ConfigError::FoundFile { path, source } => {
                Self::of_file(path, format!("cannot be read: {source}"))
            }
            ConfigError::NotAConfiguration { path, problem } => Self::of_file(path, (*problem).to_owned()),
            ConfigError::UnknownVariable { name, nearest } => Self::at(
                Severity::Error,
                &Origin::Environment(name.clone()),
                format!("unknown environment variable; did you mean {nearest}?"),
            ),
            _ => {
                let origin = error.origin().cloned().unwrap_or(Origin::Default);
                Self::at(Severity::Error, &origin, error.to_string().replacen(&format!("{origin}: "), "", 1))
            }
        }
    }
}
