//! The jobs as Prometheus, an OpenTelemetry collector and Kubernetes take them. What they say is that of the exported files.

use crate::failure::Failure;
use telemetry_catalog::render::scrape_configs_yml;
use telemetry_catalog::stack::STACK;
use telemetry_core::config::Config;

/// The file of the stack with the pods.
const PODS: &str = "kubernetes/podmonitor.yml";

const OTEL_HEAD: &str = "\
# For an OpenTelemetry collector: its receiver `prometheus` scrapes as Prometheus does. Put your exporters in place of `debug`.
#
# The collector takes ${…} for a variable, so that a dollar sign is written $$ here. A series' job becomes its service.name, and its
# instance service.instance.id; an exporter that writes to Prometheus turns both back. A collector from before July 2024 fails on
# honor_labels.
receivers:
  prometheus/telemetry:
    config:
";

const OTEL_TAIL: &str = "\
exporters:
  debug: {}
service:
  pipelines:
    metrics/telemetry:
      receivers: [prometheus/telemetry]
      exporters: [debug]
";

/// A document with the key `scrape_configs`.
pub(super) fn prometheus(config: &Config) -> String {
    scrape_configs_yml(config)
}

/// A collector with the same jobs.
pub(super) fn otel(config: &Config) -> String {
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("      {line}\n") };
    let jobs: String = prometheus(config).replace('$', "$$").lines().map(indented).collect();
    format!("{OTEL_HEAD}{jobs}{OTEL_TAIL}")
}

/// The objects of the Prometheus operator, and annotations for those who have none.
pub(super) fn kubernetes(config: &Config) -> Result<String, Failure> {
    let pods = STACK.iter().find(|file| file.path == PODS);
    let pods = pods.ok_or_else(|| Failure::new(format!("the stack has no {PODS}")))?;
    Ok((pods.render)(config) + &annotations(config))
}

fn annotations(config: &Config) -> String {
    let scheme = match config.prometheus.exposition_tls.scheme() {
        "https" => "\n#       prometheus.io/scheme: https",
        _ => "",
    };
    let port = match config.prometheus.exposition_port {
        0 => "9464\"  # prometheus.exposition_port is 0, any free port; set one".to_owned(),
        port => format!("{port}\""),
    };
    format!(
        "\
# Without an operator: a Prometheus whose jobs discover pods by their annotations finds them by these. It has to give the pods of the axe
# the job that they have above, or no alert knows them.
#
#   metadata:
#     annotations:
#       prometheus.io/scrape: \"true\"{scheme}
#       prometheus.io/path: /metrics
#       prometheus.io/port: \"{port}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::Address;

    fn config() -> Config {
        let mut config = Config::default();
        let mut address = Address::parse("https://gateway.example").unwrap();
        address.bearer_token_file = Some("/run/$secret: token".into());
        config.prometheus.pushgateway_url = address;
        config
    }

    #[test]
    fn a_collector_has_the_jobs_of_prometheus_with_their_dollars_doubled() {
        let jobs = |yaml: serde_yaml::Value| yaml["scrape_configs"].as_sequence().unwrap().clone();
        let ours = jobs(serde_yaml::from_str(&prometheus(&config())).unwrap());
        let collector: serde_yaml::Value = serde_yaml::from_str(&otel(&config())).unwrap();
        let theirs = jobs(collector["receivers"]["prometheus/telemetry"]["config"].clone());
        assert_eq!((ours.len(), theirs.len()), (2, 2));
        let token =
            |job: &serde_yaml::Value| job["authorization"]["credentials_file"].as_str().unwrap().to_owned();
        assert_eq!((&*token(&ours[1]), &*token(&theirs[1])), ("/run/$secret: token", "/run/$$secret: token"));
        assert_eq!(ours[0], theirs[0]);
        assert_eq!(theirs[1]["honor_labels"], serde_yaml::Value::from(true));
    }

    #[test]
    fn pods_are_those_of_the_stack() {
        let text = kubernetes(&config()).unwrap();
        assert_eq!(text.matches("kind: PodMonitor").count(), 3);
        assert!(text.ends_with("prometheus.io/port: \"9464\"\n"), "{text}");
    }
}
