//! The one table of settings. Whatever reads, explains or documents a setting goes over this table.

use super::slot::{AddressLens, Lens, Part, Slot};
use super::{Address, Config, ConfigError, Origin, assignment};

/// What the key of every setting begins with in the file.
pub(super) const SECTION: &str = "telemetry";

/// What the name of every environment variable that sets something begins with.
pub(super) const PREFIX: &str = "SASE_TELEMETRY_";

/// One thing that can be configured.
pub struct Setting {
    /// The dotted key below `telemetry`.
    pub(super) key: &'static str,
    pub(super) slot: Slot,
    /// What holds while nothing is set, where the default is no value that one could write down.
    pub(super) unset: &'static str,
    pub(super) found: Found,
    pub(super) help: &'static str,
}

/// Whether a file may set something that was found in the current folder and that nobody named. Agents run inside
/// cloned repositories, so that a stranger may have written that file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// At worst the result is misleading.
    May,
    /// It would read or write wherever the file says, or say who is believed.
    Never,
    /// Anywhere else than on loopback, strangers could reach the listener.
    Loopback,
    /// Credentials that are configured elsewhere would go to wherever the file says.
    UnlessCredentials,
}

/// The sections inside the section, with what holds for all of each.
pub(super) const SECTIONS: [(&str, &str); 2] = [
    ("prometheus", "Names and addresses in the world of Prometheus."),
    (
        "health_thresholds",
        "Where a health indicator turns to a warning or critical; a value at the threshold counts as over it.",
    ),
];

macro_rules! at {
    ($($field:ident).+) => {
        Lens { get: |config| &config.$($field).+, get_mut: |config| &mut config.$($field).+ }
    };
}

/// The five settings of one address: the key itself is the URL, and the parts stand below it.
macro_rules! address {
    ($key:literal, $lens:expr, $unset:literal, $help:literal) => {
        [
            Setting {
                key: $key,
                slot: Slot::Address($lens, Part::Url),
                unset: $unset,
                found: Found::UnlessCredentials,
                help: $help,
            },
            Setting {
                key: concat!($key, ".username"),
                slot: Slot::Address($lens, Part::Username),
                unset: "no basic authentication",
                found: Found::UnlessCredentials,
                help: "The name for basic authentication there.",
            },
            Setting {
                key: concat!($key, ".password_file"),
                slot: Slot::Address($lens, Part::PasswordFile),
                unset: "no password",
                found: Found::Never,
                help: "The file that holds the password to this name.",
            },
            Setting {
                key: concat!($key, ".bearer_token_file"),
                slot: Slot::Address($lens, Part::BearerTokenFile),
                unset: "no bearer token",
                found: Found::Never,
                help: "The file that holds a bearer token, in place of name and password.",
            },
            Setting {
                key: concat!($key, ".ca_file"),
                slot: Slot::Address($lens, Part::CaFile),
                unset: "the authorities that the system trusts",
                found: Found::Never,
                help: "A PEM file of the authorities that may have signed the server's certificate.",
            },
        ]
    };
}

static GENERAL: [Setting; 6] = [
    Setting {
        key: "enabled",
        slot: Slot::Switch(at!(enabled)),
        unset: "the program decides",
        found: Found::May,
        help: "Whether metrics are recorded at all.",
    },
    Setting {
        key: "carrier",
        slot: Slot::Carrier(at!(carrier)),
        unset: "",
        found: Found::May,
        help: "The one road by which counts reach a reader.",
    },
    Setting {
        key: "max_series_per_metric",
        slot: Slot::Count(at!(max_series_per_metric), 1..=1_000_000),
        unset: "",
        found: Found::May,
        help: "The most series that one metric may have; further label values are counted together.",
    },
    Setting {
        key: "ledger_path",
        slot: Slot::Folder(at!(ledger_path)),
        unset: "the user's state folder; /var/lib/telemetry when run as root",
        found: Found::May,
        help: "The folder of the ledger, in which the counts of short-lived processes come together.",
    },
    Setting {
        key: "textfile_path",
        slot: Slot::Folder(at!(textfile_path)),
        unset: "/var/lib/prometheus/node-exporter, which Debian's node_exporter reads",
        found: Found::Never,
        help: "The folder of node_exporter's textfile collector, in which the carrier textfile keeps a copy of the ledger.",
    },
    Setting {
        key: "runbook_base_url",
        slot: Slot::Link(at!(runbook_base_url)),
        unset: "",
        found: Found::May,
        help: "Where the runbook is published; alerts link to its entries.",
    },
];

