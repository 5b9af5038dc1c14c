//! The exposition as a part of an axum application.

use crate::encoding::Encoding;
use crate::exposition::{Exposition, Service};
use crate::negotiation::format_for;
use crate::pages::{Pages, Unavailable};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY,
};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;

/// Where Prometheus looks unless it is told otherwise.
pub(crate) const METRICS: &str = "/metrics";

/// Where a supervisor asks whether the program is alive.
pub(crate) const HEALTH: &str = "/health";

/// Where a supervisor asks whether the program is ready.
const READY: &str = "/ready";

/// Where a person or a program asks what this is.
const INFO: &str = "/info";

/// What a browser finds at the top.
const LANDING: &str = "<!doctype html>\n<html lang=\"en\"><title>telemetry</title>\n\
    <p><a href=\"/metrics\">/metrics</a>: what Prometheus scrapes\n\
    <p><a href=\"/health\">/health</a>: whether the program is alive\n\
    <p><a href=\"/ready\">/ready</a>: whether it is ready\n\
    <p><a href=\"/info\">/info</a>: its name, its version and for how long it has run\n";

impl Exposition {
    /// A router with `/metrics`, `/health`, `/ready` and `/info`, to be merged into an application that serves other things besides.
    /// Who may ask is for the application to say.
    ///
    /// It needs a tokio runtime with time enabled, which every ordinary one has. Of the [limits](Self::with_limits), only the times
    /// of a source and of an answer hold.
    ///
    /// An application with one of these paths of its own cannot merge it, and axum panics; it nests the router below another path.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use telemetry_server::Exposition;
    ///
    /// let app: Router = Router::new().route("/", get(|| async { "hello" })).merge(Exposition::default().router());
    ///
    /// let with_its_own_health: Router = Router::new()
    ///     .route("/health", get(|| async { "mine" }))
    ///     .nest("/telemetry", Exposition::default().router()); // scraped at /telemetry/metrics
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        routes(&Pages::new(self.or_process_metrics(false)))
    }
}

/// Everything that an application gets as well.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(pages: &Arc<Pages>) -> Router<S> {
    let scrape = get(metrics).layer(from_fn_with_state(Arc::clone(pages), count));
    Router::new()
        .route(METRICS, scrape)
        .route(HEALTH, get(async || "ok\n"))
        .route(READY, get(ready))
        .route(INFO, get(info))
        .with_state(Arc::clone(pages))
}

/// The page at the top, which only a server that has nothing else to serve has.
pub(crate) fn landing() -> Router {
    Router::new().route("/", get(async || Html(LANDING)))
}

async fn metrics(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let format = format_for(&joined(&headers, &ACCEPT));
    let encoding = Encoding::asked_for(&joined(&headers, &ACCEPT_ENCODING));
    let in_flight = pages.exposition.instruments.begin();
    let page = pages.page(format, encoding).await;
    drop(in_flight);
    let mut response = match page {
        Ok(page) => Body::from(page).into_response(),
        Err(unavailable) => return not_now(&unavailable),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if let Some(encoding) = encoding.header() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Counts scrapes by the status of their answers, those of the wrong method included.
async fn count(State(pages): State<Arc<Pages>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    pages.exposition.instruments.scraped(response.status().as_u16());
    response
}

async fn ready(State(pages): State<Arc<Pages>>) -> Response {
    match pages.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => not_now(&reason),
    }
}

async fn info(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    let Service { name, version, since } = &pages.exposition.service;
    let info =
        json!({ "service": name, "version": version, "uptime_seconds": since.elapsed().as_secs_f64() });
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], format!("{info}\n"))
}

fn not_now(reason: &Unavailable) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response()
}

/// The client may have split its wishes over several headers.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}
