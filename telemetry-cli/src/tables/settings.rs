//! The whole page of `telemetry config show`.

use super::grid::{Cell, Paint, harmless};
use super::listing::{Entry, Section, listing};
use crate::output::Screen;
use telemetry_core::config::{Loaded, Origin, Setting, settings as all};

/// Every setting with its value, and where that comes from.
pub(crate) fn settings(loaded: &Loaded, screen: Screen) -> String {
    let mut sections: Vec<Section> = Vec::new();
    for setting in all() {
        let (title, slug) = section(setting);
        if sections.last().is_none_or(|last| last.title != title) {
            sections.push(Section { title, slug, entries: Vec::new() });
        }
        if let Some(section) = sections.last_mut() {
            section.entries.push(entry(setting, loaded));
        }
    }
    let file = match &loaded.file {
        Some(file) => format!("\nThe file is {}. What comes from nowhere is the default.\n", harmless(&file.display().to_string())),
        None => "\nThere is no file: `telemetry config init` writes one. What comes from nowhere is the default.\n".to_owned(),
    };
    listing(&["SETTING", "VALUE", "FROM"], &sections, screen) + &file
}

/// Settings stand together as they do in the file.
fn section(setting: &Setting) -> (String, String) {
    let section = setting.key().split_once('.').map_or("general", |(section, _)| section);
    let title = section[..1].to_uppercase() + &section[1..].replace('_', " ");
    (
        title,
        setting.key().split_once('.').map_or("telemetry".to_owned(), |(key, _)| format!("telemetry.{key}")),
    )
}

fn entry(setting: &Setting, loaded: &Loaded) -> Entry {
    let origin = loaded.origin(setting.key());
    let value = match setting.value_in(&loaded.config) {
        Some(value) if *origin == Origin::Default => Cell::plain(harmless(&value)),
        Some(value) => Cell::new(harmless(&value), Paint::Strong),
        None => Cell::new(format!("- ({})", setting.when_unset()), Paint::Faint),
    };
    let last = if *origin == Origin::Default { String::new() } else { origin.to_string() };
    Entry { cells: vec![Cell::plain(setting.key()), value], last: harmless(&last) }
}
