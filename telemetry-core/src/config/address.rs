//! The address of a server: its URL in one normal form, and the names of the files that hold what it asks for.
//!
//! No message of this module repeats the text it judges, since a password may stand in it.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

/// A server that this program talks to as a client, and how to prove who is asking.
///
/// ```
/// use telemetry_core::config::Address;
///
/// let address = Address::parse("gateway.example:9091/push/")?;
/// assert_eq!(address.url, "http://gateway.example:9091/push");
/// # Ok::<(), telemetry_core::config::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL with its scheme, without credentials, query or trailing slash.
    pub url: String,
    /// The name for basic authentication.
    pub username: Option<String>,
    /// The file that holds the password for basic authentication; [`Address::password`] reads it.
    pub password_file: Option<PathBuf>,
    /// The file that holds the bearer token; [`Address::bearer_token`] reads it.
    pub bearer_token_file: Option<PathBuf>,
    /// A file with the certificates, in PEM, of the authorities that the server's certificate may come from.
    pub ca_file: Option<PathBuf>,
    /// Whether anybody configured this address; false while it is only the built-in default.
    pub configured: bool,
}

/// Why a text is not the address of a server. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is nothing, or nothing where the host belongs.
    #[error("expected an address such as localhost:9091 or https://host/path, found none")]
    NoHost,
    /// The scheme is neither `http` nor `https`.
    #[error("expected an address that begins with http:// or https://, found another scheme")]
    Scheme,
    /// A user name or password stands inside the URL, where it would end up in logs.
    #[error("credentials inside a URL are not accepted: set username and password_file beside url")]
    Credentials,
    /// A user name has a colon in it, which basic authentication cannot carry. Mostly the password follows it.
    #[error("expected a user name without a colon: the password goes into a file that password_file names")]
    Username,
    /// The host has characters that no host has.
    #[error(
        "expected a host name, an IPv4 address or an IPv6 address in brackets, such as [::1]:9091 \
         (names outside ASCII in their xn-- form)"
    )]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("expected a port number from 1 to 65535 after the host's colon")]
    Port,
    /// A query or a fragment follows the path.
    #[error("expected an address without ? and #: only scheme, host, port and path are used")]
    Query,
    /// The path has spaces, backslashes, control characters or characters outside ASCII.
    #[error("expected a path of plain ASCII characters: percent-encode the others")]
    Path,
}

impl Address {
    /// Reads an address from text and brings its URL into normal form.
    ///
    /// No scheme means `http`; scheme and host become lower case; a path is kept without its trailing slash; a missing
    /// port stays the default of the scheme. The result counts as configured.
    ///
    /// # Errors
    /// Says what is wrong with the text, without repeating it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = normal_url(text).map_err(|error| suspect_credentials(text, error))?;
        Ok(Self { configured: true, ..Self::built_in(&url) })
    }

    /// An address that nobody configured; `url` has to be in normal form already.
    pub(super) fn built_in(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            username: None,
            password_file: None,
            bearer_token_file: None,
            ca_file: None,
            configured: false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

/// A password may contain any of the characters that end a host, so that `http://user:pa/ss@host` first looks like a
/// wrong port. With an `@` about, the credentials are the likelier mistake and the more useful advice.
fn suspect_credentials(text: &str, error: AddressError) -> AddressError {
    if text.contains('@') { AddressError::Credentials } else { error }
}

fn normal_url(text: &str) -> Result<String, AddressError> {
    let (scheme, rest) = split_scheme(text.trim())?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Ok(format!("{scheme}://{}{}", normal_authority(authority)?, normal_path(path)?))
}

fn split_scheme(text: &str) -> Result<(&'static str, &str), AddressError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(("http", text));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(("http", rest)),
        "https" => Ok(("https", rest)),
        _ => Err(AddressError::Scheme),
    }
}

fn normal_authority(authority: &str) -> Result<String, AddressError> {
    if authority.contains('@') {
        return Err(AddressError::Credentials);
    }
    let (host, port) = split_port(authority)?;
    let host = normal_host(host)?;
    match port {
        Some(port) => Ok(format!("{host}:{}", parse_port(port)?)),
        None => Ok(host),
    }
}

/// The colons inside the brackets of an IPv6 address are its own.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), AddressError> {
    let host_end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None if authority.matches(':').count() > 1 => return Err(AddressError::Host),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    match authority.split_at(host_end) {
        (host, "") => Ok((host, None)),
        (host, port) => port.strip_prefix(':').map(|port| (host, Some(port))).ok_or(AddressError::Host),
    }
}

fn normal_host(host: &str) -> Result<String, AddressError> {
    if host.is_empty() {
        return Err(AddressError::NoHost);
    }
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().map(|ip| format!("[{ip}]")).map_err(|_| AddressError::Host);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.bytes().all(plain) { Ok(host.to_ascii_lowercase()) } else { Err(AddressError::Host) }
}

fn parse_port(port: &str) -> Result<u16, AddressError> {
    // Rust's own parser accepts a leading plus sign, which no URL has.
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|&number| digits && number != 0).ok_or(AddressError::Port)
}

fn normal_path(path: &str) -> Result<&str, AddressError> {
    if path.contains(['?', '#']) {
        return Err(AddressError::Query);
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(AddressError::Path);
    }
    Ok(path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, AddressError> {
        Address::parse(text).map(|address| address.url)
    }

    #[test]
    fn addresses_reach_one_normal_form() {
        for (text, normal) in [
            ("localhost:9091", "http://localhost:9091"),
            (" Example.ORG ", "http://example.org"),
            ("HTTPS://host/a/b//", "https://host/a/b"),
            ("http://host:080", "http://host:80"),
            ("[::1]:9091", "http://[::1]:9091"),
            ("https://[2001:DB8::0:1]/p/", "https://[2001:db8::1]/p"),
            ("10.0.0.1/@x", "http://10.0.0.1/@x"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(normal), "{text}");
            assert_eq!(url(normal).as_deref(), Ok(normal), "normal form of {text} is stable");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        use AddressError::*;
        for (text, error) in [
            ("", NoHost),
            ("http://", NoHost),
            (":9091", NoHost),
            ("http:///path", NoHost),
            ("ftp://host", Scheme),
            ("file:///etc/passwd", Scheme),
            ("http:/host", Port),
            ("host:", Port),
            ("host:0", Port),
            ("host:+80", Port),
            ("host:65536", Port),
            ("::1", Host),
            ("fe80::1:9091", Host),
            ("[::1", Host),
            ("[::1]9091", Host),
            ("[::g]", Host),
            ("ho st", Host),
            ("höst", Host),
            ("host\\evil", Host),
            ("a\r\nb:1", Host),
            ("host/a b", Path),
            ("host?x=1", Query),
            ("host/p#f", Query),
        ] {
            assert_eq!(url(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        for text in [
            "http://user:hunter2@host",
            "user:hunter2@host:9091",
            "https://hunter2@host",
            "http://user:hun/hunter2@host",
            "http://user:hunter2?@host",
            "ftp://user:hunter2@host",
        ] {
            let error = url(text).unwrap_err();
            assert_eq!(error, AddressError::Credentials, "{text}");
            assert!(error.to_string().contains("password_file"));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
