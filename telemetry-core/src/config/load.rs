//! The order of reading: the file, over it the environment, over that the flags; then one look at the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::assignment::{self, Assignment, Finding};
use super::checks::Checked;
use super::file::{self, FoundFile};
use super::settings::settings;
use super::trust::{self, Refused};
use super::{Config, ConfigError, Origin, Sources};

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
    let Inspection { loaded, problems } = inspect(sources);
    problems.into_iter().next().map_or(Ok(loaded), Err)
}

/// Whether a file has a section `telemetry`, though nothing may stand in it.
///
/// # Errors
/// Where nobody can say: the file cannot be read, or is no YAML.
pub fn has_section(path: &Path) -> Result<bool, ConfigError> {
    let file = file::find(&Sources { file: Some(path.to_owned()), ..Sources::default() })?;
    file.as_ref().map_or(Ok(false), assignment::has_section)
}

/// Everything that is wrong with a configuration, and what is left of it without that.
#[derive(Debug)]
pub struct Inspection {
    /// What would hold if nothing were wrong: good for looking further, and for nothing else while there are problems.
    pub loaded: Loaded,
    /// What is wrong: first what no file says, then the rest in the order of its lines.
    pub problems: Vec<ConfigError>,
}

/// Reads a configuration as [`load`] does, and goes on after an error to find them all. Of a file that is no YAML only the first one
/// can be known.
#[must_use]
pub fn inspect(sources: &Sources) -> Inspection {
    let mut reading = Reading::default();
    let loaded = reading.read(sources);
    let mut problems = reading.problems;
    problems.sort_by_key(place);
    Inspection { loaded, problems }
}

fn place(problem: &ConfigError) -> (usize, usize) {
    match problem.origin() {
        Some(Origin::File { line, column, .. }) => (*line, *column),
        _ => (0, 0),
    }
}

/// What has turned out to be wrong on the way.
#[derive(Default)]
struct Reading {
    problems: Vec<ConfigError>,
    /// The settings with a value that is wrong, of which nothing more can be said.
    wrong: BTreeSet<&'static str>,
}

impl Reading {
    fn read(&mut self, sources: &Sources) -> Loaded {
        let file = self.note(file::find(sources)).flatten();
        let mut above = self.note_all(assignment::from_environment(sources));
        above.extend(self.note_all(assignment::from_overrides(sources)));
        let base = self.note_all(file.as_ref().map_or_else(Vec::new, assignment::from_file));
        let base = self.sound(base);
        let above = self.sound(above);
        let (base, refused) = match &file {
            Some(file) if !file.trusted => self.judged(sources, base, &above),
            _ => (base, Vec::new()),
        };
        let (config, origins) = self.apply(base.into_iter().chain(above));
        let checked = Checked { config: &config, origins: &origins, wrong: &self.wrong };
        self.problems.extend(checked.problems());
        let warnings =
            refused.iter().filter_map(|refused| refused.warning(&config)).chain(checked.warnings());
        let warnings = warnings.collect();
        Loaded { config, file: file.map(|file| file.path), warnings, origins }
    }

    fn note<T>(&mut self, result: Result<T, ConfigError>) -> Option<T> {
        result.map_err(|error| self.problems.push(error)).ok()
    }

    fn note_all(&mut self, findings: Vec<Finding>) -> Vec<Assignment> {
        findings.into_iter().filter_map(|finding| self.note(finding)).collect()
    }

    /// Those whose values are right, each looked at alone: a value has to be right even where another one covers it.
    fn sound(&mut self, assignments: Vec<Assignment>) -> Vec<Assignment> {
        let mut sound = Vec::new();
        for assignment in assignments {
            match assignment.apply(&mut Config::default()) {
                Ok(()) => sound.push(assignment),
                Err(error) => {
                    self.wrong.insert(assignment.setting.key);
                    self.problems.push(error);
                }
            }
        }
        sound
    }