static PROMETHEUS: [Setting; 9] = [
    Setting {
        key: "prometheus.job",
        slot: Slot::Name(at!(prometheus.job)),
        unset: "",
        found: Found::May,
        help: "The job label of everything that is pushed.",
    },
    Setting {
        key: "prometheus.instance",
        slot: Slot::OptionalName(at!(prometheus.instance)),
        unset: "user@host, or host for the machine-wide ledger",
        found: Found::May,
        help: "The instance label of everything that is pushed.",
    },
    Setting {
        key: "prometheus.exposition_listen",
        slot: Slot::Listen(at!(prometheus.exposition_listen)),
        unset: "",
        found: Found::Loopback,
        help: "The address that the exposition server listens on.",
    },
    Setting {
        key: "prometheus.exposition_port",
        slot: Slot::Port(at!(prometheus.exposition_port)),
        unset: "",
        found: Found::May,
        help: "The port that the exposition server listens on; 0 takes any free one.",
    },
    Setting {
        key: "prometheus.exposition_tls.cert_file",
        slot: Slot::File(at!(prometheus.exposition_tls.cert_file)),
        unset: "plain HTTP",
        found: Found::Never,
        help: "A PEM file of the exposition server's certificate, and behind it those that lead to its authority.",
    },
    Setting {
        key: "prometheus.exposition_tls.key_file",
        slot: Slot::File(at!(prometheus.exposition_tls.key_file)),
        unset: "plain HTTP",
        found: Found::Never,
        help: "A PEM file of the private key to this certificate.",
    },
    Setting {
        key: "prometheus.exposition_auth.username",
        slot: Slot::Username(at!(prometheus.exposition_auth.username)),
        unset: "no basic authentication",
        found: Found::Never,
        help: "The name that the exposition server asks for, by basic authentication.",
    },
    Setting {
        key: "prometheus.exposition_auth.password_file",
        slot: Slot::File(at!(prometheus.exposition_auth.password_file)),
        unset: "no basic authentication",
        found: Found::Never,
        help: "The file that holds the password to this name.",
    },
    Setting {
        key: "prometheus.exposition_auth.bearer_token_file",
        slot: Slot::File(at!(prometheus.exposition_auth.bearer_token_file)),
        unset: "no bearer token",
        found: Found::Never,
        help: "The file that holds a bearer token that the exposition server takes, in place of name and password.",
    },
];

static PUSHGATEWAY: [Setting; 5] = address!(
    "prometheus.pushgateway_url",
    AddressLens {
        get: |config| Some(&config.prometheus.pushgateway_url),
        get_mut: |config| &mut config.prometheus.pushgateway_url,
    },
    "",
    "The Pushgateway that metrics are pushed to."
);

static API: [Setting; 5] = address!(
    "prometheus.url",
    AddressLens { get: |config| Some(&config.prometheus.url), get_mut: |config| &mut config.prometheus.url },
    "",
    "The Prometheus HTTP API, for charts and for windows of time."
);

static ALERTMANAGER: [Setting; 5] = address!(
    "prometheus.alertmanager_url",
    AddressLens {
        get: |config| config.prometheus.alertmanager_url.as_ref(),
        get_mut: |config| config.prometheus.alertmanager_url.get_or_insert_with(|| Address::built_in("")),
    },
    "no Alertmanager",
    "The Alertmanager that alerts are read from."
);

static WEBHOOK: [Setting; 1] = [Setting {
    key: "prometheus.webhook_url_file",
    slot: Slot::File(at!(prometheus.webhook_url_file)),
    unset: "no webhook",
    found: Found::Never,
    help: "A file with the URLs, one a line, that `telemetry up` calls when an alert begins to fire and when it has ended.",
}];

static GRAFANA: [Setting; 1] = [Setting {
    key: "prometheus.grafana_url",
    slot: Slot::Link(at!(prometheus.grafana_url)),
    unset: "",
    found: Found::May,
    help: "Where people reach Grafana; alerts link to its dashboards.",
}];

macro_rules! threshold {
    ($kind:ident, $field:ident, $help:literal) => {
        Setting {
            key: concat!("health_thresholds.", stringify!($field)),
            slot: Slot::$kind(at!(health_thresholds.$field)),
            unset: "",
            found: Found::May,
            help: $help,
        }
    };
}

