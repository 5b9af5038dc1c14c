//! The server with a certificate and with credentials: who gets in, who does not, and what happens when the files change.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

mod attacker;
mod files;
mod hostile;
#[path = "../support/hostility.rs"]
mod hostility;
#[path = "../support/mod.rs"]
mod support;

use files::Files;
use rcgen::KeyPair;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use support::{PATIENCE, connect, get, on_any_port, scrape};
use telemetry_core::config::{Config, ExpositionAuth, ExpositionTls};
use telemetry_server::{Error, serve};

/// `prometheus:hunter2`, as basic authentication sends it.
const RIGHT: &str = "Authorization: Basic cHJvbWV0aGV1czpodW50ZXIy\r\n";
/// `prometheus:hunter3`.
const WRONG: &str = "Authorization: Basic cHJvbWV0aGV1czpodW50ZXIz\r\n";
const TOKEN: &str = "Authorization: Bearer t0ken\r\n";

fn with_auth(exposition_auth: ExpositionAuth) -> Config {
    let mut config = on_any_port();
    config.prometheus.exposition_auth = exposition_auth;
    config
}

fn with_tls(exposition_tls: ExpositionTls) -> Config {
    let mut config = on_any_port();
    config.prometheus.exposition_tls = exposition_tls;
    config
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn only_who_knows_the_password_gets_more_than_a_sign_of_life() {
    let files = Files::new();
    let server = serve(&with_auth(files.basic())).unwrap();
    let status = |path: &str, headers: &str| get(server.local_addr(), path, headers).status;
    for path in ["/metrics", "/ready", "/info", "/", "/nothing"] {
        for headers in ["", WRONG, TOKEN, "Authorization: Basic\r\n"] {
            assert_eq!(status(path, headers), 401, "{path} {headers}");
        }
    }
    assert_eq!((status("/health", ""), status("/health", WRONG)), (200, 200));
    let refused = get(server.local_addr(), "/metrics", WRONG);
    let challenge = "\r\nwww-authenticate: basic realm=\"telemetry\", charset=\"utf-8\"";
    assert!(refused.head.contains(challenge) && !refused.head.contains("bearer"), "{}", refused.head);
    let told = get(server.local_addr(), "/metrics", RIGHT);
    assert_eq!(told.status, 200);
    assert!(told.body.contains("\ntelemetry_exposition_scrapes_total{code=\"401\"} 5\n"), "{}", told.body);
}

#[test]
fn a_token_will_do_and_either_where_both_are_configured() {
    let files = Files::new();
    let server = serve(&with_auth(files.bearer())).unwrap();
    let status = |headers| get(server.local_addr(), "/metrics", headers).status;
    assert_eq!((status(TOKEN), status(RIGHT), status("")), (200, 401, 401));
    let both = ExpositionAuth { bearer_token_file: files.bearer().bearer_token_file, ..files.basic() };
    let server = serve(&with_auth(both)).unwrap();
    let status = |headers| get(server.local_addr(), "/metrics", headers).status;
    assert_eq!((status(TOKEN), status(RIGHT), status(WRONG)), (200, 200, 401));
}

#[test]
fn a_rotated_password_counts_and_one_that_cannot_be_read_changes_nothing() {
    let files = Files::new();
    let server = serve(&with_auth(files.basic())).unwrap();
    let status = |headers| get(server.local_addr(), "/metrics", headers).status;
    fs::write(files.path("password"), "two\nlines\n").unwrap();
    let failed = "telemetry_exposition_reload_errors_total{what=\"credentials\"} ";
    eventually("the failure is counted", || {
        let told = get(server.local_addr(), "/metrics", RIGHT).body;
        told.lines().find_map(|line| line.strip_prefix(failed)).is_some_and(|count| count != "0")
    });
    fs::write(files.path("password"), "hunter3").unwrap();
    eventually("the new password counts", || status(WRONG) == 200);
    assert_eq!(status(RIGHT), 401);
}

#[test]
fn what_cannot_be_served_is_named_before_anything_is() {
    let files = Files::new();
    // The port is taken: whatever is complained of was looked at before it.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let complaint = |mut config: Config| {
        config.prometheus.exposition_port = taken.local_addr().unwrap().port();
        let error = serve(&config).unwrap_err();
        assert!(!matches!(error, Error::Listen { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        error.to_string().replace(&format!("{}/", files.folder().display()), "")
    };
    let certificate = |name: &str| ExpositionTls { cert_file: Some(files.path(name)), ..files.tls() };
    let key = |name: &str| ExpositionTls { key_file: Some(files.path(name)), ..files.tls() };
    fs::write(files.path("broken"), "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n")
        .unwrap();
    fs::write(files.path("other"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let (cert_file, key_file) = (
        "`telemetry.prometheus.exposition_tls.cert_file` names",
        "`telemetry.prometheus.exposition_tls.key_file` names",
    );
    for (tls, start) in [
        (certificate("missing"), format!("{cert_file} missing, which cannot be read: No such file")),
        (certificate("password"), format!("{cert_file} password, which has no certificate in PEM")),
        (certificate("key"), format!("{cert_file} key, which has no certificate in PEM")),
        (certificate("broken"), format!("{cert_file} broken, which ")),
        (key("missing"), format!("{key_file} missing, which cannot be read: No such file")),
        (key("certificate"), format!("{key_file} certificate, which has no private key in PEM")),
        (key("other"), format!("{key_file} other, which is not the key of the certificate")),
        (
            ExpositionTls { key_file: None, ..files.tls() },
            "`telemetry.prometheus.exposition_tls.cert_file` is set and".to_owned(),
        ),
        (
            ExpositionTls { cert_file: None, ..files.tls() },
            "`telemetry.prometheus.exposition_tls.key_file` is set and".to_owned(),
        ),
    ] {
        let said = complaint(with_tls(tls));
        assert!(said.starts_with(&start), "{said}");
    }
    fs::write(files.path("password"), "").unwrap();
    let said = complaint(with_auth(files.basic()));
    assert_eq!(
        said,
        "`telemetry.prometheus.exposition_auth.password_file` names password: the file is empty"
    );
}

#[test]
fn a_certificate_is_shown_to_those_who_trust_its_authority() {
    let files = Files::new();
    let mut config = with_tls(files.tls());
    config.prometheus.exposition_auth = files.bearer();
    let server = serve(&config).unwrap();
    let told = files.ask(server.local_addr(), TOKEN).unwrap();
    assert!(told.starts_with("HTTP/1.0 200") && told.contains("\ntelemetry_build_info{"), "{told}");
    assert!(files.ask(server.local_addr(), "").unwrap().starts_with("HTTP/1.0 401"));
    assert!(Files::new().ask(server.local_addr(), TOKEN).is_err(), "another authority");
    let mut plain = connect(server.local_addr());
    plain.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _cut_off = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "nothing is said in plain text");
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let files = Files::new();
    let server = serve(&with_tls(files.tls())).unwrap();
    assert!(files.ask(server.local_addr(), "").is_ok());
    files.renew();
    eventually("the new certificate is shown", || files.ask(server.local_addr(), "").is_ok());
}

#[test]
fn nothing_is_asked_for_where_nothing_is_configured() {
    let server = serve(&on_any_port()).unwrap();
    assert!(!scrape(&server).is_empty());
    assert_eq!(get(server.local_addr(), "/metrics", WRONG).status, 200);
}

#[test]
fn no_secret_is_in_what_is_printed_of_a_server() {
    let files = Files::new();
    let config = with_auth(files.basic());
    let server = serve(&config).unwrap();
    assert!(!format!("{server:?} {config:?}").contains("hunter2"));
}
