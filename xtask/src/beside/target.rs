//! What is scraped: a fleet on a port of its own, which is one scrape older each time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::get;
use telemetry_server::{Limits, Server};

use super::workload::Fleet;
use crate::failure::{Outcome, While as _};

/// A target that is served until this is dropped.
pub(super) struct Target {
    server: Server,
    scrapes: Arc<AtomicUsize>,
}

impl Target {
    /// Serves a fleet, which begins anew.
    pub(super) fn serve(series: usize) -> Outcome<Self> {
        let doing = "cannot serve what is scraped";
        let fleet = Arc::new(Mutex::new(Fleet::of_catalog(series)));
        let scrapes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&scrapes);
        let page = move || {
            let text = fleet.lock().unwrap_or_else(PoisonError::into_inner).exposition();
            counted.fetch_add(1, Ordering::Relaxed);
            async move { ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], text) }
        };
        let listener = Server::listen(SocketAddr::from(([127, 0, 0, 1], 0))).while_doing(doing)?;
        let app = Router::new().route("/metrics", get(page));
        let server = Server::host(listener, app, Limits::default()).while_doing(doing)?;
        Ok(Self { server, scrapes })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// How often it has been scraped.
    pub(super) fn scrapes(&self) -> usize {
        self.scrapes.load(Ordering::Relaxed)
    }
}
