//! Which ledger a process belongs to: its folder, and the group under which it is pushed.

use crate::container;
use crate::error::Error;
use etcetera::BaseStrategy;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use telemetry_core::config::Config;

/// Where programs of the whole machine keep their state; only root writes there.
const MACHINE_WIDE: &str = "/var/lib";

/// The folder of ledgers in the folder of state.
const LEDGERS: &str = "telemetry";

/// The file of the totals in the folder of a ledger.
pub(crate) const FILE: &str = "ledger.prom";

/// The folder of a ledger, and the group under which its totals are pushed.
///
/// The folder carries job and instance in its name: another instance is another ledger, so two ledgers never push one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder that holds the ledger and its locks.
    pub folder: PathBuf,
    /// The label `job` of the group.
    pub job: String,
    /// The label `instance` of the group.
    pub instance: String,
    /// What a person should do before this ledger can be pushed: only in a container where neither the host name nor the folder
    /// lasts, and where neither `prometheus.instance` nor `ledger_path` is configured.
    pub advice: Option<String>,
}

impl Place {
    /// The place that the configuration gives: `ledger_path`, or the user's state folder (`$XDG_STATE_HOME/telemetry`, by default
    /// `~/.local/state/telemetry`), or `/var/lib/telemetry` for root. The instance is the configured one, or `user@host`, or the host
    /// alone for the machine-wide ledger.
    ///
    /// # Errors
    /// [`Error::NoFolder`] where nothing is configured and the home folder is not known.
    pub fn of(config: &Config) -> Result<Self, Error> {
        let machine_wide = config.ledger_path.is_none() && rustix::process::geteuid().is_root();
        let root = match &config.ledger_path {
            Some(path) => path.clone(),
            None => state_folder(LEDGERS)?,
        };
        let instance = config.prometheus.instance.clone().unwrap_or_else(|| default_instance(machine_wide));
        let place = Self::below(&root, &config.prometheus.job, &instance);
        let configured = config.prometheus.instance.is_some() || config.ledger_path.is_some();
        let advice = if configured { None } else { container::advice(&host(), &place.folder) };
        Ok(Self { advice, ..place })
    }

    /// The place of this job and instance below a folder.
    #[must_use]
    pub fn below(root: &Path, job: &str, instance: &str) -> Self {
        let folder = root.join(folder_name(job)).join(folder_name(instance));
        Self { folder, job: job.to_owned(), instance: instance.to_owned(), advice: None }
    }
}

impl Place {
    /// The folders of other ledgers on this machine that are pushed under the same group: where programs of root and those of this user
    /// keep theirs unless they are told otherwise, and for root where those of every user do. One of them has to be given an instance
    /// of its own, or each push replaces what the other has sent.
    #[must_use]
    pub fn rivals(&self) -> Vec<PathBuf> {
        self.rivals_below(&usual_roots())
    }

    fn rivals_below(&self, roots: &[PathBuf]) -> Vec<PathBuf> {
        let identity = |folder: &Path| folder.metadata().ok().map(|at| (at.dev(), at.ino()));
        let own = identity(&self.folder);
        let mut rivals: Vec<PathBuf> = Vec::new();
        for folder in roots.iter().map(|root| Self::below(root, &self.job, &self.instance).folder) {
            let there = identity(&folder).filter(|_| folder.join(FILE).exists());
            let known = rivals.iter().any(|rival| identity(rival) == there);
            if there.is_some() && there != own && !known {
                rivals.push(folder);
            }
        }
        rivals
    }

    /// The name of a file that belongs to this ledger alone, in a folder that it shares with others. Between the parts stands what
    /// neither of them holds, since a job `a-b` may have an instance `c`, and a job `a` an instance `b-c`.
    pub(crate) fn file_name(&self) -> String {
        format!("telemetry+{}+{}.prom", folder_name(&self.job), folder_name(&self.instance))
    }
}

/// Where ledgers are that nobody has given a place of their own.
fn usual_roots() -> Vec<PathBuf> {
    let mut roots = vec![Path::new(MACHINE_WIDE).join(LEDGERS)];
    roots.extend(user_state(LEDGERS));
    if rustix::process::geteuid().is_root() {
        let homes = fs::read_dir("/home").into_iter().flatten().flatten();
        roots.extend(homes.map(|home| home.path().join(".local/state").join(LEDGERS)));
    }
    roots
}

