//! Reading a password or a token from its file at the moment it is needed, so that a rotated secret is seen and none
//! lies about in the configuration. No message holds what a file holds.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Address, AddressError, ExpositionAuth, Prometheus};

/// A longer file is no secret but a mistake; the longest tokens in use, signed ones with many claims, stay under 16 KiB.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Why a secret could not be read from its file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("{}: the secret cannot be read: {source}", path.display())]
    Read {
        /// The file that holds the secret.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file was read, but what it holds is no secret that can be sent.
    #[error("{}: the file {problem}", path.display())]
    Unusable {
        /// The file that should hold the secret.
        path: PathBuf,
        /// What is wrong with it, without any of its content.
        problem: &'static str,
    },
    /// A line of a file of URLs is none.
    #[error("{}:{line}: {source}", path.display())]
    Url {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, without any of its content.
        source: AddressError,
    },
}

impl Prometheus {
    /// Reads the URLs of the webhooks, one a line; empty lines and those that begin with `#` say nothing. Many services have a token in
    /// the path of such a URL, so that it is no more to be shown than a password.
    ///
    /// # Errors
    /// Names the file when it cannot be read, has no URL, is longer than 64 KiB or is not UTF-8, and the line that is no URL.
    pub fn webhooks(&self) -> Result<Vec<Address>, SecretError> {
        self.webhook_url_file.as_deref().map_or_else(|| Ok(Vec::new()), read_urls)
    }
}

impl Address {
    /// Reads the password for basic authentication, without the newline at its end.
    ///
    /// # Errors
    /// Names the file when it cannot be read, is empty, is longer than 64 KiB, is not UTF-8 or has several lines.
    pub fn password(&self) -> Result<Option<String>, SecretError> {
        self.password_file.as_deref().map(read_secret).transpose()
    }

    /// Reads the bearer token, without the newline at its end.
    ///
    /// # Errors
    /// As for [`Address::password`]; a token with spaces or characters outside ASCII is refused as well, since no
    /// header can carry it.
    pub fn bearer_token(&self) -> Result<Option<String>, SecretError> {
        self.bearer_token_file.as_deref().map(read_token).transpose()
    }
}

impl ExpositionAuth {
    /// Reads the password for basic authentication, without the newline at its end.
    ///
    /// # Errors
    /// As for [`Address::password`].
    pub fn password(&self) -> Result<Option<String>, SecretError> {
        self.password_file.as_deref().map(read_secret).transpose()
    }

    /// Reads the bearer token, without the newline at its end.
    ///
    /// # Errors
    /// As for [`Address::bearer_token`].
    pub fn bearer_token(&self) -> Result<Option<String>, SecretError> {
        self.bearer_token_file.as_deref().map(read_token).transpose()
    }
}

fn read_token(path: &Path) -> Result<String, SecretError> {
    let token = read_secret(path)?;
    if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token)
    } else {
        Err(unusable(path, "holds spaces or characters outside ASCII, which no token has"))
    }
}

fn read_urls(path: &Path) -> Result<Vec<Address>, SecretError> {
    let text = read_text(path)?;
    let lines = text.lines().map(str::trim).zip(1..);
    let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let url = |(text, line)| {
        Address::parse(text).map_err(|source| SecretError::Url { path: path.to_owned(), line, source })
    };
    let urls = lines.map(url).collect::<Result<Vec<_>, _>>()?;
    if urls.is_empty() { Err(unusable(path, "has no URL in it")) } else { Ok(urls) }
}

fn read_text(path: &Path) -> Result<String, SecretError> {
    let bytes = read_start(path).map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > LONGEST_SECRET {
        return Err(unusable(path, "is longer than 64 KiB, which no secret is"));
    }
    // The library's error would carry the bytes along, so that it is dropped here.
    String::from_utf8(bytes).map_err(|_| unusable(path, "is not UTF-8 text"))
}

