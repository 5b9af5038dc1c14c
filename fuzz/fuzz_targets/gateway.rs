//! Any requests to the gateway, through its routes and without a socket: none is answered with an error of the gateway itself, its page
//! can be read after each, and what was pushed under a path is deleted under it.
//!
//! The input has some requests behind each other, separated; each is written as over HTTP, but that `pack: gzip` compresses the body.
#![no_main]

use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use telemetry_core::exposition::{Format, parse};
use telemetry_fuzz::{folder, records};
use telemetry_stack::gateway::{Gateway, GatewayOptions};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// How many requests an input has at most.
const MOST: usize = 4;

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::set);

fuzz_target!(|data: &[u8]| {
    let mut pushed = Vec::new();
    for record in records(data, MOST) {
        let Some(request) = Asked::read(record).and_then(Asked::request) else { continue };
        let (method, path) = (request.method().clone(), request.uri().clone());
        let (status, answer) = STAGE.ask(request);
        let own = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::INSUFFICIENT_STORAGE];
        assert!(!own.contains(&status), "{method} {path}: {status} {}", String::from_utf8_lossy(&answer));
        if [Method::PUT, Method::POST].contains(&method) {
            STAGE.check_pages();
            pushed.push((path, status));
        }
    }
    for (path, status) in pushed {
        let request =
            Request::delete(path.clone()).body(Body::empty()).expect("a path that was asked before");
        let (deleted, _) = STAGE.ask(request);
        assert!(deleted == StatusCode::ACCEPTED || status != StatusCode::OK, "{path}: {deleted}");
    }
    assert_eq!(STAGE.gateway.stats().groups, 0);
});

/// A gateway and what drives it. It has no groups when an input begins, so that none sees what another one did.
struct Stage {
    gateway: Arc<Gateway>,
    /// Making them takes longer than most requests do.
    routes: Router,
    runtime: Runtime,
    _folder: TempDir,
}

impl Stage {
    fn set() -> Self {
        let folder = folder();
        let options = GatewayOptions {
            max_body: 64 * 1024,
            ttl: None,
            max_groups: 3,
            max_series: 500,
            max_bytes: 256 * 1024,
        };
        let gateway = Arc::new(Gateway::open(folder.path(), options).expect("a gateway"));
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let routes = gateway.routes();
        Self { gateway, routes, runtime, _folder: folder }
    }

    fn ask(&self, request: Request<Body>) -> (StatusCode, Bytes) {
        self.runtime.block_on(async {
            let Ok(response) = self.routes.clone().oneshot(request).await;
            let status = response.status();
            (status, to_bytes(response.into_body(), usize::MAX).await.expect("a body from memory"))
        })
    }

    /// Whatever was pushed, others can read what there is.
    fn check_pages(&self) {
        let page = |path: &str| {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let (status, body) = self.ask(request);
            assert_eq!(status, StatusCode::OK, "{path}");
            String::from_utf8(body.to_vec()).expect("a page of text")
        };
        let exposition = page("/metrics");
        parse(&exposition, Format::Text).unwrap_or_else(|error| panic!("{error}: {exposition}"));
        let json = page("/api/v1/metrics");
        serde_json::from_str::<serde_json::Value>(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    }
}

/// A request as the input has it.
struct Asked<'d> {
    method: &'d [u8],
    path: &'d [u8],
    headers: Vec<(&'d [u8], &'d [u8])>,
    body: &'d [u8],
}

impl<'d> Asked<'d> {
    fn read(record: &'d [u8]) -> Option<Self> {
        let (first, mut rest) = line(record);
        let (method, path) = split(first, b' ')?;
        let mut headers = Vec::new();
        loop {
            let (header, body) = line(rest);
            rest = body;
            match split(header, b':') {
                Some((name, value)) => headers.push((name, value.trim_ascii())),
                None => return Some(Self { method, path, headers, body }),
            }
        }
    }

    /// The request, where it is one that a server would hand on.
    fn request(self) -> Option<Request<Body>> {
        let packed = self.headers.iter().any(|(name, value)| (*name, *value) == (b"pack", b"gzip"));
        let body = if packed { gzip(self.body) } else { self.body.to_vec() };
        let builder = Request::builder().method(Method::from_bytes(self.method).ok()?).uri(self.path);
        let mut request = builder.body(Body::from(body)).ok()?;
        for (name, value) in self.headers {
            let (name, value) = (HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
            request.headers_mut().append(name, value);
        }
        Some(request)
    }
}

/// The first line and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    split(text, b'\n').unwrap_or((text, &[]))
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes everything")
}