static HEALTH: [Setting; 6] = [
    threshold!(Percent, error_rate_warn, "The share of runs that fail, from which on it is a warning."),
    threshold!(Percent, error_rate_critical, "The share of runs that fail, from which on it is critical."),
    threshold!(
        Percent,
        retry_rate_warn,
        "The share of attempts that are repeated, from which on it is a warning."
    ),
    threshold!(
        Percent,
        retry_rate_critical,
        "The share of attempts that are repeated, from which on it is critical."
    ),
    threshold!(Seconds, p95_latency_warn, "The 95th percentile of durations, from which on it is a warning."),
    threshold!(
        Seconds,
        p95_latency_critical,
        "The 95th percentile of durations, from which on it is critical."
    ),
];

static TABLE: [&[Setting]; 8] =
    [&GENERAL, &PROMETHEUS, &PUSHGATEWAY, &API, &ALERTMANAGER, &WEBHOOK, &GRAFANA, &HEALTH];

/// Every setting, in the order in which the documentation lists them.
///
/// ```
/// use telemetry_core::config::{Config, settings};
///
/// let job = settings().find(|setting| setting.key() == "prometheus.job").expect("it is in the table");
/// assert_eq!(job.environment_variable(), "SASE_TELEMETRY_PROMETHEUS__JOB");
/// assert_eq!(job.value_in(&Config::default()).as_deref(), Some("sase_agent"));
/// ```
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    TABLE.iter().copied().flatten()
}

/// The setting that a person calls by its dotted key, with or without `telemetry.` before it.
///
/// # Errors
/// [`ConfigError::UnknownKey`] with the name that was most likely meant.
pub fn find_setting(key: &str) -> Result<&'static Setting, ConfigError> {
    assignment::named(key, &Origin::Flag("KEY".to_owned()))
}

/// What is in a file that a setting names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedFile {
    /// A password, a token, a private key or a URL with a token in it: only its owner should be able to read it.
    Secret,
    /// Certificates, which everybody may see.
    Public,
}

impl Setting {
    /// The dotted key below `telemetry`, such as `prometheus.job`. The key of an address is that of its URL.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// What the setting is, in one sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.help
    }

    /// What a right value is, with its unit and range.
    #[must_use]
    pub fn expectation(&self) -> String {
        self.slot.expectation()
    }

    /// The environment variable that sets it.
    #[must_use]
    pub fn environment_variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_ascii_uppercase().replace('.', "__"))
    }

    /// The value that a configuration has for it, as text that the variable and `--set` accept; `None` while unset.
    /// Secrets are never among the values, only the names of their files.
    #[must_use]
    pub fn value_in(&self, config: &Config) -> Option<String> {
        self.slot.show(config)
    }

    /// Whether a value is text, and not a number, a switch or one of a few words.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.slot.is_text()
    }

    /// What is in the file that the setting names; `None` where it names no file, or a folder.
    #[must_use]
    pub fn names_file(&self) -> Option<NamedFile> {
        match self.slot {
            Slot::Address(_, Part::CaFile) => Some(NamedFile::Public),
            Slot::File(_) if self.key.ends_with(".cert_file") => Some(NamedFile::Public),
            Slot::File(_) | Slot::Address(_, Part::PasswordFile | Part::BearerTokenFile) => {
                Some(NamedFile::Secret)
            }
            _ => None,
        }
    }

    /// What holds while a configuration has no value for it; empty where there always is one.
    #[must_use]
    pub fn when_unset(&self) -> &'static str {
        self.unset
    }

    /// The key as it stands in the file, from its top.
    pub(super) fn full_key(&self) -> String {
        full_key(self.key)
    }

    /// The key of the address that this setting is a part of.
    pub(super) fn address(&self) -> Option<&'static str> {
        match self.slot {
            Slot::Address(_, Part::Url) => Some(self.key),
            Slot::Address(..) => self.key.rsplit_once('.').map(|(address, _)| address),
            _ => None,
        }
    }

    /// Whether it says who is asking, or whom to believe: an address with such a part is not to be redirected.
    pub(super) fn is_credential(&self) -> bool {
        matches!(self.slot, Slot::Address(_, part) if part != Part::Url)
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Setting").field(&self.key).finish()
    }
}

/// The key as it stands in the file, from its top.
pub(super) fn full_key(key: &str) -> String {
    if key.is_empty() { SECTION.to_owned() } else { format!("{SECTION}.{key}") }
}

/// The setting of a dotted key. That of an address may also end in `.url`, which the file has when it is a mapping.
pub(super) fn find(key: &str) -> Option<&'static Setting> {
    let long = key.strip_suffix(".url");
    settings()
        .find(|setting| setting.key == key || (long == Some(setting.key) && setting.address().is_some()))
}

