//! Turning what file, environment and flags say into one form: this value for that setting, and where it was said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file::FoundFile;
use super::settings::{PREFIX, SECTION, Setting, find, full_key, is_section, names_below, settings};
use super::slot::{Input, Refusal, shorten};
use super::yaml::{self, Entry, Node, Position, YamlError};
use super::{Config, ConfigError, Origin, Sources, suggest};

/// The flag whose name errors give where an override names no flag of its own.
const GENERAL_FLAG: &str = "--set";

/// One value for one setting, not checked yet.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) setting: &'static Setting,
    pub(super) input: Input,
    pub(super) origin: Origin,
    /// The folder that a relative path starts from.
    pub(super) base: PathBuf,
}

impl Assignment {
    /// Checks the value and puts it into the configuration.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), ConfigError> {
        self.setting.slot.write(config, &self.input, &self.base).map_err(|refusal| self.error(refusal))
    }

    fn error(&self, refusal: Refusal) -> ConfigError {
        let (at, key) = (self.origin.clone(), self.setting.full_key());
        match refusal {
            Refusal::Value { expected, found } => ConfigError::Value { at, key, expected, found },
            Refusal::Address(cause) => ConfigError::Address { at, key, cause },
        }
    }
}

/// What one place says, or what is wrong with it there. Whoever reads goes on after an error, so that all of them come to light.
pub(super) type Finding = Result<Assignment, ConfigError>;

/// Everything that the file sets.
pub(super) fn from_file(file: &FoundFile) -> Vec<Finding> {
    let mut reader = Reader { file, findings: Vec::new() };
    match section(file) {
        Ok(section) => reader.read(&section, &mut Vec::new()),
        Err(error) => reader.findings.push(Err(error)),
    }
    reader.findings
}

/// What the file sets of these keys, whatever may be wrong with the rest of it.
pub(super) fn these_from_file(file: &FoundFile, keys: &[&str]) -> Result<Vec<Assignment>, ConfigError> {
    let section = section(file)?;
    let mut reader = Reader { file, findings: Vec::new() };
    for key in keys {
        let path: Vec<_> = key.split('.').collect();
        if let Some(entry) = descend(&section, &path) {
            reader.read(entry, &mut path.into_iter().map(str::to_owned).collect());
        }
    }
    reader.findings.into_iter().collect()
}

fn descend<'a>(section: &'a Entry, path: &[&str]) -> Option<&'a Entry> {
    path.iter().try_fold(section, |entry, name| match &entry.value {
        Node::Mapping(entries) => entries.get(*name),
        _ => None,
    })
}

fn section(file: &FoundFile) -> Result<Entry, ConfigError> {
    yaml::section(&file.text, SECTION).map_err(|error| unreadable(file, error))
}

/// Whether a file has our section at all, though nothing may stand in it.
pub(super) fn has_section(file: &FoundFile) -> Result<bool, ConfigError> {
    let section = yaml::find_section(&file.text, SECTION).map_err(|error| unreadable(file, error))?;
    Ok(section.is_some())
}

fn unreadable(file: &FoundFile, error: YamlError) -> ConfigError {
    ConfigError::Yaml { at: file.at(error.at), message: error.message, cause: Box::new(error.cause) }
}

/// Walks through the section along the table of settings.
struct Reader<'a> {
    file: &'a FoundFile,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn read(&mut self, entry: &Entry, path: &mut Vec<String>) {
        let key = path.join(".");
        let setting = find(&key);
        // A name with a dot in it would otherwise pass for a nested one.
        if path.last().is_some_and(|name| name.contains('.')) || (setting.is_none() && !is_section(&key)) {
            return self.findings.push(Err(self.unknown(entry.at, path)));
        }
        match (&entry.value, setting) {
            (Node::Null, _) => {}
            (Node::Mapping(entries), _) if is_section(&key) => self.read_all(entries, path),
            (value, Some(setting)) => self.findings.push(Ok(self.assignment(setting, value, entry.at))),
            (value, None) => self.findings.push(Err(self.no_mapping(value, entry.at, &key))),
        }
    }

    fn read_all(&mut self, entries: &BTreeMap<String, Entry>, path: &mut Vec<String>) {
        for (name, entry) in entries {
            path.push(name.clone());
            self.read(entry, path);
            path.pop();
        }
    }

    fn assignment(&self, setting: &'static Setting, value: &Node, at: Position) -> Assignment {
        let (input, base) = (Input::Typed(value.clone()), self.file.folder().to_owned());
        Assignment { setting, input, origin: self.file.at(at), base }
    }

    fn no_mapping(&self, value: &Node, at: Position, key: &str) -> ConfigError {
        ConfigError::Value {
            at: self.file.at(at),
            key: full_key(key),
            expected: format!("a mapping with the keys {}", names_below(key).join(", ")),
            found: Input::Typed(value.clone()).to_string(),
        }
    }

    fn unknown(&self, at: Position, path: &[String]) -> ConfigError {
        let key = printable(&full_key(&path.join(".")));
        ConfigError::UnknownKey { at: self.file.at(at), key, hint: hint(path) }
    }
}

