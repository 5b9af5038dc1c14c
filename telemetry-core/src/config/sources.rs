//! Everything that a configuration is read from, as plain data, so that tests and other programs can bring their own.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The variable that names a file, in place of looking for one.
pub(super) const FILE_VARIABLE: &str = "SASE_CONFIG";

/// Where a configuration is read from: a file, over it the environment, over that the overrides.
///
/// The file is the first of: [`file`](Self::file), the one that the variable `SASE_CONFIG` names, `sase.yml` in
/// [`current_dir`](Self::current_dir), and `sase/sase.yml` in [`user_config_dir`](Self::user_config_dir). One that is
/// named has to exist. Without any, the defaults hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The file that the flag `--config` names.
    pub file: Option<PathBuf>,
    /// Environment variables, of which only `SASE_CONFIG` and those that begin with `SASE_TELEMETRY_` matter. An empty
    /// one counts as not set. One with a replacement character (U+FFFD) is refused, as [`Sources::from_process`] puts
    /// it where a value is not UTF-8.
    pub environment: Vec<(String, String)>,
    /// The folder that relative paths, and `sase.yml`, are looked for in.
    pub current_dir: PathBuf,
    /// The user's configuration folder, if there is a user with a home.
    pub user_config_dir: Option<PathBuf>,
    /// Pairs of a dotted key and the text of its value, as in `--set prometheus.job=x`; the last of several wins.
    ///
    /// For an error to name another flag than `--set`, the key has the flag and a space before it:
    /// `--port prometheus.exposition_port`. [`Sources::set`] writes that.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// What this process has: its environment, its current folder and its user's configuration folder, which is
    /// `$XDG_CONFIG_HOME` or else `~/.config`, on every system. Relative paths in these variables count as not set.
    #[must_use]
    pub fn from_process() -> Self {
        Self {
            file: None,
            environment: std::env::vars_os().filter_map(our_variable).collect(),
            current_dir: std::env::current_dir().unwrap_or_default(),
            user_config_dir: user_config_dir(),
            overrides: Vec::new(),
        }
    }

    /// Adds what a dedicated flag says: `set("--port", "prometheus.exposition_port", "9464")`.
    pub fn set(&mut self, flag: &str, key: &str, text: impl Into<String>) {
        self.overrides.push((format!("{flag} {key}"), text.into()));
    }

    /// The value of a variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value =
            self.environment.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Sources {
    /// Leaves out the values: somebody may have put a password into one, where it will be refused but must not be seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names =
            |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("environment", &names(&self.environment))
            .field("current_dir", &self.current_dir)
            .field("user_config_dir", &self.user_config_dir)
            .field("overrides", &names(&self.overrides))
            .finish()
    }
}

/// A folder below a relative HOME would be another one in every current folder.
fn user_config_dir() -> Option<PathBuf> {
    let folders = etcetera::base_strategy::Xdg::new().ok()?;
    Some(folders.config_dir()).filter(|folder| folder.is_absolute())
}

/// The rest of the environment is not ours to look at, and may be no text at all.
fn our_variable((name, value): (OsString, OsString)) -> Option<(String, String)> {
    let name = name.to_string_lossy();
    let ours = name == FILE_VARIABLE || name.starts_with(super::settings::PREFIX);
    ours.then(|| (name.into_owned(), value.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_variables_are_taken_and_bad_text_stays_visible() {
        let take = |name: &str, value: &str| our_variable((name.into(), value.into()));
        assert_eq!(take("SASE_CONFIG", "x"), Some(("SASE_CONFIG".into(), "x".into())));
        assert_eq!(take("SASE_TELEMETRY_ENABLED", "1"), Some(("SASE_TELEMETRY_ENABLED".into(), "1".into())));
        assert_eq!(take("SASE_OTHER", "x"), None);
        assert_eq!(take("PATH", "x"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf8_arrives_with_a_replacement_character() {
        use std::os::unix::ffi::OsStringExt;
        let pair = our_variable(("SASE_TELEMETRY_ENABLED".into(), OsString::from_vec(vec![0xff]))).unwrap();
        assert_eq!(pair.1, "\u{fffd}");
        assert_eq!(our_variable((OsString::from_vec(vec![0xff]), "x".into())), None);
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let mut sources = Sources::default();
        sources.environment.push(("SASE_TELEMETRY_PROMETHEUS__URL".into(), "http://u:hunter2@host".into()));
        sources.set("--url", "prometheus.url", "http://u:hunter2@host");
        let shown = format!("{sources:?}");
        assert!(shown.contains("SASE_TELEMETRY_PROMETHEUS__URL") && shown.contains("--url prometheus.url"));
        assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn empty_variables_count_as_not_set() {
        let environment = vec![("SASE_CONFIG".to_owned(), String::new())];
        assert_eq!(Sources { environment, ..Sources::default() }.variable("SASE_CONFIG"), None);
    }
}
