//! The same rules as one object of Kubernetes, for a Prometheus that an operator runs.

use super::rule_groups::{alert_groups, recording_groups};
use telemetry_core::config::Config;

const HEAD: &str = "\
# The alert and recording rules as an object of the Prometheus operator: kubectl apply -f …
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: telemetry
  labels:
    app.kubernetes.io/name: telemetry
    app.kubernetes.io/component: monitoring
    # A Prometheus takes only the rules whose labels its spec.ruleSelector asks for. That of kube-prometheus-stack asks for the name of
    # the Helm release; take away the mark of the comment, and write yours:
    # release: kube-prometheus-stack
spec:
  groups:
";

/// A `PrometheusRule` of `monitoring.coreos.com/v1` with the very same groups as [`recording_yml`](super::recording_yml) and
/// [`alerts_yml`](super::alerts_yml), without the line that says what wrote it.
///
/// ```
/// use telemetry_catalog::render::prometheus_rule_yml;
/// use telemetry_core::config::Config;
///
/// assert!(prometheus_rule_yml(&Config::default()).contains("kind: PrometheusRule\n"));
/// ```
#[must_use]
pub fn prometheus_rule_yml(config: &Config) -> String {
    format!("{HEAD}{}{}", recording_groups(config, 4), alert_groups(config, 4))
}