/// Whether there are settings below a dotted key; the empty key is above all.
pub(super) fn is_section(key: &str) -> bool {
    settings().any(|setting| below(key, setting.key).is_some())
}

/// The names that may stand directly below a dotted key.
pub(super) fn names_below(key: &str) -> Vec<&'static str> {
    let mut names: Vec<_> = settings()
        .filter_map(|setting| below(key, setting.key))
        .map(|rest| rest.split_once('.').map_or(rest, |(name, _)| name))
        .collect();
    if find(key).is_some() {
        names.insert(0, "url");
    }
    names.dedup();
    names
}

fn below(section: &str, key: &'static str) -> Option<&'static str> {
    if section.is_empty() { Some(key) } else { key.strip_prefix(section)?.strip_prefix('.') }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::slot::Input;

    #[test]
    fn every_row_of_the_table_is_sound() {
        for setting in settings() {
            let key = setting.key;
            assert!(
                key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)),
                "{key}"
            );
            assert!(!key.contains("__"), "{key}: the separator of variables is no part of a name");
            assert!(setting.help.ends_with('.') && !setting.help.contains('|'), "{key}: {}", setting.help);
            let section = key.split_once('.').map(|(section, _)| section);
            assert!(section.is_none_or(|name| SECTIONS.iter().any(|(known, _)| *known == name)), "{key}");
            assert_eq!(setting.unset.is_empty(), setting.value_in(&Config::default()).is_some(), "{key}");
        }
    }

    #[test]
    fn names_are_unique_and_lead_back_to_their_setting() {
        let keys: BTreeSet<_> = settings().map(Setting::key).collect();
        let variables: BTreeSet<_> = settings().map(Setting::environment_variable).collect();
        assert_eq!(keys.len(), settings().count());
        assert_eq!(variables.len(), settings().count());
        assert!(settings().all(|setting| find(setting.key).is_some_and(|found| found.key == setting.key)));
        assert_eq!(find("prometheus.url.url").map(Setting::key), Some("prometheus.url"));
        assert!(find("prometheus.job.url").is_none() && find("prometheus").is_none() && find("").is_none());
    }

    /// The defaults are typed once, in [`Config::default`]; the table shows them, and what it shows means the same.
    #[test]
    fn every_default_that_is_shown_is_the_default() {
        let default = Config::default();
        for setting in settings() {
            let Some(shown) = setting.value_in(&default) else { continue };
            let mut config = default.clone();
            setting.slot.write(&mut config, &Input::Untyped(shown), Path::new("/")).unwrap();
            config.prometheus.pushgateway_url.configured = false;
            config.prometheus.url.configured = false;
            assert_eq!(config, default, "{}", setting.key);
        }
    }

    #[test]
    fn names_below_are_those_of_the_file() {
        assert_eq!(names_below("prometheus.url")[..2], ["url", "username"]);
        assert!(names_below("").contains(&"prometheus") && names_below("prometheus").contains(&"job"));
        assert_eq!(names_below("prometheus").len(), 11);
        assert_eq!(names_below("prometheus.exposition_tls"), ["cert_file", "key_file"]);
        assert!(names_below("carrier.x").is_empty());
    }

    #[test]
    fn a_setting_is_found_by_its_key_and_a_wrong_one_says_which_is_meant() {
        assert_eq!(find_setting("telemetry.prometheus.job").unwrap().key(), "prometheus.job");
        let error = find_setting("prometheus.jbo").unwrap_err().to_string();
        assert!(error.ends_with("unknown key; did you mean telemetry.prometheus.job?"), "{error}");
    }

    #[test]
    fn every_file_is_secret_but_certificates() {
        for setting in settings() {
            let secret = ["password_file", "token_file", "key_file", "url_file"];
            let kind = if secret.iter().any(|end| setting.key.ends_with(end)) {
                Some(NamedFile::Secret)
            } else {
                setting.key.ends_with("_file").then_some(NamedFile::Public)
            };
            assert_eq!(setting.names_file(), kind, "{}", setting.key);
        }
    }

    #[test]
    fn parts_know_their_address() {
        let address = |key| find(key).and_then(Setting::address);
        assert_eq!(address("prometheus.url"), Some("prometheus.url"));
        assert_eq!(address("prometheus.url.ca_file"), Some("prometheus.url"));
        assert_eq!(address("prometheus.job"), None);
    }
}
