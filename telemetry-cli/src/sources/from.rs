//! Any exposition that somebody names: a URL, a file or standard input.

use super::fetch::{fetch, format_of};
use super::live::exposed_at;
use super::{Asked, Body, MAX_BYTES, Trouble, block_on};
use reqwest::Url;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant};
use telemetry_core::config::{Address, Config};

/// Asks what the text names: `-` is standard input, what has `://` is a URL, and everything else is a file.
pub(crate) fn ask_from(text: &str, config: &Config, timeout: Duration) -> Asked {
    let begun = Instant::now();
    match text {
        "-" => Asked::new("stdin", "-", begun, read(io::stdin().lock())),
        _ if text.contains("://") => {
            let url = checked(text);
            let place = url.as_ref().map_or_else(|_| scheme(text), Url::to_string);
            Asked::new("url", place, begun, url.and_then(|url| block_on(get(url, config, timeout))?))
        }
        _ if holds_credentials(text) => Asked::new("url", "…", begun, Err(Trouble::Credentials)),
        _ => Asked::new("file", text, begun, open(text).and_then(read)),
    }
}

/// Whether this is no file but an address with a password in it, such as me:secret@host. It must not be repeated.
pub(crate) fn holds_credentials(text: &str) -> bool {
    let has_password = text.split_once('@').is_some_and(|(before, _)| before.contains(':'));
    has_password && !Path::new(text).exists()
}

/// The credentials of the configuration belong to the servers that they are configured for: they are used where scheme, host and port are
/// those of one, and nowhere else.
async fn get(url: Url, config: &Config, timeout: Duration) -> Result<Body, Trouble> {
    if let Some(exposed) = exposed_at(&url, config, timeout) {
        return exposed.await;
    }
    let known = |address: &&Address| Url::parse(&address.url).is_ok_and(|of| of.origin() == url.origin());
    let nobody = Address {
        url: url.to_string(),
        username: None,
        password_file: None,
        bearer_token_file: None,
        ca_file: None,
        configured: true,
    };
    let address = servers(config)
        .find(known)
        .map_or(nobody.clone(), |known| Address { url: nobody.url.clone(), ..known.clone() });
    fetch(&address, url, timeout).await
}

/// The servers of the configuration that may want credentials.
fn servers(config: &Config) -> impl Iterator<Item = &Address> {
    let prometheus = &config.prometheus;
    [&prometheus.pushgateway_url, &prometheus.url].into_iter().chain(&prometheus.alertmanager_url)
}

fn checked(text: &str) -> Result<Url, Trouble> {
    let url = Url::parse(text).map_err(|_| Trouble::NoUrl)?;
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => Err(Trouble::Credentials),
        "http" | "https" => Ok(url),
        _ => Err(Trouble::NoUrl),
    }
}

/// As much of a refused URL as can hold no password.
fn scheme(text: &str) -> String {
    text.split_once("://").map(|(scheme, _)| format!("{scheme}://…")).unwrap_or_default()
}

fn open(path: &str) -> Result<File, Trouble> {
    File::open(path).map_err(|error| {
        if error.kind() == ErrorKind::NotFound { Trouble::NoFile } else { Trouble::Read(error) }
    })
}

fn read(input: impl Read) -> Result<Body, Trouble> {
    let mut bytes = Vec::new();
    let length = input.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Trouble::Read)?;
    if length as u64 > MAX_BYTES {
        return Err(Trouble::TooLong);
    }
    Ok(Body { format: format_of("", &bytes), ..Body::text(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(text: &str) -> (String, String) {
        let asked = ask_from(text, &Config::default(), Duration::from_secs(1));
        (asked.place, asked.result.unwrap_err().to_string())
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        for text in [
            "http://user:hunter2@localhost/metrics",
            "http://hunter2@localhost",
            "ftp://user:hunter2@host",
            "me:hunter2@h:9091",
        ] {
            let (place, trouble) = trouble(text);
            assert!(trouble.contains("credentials"), "{trouble}");
            assert!(!format!("{place} {trouble}").contains("hunter2"));
        }
    }

    #[test]
    fn what_is_neither_a_file_nor_a_url_says_what_a_url_is() {
        assert!(trouble("localhost:9091/metrics").1.contains("http://"));
        assert!(trouble("ftp://host/metrics").1.contains("http://"));
    }

    #[test]
    fn a_file_is_read_in_the_format_of_its_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.prom");
        std::fs::write(&path, "# TYPE a info\na_info{b=\"c\"} 1\n# EOF\n").unwrap();
        let body =
            ask_from(path.to_str().unwrap(), &Config::default(), Duration::from_secs(1)).result.unwrap();
        assert_eq!(body.format, telemetry_core::exposition::Format::OpenMetrics);
    }
}