/// Everything that the environment sets. An empty variable sets nothing, but its name is checked as well.
pub(super) fn from_environment(sources: &Sources) -> Vec<Finding> {
    let ours = sources.environment.iter().filter(|(name, _)| name.starts_with(PREFIX));
    ours.filter_map(|(name, value)| from_variable(name, value, &sources.current_dir)).collect()
}

fn from_variable(name: &str, value: &str, base: &Path) -> Option<Finding> {
    let Some(setting) = setting_of_variable(name) else { return Some(Err(unknown_variable(name))) };
    (!value.is_empty()).then(|| from_text(setting, value, Origin::Environment(name.to_owned()), base))
}

fn setting_of_variable(name: &str) -> Option<&'static Setting> {
    let key = name.strip_prefix(PREFIX)?;
    let lower = key.to_ascii_lowercase();
    // Keys have no upper case, and a dot is no part of a variable's name.
    if key.contains('.') || lower.to_ascii_uppercase() != key {
        None
    } else {
        find(&lower.replace("__", "."))
    }
}

fn unknown_variable(name: &str) -> ConfigError {
    let names: Vec<_> = settings().map(Setting::environment_variable).collect();
    let nearest = suggest::nearest(name, names.iter().map(String::as_str)).unwrap_or(PREFIX);
    ConfigError::UnknownVariable { name: printable(name), nearest: nearest.to_owned() }
}

/// Everything that flags set.
pub(super) fn from_overrides(sources: &Sources) -> Vec<Finding> {
    sources.overrides.iter().map(|(key, text)| from_override(key, text, &sources.current_dir)).collect()
}

fn from_override(key: &str, text: &str, base: &Path) -> Finding {
    let flagged = key.split_once(' ').filter(|(flag, _)| flag.starts_with("--"));
    let (flag, key) = flagged.unwrap_or((GENERAL_FLAG, key));
    let origin = Origin::Flag(flag.to_owned());
    from_text(named(key, &origin)?, text, origin, base)
}

/// The setting that a person calls by its dotted key, with or without what every key begins with in the file.
pub(super) fn named(key: &str, by: &Origin) -> Result<&'static Setting, ConfigError> {
    let key = key.trim();
    let key = key.strip_prefix(SECTION).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
    find(key).ok_or_else(|| {
        let path: Vec<_> = key.split('.').map(str::to_owned).collect();
        ConfigError::UnknownKey { at: by.clone(), key: printable(&full_key(key)), hint: hint(&path) }
    })
}

fn from_text(setting: &'static Setting, text: &str, origin: Origin, base: &Path) -> Finding {
    let assignment =
        Assignment { setting, input: Input::Untyped(text.to_owned()), origin, base: base.to_owned() };
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let found = "bytes that are not UTF-8".to_owned();
        return Err(assignment.error(Refusal::Value { expected: setting.expectation(), found }));
    }
    Ok(assignment)
}

/// What a person most likely meant by a key that does not exist.
fn hint(path: &[String]) -> String {
    let Some((name, above)) = path.split_last() else {
        return String::new();
    };
    let (section, whole) = (above.join("."), path.join("."));
    if name.contains('.') {
        return "in the file, the parts of a dotted key are nested mappings".to_owned();
    }
    if is_section(&whole) {
        return format!("it is a section; known in it: {}", names_below(&whole).join(", "));
    }
    let known = names_below(&section);
    let near = suggest::nearest(name, known.iter().copied()).filter(|near| suggest::likely(name, near));
    if let Some(near) = near {
        let near = [above, &[near.to_owned()]].concat().join(".");
        return format!("did you mean {}?", full_key(&near));
    }
    elsewhere(name).unwrap_or_else(|| format!("known here: {}", known.join(", ")))
}

/// A key may have the right name and stand in the wrong place.
fn elsewhere(name: &str) -> Option<String> {
    let last = |setting: &Setting| setting.key.rsplit('.').next().unwrap_or(setting.key);
    let near = suggest::nearest(name, settings().map(last)).filter(|near| suggest::likely(name, near))?;
    let setting = settings().find(|setting| last(setting) == near)?;
    Some(format!("did you mean {}?", setting.full_key()))
}

/// Keys come from outside, and a terminal obeys what some characters say.
fn printable(key: &str) -> String {
    shorten(key).escape_debug().to_string()
}
