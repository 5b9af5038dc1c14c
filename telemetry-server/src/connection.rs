//! One connection, from its greeting to its end.

use crate::activity::{Activity, Phase, Watched};
use crate::incoming::Arriving;
use crate::limits::Limits;
use crate::outgoing::Leaving;
use crate::tls::Tls;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::unconstrained;

/// The least that the HTTP library takes for its buffer.
const LEAST_BUFFER: usize = 8 * 1024;

/// What every connection of a server has.
pub(crate) struct Host {
    pub(crate) app: Router,
    pub(crate) tls: Option<Tls>,
    pub(crate) limits: Limits,
}

/// Serves a connection until it ends by itself, has taken too long over something, or the server stops.
pub(crate) async fn serve(
    host: Arc<Host>,
    stream: TcpStream,
    activity: Arc<Activity>,
    mut stopping: watch::Receiver<()>,
) {
    // An answer is written at once, so that there is nothing to gain from waiting for more.
    let _slower_at_worst = stream.set_nodelay(true);
    let Some(tls) = &host.tls else {
        return speak(&host, stream, &activity, &mut stopping).await;
    };
    let greeted = tokio::select! {
        // What the client has sent is looked at before it is cut off for having sent nothing.
        biased;
        greeted = tls.acceptor().accept(stream) => greeted.ok(),
        () = unconstrained(activity.overdue(&host.limits)) => None,
        _stopped = stopping.changed() => None,
    };
    if let Some(stream) = greeted {
        activity.enter(Phase::Asking);
        speak(&host, stream, &activity, &mut stopping).await;
    }
}

/// Speaks HTTP. When the server stops, a connection that waits is closed, and one that is being answered after its answer.
async fn speak(
    host: &Host,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    activity: &Arc<Activity>,
    stopping: &mut watch::Receiver<()>,
) {
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(activity)));
    let app = TowerToHyperService::new(host.app.clone());
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let answer = app.call(request.map(|body| Arriving::new(body, activity)));
        async move {
            let answer = answer.await;
            activity.enter(Phase::Reading);
            answer.map(|response| response.map(|body| Leaving::new(body, activity)))
        }
    });
    let mut connection = pin!(protocol(&host.limits).serve_connection(stream, answer));
    let mut stopped = false;
    loop {
        tokio::select! {
            // What the client has sent is looked at first here too.
            biased;
            _ended = connection.as_mut() => return,
            // A client that keeps the connection so busy that it uses up the task's budget is not spared for that.
            () = unconstrained(activity.overdue(&host.limits)) => return,
            _stopped = stopping.changed(), if !stopped => {
                if activity.is_waiting() {
                    return;
                }
                stopped = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    let buffer = limits.header_bytes.max(LEAST_BUFFER);
    protocol.max_buf_size(buffer).max_header_size(buffer).max_headers(limits.headers);
    // The body of an answer is shared by all who get it, and not copied for each. Times are kept by `Activity`.
    protocol.writev(true).header_read_timeout(None);
    protocol.half_close(limits.answer_half_closed);
    protocol
}

/// Refuses requests that bring a body: nothing here has a use for one, and reading it would take as long as the client likes.
pub(crate) async fn refuse_bodies(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let mut response = (StatusCode::PAYLOAD_TOO_LARGE, Body::from("no body is expected\n")).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
