//! What a request gets: data in an envelope, or an error of one of the classes that Prometheus has.

use super::json::push_string;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::fmt::Display;
use telemetry_query::{ErrorClass, Held, QueryError};

/// What a handler returns.
pub(super) type Answered = Result<Data, ApiError>;

/// What was asked for, as JSON.
#[derive(Debug)]
pub(super) struct Data {
    json: String,
    /// Whether the client has asked for less than there was.
    truncated: bool,
    /// Its room in the memory of all queries, until the client has read it.
    room: Option<Held>,
}

/// A text that takes room for as long as somebody sends it.
struct Sent {
    text: String,
    _room: Option<Held>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    class: &'static str,
    message: String,
}

impl Data {
    /// What `write` writes as the value of `data`.
    pub(super) fn written(write: impl FnOnce(&mut String)) -> Self {
        let mut json = r#"{"status":"success","data":"#.to_owned();
        write(&mut json);
        Self { json, truncated: false, room: None }
    }

    /// A document as the value of `data`.
    #[expect(clippy::needless_pass_by_value, reason = "the document is made for this call")]
    pub(super) fn document(document: serde_json::Value) -> Self {
        Self::written(|out| out.push_str(&document.to_string()))
    }

    /// The same, with a warning where the client's limit has left something out.
    pub(super) fn truncated(self, truncated: bool) -> Self {
        Self { truncated, ..self }
    }

    /// The same, with the room that it takes in the memory of all queries.
    pub(super) fn holding(self, room: Option<Held>) -> Self {
        Self { room, ..self }
    }
}

impl ApiError {
    /// The request is wrong.
    pub(super) fn bad_data(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, class: "bad_data", message: message.into() }
    }

    /// A parameter of the request is wrong.
    pub(super) fn parameter(name: &str, error: impl Display) -> Self {
        Self::bad_data(format!("invalid parameter {name:?}: {error}"))
    }

    /// The body of the request is too long.
    pub(super) fn too_long(limit: usize) -> Self {
        let message = format!("the body of the request is longer than {limit} bytes");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::bad_data(message) }
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, class: "internal", message: message.into() }
    }

    /// There was no time left, at this place.
    pub(super) fn timed_out(place: &str) -> Self {
        let message = format!("query timed out in {place}");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, class: "timeout", message }
    }

    /// An error of an evaluation.
    pub(super) fn of_query(error: &QueryError) -> Self {
        let class = error.class();
        let status = match class {
            ErrorClass::BadData if matches!(error, QueryError::BeyondTime(_)) => {
                return Self::bad_data(error.to_string());
            }
            ErrorClass::BadData => return Self::parameter("query", error),
            ErrorClass::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorClass::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            // Nobody is there to see this one: what nginx and Prometheus use where a client has closed the connection.
            ErrorClass::Canceled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, class: class.as_str(), message: error.to_string() }
    }
}

impl IntoResponse for Data {
    fn into_response(self) -> Response {
        let warnings =
            if self.truncated { r#","warnings":["results truncated due to limit"]}"# } else { "}" };
        json(StatusCode::OK, Bytes::from_owner(Sent { text: self.json + warnings, _room: self.room }))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut out = format!(r#"{{"status":"error","errorType":"{}","error":"#, self.class);
        push_string(&mut out, &self.message);
        out.push('}');
        json(self.status, out)
    }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.into()).into_response()
}
