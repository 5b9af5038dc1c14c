//! The exposition as a part of an axum application.

use crate::exposition::Exposition;
use crate::negotiation::format_for;
use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use axum::routing::get;
use std::sync::Arc;

/// Where Prometheus looks unless it is told otherwise.
const METRICS: &str = "/metrics";

impl Exposition {
    /// A router with `GET /metrics`, to be merged into an application that serves other things besides.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use telemetry_server::Exposition;
    ///
    /// let app: Router = Router::new().route("/", get(|| async { "hello" })).merge(Exposition::default().router());
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        Router::new().route(METRICS, get(metrics)).with_state(Arc::new(self))
    }
}

async fn metrics(
    State(exposition): State<Arc<Exposition>>,
    headers: HeaderMap,
) -> ([(HeaderName, &'static str); 1], String) {
    let format = format_for(&accept(&headers));
    ([(CONTENT_TYPE, format.content_type())], exposition.text(format))
}

/// The client may have split its wishes over several headers.
fn accept(headers: &HeaderMap) -> String {
    let accepts: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    accepts.join(",")
}