fn read_secret(path: &Path) -> Result<String, SecretError> {
    let text = read_text(path)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    match secret {
        "" => Err(unusable(path, "is empty")),
        _ if secret.contains(['\r', '\n', '\0']) => Err(unusable(path, "has more than one line")),
        _ => Ok(secret.to_owned()),
    }
}

fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_SECRET + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unusable(path: &Path, problem: &'static str) -> SecretError {
    SecretError::Unusable { path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, Address) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        let mut address = Address::parse("host").unwrap();
        address.password_file = Some(path.clone());
        address.bearer_token_file = Some(path);
        (folder, address)
    }

    #[test]
    fn secrets_lose_their_last_newline_only() {
        for (content, secret) in
            [("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), ("hunter2", "hunter2")]
        {
            let (_folder, address) = with_file(content);
            assert_eq!(address.password().unwrap().as_deref(), Some(secret));
            assert_eq!(address.bearer_token().unwrap().as_deref(), Some(secret));
        }
        let (_folder, address) = with_file(" a pass phrase \n");
        assert_eq!(address.password().unwrap().as_deref(), Some(" a pass phrase "));
        assert!(address.bearer_token().is_err());
    }

    #[test]
    fn a_server_reads_what_its_clients_read() {
        let (_folder, address) = with_file("hunter2\n");
        let auth = ExpositionAuth {
            username: Some("prometheus".to_owned()),
            password_file: address.password_file.clone(),
            bearer_token_file: address.bearer_token_file.clone(),
        };
        assert_eq!(auth.password().unwrap(), address.password().unwrap());
        assert_eq!(auth.bearer_token().unwrap(), address.bearer_token().unwrap());
        assert_eq!(ExpositionAuth::default().password().unwrap(), None);
        assert_eq!(ExpositionAuth::default().bearer_token().unwrap(), None);
    }

    fn webhooks(content: &str) -> Result<Vec<Address>, SecretError> {
        let (_folder, Address { password_file, .. }) = with_file(content);
        Prometheus { webhook_url_file: password_file, ..Prometheus::default() }.webhooks()
    }

    #[test]
    fn webhooks_stand_on_lines_of_their_own() {
        let urls = webhooks("# of the team\nhttps://chat.example/hooks/1\n\n chat.example/2 \r\n").unwrap();
        let urls: Vec<_> = urls.into_iter().map(|address| address.url).collect();
        assert_eq!(urls, ["https://chat.example/hooks/1", "http://chat.example/2"]);
        assert_eq!(Prometheus::default().webhooks().unwrap(), []);
    }

    #[test]
    fn what_is_no_webhook_is_named_by_its_line() {
        let error = webhooks("https://chat.example\nhttps://chat.example/hunter2 x\n").unwrap_err();
        assert!(matches!(error, SecretError::Url { line: 2, .. }));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert!(webhooks("# none\n").unwrap_err().to_string().contains("no URL"));
    }

    #[test]
    fn no_file_is_no_secret() {
        let address = Address::parse("host").unwrap();
        assert_eq!(address.password().unwrap(), None);
        assert_eq!(address.bearer_token().unwrap(), None);
    }

    #[test]
    fn a_missing_file_is_named() {
        let (folder, address) = with_file("x");
        std::fs::remove_file(folder.path().join("secret")).unwrap();
        let error = address.password().unwrap_err();
        assert!(
            matches!(&error, SecretError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
        );
        assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    }

    #[test]
    fn unusable_secrets_are_refused_without_their_content() {
        let long = "hunter2".repeat(20_000);
        for content in [&b""[..], b"\n", b"hunter2\nhunter2\n", b"hunter2\xff", b"hunter2\0", long.as_bytes()]
        {
            let (_folder, address) = with_file(content);
            let error = address.password().unwrap_err();
            assert!(matches!(error, SecretError::Unusable { .. }));
            assert!(!format!("{error} {error:?} {address:?}").contains("hunter2"));
        }
    }
}
