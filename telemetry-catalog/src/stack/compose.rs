//! The compose files: each server of the stack in a container, on Linux and on Docker Desktop.
//!
//! On Linux the containers share the network of the machine and listen on its loopback. Docker Desktop has no such network: there they
//! have one of their own, and their ports are published on the machine's loopback.

use super::env::{ADMIN_PASSWORD, ENV_FILE};
use super::grafana;
use super::secrets;
use super::server::{Parts, Place, Platform, Server, own_socket};
use crate::render::yaml;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use telemetry_core::config::Config;

const fn image(server: Server) -> &'static str {
    match server {
        Server::Pushgateway => "prom/pushgateway:v1.11.3",
        Server::Prometheus => "prom/prometheus:v3.14.0",
        Server::Alertmanager => "prom/alertmanager:v0.34.0",
        Server::Grafana => "grafana/grafana:11.3.1",
    }
}

/// Where a container keeps what has to survive it: folders that its image has made for its user, who is `nobody` (65534), or 472 for
/// Grafana. A new volume takes its owner from there.
const fn data(server: Server) -> &'static str {
    match server {
        Server::Pushgateway => "/pushgateway",
        Server::Prometheus => "/prometheus",
        Server::Alertmanager => "/alertmanager",
        Server::Grafana => "/var/lib/grafana",
    }
}

/// Several times what each needs for a fleet of some ten thousand series.
const fn memory(server: Server) -> &'static str {
    match server {
        Server::Pushgateway | Server::Alertmanager => "128m",
        Server::Prometheus => "1g",
        Server::Grafana => "512m",
    }
}

const fn health_path(server: Server) -> &'static str {
    match server {
        Server::Grafana => "/api/health",
        _ => "/-/healthy",
    }
}

/// The folder of `prometheus.yml` in its container. It is not the usual one, below which a secret of the machine may have to be mounted.
const PROMETHEUS_FOLDER: &str = "/etc/telemetry/prometheus";
const ALERTMANAGER_FOLDER: &str = "/etc/alertmanager";

const LINUX: &str = "\
# The monitoring stack on Linux: `docker compose up -d` in this folder. Every server listens on this machine alone.
";
const DESKTOP: &str = "\
# The monitoring stack on Docker Desktop: `docker compose -f docker-compose.desktop.yml up -d` in this folder. Every port is published
# on this machine alone.
";

