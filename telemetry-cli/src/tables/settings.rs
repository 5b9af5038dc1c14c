//! The whole page of `telemetry config show`.

use super::grid::{Cell, Paint};
use super::harmless;
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
        Some(file) => format!("\nThe file is {}. What has nothing under FROM is the default.\n", harmless(&file.display().to_string())),
        None => "\nThere is no file: `telemetry config init` writes one. What has nothing under FROM is the default.\n".to_owned(),
    };
    listing(&["SETTING", "VALUE", "FROM"], &sections, screen) + &file
}

/// Settings stand together as they do in the file, and the title says what their keys begin with.
fn section(setting: &Setting) -> (String, String) {
    match setting.key().split_once('.') {
        Some((section, _)) => {
            (section[..1].to_uppercase() + &section[1..].replace('_', " "), format!("telemetry.{section}"))
        }
        None => ("General".to_owned(), "telemetry".to_owned()),
    }
}

fn entry(setting: &Setting, loaded: &Loaded) -> Entry {
    let key = setting.key().split_once('.').map_or(setting.key(), |(_, key)| key);
    let origin = loaded.origin(setting.key());
    let (value, last) = match setting.value_in(&loaded.config) {
        Some(value) if *origin == Origin::Default => (Cell::plain(harmless(&value)), String::new()),
        Some(value) => (Cell::new(harmless(&value), Paint::Strong), harmless(&origin.to_string())),
        None => (Cell::new("-", Paint::Faint), format!("unset: {}", setting.when_unset())),
    };
    Entry { cells: vec![Cell::plain(key), value], last }
}
