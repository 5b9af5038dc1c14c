//! What does not fit together.

use std::net::{IpAddr, SocketAddr};
use telemetry_core::config::Config;
use telemetry_stack::{Part, Place, Stack, reachable};

/// Addresses of the configuration that lead elsewhere, and servers of others that know nothing of ours.
pub(super) fn hints(stack: &Stack, config: &Config) -> Vec<String> {
    let parts = [
        (Part::Gateway, "prometheus.pushgateway_url", &config.prometheus.pushgateway_url.url),
        (Part::History, "prometheus.url", &config.prometheus.url.url),
    ];
    let elsewhere = parts.into_iter().filter_map(|(part, key, configured)| {
        let Place::Here(address) = *stack.place(part) else { return None };
        let (here, name) = (reachable(address), part.name());
        (!leads_to(configured, here)).then(|| {
            format!("telemetry.{key} is {configured}: set it to http://{here}, or other commands do not find this {name}")
        })
    });
    let theirs = match (stack.place(Part::Gateway), stack.place(Part::History)) {
        (Place::Here(gateway), Place::Theirs { name, .. }) => Some(format!(
            "{name} has to scrape the gateway, with honor_labels: true, at {}; `telemetry export-config` writes such a \
             configuration. Nothing is scraped here",
            reachable(*gateway)
        )),
        _ => None,
    };
    elsewhere.chain(theirs).collect()
}

/// Where `telemetry alerts` has to be sent to see the alerts of this stack, unless the configuration sends it there already.
pub(super) fn from(stack: &Stack, config: &Config) -> Option<String> {
    let place = match stack.place(Part::History) {
        here @ Place::Here(_) => here,
        _ => stack.place(Part::Page),
    };
    let here = reachable(place.address()?);
    (!leads_to(&config.prometheus.url.url, here)).then(|| format!("http://{here}"))
}

/// Whether a URL leads to an address of this machine; `localhost` is every loopback address that it may stand for.
fn leads_to(url: &str, address: SocketAddr) -> bool {
    let localhost = address.ip() == IpAddr::from([127, 0, 0, 1])
        || address.ip() == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]);
    url == format!("http://{address}") || (localhost && url == format!("http://localhost:{}", address.port()))
}

#[cfg(test)]
mod tests {
    use super::leads_to;

    #[test]
    fn a_url_leads_to_an_address_by_host_and_port() {
        for (url, address, leads) in [
            ("http://localhost:9091", "127.0.0.1:9091", true),
            ("http://localhost:9091", "[::1]:9091", true),
            ("http://localhost:9091", "127.0.0.2:9091", false),
            ("http://127.0.0.2:9091", "127.0.0.2:9091", true),
            ("http://other:9091", "127.0.0.1:9091", false),
            ("http://localhost:9090", "127.0.0.1:9091", false),
        ] {
            assert_eq!(leads_to(url, address.parse().unwrap()), leads, "{url} {address}");
        }
    }
}
