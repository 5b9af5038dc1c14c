//! Whether anything is recorded, and the settings in force with where each comes from.

use crate::session::why_nothing_is_recorded;
use serde::Serialize;
use telemetry_core::config::{Config, Loaded, Origin, settings};

/// Whether anything is recorded here.
#[derive(Debug, Serialize)]
pub(crate) struct Recording {
    pub(crate) on: bool,
    /// What decided, in a clause.
    pub(crate) why: String,
    /// Where that stands.
    pub(crate) origin: String,
}

/// What was configured.
#[derive(Debug, Serialize)]
pub(crate) struct ConfigurationReport {
    /// The file that was read.
    pub(crate) file: Option<String>,
    /// Why there is no configuration.
    pub(crate) error: Option<String>,
    /// What was noticed while it was read.
    pub(crate) warnings: Vec<String>,
    /// Every setting.
    pub(crate) settings: Vec<InForce>,
}

/// A setting with its value in force.
#[derive(Debug, Serialize)]
pub(crate) struct InForce {
    /// Its key below `telemetry`.
    pub(crate) key: &'static str,
    /// Its value; of a secret, the file that holds it. Nothing while it is not set.
    pub(crate) value: Option<String>,
    /// What holds while it is not set; empty where there always is a value.
    pub(crate) unset: &'static str,
    /// Where the value comes from.
    pub(crate) origin: String,
    /// Whether nobody set it.
    pub(crate) default: bool,
}

impl Recording {
    pub(super) fn of(loaded: &Loaded) -> Self {
        let Config { enabled, carrier, .. } = loaded.config;
        let why = why_nothing_is_recorded(&loaded.config);
        let (key, said) = match (why, enabled) {
            (Some(why), Some(false)) => ("enabled", why.to_owned()),
            (Some(why), _) => ("carrier", why.to_owned()),
            (None, Some(_)) => {
                ("enabled", format!("telemetry.enabled is true, and the carrier is {carrier}"))
            }
            (None, None) => ("enabled", format!("nothing turns it off, and the carrier is {carrier}")),
        };
        Self { on: why.is_none(), why: said, origin: loaded.origin(key).to_string() }
    }
}

impl ConfigurationReport {
    pub(super) fn of(loaded: &Loaded) -> Self {
        let setting = |setting: &'static telemetry_core::config::Setting| {
            let origin = loaded.origin(setting.key());
            InForce {
                key: setting.key(),
                value: setting.value_in(&loaded.config),
                unset: setting.when_unset(),
                origin: origin.to_string(),
                default: *origin == Origin::Default,
            }
        };
        Self {
            file: loaded.file.as_ref().map(|file| file.display().to_string()),
            error: None,
            warnings: loaded.warnings.clone(),
            settings: settings().map(setting).collect(),
        }
    }

    pub(super) const fn unreadable(error: String) -> Self {
        Self { file: None, error: Some(error), warnings: Vec::new(), settings: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::{Sources, load};

    fn loaded(overrides: &[(&str, &str)]) -> Loaded {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        load(&Sources { overrides: overrides.iter().map(pair).collect(), ..Sources::default() }).unwrap()
    }

    #[test]
    fn what_decides_is_named_with_its_origin() {
        for (overrides, on, why, origin) in [
            (&[][..], true, "nothing turns it off", "the default"),
            (&[("enabled", "true")], true, "telemetry.enabled is true", "--set"),
            (&[("enabled", "false")], false, "telemetry.enabled is false", "--set"),
            (&[("carrier", "none")], false, "telemetry.carrier is none", "--set"),
            (&[("enabled", "true"), ("carrier", "none")], false, "telemetry.carrier is none", "--set"),
        ] {
            let recording = Recording::of(&loaded(overrides));
            assert_eq!((recording.on, &*recording.origin), (on, origin), "{overrides:?}");
            assert!(recording.why.starts_with(why), "{recording:?}");
        }
    }

    #[test]
    fn every_setting_is_there_and_secrets_are_names_of_files() {
        let key = "prometheus.exposition_auth.bearer_token_file";
        let report = ConfigurationReport::of(&loaded(&[(key, "/run/token")]));
        assert_eq!(report.settings.len(), settings().count());
        let set: Vec<_> = report.settings.iter().filter(|setting| !setting.default).collect();
        assert_eq!((set.len(), set[0].key, set[0].value.as_deref()), (1, key, Some("/run/token")));
    }
}
