//! Under which job and instance Prometheus knows what the exposition server exposes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use telemetry_core::config::Config;

/// The job of the axe, which is scraped. Alerts take every target of it for an axe.
pub const EXPOSITION_JOB: &str = "sase_axe";

/// A job for other long-lived processes that are scraped.
pub const WORKER_JOB: &str = "sase_worker";

/// The job under which Prometheus knows the Pushgateway itself; what was pushed keeps the job that it was pushed with.
pub const GATEWAY_JOB: &str = "pushgateway";

/// The job under which the history of the embedded stack knows the process that it runs in.
pub const STACK_JOB: &str = "telemetry";

/// Host and port at which a program on the same machine reaches the exposition server; `None` where the port is any free one, which
/// nobody can know beforehand.
///
/// A server that listens on every interface is reached on loopback.
///
/// ```
/// use telemetry_catalog::exposition_target;
/// use telemetry_core::config::Config;
///
/// assert_eq!(exposition_target(&Config::default()).as_deref(), Some("127.0.0.1:9464"));
/// ```
#[must_use]
pub fn exposition_target(config: &Config) -> Option<String> {
    let host = match config.prometheus.exposition_listen {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    let port = config.prometheus.exposition_port;
    (port != 0).then(|| SocketAddr::new(host, port).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_reached_on_loopback_of_its_family() {
        let mut config = Config::default();
        for (listen, target) in [
            ("0.0.0.0", "127.0.0.1:9464"),
            ("::", "[::1]:9464"),
            ("10.1.2.3", "10.1.2.3:9464"),
            ("fe80::1", "[fe80::1]:9464"),
        ] {
            config.prometheus.exposition_listen = listen.parse().unwrap();
            assert_eq!(exposition_target(&config).as_deref(), Some(target));
        }
        config.prometheus.exposition_port = 0;
        assert_eq!(exposition_target(&config), None);
    }
}
