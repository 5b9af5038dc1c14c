//! The HTTP API of Prometheus over a history.
//!
//! | module | responsible for |
//! |---|---|
//! | `queries` | `query` and `query_range` |
//! | `series` | `series`, `labels` and `label/<name>/values` |
//! | `targets` | `targets`, `metadata` and `targets/metadata` |
//! | `rules` | `rules` and `alerts` |
//! | `about` | `query_exemplars`, `status/…`, and the probes |
//! | `desk` | asking the store: so many at once, for so long, and no longer than somebody waits |
//! | `parameters`, `moments` | what a request asks for |
//! | `answer`, `json` | what it gets |
//! | `samples` | what a store must be able to do |
//! | `metrics` | what the API tells of itself at `/metrics` |
//!
//! Answers, errors and limits are those of Prometheus, so that its clients work unchanged. One thing is deliberately different: no
//! answer says that pages of other sites may read it (`Access-Control-Allow-Origin`). A web page that somebody looks at could otherwise
//! read what is measured on their machine.

mod about;
mod answer;
mod desk;
mod json;
pub mod metrics;
mod moments;
mod parameters;
mod queries;
mod rules;
mod samples;
mod series;
mod targets;

use crate::rules::Rules;
use crate::scrape::{Clock, Scraper, SystemClock};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, Response};
use axum::routing::{MethodRouter, get};
use desk::Desk;
use metrics::Instruments;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::compression::CompressionLayer;

pub use samples::Samples;

/// How the API answers. The defaults are Prometheus's.
#[derive(Debug, Clone, Copy)]
pub struct ApiOptions {
    /// How many queries are evaluated at once; the others wait: 20.
    pub concurrency: usize,
    /// How many values all queries together, with their answers, may hold at once: 100,000,000, of 8 to 16 bytes each. One query may
    /// hold half of them, as in Prometheus, whose queries have nothing in common.
    pub samples: usize,
    /// How long a query may take, waiting included: 2 minutes. What serves the API must wait a little longer.
    pub timeout: Duration,
    /// How long samples are kept, which is only told.
    pub retention: Duration,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            concurrency: 20,
            samples: 100_000_000,
            timeout: Duration::from_secs(120),
            retention: Duration::from_secs(15 * 24 * 3600),
        }
    }
}

/// What the API answers from.
#[derive(Clone)]
pub struct Api {
    /// Where samples are read.
    pub samples: Arc<dyn Samples>,
    /// Who is scraped.
    pub scraper: Arc<Scraper>,
    /// How it answers.
    pub options: ApiOptions,
    /// What `now` is for queries that name no time.
    pub clock: Arc<dyn Clock>,
    /// The rules that are evaluated, if any are.
    pub rules: Option<Arc<Rules>>,
    /// What a browser finds at the top, in place of a list of what the API answers.
    pub front: Option<Router>,
}

impl Api {
    /// The API over these samples, by the clock of the system.
    #[must_use]
    pub fn new(samples: Arc<dyn Samples>, scraper: Arc<Scraper>, options: ApiOptions) -> Self {
        Self { samples, scraper, options, clock: Arc::new(SystemClock), rules: None, front: None }
    }
}

/// What every handler has.
struct Shared {
    api: Api,
    desk: Desk,
    instruments: Arc<Instruments>,
    /// When the API was made, in milliseconds since 1970.
    since: i64,
}

/// What a browser finds at the top.
const LANDING: &str = "<!doctype html>\n<html lang=\"en\"><title>telemetry</title>\n\
    <p>The Prometheus API over the history: give this address to Grafana as a Prometheus data source, or to promtool.\n\
    <p><a href=\"/api/v1/query?query=up\">/api/v1/query</a>, /api/v1/query_range: queries\n\
    <p><a href=\"/api/v1/label/__name__/values\">/api/v1/label/__name__/values</a>: which metrics there are\n\
    <p><a href=\"/api/v1/targets\">/api/v1/targets</a>: who is scraped\n\
    <p><a href=\"/metrics\">/metrics</a>: what this server tells of itself\n\
    <p><a href=\"/-/healthy\">/-/healthy</a>, <a href=\"/-/ready\">/-/ready</a>: whether it is well\n";

type Handler = MethodRouter<Arc<Shared>>;

/// The routes of the API, with `/metrics`, `/-/healthy` and `/-/ready` beside it, and at `/` what the API has as its front. They need a tokio runtime with time.
pub fn routes(mut api: Api) -> Router {
    let front = api.front.take().unwrap_or_else(|| Router::new().route("/", get(async || Html(LANDING))));
    let rules = rules::routes(api.rules.clone());
    let instruments = Arc::new(Instruments::default());
    let desk = Desk::new(Arc::clone(&api.samples), api.options);
    let exposition = metrics::exposition(&api, &instruments);
    let since = api.clock.now();
    let shared = Arc::new(Shared { api, desk, instruments, since });
    let count = from_fn_with_state(Arc::clone(&shared), count);
    let asked = questions().merge(rules).route_layer(count).layer(CompressionLayer::new());
    let probes = Router::new().route("/-/healthy", get(about::healthy)).route("/-/ready", get(about::ready));
    let app = asked.merge(probes).with_state(shared).merge(exposition.router());
    app.merge(front).fallback(no_page).method_not_allowed_fallback(no_method)
}

/// What the page has beside it on a port of its own: the rules and their alerts as in the API, and whether it is well.
pub(crate) fn beside_the_page(rules: Option<Arc<Rules>>) -> Router {
    let probes = Router::new().route("/-/healthy", get(about::healthy)).route("/-/ready", get(about::ready));
    rules::routes(rules).merge(probes)
}

async fn no_page() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "404 page not found\n")
}

async fn no_method() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
}

fn questions() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/query", both(queries::instant))
        .route("/api/v1/query_range", both(queries::range))
        .route("/api/v1/query_exemplars", both(about::exemplars))
        .route("/api/v1/series", both(series::series))
        .route("/api/v1/labels", both(series::names))
        .route("/api/v1/label/{name}/values", get(series::values))
        .route("/api/v1/metadata", get(targets::metadata))
        .route("/api/v1/targets", get(targets::targets))
        .route("/api/v1/targets/metadata", get(targets::of_targets))
        .route("/api/v1/status/buildinfo", get(about::build))
        .route("/api/v1/status/runtimeinfo", get(about::runtime))
        .route("/api/v1/status/flags", get(about::flags))
        .route("/api/v1/status/config", get(about::config))
        .route("/api/v1/status/tsdb", get(about::head))
}

/// Long expressions do not fit into a URL, so that they may also come as a form.
fn both<H, T>(handler: H) -> Handler
where
    H: axum::handler::Handler<T, Arc<Shared>> + Clone,
    T: 'static,
{
    get(handler.clone()).post(handler)
}

/// Counts requests by path and status. A client that goes away is not counted.
async fn count(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let handler = path.as_deref().unwrap_or_default().trim_start_matches("/api/v1/");
    shared.instruments.answered(handler, response.status().as_u16(), begun.elapsed());
    response
}
