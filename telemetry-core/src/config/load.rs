//! The order of reading: the file, over it the environment, over that the flags; then one look at the whole.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::assignment::{self, Assignment};
use super::checks::Checked;
use super::file::{self, FoundFile};
use super::settings::settings;
use super::{Config, ConfigError, Origin, Sources, trust};

/// A configuration, and what there is to know about how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// What a person should know: each is one line, naming file, line, key and the way out.
    pub warnings: Vec<String>,
    /// Where each value came from, by the dotted keys of [`settings`](fn@super::settings).
    pub origins: BTreeMap<&'static str, Origin>,
}

impl Loaded {
    /// Where the value of a setting came from, by its dotted key below `telemetry`.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }
}

impl Config {
    /// Reads the configuration of this process: [`load`] with [`Sources::from_process`].
    ///
    /// # Errors
    /// As [`load`].
    pub fn load() -> Result<Loaded, ConfigError> {
        load(&Sources::from_process())
    }
}

/// Reads a configuration. No file and no variable means the defaults.
///
/// ```
/// use telemetry_core::config::{Origin, Sources, load};
///
/// let environment = vec![("SASE_TELEMETRY_PROMETHEUS__JOB".to_owned(), "builds".to_owned())];
/// let loaded = load(&Sources { environment, ..Sources::default() })?;
/// assert_eq!(loaded.config.prometheus.job, "builds");
/// assert_eq!(loaded.origin("prometheus.instance"), &Origin::Default);
/// # Ok::<(), telemetry_core::config::ConfigError>(())
/// ```
///
/// # Errors
/// For anything that is wrong in any of the sources: nothing is ever half configured.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let file = file::find(sources)?;
    let mut above = assignment::from_environment(sources)?;
    above.extend(assignment::from_overrides(sources)?);
    let mut base = file.as_ref().map_or(Ok(Vec::new()), assignment::from_file)?;
    let mut refused = Vec::new();
    if file.as_ref().is_some_and(|file| !file.trusted) {
        let users = the_users(sources, &base)?;
        let verdict = trust::judge(base, &above, &users)?;
        (base, refused) = (verdict.kept, verdict.refused);
    }
    let (config, origins) = apply(base.into_iter().chain(above))?;
    Checked { config: &config, origins: &origins }.check()?;
    let warnings = refused.iter().filter_map(|refused| refused.warning(&config)).collect();
    Ok(Loaded { config, file: file.map(|file| file.path), warnings, origins })
}

/// What the user's own file says of the addresses that a found file sets, and of what no found file may set. It is read for nothing
/// else, and an error in that counts: what cannot be read may hold credentials.
fn the_users(sources: &Sources, found: &[Assignment]) -> Result<Vec<Assignment>, ConfigError> {
    let keys: Vec<_> = trust::addresses(found).into_iter().chain(trust::the_users_alone()).collect();
    let read = |file: FoundFile| assignment::these_from_file(&file, &keys);
    file::of_the_user(sources)?.map_or(Ok(Vec::new()), read)
}

