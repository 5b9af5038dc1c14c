//! Who may read: a name with its password, or a token, compared in a time that tells nothing about either.

use crate::error::Error;
use crate::metrics::ReloadOf;
use crate::pages::Pages;
use crate::rotating::Rotating;
use crate::router::{HEALTH, METRICS};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Digest, SHA256, digest};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use telemetry_core::config::{ExpositionAuth, SecretError};

const USERNAME: &str = "prometheus.exposition_auth.username";
const PASSWORD_FILE: &str = "prometheus.exposition_auth.password_file";
const BEARER_TOKEN_FILE: &str = "prometheus.exposition_auth.bearer_token_file";

const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"telemetry\", charset=\"UTF-8\"");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"telemetry\"");

/// What a client has to prove that it knows. Only digests are kept: they have one length, so that comparing them tells nothing about
/// that of the secrets, and memory that leaks gives no secret away.
struct Credentials {
    /// Of name, colon and password.
    basic: Option<Digest>,
    bearer: Option<Digest>,
}

/// Asks for credentials, where some are configured.
pub(crate) struct Guard {
    credentials: Rotating<Credentials>,
    pages: Arc<Pages>,
}

impl Guard {
    /// Nothing where everybody may read.
    ///
    /// # Errors
    /// When half of what is needed is configured, or a file cannot be read.
    pub(crate) fn new(auth: &ExpositionAuth, pages: &Arc<Pages>) -> Result<Option<Self>, Error> {
        check(auth)?;
        let files: Vec<_> =
            [&auth.password_file, &auth.bearer_token_file].into_iter().flatten().cloned().collect();
        if files.is_empty() {
            return Ok(None);
        }
        let (auth, instruments) = (auth.clone(), Arc::clone(&pages.exposition.instruments));
        let make = move || Credentials::read(&auth);
        let credentials =
            Rotating::new(files, make, move || instruments.reload_failed(ReloadOf::Credentials))?;
        Ok(Some(Self { credentials, pages: Arc::clone(pages) }))
    }
}

/// A password without a name protects nothing, and a name without a password less.
fn check(auth: &ExpositionAuth) -> Result<(), Error> {
    match (&auth.username, &auth.password_file) {
        (Some(_), None) => Err(Error::Incomplete { set: USERNAME, missing: PASSWORD_FILE }),
        (None, Some(_)) => Err(Error::Incomplete { set: PASSWORD_FILE, missing: USERNAME }),
        _ => Ok(()),
    }
}

/// Lets through whoever proves who is asking, and everybody who only asks whether the program is alive.
pub(crate) async fn authorize(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let credentials = guard.credentials.current();
    if request.uri().path() == HEALTH || credentials.are_in(request.headers()) {
        return next.run(request).await;
    }
    if request.uri().path() == METRICS {
        guard.pages.exposition.instruments.scraped(StatusCode::UNAUTHORIZED.as_u16());
    }
    credentials.refusal()
}

impl Credentials {
    fn read(auth: &ExpositionAuth) -> Result<Self, Error> {
        let wrong = |setting| move |source: SecretError| Error::Credentials { setting, source };
        let password = auth.password().map_err(wrong(PASSWORD_FILE))?;
        let token = auth.bearer_token().map_err(wrong(BEARER_TOKEN_FILE))?;
        let basic = auth.username.as_ref().zip(password).map(|(name, password)| format!("{name}:{password}"));
        let sha256 = |secret: String| digest(&SHA256, secret.as_bytes());
        Ok(Self { basic: basic.map(sha256), bearer: token.map(sha256) })
    }

    fn are_in(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        // With several, one could be checked here and another one in front of here.
        let (Some(given), None) = (given.next(), given.next()) else { return false };
        let Some((scheme, proof)) = given.to_str().ok().and_then(|given| given.split_once(' ')) else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("basic") {
            let proof = BASE64_STANDARD.decode(proof.trim());
            proof.is_ok_and(|proof| is_of(self.basic.as_ref(), &proof))
        } else {
            scheme.eq_ignore_ascii_case("bearer") && is_of(self.bearer.as_ref(), proof.trim().as_bytes())
        }
    }

