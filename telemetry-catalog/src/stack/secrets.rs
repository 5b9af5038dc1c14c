//! The files of the configuration that the servers of the stack read: passwords, tokens and authorities of what they ask.

use super::server::Server;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use telemetry_core::config::{Address, Config, ExpositionAuth};

/// The files that `prometheus.yml` names, each once, in the order of their paths.
pub(super) fn of_prometheus(config: &Config) -> Vec<&Path> {
    let ExpositionAuth { username, password_file, bearer_token_file } = &config.prometheus.exposition_auth;
    let mut files: BTreeSet<_> = chosen(username, password_file, bearer_token_file).collect();
    // Where the port is any free one, nothing is scraped; the files are not read then, and do no harm.
    files.extend(config.prometheus.exposition_tls.cert_file.as_deref());
    if Server::Pushgateway.of_stack(config).is_none() {
        files.extend(of_address(&config.prometheus.pushgateway_url));
    }
    files.extend(of_alertmanager(config));
    files.into_iter().collect()
}

/// The files with which Grafana and Prometheus reach an Alertmanager that is not the stack's.
pub(super) fn of_alertmanager(config: &Config) -> Vec<&Path> {
    let elsewhere = Server::Alertmanager.of_stack(config).is_none();
    let address = config.prometheus.alertmanager_url.as_ref().filter(|_| elsewhere);
    let files: BTreeSet<_> = address.into_iter().flat_map(of_address).collect();
    files.into_iter().collect()
}

fn of_address(address: &Address) -> impl Iterator<Item = &Path> {
    let Address { username, password_file, bearer_token_file, ca_file, .. } = address;
    chosen(username, password_file, bearer_token_file).chain(ca_file.as_deref())
}

/// The token goes before the password, as everywhere.
fn chosen<'a>(
    username: &Option<String>,
    password_file: &'a Option<PathBuf>,
    bearer_token_file: &'a Option<PathBuf>,
) -> impl Iterator<Item = &'a Path> {
    let password = password_file.as_deref().filter(|_| username.is_some());
    bearer_token_file.as_deref().or(password).into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::prometheus_yml;
    use crate::stack::everything_elsewhere;

    #[test]
    fn every_file_that_prometheus_is_told_of_is_there_and_no_other() {
        let config = everything_elsewhere();
        let text = prometheus_yml(&config);
        let key = |line: &str| {
            let (key, value) = line.trim().split_once("_file: \"")?;
            let file = matches!(key, "password" | "credentials" | "ca");
            file.then(|| PathBuf::from(value.trim_end_matches('"')))
        };
        let told: BTreeSet<_> = text.lines().filter_map(key).collect();
        assert_eq!(told.len(), 5, "{text}");
        assert_eq!(of_prometheus(&config), told.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        assert!(of_prometheus(&Config::default()).is_empty());
    }
}