type Applied = (Config, BTreeMap<&'static str, Origin>);

fn apply(assignments: impl Iterator<Item = Assignment>) -> Result<Applied, ConfigError> {
    let mut config = Config::default();
    let mut origins: BTreeMap<_, _> = settings().map(|setting| (setting.key, Origin::Default)).collect();
    for assignment in assignments {
        assignment.apply(&mut config)?;
        origins.insert(assignment.setting.key, assignment.origin);
    }
    Ok((config, origins))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;
    use crate::config::checks::TOGETHER;
    use crate::config::slot::Slot;

    /// A right value that is not the default, as text.
    fn sample(setting: &Setting) -> &'static str {
        match &setting.slot {
            Slot::Switch(_) => "false",
            Slot::Carrier(_) => "textfile",
            Slot::Count(..) => "17",
            Slot::Name(_) | Slot::OptionalName(_) => "name: with 'quotes'",
            Slot::Link(_) => "https://host/page",
            Slot::Username(_) => "somebody",
            Slot::Folder(_) => "/a folder",
            Slot::File(_) => "/a file",
            Slot::Listen(_) => "::1",
            Slot::Port(_) => "0",
            Slot::Percent(_) => "17.5",
            Slot::Seconds(_) => "450.5",
            Slot::Address(_, crate::config::slot::Part::Url) => "https://host:1/path",
            Slot::Address(_, crate::config::slot::Part::Username) => "somebody",
            Slot::Address(..) => "/a file",
        }
    }

    fn pair(key: &str, text: &str) -> (String, String) {
        (key.to_owned(), text.to_owned())
    }

    /// What has to stand beside a part of an address, and beside half of a pair.
    fn companions(setting: &Setting) -> Vec<(String, String)> {
        let Some(address) = setting.address() else {
            let halves = |(one, other)| [(one, other), (other, one)];
            let pairs = TOGETHER.into_iter().flat_map(halves);
            return pairs.filter(|(one, _)| *one == setting.key).map(|(_, other)| pair(other, "x")).collect();
        };
        let mut companions = vec![pair(address, "https://host:1/path")];
        if setting.key.ends_with("password_file") {
            companions.push(pair(&format!("{address}.username"), "somebody"));
        }
        companions
    }

    fn nested(setting: &Setting) -> String {
        let quote = if setting.slot.is_text() { "\"" } else { "" };
        let mut yaml = "telemetry:".to_owned();
        for (depth, name) in setting.key.split('.').enumerate() {
            yaml += &format!("\n{}{name}:", "  ".repeat(depth + 1));
        }
        yaml + &format!(" {quote}{}{quote}\n", sample(setting))
    }

    fn check(setting: &Setting, sources: &Sources, origin: &Origin) {
        let loaded = load(sources).unwrap();
        assert_ne!(setting.value_in(&Config::default()).as_deref(), Some(sample(setting)), "{}", setting.key);
        assert_eq!(setting.value_in(&loaded.config).as_deref(), Some(sample(setting)), "{}", setting.key);
        assert_eq!(loaded.origin(setting.key), origin, "{}", setting.key);
    }

    #[test]
    fn every_setting_can_be_set_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.yml");
        for setting in settings() {
            std::fs::write(&path, nested(setting)).unwrap();
            let mut overrides = companions(setting);
            overrides.retain(|(key, _)| key != setting.key);
            let sources = Sources { file: Some(path.clone()), overrides, ..Sources::default() };
            let depth = setting.key.split('.').count();
            let origin = Origin::File { path: path.clone(), line: depth + 1, column: 2 * depth + 1 };
            check(setting, &sources, &origin);
        }
    }

    #[test]
    fn every_setting_can_be_set_in_the_environment() {
        for setting in settings() {
            let name = setting.environment_variable();
            let sources = Sources {
                environment: vec![(name.clone(), sample(setting).to_owned())],
                overrides: companions(setting).into_iter().filter(|(key, _)| key != setting.key).collect(),
                ..Sources::default()
            };
            check(setting, &sources, &Origin::Environment(name));
        }
    }

    #[test]
    fn every_setting_can_be_set_by_flags() {
        for setting in settings() {
            let mut overrides = companions(setting);
            overrides.push(pair(setting.key, sample(setting)));
            check(setting, &Sources { overrides, ..Sources::default() }, &Origin::Flag("--set".to_owned()));
        }
    }

    #[test]
    fn every_value_that_is_shown_can_be_read_again() {
        for setting in settings() {
            let mut overrides = companions(setting);
            overrides.push(pair(setting.key, sample(setting)));
            let first = load(&Sources { overrides, ..Sources::default() }).unwrap().config;
            let shown = settings().filter_map(|each| Some(pair(each.key, &each.value_in(&first)?))).collect();
            let mut second = load(&Sources { overrides: shown, ..Sources::default() }).unwrap().config;
            second.prometheus.pushgateway_url.configured = first.prometheus.pushgateway_url.configured;
            second.prometheus.url.configured = first.prometheus.url.configured;
            assert_eq!(second, first, "{}", setting.key);
        }
    }
}