/// What holds for every container.
const CARE: &str = "    restart: unless-stopped
    cap_drop: [ALL]
    security_opt: [\"no-new-privileges:true\"]
    logging:
      driver: local
      options: {max-size: \"10m\", max-file: \"3\"}
";

pub(super) fn linux(config: &Config) -> String {
    rendered(config, Platform::Linux)
}

pub(super) fn desktop(config: &Config) -> String {
    rendered(config, Platform::Desktop)
}

fn rendered(config: &Config, platform: Platform) -> String {
    let head = if platform == Platform::Linux { LINUX } else { DESKTOP };
    let own: Vec<_> =
        Server::ALL.into_iter().filter_map(|server| Some((server, server.of_stack(config)?))).collect();
    let services: String =
        own.iter().map(|&(server, socket)| Service { server, socket, platform, config }.rendered()).collect();
    let volumes: String = own.iter().map(|(server, _)| format!("  {}: {{}}\n", volume(*server))).collect();
    format!("{head}{}services:\n{services}\nvolumes:\n{volumes}", elsewhere(config))
}

fn volume(server: Server) -> String {
    format!("{}-data", server.name())
}

/// What the configuration says of servers that this file does not start, or starts where nobody asked for them.
fn elsewhere(config: &Config) -> String {
    let mut text = String::new();
    for server in Server::ALL {
        if let Place::Elsewhere(url) = server.place(config) {
            let url = comment(&url);
            let _ = writeln!(
                text,
                "# No {}: it is configured to run elsewhere, at {url}, and is asked there.",
                server.name()
            );
        }
    }
    if own_socket(&config.prometheus.url).is_none() {
        let url = comment(&config.prometheus.url.url);
        let _ = writeln!(
            text,
            "# prometheus.url is {url}; the Prometheus of this stack is another one, or is reached through it."
        );
    }
    text + "\n"
}

/// A URL has no line ends of its own; a program that fills in its configuration by hand might.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// One server in its container.
struct Service<'a> {
    server: Server,
    /// Where it is reached on the machine.
    socket: SocketAddr,
    platform: Platform,
    config: &'a Config,
}

impl Service<'_> {
    fn rendered(&self) -> String {
        let mut text = format!("  {}:\n    image: {}\n", self.server.name(), image(self.server));
        text += &self.network();
        text += &items("command", &self.command());
        text += &mapping("environment", &self.environment());
        text += &self.volumes();
        text += &self.health();
        let _ = writeln!(text, "    mem_limit: {}", memory(self.server));
        text + CARE
    }

    /// Docker Desktop knows the machine by name; other engines that run this file are told.
    fn network(&self) -> String {
        let published = format!("{}:{}", self.socket, self.server.port());
        match self.platform {
            Platform::Linux => "    network_mode: host\n".to_owned(),
            Platform::Desktop => format!(
                "    ports: [{}]\n    extra_hosts: [\"host.docker.internal:host-gateway\"]\n",
                quoted(&published)
            ),
        }
    }

    /// Where it listens inside its own network.
    fn listens(&self) -> String {
        match self.platform {
            Platform::Linux => self.socket.to_string(),
            Platform::Desktop => format!(":{}", self.server.port()),
        }
    }

    /// Flags that the servers have had for years, so that older ones take them too.
    fn command(&self) -> Vec<String> {
        let listen = format!("--web.listen-address={}", self.listens());
        let data = data(self.server);
        let own: &[String] = match self.server {
            Server::Grafana => return Vec::new(),
            Server::Pushgateway => {
                &[format!("--persistence.file={data}/metrics"), "--persistence.interval=1m".to_owned()]
            }
            Server::Prometheus => &[
                format!("--config.file={PROMETHEUS_FOLDER}/{}", self.prometheus_file()),
                format!("--storage.tsdb.path={data}"),
                // Several times the eight days that a comparison with the same hour of the last week looks back.
                "--storage.tsdb.retention.time=30d".to_owned(),
                "--storage.tsdb.retention.size=8GB".to_owned(),
                format!("--web.external-url={}", self.external_url()),
            ],
            Server::Alertmanager => &[
                format!("--config.file={ALERTMANAGER_FOLDER}/alertmanager.yml"),
                format!("--storage.path={data}"),
                // There is no other to agree with, and it would listen to the whole network for one.
                "--cluster.listen-address=".to_owned(),
                format!("--web.external-url={}", self.external_url()),
            ],
        };
        [&[listen], own].concat()
    }

    fn prometheus_file(&self) -> &'static str {
        match self.platform {
            Platform::Linux => "prometheus.yml",
            Platform::Desktop => "prometheus.desktop.yml",
        }
    }

    /// Where people find it: links in alerts begin with it.
    fn external_url(&self) -> String {
        format!("http://{}", self.socket)
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        if self.server != Server::Grafana {
            return Vec::new();
        }
        let listen = match self.platform {
            Platform::Linux => (self.socket.ip().to_string(), self.socket.port()),
            Platform::Desktop => ("0.0.0.0".to_owned(), self.server.port()),
        };
        let password =
            format!("${{{ADMIN_PASSWORD}:?copy .env.example to {ENV_FILE} and set a password there}}");
        vec![
            ("GF_SERVER_HTTP_ADDR", quoted(&listen.0)),
            ("GF_SERVER_HTTP_PORT", quoted(&listen.1.to_string())),
            ("GF_SERVER_ROOT_URL", quoted(&format!("{}/", self.config.prometheus.grafana_url))),
            ("GF_SECURITY_ADMIN_PASSWORD", yaml::string(&password)),
            ("GF_AUTH_ANONYMOUS_ENABLED", quoted("true")),
            ("GF_AUTH_ANONYMOUS_ORG_ROLE", quoted("Viewer")),
            ("GF_ANALYTICS_REPORTING_ENABLED", quoted("false")),
            ("GF_ANALYTICS_CHECK_FOR_UPDATES", quoted("false")),
            ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", quoted("false")),
            (grafana::PROMETHEUS_URL, quoted(&self.url_of(Server::Prometheus))),
            (grafana::ALERTMANAGER_URL, quoted(&self.url_of(Server::Alertmanager))),
        ]
    }

    /// Where a container finds another server.
    fn url_of(&self, server: Server) -> String {
        match (server.place(self.config), self.platform) {
            (Place::Stack(socket), Platform::Linux) => format!("http://{socket}"),
            (Place::Stack(_), Platform::Desktop) => format!("http://{}:{}", server.name(), server.port()),
            (Place::Elsewhere(url), platform) => {
                let parts = Parts::of(&url);
                format!("{}://{}{}", parts.scheme, parts.authority_from(platform), parts.path)
            }
        }
    }

    fn volumes(&self) -> String {
        let own = format!("{}:{}", volume(self.server), data(self.server));
        let (folders, secrets): (&[(&str, &str)], _) = match self.server {
            Server::Pushgateway => (&[], Vec::new()),
            Server::Prometheus => {
                (&[("./prometheus", PROMETHEUS_FOLDER)], secrets::of_prometheus(self.config))
            }
            Server::Alertmanager => (&[("./alertmanager", ALERTMANAGER_FOLDER)], Vec::new()),
            Server::Grafana => (
                &[
                    ("./grafana/provisioning", "/etc/grafana/provisioning"),
                    ("./grafana/dashboards", grafana::DASHBOARDS),
                ],
                secrets::of_alertmanager(self.config),
            ),
        };
        let read: Vec<_> = folders.iter().map(|(from, to)| format!("{from}:{to}:ro")).collect();
        items("volumes", &[&[own], &*read].concat()) + &mounted(self.server, &secrets)
    }

    /// The image brings a `wget` and no other client.
    fn health(&self) -> String {
        let socket = match self.platform {
            Platform::Linux => self.socket.to_string(),
            Platform::Desktop => format!("127.0.0.1:{}", self.server.port()),
        };
        let url = format!("http://{socket}{}", health_path(self.server));
        format!(
            "    healthcheck:\n      test: [CMD, wget, \"-q\", \"-O\", /dev/null, {}]\n      \
             interval: 15s\n      timeout: 5s\n      retries: 4\n      start_period: 60s\n",
            quoted(&url)
        )
    }
}