    fn judged(
        &mut self,
        sources: &Sources,
        found: Vec<Assignment>,
        above: &[Assignment],
    ) -> (Vec<Assignment>, Vec<Refused>) {
        let users = self.note(the_users(sources, &found)).unwrap_or_default();
        let verdict = self.note(trust::judge(found, above, &users));
        verdict.map_or_else(Default::default, |verdict| (verdict.kept, verdict.refused))
    }

    fn apply(&mut self, assignments: impl Iterator<Item = Assignment>) -> Applied {
        let mut config = Config::default();
        let mut origins: BTreeMap<_, _> = settings().map(|setting| (setting.key, Origin::Default)).collect();
        for assignment in assignments {
            if self.note(assignment.apply(&mut config)).is_some() {
                origins.insert(assignment.setting.key, assignment.origin);
            }
        }
        (config, origins)
    }
}

/// What the user's own file says of the addresses that a found file sets, and of what no found file may set. It is read for nothing
/// else, and an error in that counts: what cannot be read may hold credentials.
fn the_users(sources: &Sources, found: &[Assignment]) -> Result<Vec<Assignment>, ConfigError> {
    let keys: Vec<_> = trust::addresses(found).into_iter().chain(trust::the_users_alone()).collect();
    let read = |file: FoundFile| assignment::these_from_file(&file, &keys);
    file::of_the_user(sources)?.map_or(Ok(Vec::new()), read)
}

type Applied = (Config, BTreeMap<&'static str, Origin>);

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

    /// A configuration with a mistake of every kind, and the keys that an inspection names, in order.
    const MISTAKES: (&str, &[&str]) = (
        "telemetry:\n  prometheus:\n    zob: 1\n    exposition_port: many\n  carrier: pigeon\n  \
         health_thresholds:\n    error_rate_warn: 90\n    retry_rate_warn: 99\n    retry_rate_critical: x\n",
        &[
            "SASE_TELEMETRY_JOB",
            "prometheus.zob",
            "exposition_port",
            "carrier",
            "error_rate_warn",
            "retry_rate_critical",
        ],
    );

    #[test]
    fn an_inspection_finds_every_mistake_in_the_order_of_the_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sase.yml");
        std::fs::write(&path, MISTAKES.0).unwrap();
        let environment = vec![pair("SASE_TELEMETRY_JOB", "x")];
        let sources = Sources { file: Some(path), environment, ..Sources::default() };
        let Inspection { loaded, problems } = inspect(&sources);
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), MISTAKES.1.len(), "{problems:#?}");
        for (problem, key) in problems.iter().zip(MISTAKES.1) {
            assert!(problem.contains(key), "{key}: {problem}");
        }
        assert_eq!(loaded.config.health_thresholds.error_rate_warn, 90.0);
        assert_eq!(load(&sources).unwrap_err().to_string(), problems[0]);
    }

    #[test]
    fn the_gateway_and_prometheus_are_two_servers_where_counts_are_pushed() {
        let with = |overrides: &[(&str, &str)]| {
            let overrides = overrides.iter().map(|(key, value)| pair(key, value)).collect();
            load(&Sources { overrides, ..Sources::default() }).unwrap().warnings.concat()
        };
        let same = ("prometheus.url", "LOCALHOST:9091/");
        let warning = with(&[same]);
        for part in [
            "--set: telemetry.prometheus.url: is the same address as telemetry.prometheus.pushgateway_url",
            "9090",
        ] {
            assert!(warning.contains(part), "{warning}");
        }
        let warning = with(&[("prometheus.pushgateway_url", "localhost:9090")]);
        assert!(
            warning.contains("telemetry.prometheus.pushgateway_url: is the same address as"),
            "{warning}"
        );
        assert!(with(&[same, ("carrier", "serve")]).is_empty(), "nothing is pushed");
        assert!(with(&[("prometheus.url", "localhost:9091/prometheus")]).is_empty());
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
