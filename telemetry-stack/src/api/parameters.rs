//! What a request asks for: its query string, and the form in its body where it has one.

use super::answer::ApiError;
use super::moments;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use std::time::Duration;
use telemetry_query::{Matcher, selector};

/// The longest form that is read, in bytes: an expression may be long, but nobody writes a megabyte.
const LONGEST_FORM: usize = 1024 * 1024;

/// The parameters of a request. Those of the form come before those of the URL, as in Prometheus.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form =
            kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded");
        // A body that is not read is refused when it is too long, too.
        let body = to_bytes(body, LONGEST_FORM).await.map_err(|_| ApiError::too_long(LONGEST_FORM))?;
        let form: &[u8] = if is_form { &body } else { &[] };
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let pairs = form_urlencoded::parse(form).chain(form_urlencoded::parse(query));
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }
}

impl Parameters {
    /// The first value of a parameter; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every value of a parameter.
    pub(super) fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// A time that must be there.
    pub(super) fn time(&self, name: &str) -> Result<i64, ApiError> {
        moments::time(self.get(name)).map_err(|error| ApiError::parameter(name, error))
    }

    /// A time that may be missing.
    pub(super) fn time_or(&self, name: &str, otherwise: i64) -> Result<i64, ApiError> {
        match self.get(name) {
            "" => Ok(otherwise),
            text => moments::time(text).map_err(|error| {
                ApiError::parameter(name, format_args!("Invalid time value for '{name}': {error}"))
            }),
        }
    }

    /// A duration that must be there, in milliseconds.
    pub(super) fn duration(&self, name: &str) -> Result<i64, ApiError> {
        moments::duration(self.get(name)).map_err(|error| ApiError::parameter(name, error))
    }

    /// How long the query may take, if the client wants less than anybody gets.
    pub(super) fn timeout(&self) -> Result<Option<Duration>, ApiError> {
        if self.get("timeout").is_empty() {
            return Ok(None);
        }
        let timeout = u64::try_from(self.duration("timeout")?).unwrap_or_default();
        Ok(Some(Duration::from_millis(timeout)))
    }

    /// For how long a series has a value after its last sample, if the client wants other than 5 minutes.
    pub(super) fn lookback(&self) -> Result<Option<Duration>, ApiError> {
        let text = self.get("lookback_delta");
        if text.is_empty() {
            return Ok(None);
        }
        let lookback = moments::duration(text)
            .map_err(|error| ApiError::bad_data(format!("error parsing lookback delta duration: {error}")))?;
        // Prometheus takes its own where the client's is not positive.
        Ok(u64::try_from(lookback).ok().filter(|lookback| *lookback > 0).map(Duration::from_millis))
    }

    /// How many results the client wants at most; 0 for all.
    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        let text = self.get("limit");
        match text.parse::<i64>() {
            _ if text.is_empty() => Ok(0),
            Ok(limit) => {
                usize::try_from(limit).map_err(|_| ApiError::parameter("limit", "limit must be non-negative"))
            }
            Err(_) => Err(ApiError::parameter(
                "limit",
                format_args!("strconv.Atoi: parsing {text:?}: invalid syntax"),
            )),
        }
    }

    /// Whether there is a parameter `match[]`.
    pub(super) fn has_selectors(&self) -> bool {
        self.all("match[]").next().is_some()
    }

    /// The selectors, none of which may choose every series there is.
    pub(super) fn selectors(&self) -> Result<Vec<Vec<Matcher>>, ApiError> {
        self.all("match[]").map(one_selector).collect()
    }

    /// What `match_target` says: the conditions on the labels of a target.
    pub(super) fn target(&self) -> Result<Vec<Matcher>, ApiError> {
        match self.get("match_target") {
            "" => Ok(Vec::new()),
            text => selector(text).map_err(|error| ApiError::bad_data(error.to_string())),
        }
    }
}

fn one_selector(text: &str) -> Result<Vec<Matcher>, ApiError> {
    /// Said by the parser of the language as well, which calls it a vector selector.
    const EMPTY: &str = "must contain at least one non-empty matcher";
    let empty = || ApiError::parameter("match[]", format_args!("match[] {EMPTY}"));
    match selector(text) {
        Ok(matchers) if matchers.iter().all(|matcher| matcher.accepts("")) => Err(empty()),
        Ok(matchers) => Ok(matchers),
        Err(error) if error.to_string().ends_with(EMPTY) => Err(empty()),
        Err(error) => Err(ApiError::parameter("match[]", error)),
    }
}
