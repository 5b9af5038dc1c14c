//! The servers of the stack: where each listens, and which are configured to be somebody else's.
//!
//! A server is the stack's own where its configured address is one that a container of the stack can answer: plain HTTP on loopback,
//! no path, no credentials, and a port that needs no privilege. Any other address means that the server is run elsewhere, or stands
//! behind something that is: then the stack asks it there, and does not start one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use telemetry_core::config::{Address, Config};

/// The first port that a container may listen on without privileges.
const UNPRIVILEGED: u16 = 1024;

/// How a container of Docker Desktop names the machine it runs on.
pub(crate) const HOST_OF_DESKTOP: &str = "host.docker.internal";

/// Whose containers: they differ in how they reach the machine and each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// The containers share the network of the machine, so that loopback is loopback.
    Linux,
    /// The containers have a network of their own, behind a virtual machine.
    Desktop,
}

/// A server of the stack. The order is that in which data passes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// Takes what short-lived processes push.
    Pushgateway,
    /// Scrapes, keeps and evaluates.
    Prometheus,
    /// Tells people.
    Alertmanager,
    /// Shows.
    Grafana,
}

/// Where a server of the stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The stack runs it, and it listens here, on loopback.
    Stack(SocketAddr),
    /// It runs elsewhere, at this URL, and the stack starts none.
    Elsewhere(String),
}

impl Server {
    /// Every server.
    pub const ALL: [Self; 4] = [Self::Pushgateway, Self::Prometheus, Self::Alertmanager, Self::Grafana];

    /// The name of its service among the containers, which is also its host name there.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pushgateway => "pushgateway",
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
        }
    }

    /// The port that it has everywhere where nobody chose another.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Pushgateway => 9091,
            Self::Prometheus => 9090,
            Self::Alertmanager => 9093,
            Self::Grafana => 3000,
        }
    }

    /// Where the configuration wants it.
    ///
    /// Prometheus and Grafana are always of the stack: without them there is none. Where their configured addresses lead elsewhere,
    /// as through a reverse proxy, they listen on their usual ports.
    ///
    /// ```
    /// use telemetry_catalog::stack::{Server, Place};
    /// use telemetry_core::config::{Address, Config};
    ///
    /// let mut config = Config::default();
    /// assert_eq!(Server::Pushgateway.place(&config), Place::Stack(([127, 0, 0, 1], 9091).into()));
    /// config.prometheus.pushgateway_url = Address::parse("https://gateway.example").expect("an address");
    /// assert_eq!(
    ///     Server::Pushgateway.place(&config),
    ///     Place::Elsewhere("https://gateway.example".to_owned())
    /// );
    /// ```
    #[must_use]
    pub fn place(self, config: &Config) -> Place {
        let prometheus = &config.prometheus;
        let configured = match self {
            Self::Pushgateway => Some(&prometheus.pushgateway_url),
            Self::Alertmanager => prometheus.alertmanager_url.as_ref(),
            Self::Prometheus | Self::Grafana => return Place::Stack(self.always(config)),
        };
        match configured {
            None => Place::Stack(self.usual()),
            Some(address) => {
                own_socket(address).map_or_else(|| Place::Elsewhere(address.url.clone()), Place::Stack)
            }
        }
    }

    /// Where it listens, if the stack runs it.
    pub(crate) fn of_stack(self, config: &Config) -> Option<SocketAddr> {
        match self.place(config) {
            Place::Stack(socket) => Some(socket),
            Place::Elsewhere(_) => None,
        }
    }

    fn always(self, config: &Config) -> SocketAddr {
        let configured = match self {
            Self::Grafana => own_socket_of_url(&config.prometheus.grafana_url),
            _ => own_socket(&config.prometheus.url),
        };
        configured.unwrap_or_else(|| self.usual())
    }

    fn usual(self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port())
    }
}

/// The socket at which a container of the stack can answer for this address.
pub(crate) fn own_socket(address: &Address) -> Option<SocketAddr> {
    let Address { url, username, password_file, bearer_token_file, ca_file, configured: _ } = address;
    let open = username.is_none() && password_file.is_none() && bearer_token_file.is_none();
    if open && ca_file.is_none() { own_socket_of_url(url) } else { None }
}