/// The secrets stand in the container where they stand on the machine. In the long notation, since a path may have colons.
fn mounted(server: Server, files: &[&Path]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let user = if server == Server::Grafana { "472" } else { "65534" };
    let mut text = format!(
        "      # Each of these has to be readable for the container's user, such as by: setfacl -m u:{user}:r FILE\n"
    );
    for file in files {
        let path = quoted(&file.to_string_lossy());
        let _ = writeln!(text, "      - {{type: bind, source: {path}, target: {path}, read_only: true}}");
    }
    text
}

fn items(key: &str, values: &[String]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let items: String = values.iter().map(|value| format!("      - {}\n", quoted(value))).collect();
    format!("    {key}:\n{items}")
}

fn mapping(key: &str, values: &[(&str, String)]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let rows: String = values.iter().map(|(name, value)| format!("      {name}: {value}\n")).collect();
    format!("    {key}:\n{rows}")
}

/// A value that means itself: compose takes a dollar for the beginning of a variable.
fn quoted(text: &str) -> String {
    yaml::string(&text.replace('$', "$$"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::everything_elsewhere;

    #[test]
    fn on_linux_every_server_listens_on_loopback_alone() {
        let text = linux(&Config::default());
        assert_eq!(text.matches("    network_mode: host\n").count(), 4);
        for listens in [
            "--web.listen-address=127.0.0.1:9091",
            "--web.listen-address=127.0.0.1:9090",
            "--web.listen-address=127.0.0.1:9093",
            "GF_SERVER_HTTP_ADDR: \"127.0.0.1\"",
            "GF_SERVER_HTTP_PORT: \"3000\"",
            "--cluster.listen-address=\"",
        ] {
            assert_eq!(text.matches(listens).count(), 1, "{listens} in {text}");
        }
        assert!(!text.contains("0.0.0.0") && !text.contains("ports:"), "{text}");
    }

    #[test]
    fn on_docker_desktop_every_port_is_published_on_loopback_alone() {
        let text = desktop(&Config::default());
        let published: Vec<_> = text.lines().filter(|line| line.contains("ports:")).map(str::trim).collect();
        let expected = ["9091:9091", "9090:9090", "9093:9093", "3000:3000"];
        assert_eq!(published, expected.map(|ports| format!("ports: [\"127.0.0.1:{ports}\"]")));
        assert!(!text.contains("network_mode"));
        assert!(text.contains("TELEMETRY_PROMETHEUS_URL: \"http://prometheus:9090\"\n"), "{text}");
        assert!(text.contains("--config.file=/etc/telemetry/prometheus/prometheus.desktop.yml"));
    }

    #[test]
    fn every_container_is_cared_for_and_every_image_pinned() {
        for text in [linux(&Config::default()), desktop(&Config::default())] {
            assert_eq!(text.matches(CARE).count(), 4);
            for key in ["healthcheck:", "mem_limit: ", "image: ", "volumes:\n      - \""] {
                assert_eq!(text.matches(&format!("    {key}")).count(), 4, "{key} in {text}");
            }
            assert!(!text.starts_with("name:") && !text.contains("\nname:") && !text.contains("\nversion:"));
            let images = text.lines().filter_map(|line| line.trim().strip_prefix("image: "));
            assert!(images.into_iter().all(|image| !image.ends_with("latest") && image.contains(":")));
            assert!(text.contains("${GF_ADMIN_PASSWORD:?") && text.contains("ORG_ROLE: Viewer\n"), "{text}");
        }
    }

    #[test]
    fn what_runs_elsewhere_is_not_started_and_is_asked_there() {
        let text = linux(&everything_elsewhere());
        for said in [
            "# No pushgateway: it is configured to run elsewhere, at https://gateway.example/push, ",
            "# No alertmanager: ",
            "# prometheus.url is https://prometheus.example; ",
            "GF_SERVER_ROOT_URL: \"https://grafana.example/g$$1/\"",
            "TELEMETRY_ALERTMANAGER_URL: \"https://alerts.example:1/am\"",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains("image: prom/pushgateway") && !text.contains("alertmanager-data"), "{text}");
    }

    #[test]
    fn secrets_stand_where_the_configuration_says_and_a_dollar_is_a_dollar() {
        let text = linux(&everything_elsewhere());
        let mount = "      - {type: bind, source: \"/run/secrets/gateway: $$password\", \
                     target: \"/run/secrets/gateway: $$password\", read_only: true}\n";
        assert!(text.contains(mount), "{text}");
        // The authorities and the password of the Alertmanager are for two containers.
        assert_eq!(text.matches("source: \"/etc/ca.pem\"").count(), 2);
        assert_eq!(text.matches("setfacl -m u:472:r").count(), 1);
        assert!(!linux(&Config::default()).contains("type: bind"));
    }
}
