//! Contradictions between settings, which may come from different places, so that no reader of one could see them.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::{Setting, find, full_key, settings};
use super::slot::{Part, Slot};
use super::{Address, Carrier, Config, ConfigError, Origin};

/// Each warning with its critical threshold, which it must not exceed.
const PAIRS: [(&str, &str); 3] = [
    ("health_thresholds.error_rate_warn", "health_thresholds.error_rate_critical"),
    ("health_thresholds.retry_rate_warn", "health_thresholds.retry_rate_critical"),
    ("health_thresholds.p95_latency_warn", "health_thresholds.p95_latency_critical"),
];

/// Settings of which neither means anything without the other.
pub(super) const TOGETHER: [(&str, &str); 2] = [
    ("prometheus.exposition_tls.cert_file", "prometheus.exposition_tls.key_file"),
    ("prometheus.exposition_auth.username", "prometheus.exposition_auth.password_file"),
];

/// A configuration with the origin of each value.
#[derive(Clone, Copy)]
pub(super) struct Checked<'a> {
    pub(super) config: &'a Config,
    pub(super) origins: &'a BTreeMap<&'static str, Origin>,
    /// The settings whose values are wrong and have been reported: no other is in contradiction to them.
    pub(super) wrong: &'a BTreeSet<&'static str>,
}

impl Checked<'_> {
    /// Looks for contradictions.
    pub(super) fn problems(self) -> Vec<ConfigError> {
        let pairs = PAIRS.into_iter().map(|(warn, critical)| self.check_pair(warn, critical));
        let together = TOGETHER.into_iter().map(|(one, other)| self.check_together(one, other));
        let addresses = settings().map(|setting| match &setting.slot {
            Slot::Address(lens, Part::Url) => {
                (lens.get)(self.config).map_or(Ok(()), |address| self.check_address(setting.key, address))
            }
            _ => Ok(()),
        });
        pairs.chain(together).chain(addresses).filter_map(Result::err).collect()
    }

    /// What will not work, though what is counted is safe all the same.
    pub(super) fn warnings(self) -> Option<String> {
        self.check_two_servers().err().map(|error| error.to_string())
    }

    fn check_pair(self, warn: &str, critical: &str) -> Result<(), ConfigError> {
        let [low, high] = [warn, critical].map(|key| find(key).and_then(|setting| self.threshold(setting)));
        let (Some(low), Some(high)) = (low, high) else {
            return Ok(());
        };
        if low <= high || self.is_wrong(warn) || self.is_wrong(critical) {
            return Ok(());
        }
        // The message begins with the place of a value that somebody set, where it can be mended.
        Err(if self.origin(warn) == Origin::Default {
            self.contradiction(critical, format!("{high:?} is below"), warn, &format!(", which is {low:?}"))
        } else {
            self.contradiction(warn, format!("{low:?} is above"), critical, &format!(", which is {high:?}"))
        })
    }

    /// What is pushed to the server that answers queries gets nowhere, and a Pushgateway answers none.
    fn check_two_servers(self) -> Result<(), ConfigError> {
        let (push, ask) = ("prometheus.pushgateway_url", "prometheus.url");
        let servers = &self.config.prometheus;
        let is_one = !servers.url.url.is_empty() && servers.pushgateway_url.url == servers.url.url;
        if !is_one || self.config.carrier != Carrier::Push || self.is_wrong(push) || self.is_wrong(ask) {
            return Ok(());
        }
        let (key, other) = if self.origin(push) == Origin::Default { (ask, push) } else { (push, ask) };
        let which = ": one takes what is pushed (port 9091 by default), the other answers queries (9090)";
        Err(self.contradiction(key, "is the same address as".to_owned(), other, which))
    }

    fn check_together(self, one: &str, other: &str) -> Result<(), ConfigError> {
        let is_set = |key| find(key).is_some_and(|setting| setting.value_in(self.config).is_some());
        match (is_set(one), is_set(other)) {
            _ if self.is_wrong(one) || self.is_wrong(other) => Ok(()),
            (true, false) => Err(self.incomplete(one, other)),
            (false, true) => Err(self.incomplete(other, one)),
            _ => Ok(()),
        }
    }

    fn threshold(self, setting: &Setting) -> Option<f64> {
        match &setting.slot {
            Slot::Percent(lens) | Slot::Seconds(lens) => Some(*(lens.get)(self.config)),
            _ => None,
        }
    }

    fn check_address(self, key: &str, address: &Address) -> Result<(), ConfigError> {
        let [username, password, bearer] =
            ["username", "password_file", "bearer_token_file"].map(|part| format!("{key}.{part}"));
        let mut parts = settings().filter(|part| part.address() == Some(key));
        if parts.any(|part| self.is_wrong(part.key)) {
            return Ok(());
        }
        if address.url.is_empty() {
            return Err(self.without_url(key));
        }
        if address.password_file.is_some() && address.username.is_none() {
            return Err(self.incomplete(&password, &username));
        }
        if address.bearer_token_file.is_some() && address.username.is_some() {
            let problem = "a bearer token cannot be sent together with".to_owned();
            return Err(self.contradiction(&bearer, problem, &username, ""));
        }
        Ok(())
    }

    fn without_url(self, key: &str) -> ConfigError {
        let is_set =
            |part: &&Setting| part.address() == Some(key) && self.origin(part.key) != Origin::Default;
        self.incomplete(settings().find(is_set).map_or(key, |part| part.key), key)
    }

    fn incomplete(self, key: &str, missing: &str) -> ConfigError {
        ConfigError::Incomplete { at: self.origin(key), key: full_key(key), missing: full_key(missing) }
    }

    fn contradiction(self, key: &str, problem: String, other: &str, value: &str) -> ConfigError {
        ConfigError::Contradiction {
            at: self.origin(key),
            key: full_key(key),
            problem,
            other_key: full_key(other) + value,
            other_at: Box::new(self.origin(other)),
        }
    }

    fn is_wrong(self, key: &str) -> bool {
        self.wrong.contains(key)
    }

    fn origin(self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_has_its_critical_threshold_in_the_pairs() {
        for setting in settings().filter(|setting| setting.key.ends_with("_warn")) {
            let critical = setting.key.replace("_warn", "_critical");
            assert!(PAIRS.contains(&(setting.key, critical.as_str())), "{}", setting.key);
        }
        for (one, other) in PAIRS.into_iter().chain(TOGETHER) {
            assert!(find(one).is_some() && find(other).is_some(), "{one}");
        }
    }
}