fn own_socket_of_url(url: &str) -> Option<SocketAddr> {
    let Parts { scheme, host, port, path } = Parts::of(url);
    let ip = loopback(host)?;
    let port = port.filter(|port| *port >= UNPRIVILEGED)?;
    (scheme == "http" && path.is_empty()).then(|| SocketAddr::new(ip, port))
}

/// The parts of a URL in the normal form of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: &'a str,
    /// The host without a port, an IPv6 address in its brackets.
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// The path without a trailing slash, so that it is empty or begins with a slash.
    pub(crate) path: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |colon| authority.split_at(colon));
        Self {
            scheme,
            host,
            port: port.trim_start_matches(':').parse().ok(),
            path: path.trim_end_matches('/'),
        }
    }

    /// Host and port as somebody on this platform's side reaches them.
    pub(crate) fn authority_from(&self, platform: Platform) -> String {
        let host = if self.is_machine_of(platform) { HOST_OF_DESKTOP } else { self.host };
        self.port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether it names the machine from inside a container that has another name for it.
    pub(crate) fn is_machine_of(&self, platform: Platform) -> bool {
        platform == Platform::Desktop && loopback(self.host).is_some()
    }
}

/// The loopback address that a host names. `localhost` may name two; the servers of the stack listen on that of IPv4.
pub(crate) fn loopback(host: &str) -> Option<IpAddr> {
    if host == "localhost" {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().filter(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_container_can_answer_is_of_the_stack() {
        for (url, socket) in [
            ("localhost:9091", Some("127.0.0.1:9091")),
            ("127.0.0.2:19091", Some("127.0.0.2:19091")),
            ("[::1]:9091", Some("[::1]:9091")),
            ("https://localhost:9091", None),
            ("localhost:9091/push", None),
            ("localhost", None),
            ("localhost:443", None),
            ("10.0.0.1:9091", None),
            ("gateway.example:9091", None),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(own_socket(&address), socket.map(|socket| socket.parse().unwrap()), "{url}");
            let secured = Address { bearer_token_file: Some("/t".into()), ..address };
            assert_eq!(own_socket(&secured), None, "{url}");
        }
    }

    #[test]
    fn prometheus_and_grafana_are_always_there() {
        let mut config = Config::default();
        config.prometheus.url = Address::parse("localhost:19090").unwrap();
        config.prometheus.grafana_url = "http://127.0.0.1:13000".to_owned();
        let sockets = Server::ALL.map(|server| server.of_stack(&config).unwrap().to_string());
        assert_eq!(sockets, ["127.0.0.1:9091", "127.0.0.1:19090", "127.0.0.1:9093", "127.0.0.1:13000"]);
        config.prometheus.url = Address::parse("https://prometheus.example").unwrap();
        config.prometheus.grafana_url = "https://grafana.example".to_owned();
        config.prometheus.alertmanager_url = Some(Address::parse("alerts.example").unwrap());
        let sockets = Server::ALL.map(|server| server.of_stack(&config).map(|socket| socket.port()));
        assert_eq!(sockets, [Some(9091), Some(9090), None, Some(3000)]);
    }

    #[test]
    fn urls_fall_into_their_parts() {
        let parts = |scheme, host, port, path| Parts { scheme, host, port, path };
        assert_eq!(Parts::of("https://[::1]:1/a/b"), parts("https", "[::1]", Some(1), "/a/b"));
        assert_eq!(Parts::of("http://[::1]"), parts("http", "[::1]", None, ""));
        assert_eq!(Parts::of("https://host/p/"), parts("https", "host", None, "/p"));
        assert_eq!(Parts::of("http://[::1]:7").authority_from(Platform::Desktop), "host.docker.internal:7");
        assert_eq!(Parts::of("http://[::1]:7").authority_from(Platform::Linux), "[::1]:7");
        assert_eq!(Parts::of("http://host").authority_from(Platform::Desktop), "host");
    }
}
