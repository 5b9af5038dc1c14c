//! The gateway over HTTP: which path and method leads where, and what is answered.

use super::Gateway;
use super::api;
use super::arrival::{Arrived, Encoding};
use super::error::Refusal;
use super::families::{Bounds, Syntax, families};
use super::group::Kept;
use super::page::{Chunks, Page};
use super::path::{Mode, Target, target};
use super::writer::Deed;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use telemetry_core::build_info::{RUST_VERSION, VERSION};
use telemetry_core::exposition::Format;
use tokio::task::spawn_blocking;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// What a browser finds at the top.
const LANDING: &str = "The gateway of telemetry. What was pushed: /metrics, and /api/v1/metrics as JSON. Push to /metrics/job/JOB\n";

/// How much longer than a body its series may be with the labels of the group.
const GROWTH: usize = 4;

/// What a body becomes, and how much memory that takes.
struct Prepared {
    deed: Deed,
    size: usize,
}

/// Everything that the gateway answers.
pub(super) fn routes(gateway: &Arc<Gateway>) -> Router {
    let compression = CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest);
    let pages = Router::new()
        .route("/metrics", get(page))
        .route("/api/v1/metrics", get(groups))
        .route("/api/v1/status", get(status))
        .layer(compression);
    Router::new()
        .route("/metrics/{*group}", any(group))
        .route("/-/healthy", get(async || "OK"))
        .route("/-/ready", get(async || "OK"))
        .route("/", get(async || LANDING))
        .merge(pages)
        .fallback(no_page)
        .method_not_allowed_fallback(no_method)
        .with_state(Arc::clone(gateway))
}

async fn page(State(gateway): State<Arc<Gateway>>) -> Response {
    let page = spawn_blocking(move || {
        let groups = gateway.living();
        let series = groups.iter().map(|group| group.series()).sum();
        Page::new(&groups, gateway.instruments.text(groups.len(), series))
    });
    match page.await {
        Ok(page) => stream(page, Format::Text.content_type()),
        Err(_panicked) => internal().into_response(),
    }
}

async fn groups(State(gateway): State<Arc<Gateway>>) -> Response {
    stream(api::metrics(gateway.living()), "application/json")
}

fn stream(
    chunks: impl Iterator<Item = bytes::Bytes> + Send + Unpin + 'static,
    content_type: &'static str,
) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(content_type))], Body::new(Chunks(chunks))).into_response()
}

async fn status(State(gateway): State<Arc<Gateway>>) -> Response {
    let build = json!({
        "branch": "", "buildDate": "", "buildUser": "", "revision": "",
        "goVersion": "", "rustVersion": RUST_VERSION, "version": VERSION,
    });
    let options = gateway.options;
    let flags = [
        ("max-body", options.max_body.to_string()),
        ("ttl", options.ttl.map_or_else(String::new, |ttl| format!("{ttl:?}"))),
        ("max-groups", options.max_groups.to_string()),
        ("max-series", options.max_series.to_string()),
        ("max-bytes", options.max_bytes.to_string()),
    ];
    let flags = flags.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let answer = api::status(&build, &flags, gateway.started);
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer.to_string()).into_response()
}

/// Everything below the path of a group.
async fn group(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let begun = Instant::now();
    let (parts, mut body) = request.into_parts();
    let Some(target) = target(parts.uri.path(), &parts.method) else {
        gateway.budget.discard(&parts.headers, &mut body).await;
        return not_found();
    };
    let done = match (&parts.method, target) {
        (&Method::PUT | &Method::POST | &Method::DELETE, Err(refusal)) => Err(refusal),
        (&Method::PUT | &Method::POST, Ok(target)) => push(&gateway, target, &parts.headers, &mut body).await,
        (&Method::DELETE, Ok(target)) => delete(&gateway, target).await,
        _ => {
            gateway.budget.discard(&parts.headers, &mut body).await;
            return not_allowed();
        }
    };
    gateway.budget.discard(&parts.headers, &mut body).await;
    let response = done.map_or_else(IntoResponse::into_response, IntoResponse::into_response);
    gateway.instruments.answered(response.status().as_u16(), begun.elapsed());
    response
}

async fn no_page(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    gateway.budget.discard(&parts.headers, &mut body).await;
    not_found()
}

async fn no_method(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    gateway.budget.discard(&parts.headers, &mut body).await;
    (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n").into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

fn not_allowed() -> Response {
    let allow = [(ALLOW, HeaderValue::from_static("PUT, POST, DELETE"))];
    (StatusCode::METHOD_NOT_ALLOWED, allow, "Method Not Allowed\n").into_response()
}

async fn delete(gateway: &Arc<Gateway>, target: Target) -> Result<StatusCode, Refusal> {
    gateway.submit(target.key, Deed::Delete, None).await.map(|()| StatusCode::ACCEPTED)
}

/// Takes a push in, reads it on another thread, and waits until it is durable.
async fn push(
    gateway: &Arc<Gateway>,
    target: Target,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<StatusCode, Refusal> {
    let encoding = Encoding::of(headers)?;
    let syntax = Syntax::of(content_type(headers))?;
    let Arrived { bytes, mut share } = gateway.budget.receive(headers, body).await?;
    let key = target.key.clone();
    let prepared = {
        // The semaphore is never closed; were it, everybody would go on at once.
        let _turn = gateway.readers.acquire().await;
        let longest = gateway.options.max_body;
        let bounds = Bounds { series: gateway.options.max_series, bytes: longest.saturating_mul(GROWTH) };
        let prepared = spawn_blocking(move || prepare(bytes, encoding, syntax, &target, longest, bounds));
        prepared.await.unwrap_or_else(|_panicked| Err(internal()))
    };
    match prepared {
        Ok(Prepared { deed, size }) => {
            share.cover(size)?;
            gateway.submit(key, deed, Some(share)).await.map(|()| StatusCode::OK)
        }
        Err(refusal) => {
            if refusal.noted {
                // Whether this can be noted or not, it is the first reason that whoever pushes needs.
                let _noted = gateway.submit(key, Deed::Note, None).await;
            }
            Err(refusal)
        }
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn prepare(
    body: Vec<u8>,
    encoding: Encoding,
    syntax: Syntax,
    target: &Target,
    longest: usize,
    bounds: Bounds,
) -> Result<Prepared, Refusal> {
    let body = encoding.decode(body, longest)?;
    let families = families(&body, syntax, &target.key, bounds)?;
    let Target { ttl, mode, .. } = *target;
    Ok(match mode {
        // How long it will be is known only to whom it is added.
        Mode::Aggregate => Prepared { deed: Deed::Add { families, ttl }, size: body.len() },
        mode => {
            let families: Vec<_> = families.into_iter().map(|family| Kept::new(family, 0)).collect();
            let size = families.iter().map(Kept::size).sum();
            Prepared { deed: Deed::Set { families, replace: mode == Mode::Replace, ttl }, size }
        }
    })
}

fn internal() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the gateway failed; its log says why")
}
