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
        let users = users_addresses(sources, &base)?;
        let verdict = trust::judge(base, &above, &users)?;
        (base, refused) = (verdict.kept, verdict.refused);
    }
    let (config, origins) = apply(base.into_iter().chain(above))?;
    Checked { config: &config, origins: &origins }.check()?;
    let warnings = refused.iter().filter_map(|refused| refused.warning(&config)).collect();
    Ok(Loaded { config, file: file.map(|file| file.path), warnings, origins })
}

/// What the user's own file says of the addresses that a found file sets. It is read for nothing else, and an error
/// in it counts: what cannot be read may hold credentials.
fn users_addresses(sources: &Sources, found: &[Assignment]) -> Result<Vec<Assignment>, ConfigError> {
    let addresses = trust::addresses(found);
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let read = |file: FoundFile| assignment::addresses_from_file(&file, &addresses);
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
