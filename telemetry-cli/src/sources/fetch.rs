//! One GET, with a bound on its time and on what it may bring.

use super::{Body, MAX_BYTES, Trouble};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, Url};
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_core::exposition::Format;
use telemetry_push::http::{authorize, beginning, client};

/// Gets an exposition. `address` says how to prove who is asking and whom to believe, `url` what to ask for.
///
/// The text format is asked for: it is what is shown in the end, and what every source has.
pub(crate) async fn fetch(address: &Address, url: Url, timeout: Duration) -> Result<Body, Trouble> {
    fetch_by(&client(address, timeout)?, address, url, timeout).await
}

/// Gets an exposition as [`fetch`] does, by a client that knows already whom to believe.
pub(super) async fn fetch_by(
    client: &Client,
    address: &Address,
    url: Url,
    timeout: Duration,
) -> Result<Body, Trouble> {
    // An Alertmanager answers nobody who does not also take JSON.
    let accepted = format!("{}, application/json;q=0.5", Format::Text.content_type());
    let request = client.get(url).header(ACCEPT, accepted);
    let response =
        authorize(request, address)?.send().await.map_err(|error| Trouble::of_request(error, timeout))?;
    let status = response.status();
    let media_type = media_type(&response);
    let html = media_type.starts_with("text/html");
    if !status.is_success() {
        let beginning = if html { String::new() } else { beginning(response).await };
        return Err(Trouble::Status { status, beginning });
    }
    let bytes = bounded(response, timeout).await?;
    Ok(Body { format: format_of(&media_type, &bytes), bytes, html })
}

fn media_type(response: &Response) -> String {
    let header = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_ascii_lowercase()
}

/// The format of an exposition: as the server says, and by its last line where nobody says.
pub(super) fn format_of(media_type: &str, bytes: &[u8]) -> Format {
    if media_type.starts_with("text/plain") {
        return Format::Text;
    }
    match Format::from_content_type(media_type) {
        Format::Text if ends_as_open_metrics(bytes) => Format::OpenMetrics,
        format => format,
    }
}

fn ends_as_open_metrics(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"# EOF").is_some_and(|before| before.is_empty() || before.ends_with(b"\n"))
}

async fn bounded(mut response: Response, timeout: Duration) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::of_request(error, timeout))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Trouble::TooLong);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_the_format_and_else_the_last_line_does() {
        const OPEN: &[u8] = b"a 1\n# EOF\n";
        for (media_type, bytes, format) in [
            ("application/openmetrics-text; version=1.0.0", &b"a 1\n"[..], Format::OpenMetrics),
            ("text/plain; version=0.0.4", OPEN, Format::Text),
            ("", OPEN, Format::OpenMetrics),
            ("application/octet-stream", b"# EOF", Format::OpenMetrics),
            ("", b"a 1\n", Format::Text),
            ("", b"x # EOF\n", Format::Text),
        ] {
            assert_eq!(format_of(media_type, bytes), format, "{media_type:?} {bytes:?}");
        }
    }
}
