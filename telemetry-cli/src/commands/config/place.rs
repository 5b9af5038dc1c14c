//! Where a value comes from, as programs read it.

use serde::Serialize;
use telemetry_core::config::Origin;

/// The place of a value or of a mistake. Only a file has lines.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Place {
    Default,
    File { file: String, line: usize, column: usize },
    Environment { variable: String },
    Flag { flag: String },
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Default => Self::Default,
            Origin::File { path, line, column } => {
                Self::File { file: path.display().to_string(), line: *line, column: *column }
            }
            Origin::Environment(variable) => Self::Environment { variable: variable.clone() },
            Origin::Flag(flag) => Self::Flag { flag: flag.clone() },
        }
    }
}
