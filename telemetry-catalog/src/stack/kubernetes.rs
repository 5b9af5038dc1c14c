//! `kubernetes/podmonitor.yml`: the jobs of `prometheus.yml` for the Prometheus operator.

use crate::render::yaml;
use crate::target::{EXPOSITION_JOB, WORKER_JOB};
use telemetry_core::config::Config;

const HEAD: &str = "\
# What a Prometheus operator (https://prometheus-operator.dev) scrapes: the same jobs as those of prometheus/prometheus.yml.
#
# Apply it in the namespace of the pods. The operator only looks at objects with the labels that its Prometheus asks for in
# `podMonitorSelector` and `ruleSelector`: with the Helm chart kube-prometheus-stack, add its label `release: NAME` to the metadata.
";

const AXES: &str = "
# Pods of the axe. Each has the labels below and a container port named `metrics`:
#
#   metadata:
#     labels:
#       app.kubernetes.io/name: sase-axe
#       app.kubernetes.io/part-of: sase
#   spec:
#     containers:
#       - ports:
#           - name: metrics
";

const AXE_SELECTOR: &str = "\
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: sase-axe
  labels:
    app.kubernetes.io/part-of: sase
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: sase-axe
  podMetricsEndpoints:
    - port: metrics
      interval: 15s
";

const WORKER_SELECTOR: &str = "---
# Pods of other long-lived processes, under another job: what is up in the job of the axe is taken for an axe, and AxeStalled would fire
# for a worker there, which runs no cycles. They have a name of their own, and the label `part-of` and the port as above.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: sase-worker
  labels:
    app.kubernetes.io/part-of: sase
spec:
  selector:
    matchLabels:
      app.kubernetes.io/part-of: sase
    matchExpressions:
      - {key: app.kubernetes.io/name, operator: NotIn, values: [sase-axe, prometheus-pushgateway]}
  podMetricsEndpoints:
    - port: metrics
      interval: 15s
";

const GATEWAY: &str = "---
# Pods of the Pushgateway, under the label that its Helm chart prometheus-pushgateway gives them. A Pushgateway needs a volume for its
# persistence file, as in docker-compose.yml, and one replica: two would each know a part.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: sase-pushgateway
  labels:
    app.kubernetes.io/part-of: sase
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: prometheus-pushgateway
  podMetricsEndpoints:
    - port: metrics
      interval: 15s
      # What was pushed keeps the job and the instance that it was pushed with.
      honorLabels: true
      relabelings:
        - targetLabel: job
          replacement: pushgateway
";

pub(super) fn podmonitor_yml(config: &Config) -> String {
    let (exposition, access) = (exposition(config), access(config));
    let (axe, worker) = (relabelings(EXPOSITION_JOB), relabelings(WORKER_JOB));
    format!("{HEAD}{AXES}{exposition}{AXE_SELECTOR}{access}{axe}{WORKER_SELECTOR}{access}{worker}{GATEWAY}")
}

/// What the pods have to be told: in a cluster, loopback is the pod's alone.
fn exposition(config: &Config) -> String {
    let port = match config.prometheus.exposition_port {
        0 => "9464           # prometheus.exposition_port is 0, any free port; set one".to_owned(),
        port => port.to_string(),
    };
    format!(
        "\
#             containerPort: {port}
#         env:
#           - name: SASE_TELEMETRY_PROMETHEUS__EXPOSITION_LISTEN  # whoever scrapes a pod does not sit in it
#             value: \"0.0.0.0\"
#
# Keep others out of that port by a network policy, or by prometheus.exposition_auth and exposition_tls.
"
    )
}

/// Scheme and credentials. An operator reads secrets from the cluster and not from files, so that the objects are named here.
fn access(config: &Config) -> String {
    let prometheus = &config.prometheus;
    let mut text = String::new();
    if prometheus.exposition_tls.cert_file.is_some() {
        text += "      scheme: https
      tlsConfig:
        # From: kubectl create secret generic sase-exposition-tls --from-file=ca.crt=…
        ca: {secret: {name: sase-exposition-tls, key: ca.crt}}
        # The name that stands in the certificate; pods are asked by their addresses.
        serverName: localhost
";
    }
    if prometheus.exposition_auth.bearer_token_file.is_some() {
        text += "      authorization:
        # From: kubectl create secret generic sase-exposition --from-file=token=…
        credentials: {name: sase-exposition, key: token}
";
    } else if prometheus.exposition_auth.username.is_some() {
        text += "      basicAuth:
        # From: kubectl create secret generic sase-exposition --from-literal=username=… --from-file=password=…
        username: {name: sase-exposition, key: username}
        password: {name: sase-exposition, key: password}
";
    }
    text
}

/// The alerts know the job by the name that it has everywhere.
fn relabelings(job: &str) -> String {
    let job = yaml::string(job);
    format!("      relabelings:\n        - targetLabel: job\n          replacement: {job}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::everything_elsewhere;

    #[test]
    fn the_pods_have_the_jobs_of_prometheus_yml() {
        let text = podmonitor_yml(&Config::default());
        assert_eq!(text.matches("\nkind: PodMonitor\n").count(), 3);
        assert!(text.contains("replacement: sase_axe\n") && text.ends_with("replacement: pushgateway\n"));
        assert!(text.contains("containerPort: 9464\n") && !text.contains("https\n"));
    }

    #[test]
    fn only_pods_of_the_axe_have_its_job() {
        let text = podmonitor_yml(&Config::default());
        let of_job = |job: &str| {
            let object = text.split("---\n").find(|object| object.contains(&format!("replacement: {job}\n")));
            object.unwrap().split_once("\n  selector:\n").unwrap().1
        };
        assert!(
            of_job("sase_axe").starts_with("    matchLabels:\n      app.kubernetes.io/name: sase-axe\n  pod")
        );
        let worker = of_job("sase_worker");
        assert!(
            worker.contains("part-of: sase\n") && worker.contains("NotIn, values: [sase-axe, "),
            "{worker}"
        );
    }

    #[test]
    fn secrets_are_those_of_the_cluster() {
        let mut config = everything_elsewhere();
        let text = podmonitor_yml(&config);
        assert_eq!(text.matches("      scheme: https\n").count(), 2, "the axe and the workers");
        assert_eq!(text.matches("        credentials: {name: ").count(), 2);
        assert!(!text.contains("/run/secrets"), "{text}");
        config.prometheus.exposition_auth.bearer_token_file = None;
        config.prometheus.exposition_auth.username = Some("x".to_owned());
        assert!(podmonitor_yml(&config).contains("        username: {name: "));
    }
}
