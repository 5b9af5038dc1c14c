//! Ways from one port to another, by the host by which whoever asks reaches this machine.

use crate::neighbour::reachable;
use axum::Router;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use axum::response::Redirect;
use axum::routing::get;
use std::net::SocketAddr;
use telemetry_core::config::Address;

/// At `/`, the way to a page on a port of its own.
pub(super) fn to_page(page: SocketAddr) -> Router {
    Router::new().route("/", get(async move |asked: HeaderMap| Redirect::temporary(&at(&asked, page, "/"))))
}

/// At `/graph`, where alerts lead, the way from the port of the page to that of the API, which has the same path.
pub(super) fn to_graph(api: SocketAddr) -> Router {
    let lead = async move |asked: HeaderMap, uri: Uri| {
        let path = uri.path_and_query().map_or("/graph", |path| path.as_str());
        Redirect::temporary(&at(&asked, api, path))
    };
    Router::new().route("/graph", get(lead))
}

/// A URL on the host that was asked for, at the port of this address; on the address itself where the request names no host.
fn at(asked: &HeaderMap, address: SocketAddr, path: &str) -> String {
    match host(asked) {
        Some(host) => format!("http://{host}:{}{path}", address.port()),
        None => format!("http://{}{path}", reachable(address)),
    }
}

/// The host of a request without its port, as long as it has nothing in it that no host has.
fn host(asked: &HeaderMap) -> Option<String> {
    let url = Address::parse(&format!("http://{}", asked.get(HOST)?.to_str().ok()?)).ok()?.url;
    let authority: Authority = url.strip_prefix("http://")?.parse().ok()?;
    Some(authority.host().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_keeps_the_host_that_was_asked_for() {
        let page: SocketAddr = "0.0.0.0:9095".parse().unwrap();
        for (host, url) in [
            ("10.0.0.7:9090", "http://10.0.0.7:9095/"),
            ("Build.example", "http://build.example:9095/"),
            ("[::1]:9090", "http://[::1]:9095/"),
        ] {
            let asked = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            assert_eq!(at(&asked, page, "/"), url);
        }
    }

    #[test]
    fn what_is_no_host_leads_nowhere_else() {
        let page: SocketAddr = "0.0.0.0:9095".parse().unwrap();
        for host in
            ["", "evil.example/x", "me@evil.example", "evil.example?", "a b", "evil\\x", "x:y", "\"><b>"]
        {
            let asked = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            assert_eq!(at(&asked, page, "/"), "http://127.0.0.1:9095/", "{host}");
        }
        assert_eq!(at(&HeaderMap::new(), page, "/"), "http://127.0.0.1:9095/");
    }
}
