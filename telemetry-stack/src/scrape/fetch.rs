//! Fetching an exposition: the request, and the bounds on what is taken for an answer.

use super::{ScrapeOptions, Target};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, SecondsFormat};
use flate2::read::MultiGzDecoder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Client, Response, StatusCode, Url};
use std::io::Read as _;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_core::exposition::{Format, ParseError};
use telemetry_push::http::{SetupError, client, root_cause};

/// What Prometheus asks for: OpenMetrics rather than text, and whatever else rather than nothing.
const WANTED: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// By this header a target learns how long it has for its answer, in seconds.
const TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// Why a scrape has failed. No message repeats the credentials of a URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScrapeError {
    #[error("the URL of the target is none: {0}")]
    Url(String),
    #[error("no client can be made: {0}")]
    Client(#[from] SetupError),
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("{0}")]
    Http(String),
    #[error("the server returned HTTP status {0}")]
    Status(StatusCode),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer has the encoding {0:?}, which was not asked for")]
    Encoding(String),
    #[error("the answer cannot be decompressed: {0}")]
    Gzip(std::io::Error),
    #[error("the answer is not UTF-8")]
    NotText,
    #[error("{0}")]
    Parse(#[from] ParseError),
    #[error("the answer has more than {0} samples")]
    TooManySamples(usize),
    #[error("the samples cannot be stored: {0}")]
    Store(#[from] crate::history::HistoryError),
    #[error(
        "the history has samples until {}, which is later than the clock says, and takes no others of this target before that; \
         set the clock right, or end `telemetry up` and start it again, which sets samples of the future aside",
        moment(*.0)
    )]
    Ahead(i64),
    #[error("the scrape was given up")]
    GivenUp,
}

/// A time in milliseconds since 1970 as RFC 3339, or as it is where that has no such year.
fn moment(time: i64) -> String {
    let date = DateTime::from_timestamp_millis(time);
    let written = date.map(|date| date.to_rfc3339_opts(SecondsFormat::Secs, true));
    written.unwrap_or_else(|| format!("{time} ms after 1970"))
}

/// What was answered, still compressed where it came so.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) format: Format,
    gzip: bool,
    body: Bytes,
}

/// How one target is asked. It has no `Debug`, because its URL may have a password in it; the client sends that as a header.
pub(super) struct Source {
    client: Client,
    url: Url,
    timeout: Duration,
    max_body: usize,
}

impl Source {
    pub(super) fn new(target: &Target, options: &ScrapeOptions) -> Result<Self, ScrapeError> {
        let url = Url::parse(&target.url).map_err(|error| ScrapeError::Url(error.to_string()))?;
        let timeout = options.timeout.min(options.interval);
        let address = Address::parse(&url.origin().ascii_serialization())
            .map_err(|error| ScrapeError::Url(error.to_string()))?;
        Ok(Self { client: client(&address, timeout)?, url, timeout, max_body: options.max_body })
    }

    /// Asks the target, and reads what it answers up to the longest that it may be. Five redirects are followed, to the same host and
    /// port only: Prometheus follows them anywhere, but then what is scraped would say where else a request goes.
    pub(super) async fn fetch(&self) -> Result<Answer, ScrapeError> {
        let request = self
            .client
            .get(self.url.clone())
            .header(ACCEPT, WANTED)
            .header(ACCEPT_ENCODING, "gzip")
            .header(TIMEOUT, self.timeout.as_secs_f64().to_string());
        let response = request.send().await.map_err(|error| self.failed(error))?;
        if response.status() != StatusCode::OK {
            return Err(ScrapeError::Status(response.status()));
        }
        let format = Format::from_content_type(&header(response.headers(), &CONTENT_TYPE));
        let gzip = is_gzip(response.headers())?;
        Ok(Answer { format, gzip, body: self.body(response).await? })
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, ScrapeError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > self.max_body {
                return Err(ScrapeError::TooLong(self.max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn failed(&self, error: reqwest::Error) -> ScrapeError {
        if error.is_timeout() {
            return ScrapeError::TimedOut(self.timeout);
        }
        // An error without a cause tells the URL, which may have a password in it.
        ScrapeError::Http(root_cause(&error.without_url()))
    }
}

impl Answer {
    /// The exposition as text, decompressed up to the longest that it may be.
    pub(super) fn text(self, max_body: usize) -> Result<String, ScrapeError> {
        let bytes = if self.gzip { unpacked(&self.body, max_body)? } else { self.body.into() };
        String::from_utf8(bytes).map_err(|_| ScrapeError::NotText)
    }
}

fn unpacked(packed: &[u8], max_body: usize) -> Result<Vec<u8>, ScrapeError> {
    let beyond = u64::try_from(max_body).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    MultiGzDecoder::new(packed).take(beyond).read_to_end(&mut bytes).map_err(ScrapeError::Gzip)?;
    if bytes.len() > max_body { Err(ScrapeError::TooLong(max_body)) } else { Ok(bytes) }
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, ScrapeError> {
    let encoding = header(headers, &CONTENT_ENCODING);
    match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(ScrapeError::Encoding(encoding)),
    }
}

fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_owned()
}

/// The URL of a target as it may be shown: without name and password, and nothing of a text that is no URL.
pub(crate) fn shown_url(url: &str) -> String {
    let Some(mut url) = Url::parse(url).ok().filter(Url::has_host) else { return String::new() };
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    stripped.map_or_else(|()| String::new(), |()| url.into())
}

/// Host and port of a URL, that of its scheme where it names none: the label `instance`.
pub(super) fn instance(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    #[test]
    fn the_instance_is_host_and_port() {
        for (url, expected) in [
            ("http://localhost:9091/metrics", "localhost:9091"),
            ("http://user:secret@host/metrics", "host:80"),
            ("https://host", "host:443"),
            ("http://[::1]:9464/", "[::1]:9464"),
            ("nonsense", ""),
        ] {
            assert_eq!(instance(url), expected, "{url}");
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        assert_eq!(shown_url("http://user:secret@host:1/metrics?a=b"), "http://host:1/metrics?a=b");
        assert_eq!(shown_url("user:secret"), "");
        assert_eq!(shown_url("http://user:secret@host:99999/"), "");
    }

    #[test]
    fn a_body_is_bounded_after_it_was_decompressed() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&vec![b'a'; 100_000]).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 1_000);
        assert_eq!(unpacked(&packed, 100_000).unwrap().len(), 100_000);
        assert!(matches!(unpacked(&packed, 99_999), Err(ScrapeError::TooLong(99_999))));
        assert!(matches!(unpacked(b"not gzip at all", 10), Err(ScrapeError::Gzip(_))));
    }
}
