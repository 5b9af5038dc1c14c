//! `alertmanager/alertmanager.yml`: which alerts are told together, how often, and which make others superfluous.

use crate::indicator::telling_labels;
use telemetry_core::config::Config;

const ROUTE: &str = "\
# Alertmanager configuration, rendered from the section `telemetry` of sase.yml.
route:
  # Until a receiver below is filled in, alerts are seen in Grafana and in Alertmanager, and nobody is called.
  receiver: people
  group_by: [alertname]
  # So long are alerts collected before a group is told, so that one cause is one message.
  group_wait: 30s
  # So long a group waits before what has joined it is told.
  group_interval: 5m
  # So long after the last message what still fires is told again.
  repeat_interval: 4h
  routes:
    - matchers: ['severity=\"critical\"']
      group_wait: 10s
      repeat_interval: 1h
    - matchers: ['severity=\"info\"']
      repeat_interval: 1d

inhibit_rules:
  # What is critical has long been a warning: one message is enough.
  - source_matchers: ['severity=\"critical\"']
    target_matchers: ['severity=\"warning\"']
";

const RECEIVERS: &str = "
receivers:
  - name: people
    # Fill in who is told, one or more of these, and reload Alertmanager. A secret belongs into a file of its own that only the
    # container may read besides you; see https://prometheus.io/docs/alerting/latest/configuration/ for the other kinds.
    #
    # webhook_configs:
    #   - url: https://example.org/alerts
    #     send_resolved: true
    #
    # slack_configs:
    #   - api_url_file: /etc/alertmanager/slack.url
    #     channel: '#agents'
    #     send_resolved: true
    #     title: '{{ .CommonAnnotations.summary }}'
    #     text: '{{ range .Alerts }}{{ .Annotations.description }} {{ .Annotations.runbook_url }} {{ end }}'
    #
    # email_configs:
    #   - to: agents@example.org
    #     from: alertmanager@example.org
    #     smarthost: mail.example.org:587
    #     auth_username: alertmanager
    #     auth_password_file: /etc/alertmanager/mail.password
";

/// Nothing of it depends on the configuration: addresses are those of whoever is called, which only the operator knows.
pub(super) fn alertmanager_yml(_config: &Config) -> String {
    // A label that neither of two alerts has is no difference.
    let equal = telling_labels().join(", ");
    format!("{ROUTE}    equal: [alertname, {equal}]\n{RECEIVERS}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::alert_rules;

    #[test]
    fn a_warning_is_silenced_by_what_has_all_labels_in_common_with_it() {
        let text = alertmanager_yml(&Config::default());
        let equal = text.lines().find_map(|line| line.trim().strip_prefix("equal: [")).unwrap();
        let labels: Vec<_> = equal.trim_end_matches(']').split(", ").collect();
        assert_eq!(labels[0], "alertname");
        let rules = alert_rules(&Config::default());
        let by = rules.iter().flat_map(|rule| rule.indicator.by);
        assert!(by.clone().count() > 0 && by.clone().all(|label| labels.contains(label)), "{labels:?}");
    }

    #[test]
    fn the_receiver_of_the_route_exists() {
        let text = alertmanager_yml(&Config::default());
        assert!(text.contains("\n  receiver: people\n") && text.contains("\n  - name: people\n"));
    }
}
