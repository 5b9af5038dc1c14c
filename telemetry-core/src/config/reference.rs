//! The reference page and the example file, made from the table of settings.

use std::fmt::Write as _;

use super::Config;
use super::settings::{Found, SECTION, SECTIONS, Setting, settings};
use super::slot::{Part, Slot};

const PAGE_INTRODUCTION: &str = "\
# Configuration

The first of these files is read, under its key `telemetry`; without any, the defaults hold:

1. the file that `--config` names, which has to exist;
2. the file that the environment variable `SASE_CONFIG` names, which has to exist;
3. `sase.yml` in the current folder;
4. `sase/sase.yml` in the user's configuration folder: `$XDG_CONFIG_HOME`, or else `~/.config`.

Environment variables go over the file, and flags such as `--set prometheus.job=builds` go over both. An empty variable
counts as not set. A key without a value means the default. A relative path in the file starts from the file's
folder, elsewhere from the current one. Keys outside `telemetry` belong to other programs and are ignored; inside it, an
unknown key or an impossible value is an error that names its place.

An address is a text, or a mapping of `url` and the keys that stand below it here. Without a scheme it means `http`.
Credentials stand in files of their own, never in the URL.

A `sase.yml` that was merely found in the current folder may have been written by a stranger, so that some settings
in it are not applied, with a warning; the last column says which. Name the file with `--config` or `SASE_CONFIG` to
trust it.
";

const EXAMPLE_INTRODUCTION: &str = "\
# The configuration of telemetry. Every setting stands here with its default, behind a `#` without a space.
# To change one, remove the `#` and edit the value. Other top-level keys of this file belong to other programs.
#
# An address is a text such as localhost:9091 or https://host/path, or a mapping:
#
#   pushgateway_url:
#     url: \"https://gateway.example\"
";

/// The reference page of all settings, in Markdown.
#[must_use]
pub fn reference_markdown() -> String {
    let mut page = PAGE_INTRODUCTION.to_owned();
    let mut section = None;
    for setting in settings() {
        if section.replace(section_of(setting)) != Some(section_of(setting)) {
            page += &page_section(section_of(setting));
        }
        page += &page_row(setting);
    }
    page
}

fn page_section(section: &str) -> String {
    let title = if section.is_empty() { SECTION.to_owned() } else { format!("{SECTION}.{section}") };
    let help = section_help(section).map(|help| format!("{help}\n\n")).unwrap_or_default();
    format!(
        "\n## `{title}`\n\n{help}\
         | Key | What it is | Value | Default | Variable | In a file that was merely found |\n\
         |---|---|---|---|---|---|\n"
    )
}

fn page_row(setting: &Setting) -> String {
    let default = match setting.value_in(&Config::default()) {
        Some(value) => format!("`{value}`"),
        None => setting.unset.to_owned(),
    };
    format!(
        "| `{}` | {} | {} | {default} | `{}` | {} |\n",
        setting.key,
        setting.help,
        setting.expectation(),
        setting.environment_variable(),
        found(setting.found),
    )
}

fn found(found: Found) -> &'static str {
    match found {
        Found::May => "applied",
        Found::Never => "not applied",
        Found::Loopback => "applied if it is a loopback address",
        Found::UnlessCredentials => "applied unless credentials for the address are configured elsewhere",
    }
}

fn section_of(setting: &Setting) -> &'static str {
    setting.key.split_once('.').map_or("", |(section, _)| section)
}

fn section_help(section: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(name, _)| *name == section).map(|(_, help)| *help)
}

/// An example of a `sase.yml` in which every setting stands as a comment, with its default and what it is.
#[must_use]
pub fn example_yaml() -> String {
    let mut file = EXAMPLE_INTRODUCTION.to_owned() + &example_parts();
    let _ = writeln!(file, "\n{SECTION}:");
    let (mut section, mut group) = ("", "");
    for setting in settings().filter(|setting| !is_part(setting)) {
        if section != section_of(setting) {
            section = section_of(setting);
            let _ = writeln!(file, "\n  # {}\n  {section}:", section_help(section).unwrap_or_default());
        }
        if group != group_of(setting) {
            group = group_of(setting);
            file += &example_group(group);
        }
        file += &example_setting(setting);
    }
    file
}

/// The line above settings that stand together inside a section; their names then say the rest.
fn example_group(group: &str) -> String {
    if group.is_empty() { String::new() } else { format!("    {group}:\n") }
}

/// The name of the mapping inside its section in which a setting stands, or nothing.
fn group_of(setting: &Setting) -> &'static str {
    let inside = setting.key.split_once('.').map_or("", |(_, inside)| inside);
    inside.rsplit_once('.').map_or("", |(group, _)| group)
}

fn example_parts() -> String {
    let first = settings().find_map(Setting::address);
    let parts = settings().filter(|setting| is_part(setting) && setting.address() == first);
    parts.map(|part| format!("#     {}: …  # {}\n", last_name(part), part.help)).collect()
}

fn is_part(setting: &Setting) -> bool {
    matches!(setting.slot, Slot::Address(_, part) if part != Part::Url)
}

fn last_name(setting: &Setting) -> &'static str {
    setting.key.rsplit('.').next().unwrap_or(setting.key)
}

fn example_setting(setting: &Setting) -> String {
    let indent = "  ".repeat(setting.key.split('.').count());
    let value = match setting.value_in(&Config::default()) {
        Some(value) if setting.slot.is_text() => format!(" {value:?}"),
        Some(value) => format!(" {value}"),
        None => String::new(),
    };
    let unset =
        if setting.unset.is_empty() { String::new() } else { format!("; by default: {}", setting.unset) };
    format!(
        "{indent}# {}\n{indent}# ({}{unset})\n{indent}#{}:{value}\n",
        setting.help,
        setting.expectation(),
        last_name(setting),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Loaded, Sources, load};

    fn load_text(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sase.yml");
        std::fs::write(&file, text).unwrap();
        load(&Sources { file: Some(file), ..Sources::default() }).unwrap()
    }

    #[test]
    fn the_example_means_the_defaults() {
        let loaded = load_text(&example_yaml());
        assert_eq!(loaded.config, Config::default());
        assert!(loaded.warnings.is_empty());
    }

    /// Uncomments every setting, as its introduction says how.
    #[test]
    fn every_line_of_the_example_can_be_uncommented() {
        let setting = |line: &&str| {
            let text = line.trim_start();
            text.starts_with('#') && text.chars().nth(1).is_some_and(|c| c.is_ascii_lowercase())
        };
        let example = example_yaml();
        let count = example.lines().filter(setting).count();
        assert_eq!(count, settings().filter(|setting| !is_part(setting)).count());
        let uncommented: String = example
            .lines()
            .map(|line| if setting(&line) { line.replacen('#', "", 1) } else { line.to_owned() } + "\n")
            .collect();
        let mut config = load_text(&uncommented).config;
        config.prometheus.pushgateway_url.configured = false;
        config.prometheus.url.configured = false;
        assert_eq!(config, Config::default());
    }

    #[test]
    fn the_page_has_every_setting_in_a_row_of_full_width() {
        let page = reference_markdown();
        for setting in settings() {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", setting.key))).unwrap();
            assert_eq!(row.matches('|').count(), 7, "{row}");
            assert!(row.contains(&setting.environment_variable()), "{row}");
        }
        for (section, help) in SECTIONS {
            assert_eq!(page.matches(&format!("## `telemetry.{section}`\n\n{help}")).count(), 1);
        }
    }
}