    /// Says in which ways one can prove who is asking.
    fn refusal(&self) -> Response {
        let mut response = (StatusCode::UNAUTHORIZED, "credentials are needed\n").into_response();
        let ways = [(&self.basic, BASIC), (&self.bearer, BEARER)];
        for (_, way) in ways.into_iter().filter(|(secret, _)| secret.is_some()) {
            response.headers_mut().append(WWW_AUTHENTICATE, way);
        }
        response
    }
}

fn is_of(secret: Option<&Digest>, proof: &[u8]) -> bool {
    secret.is_some_and(|secret| secret.as_ref().ct_eq(digest(&SHA256, proof).as_ref()).into())
}

#[cfg(test)]
mod tests {
    use super::{Credentials, check};
    use axum::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use telemetry_core::config::ExpositionAuth;

    fn credentials(password: Option<&str>, token: Option<&str>) -> Credentials {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, secret: Option<&str>| {
            let path = folder.path().join(name);
            secret.map(|secret| std::fs::write(&path, secret).map(|()| path).unwrap())
        };
        let auth = ExpositionAuth {
            username: password.map(|_| "prometheus".to_owned()),
            password_file: file("password", password),
            bearer_token_file: file("token", token),
        };
        Credentials::read(&auth).unwrap()
    }

    fn accepts(credentials: &Credentials, given: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for given in given {
            headers.append(AUTHORIZATION, HeaderValue::from_str(given).unwrap());
        }
        credentials.are_in(&headers)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(text))
    }

    #[test]
    fn only_the_whole_secret_is_accepted() {
        let both = credentials(Some("pass:word é\n"), Some("t0ken\n"));
        let right = basic("prometheus:pass:word é");
        for given in [right.as_str(), &right.replace("Basic", "basic"), "Bearer t0ken", "BEARER  t0ken"] {
            assert!(accepts(&both, &[given]), "{given}");
        }
        let wrong = [
            basic("prometheus:pass:word"),
            basic("prometheus:"),
            basic("prometheus"),
            basic(":pass:word é"),
            basic("Prometheus:pass:word é"),
            basic("t0ken"),
            "Basic prometheus:pass:word".to_owned(),
            "Basic".to_owned(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            "Bearer t0ken2".to_owned(),
            "Bearer t0ke".to_owned(),
            "t0ken".to_owned(),
            String::new(),
        ];
        for given in &wrong {
            assert!(!accepts(&both, &[given]), "{given}");
        }
        assert!(!accepts(&both, &[]));
        assert!(!accepts(&both, &["Bearer t0ken", "Bearer t0ken"]), "it is unclear which one counts");
    }

    #[test]
    fn what_is_not_configured_is_not_accepted() {
        assert!(!accepts(&credentials(Some("p"), None), &["Bearer "]));
        assert!(!accepts(&credentials(None, Some("t")), &[&basic(":")]));
        let challenges = |credentials: Credentials| {
            let response = credentials.refusal();
            response.headers().get_all("www-authenticate").iter().count()
        };
        assert_eq!(challenges(credentials(Some("p"), None)), 1);
        assert_eq!(challenges(credentials(Some("p"), Some("t"))), 2);
    }

    #[test]
    fn half_a_pair_is_refused() {
        let named = ExpositionAuth { username: Some("u".to_owned()), ..ExpositionAuth::default() };
        assert!(check(&named).unwrap_err().to_string().contains("exposition_auth.password_file` is not"));
        let unnamed = ExpositionAuth { password_file: Some("p".into()), ..ExpositionAuth::default() };
        assert!(check(&unnamed).unwrap_err().to_string().contains("exposition_auth.username` is not"));
    }
}