/// Below a relative HOME, which is no home, every current folder would have a ledger of its own. Relative paths in the variables of the
/// XDG Base Directory Specification are ignored, as it demands, by whoever reads them for us.
fn user_state(program: &str) -> Result<PathBuf, Error> {
    let of_user = etcetera::base_strategy::Xdg::new().map_err(Error::NoFolder)?;
    let folder = of_user.state_dir().unwrap_or_else(|| of_user.data_dir()).join(program);
    if folder.is_absolute() { Ok(folder) } else { Err(Error::NoFolder(etcetera::HomeDirError)) }
}

/// Where a program keeps its state: in the user's state folder (`$XDG_STATE_HOME`, by default `~/.local/state`), or in `/var/lib` for
/// root.
///
/// # Errors
/// [`Error::NoFolder`] where the home folder is not known, or not an absolute path.
pub fn state_folder(program: &str) -> Result<PathBuf, Error> {
    if rustix::process::geteuid().is_root() {
        return Ok(Path::new(MACHINE_WIDE).join(program));
    }
    user_state(program)
}

fn default_instance(machine_wide: bool) -> String {
    if machine_wide { host() } else { format!("{}@{}", user(), host()) }
}

pub(crate) fn host() -> String {
    whoami::hostname().unwrap_or_else(|_| "localhost".to_owned())
}

/// The name of the effective user, or the number where the system has no name for it, as in many containers.
fn user() -> String {
    whoami::username().unwrap_or_else(|_| format!("uid-{}", rustix::process::geteuid().as_raw()))
}

/// A text as the name of one folder: letters, digits and `@ . _ -` as they are, every other byte as `%` and two digits. An empty
/// text and one that begins with a dot would be no folder of its own, so their first byte is written that way too.
fn folder_name(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    let mut name = String::with_capacity(text.len());
    for (i, byte) in text.bytes().enumerate() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'_' | b'-') || (byte == b'.' && i > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_are_told_apart_and_never_leave_the_root() {
        assert_eq!(folder_name("alice@build-1.example"), "alice@build-1.example");
        assert_eq!(folder_name("../etc"), "%2e.%2fetc");
        assert_eq!(folder_name("a%2f"), "a%252f");
        assert_ne!(folder_name(""), folder_name("%"));
    }

    #[test]
    fn another_instance_and_another_job_are_another_ledger() {
        let place = |job, instance| Place::below(Path::new("/l"), job, instance).folder;
        assert_ne!(place("a", "x"), place("a", "y"));
        assert_ne!(place("a", "x"), place("b", "x"));
        let file = |job, instance| Place::below(Path::new("/l"), job, instance).file_name();
        assert_ne!(file("a-b", "c"), file("a", "b-c"));
        assert_ne!(file("a+b", "c"), file("a", "b+c"));
    }

    #[test]
    fn the_configured_instance_is_taken_as_it_is() {
        let mut config = Config { ledger_path: Some("/l".into()), ..Config::default() };
        config.prometheus.instance = Some("build/1".to_owned());
        assert_eq!(Place::of(&config).unwrap().instance, "build/1");
        config.prometheus.instance = None;
        assert!(Place::of(&config).unwrap().instance.contains('@'), "a user's ledger names the user");
    }

    #[test]
    fn only_another_ledger_of_the_same_group_is_a_rival() {
        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = Place::below(own.path(), "job", "me");
        let roots = [own.path().to_owned(), other.path().to_owned(), other.path().to_owned()];
        let make = |root: &Path, instance: &str| {
            let folder = Place::below(root, "job", instance).folder;
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(FILE), "").unwrap();
            folder
        };
        make(own.path(), "me");
        make(other.path(), "you");
        assert_eq!(place.rivals_below(&roots), Vec::<PathBuf>::new());
        let rival = make(other.path(), "me");
        assert_eq!(place.rivals_below(&roots), [rival]);
    }
}
