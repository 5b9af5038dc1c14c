//! Dictionaries: words of a format, which a fuzzer would otherwise have to guess letter by letter.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use telemetry_core::config::settings;

use crate::failure::{Outcome, While as _};

/// The dictionaries of these names behind each other, with the keys and variables of all settings where they are wanted.
pub(super) fn dictionary(folder: &Path, names: &[&str], with_settings: bool) -> Outcome<String> {
    let mut words = String::new();
    for name in names {
        let file = folder.join(format!("{name}.dict"));
        let text = fs::read_to_string(&file).while_doing(format_args!("cannot read {}", file.display()))?;
        words += &text;
    }
    if with_settings {
        for setting in settings() {
            let last = setting.key().rsplit('.').next().unwrap_or_default();
            let _ = writeln!(
                words,
                "\"{last}: \"\n\"\\x1e{}=\"\n\"\\x1e{}=\"",
                setting.environment_variable(),
                setting.key()
            );
        }
    }
    Ok(words)
}
