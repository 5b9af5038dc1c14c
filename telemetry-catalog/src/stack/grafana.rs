//! `grafana/provisioning/`: what Grafana finds when it starts.

use super::server::Server;
use crate::render::yaml;
use std::fmt::Write as _;
use std::path::Path;
use telemetry_core::config::{Address, Config};

/// The variables in which Grafana is told where its data sources are: the same file serves every network.
pub(super) const PROMETHEUS_URL: &str = "TELEMETRY_PROMETHEUS_URL";
pub(super) const ALERTMANAGER_URL: &str = "TELEMETRY_ALERTMANAGER_URL";

/// Where the dashboards are mounted. Beside Grafana's own configuration and not in its volume, so that they never outlive the files.
pub(super) const DASHBOARDS: &str = "/etc/grafana/dashboards";

/// No data source is made the default one: a Grafana with two of them does not start, and the dashboards choose theirs by a variable.
const DATASOURCES: &str = "\
# The data sources of the dashboards. Grafana takes the addresses from its environment; the compose files set them. In a Grafana of
# your own, set TELEMETRY_PROMETHEUS_URL (such as http://127.0.0.1:9090) and TELEMETRY_ALERTMANAGER_URL, or write them here.
apiVersion: 1

datasources:
  - name: Telemetry
    uid: telemetry-prometheus
    type: prometheus
    access: proxy
    url: ${TELEMETRY_PROMETHEUS_URL}
    editable: false
    jsonData:
      httpMethod: POST
      prometheusType: Prometheus
      # Of the scrapes: no window of a query is chosen shorter than what this calls for.
      timeInterval: 15s
      manageAlerts: true
      alertmanagerUid: telemetry-alertmanager
  - name: Telemetry alerts
    uid: telemetry-alertmanager
    type: alertmanager
    access: proxy
    url: ${TELEMETRY_ALERTMANAGER_URL}
    editable: false
";

const IMPLEMENTATION: &str = "    jsonData:
      implementation: prometheus
      handleGrafanaManagedAlerts: false
";

pub(super) fn datasources_yml(config: &Config) -> String {
    let elsewhere = Server::Alertmanager.of_stack(config).is_none();
    let address = config.prometheus.alertmanager_url.as_ref().filter(|_| elsewhere);
    match address {
        Some(address) => format!("{DATASOURCES}{}", access(address)),
        None => format!("{DATASOURCES}{IMPLEMENTATION}"),
    }
}

/// How an Alertmanager elsewhere is asked. Grafana reads the secrets from their files when it starts.
fn access(address: &Address) -> String {
    let (mut plain, mut json, mut secure) = (String::new(), IMPLEMENTATION.to_owned(), String::new());
    // Writing into a string cannot fail, here and below.
    if let Some(token) = &address.bearer_token_file {
        json.push_str("      httpHeaderName1: Authorization\n");
        let _ =
            writeln!(secure, "      httpHeaderValue1: {}", yaml::string(&format!("Bearer {}", file(token))));
    } else if let Some(username) = &address.username {
        let _ = writeln!(
            plain,
            "    basicAuth: true\n    basicAuthUser: {}",
            yaml::string(&username.replace('$', "$$"))
        );
        if let Some(password) = &address.password_file {
            let _ = writeln!(secure, "      basicAuthPassword: {}", yaml::string(&file(password)));
        }
    }
    if let Some(authorities) = &address.ca_file {
        json.push_str("      tlsAuthWithCACert: true\n");
        let _ = writeln!(secure, "      tlsCACert: {}", yaml::string(&file(authorities)));
    }
    let title = if secure.is_empty() { "" } else { "    secureJsonData:\n" };
    format!("{plain}{json}{title}{secure}")
}

/// What Grafana replaces by the contents of a file.
fn file(path: &Path) -> String {
    format!("$__file{{{}}}", path.display())
}

pub(super) fn dashboards_yml(_config: &Config) -> String {
    format!(
        "\
# Grafana shows the dashboards of this folder, and shows them anew when their files change.
apiVersion: 1

providers:
  - name: telemetry
    folder: Telemetry
    type: file
    # What is changed in Grafana would be lost with the next change of the file: save a copy under another name.
    allowUiUpdates: false
    disableDeletion: true
    updateIntervalSeconds: 30
    options:
      path: {}
",
        yaml::string(DASHBOARDS)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::everything_elsewhere;

    #[test]
    fn the_data_sources_take_their_addresses_from_the_environment() {
        let text = datasources_yml(&Config::default());
        for variable in [PROMETHEUS_URL, ALERTMANAGER_URL] {
            assert_eq!(text.matches(&format!("    url: ${{{variable}}}\n")).count(), 1, "{text}");
        }
        assert!(!text.contains("isDefault") && text.ends_with(IMPLEMENTATION));
    }

    #[test]
    fn an_alertmanager_elsewhere_is_asked_as_it_is_configured() {
        let expected = "    basicAuth: true
    basicAuthUser: \"no\"
    jsonData:
      implementation: prometheus
      handleGrafanaManagedAlerts: false
      tlsAuthWithCACert: true
    secureJsonData:
      basicAuthPassword: \"$__file{/run/secrets/alerts: $password}\"
      tlsCACert: \"$__file{/etc/ca.pem}\"
";
        let mut config = everything_elsewhere();
        let text = datasources_yml(&config);
        assert!(text.ends_with(expected), "{text}");
        let address = config.prometheus.alertmanager_url.as_mut().unwrap();
        address.bearer_token_file = Some("/run/token".into());
        let text = datasources_yml(&config);
        assert!(text.contains("      httpHeaderValue1: \"Bearer $__file{/run/token}\"\n"), "{text}");
        assert!(!text.contains("basicAuth"), "{text}");
    }
}
