//! A real Prometheus, curl and our own command, before an exposition server with a certificate and with credentials.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use telemetry_core::config::{Config, ExpositionAuth, ExpositionTls};
use telemetry_server::{Server, serve};

use crate::support::{Certificates, Prometheus, Scrape, Scratch, curl, eventually, require};

/// A server that asks for everything, and the files that it takes for it.
struct Secured {
    server: Server,
    config: Config,
    certificates: Certificates,
    folder: Scratch,
}

impl Secured {
    fn start() -> Self {
        let (certificates, folder) = (Certificates::new(), Scratch::new());
        let secret = |name: &str, secret: &str| {
            let path = folder.path().join(name);
            fs::write(&path, secret).unwrap();
            path
        };
        let mut config = Config::default();
        config.prometheus.exposition_port = 0;
        config.prometheus.exposition_tls =
            ExpositionTls { cert_file: Some(certificates.certificate()), key_file: Some(certificates.key()) };
        config.prometheus.exposition_auth = ExpositionAuth {
            username: Some("prometheus".to_owned()),
            password_file: Some(secret("password", "hunter2\n")),
            bearer_token_file: Some(secret("token", "t0ken\n")),
        };
        secret("wrong", "hunter3\n");
        Self { server: serve(&config).unwrap(), config, certificates, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn scraped_as(&self, job: &str) -> Scrape {
        Scrape::of(job, self.server.local_addr()).trusting(&self.certificates.authority())
    }

    /// `telemetry snapshot` of the server alone, configured as the server is but for what the test says.
    fn snapshot(&self, settings: &[(&str, PathBuf)]) -> Command {
        let mut command = self.folder.telemetry();
        let port = self.server.local_addr().port().to_string();
        command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", port);
        for (name, value) in settings {
            command.env(format!("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_{name}"), value);
        }
        command.args(["snapshot", "-S", "exposition", "-f", "prometheus", "--timeout", "30"]);
        command
    }

    fn tls(&self) -> Vec<(&'static str, PathBuf)> {
        let [certificate, key] = [self.certificates.certificate(), self.certificates.key()];
        vec![("TLS__CERT_FILE", certificate), ("TLS__KEY_FILE", key)]
    }

    fn basic(&self, password: &str) -> Vec<(&'static str, PathBuf)> {
        vec![("AUTH__USERNAME", "prometheus".into()), ("AUTH__PASSWORD_FILE", self.file(password))]
    }
}

#[test]
fn prometheus_scrapes_with_a_password_and_with_a_token_and_not_without() {
    require!(Prometheus);
    let secured = Secured::start();
    let another = Certificates::new();
    let prometheus = Prometheus::start(&[
        secured.scraped_as("basic").by_user("prometheus", &secured.file("password")),
        secured.scraped_as("bearer").with_token(&secured.file("token")),
        secured.scraped_as("nobody"),
        secured.scraped_as("wrong").by_user("prometheus", &secured.file("wrong")),
        secured.scraped_as("guess").with_token(&secured.file("wrong")),
        Scrape::of("plain", secured.server.local_addr()).with_token(&secured.file("token")),
        Scrape::of("stranger", secured.server.local_addr())
            .trusting(&another.authority())
            .with_token(&secured.file("token")),
    ]);
    for job in ["basic", "bearer"] {
        prometheus.await_up(job);
        let told = format!("telemetry_build_info{{job=\"{job}\"}}");
        assert_eq!(prometheus.query(&told).len(), 1, "{job}");
    }
    for (job, why) in
        [("nobody", "401"), ("wrong", "401"), ("guess", "401"), ("plain", ""), ("stranger", "certificate")]
    {
        let down = format!("up{{job=\"{job}\"}} == 0");
        eventually(&down, || (!prometheus.query(&down).is_empty()).then_some(()));
        let targets = prometheus.targets();
        let target = targets.iter().find(|target| target["labels"]["job"] == job).unwrap();
        assert_eq!(target["health"], "down", "{job}");
        assert!(target["lastError"].as_str().unwrap().contains(why), "{target}");
    }
    let refused = prometheus.query("telemetry_exposition_scrapes_total{code=\"401\",job=\"basic\"} > 0");
    eventually("refusals are counted", || {
        let counted = "telemetry_exposition_scrapes_total{code=\"401\",job=\"basic\"} > 0";
        (!refused.is_empty() || !prometheus.query(counted).is_empty()).then_some(())
    });
}

#[test]
fn curl_gets_in_with_what_is_configured() {
    require!(Curl);
    let secured = Secured::start();
    let url = format!("https://{}", secured.server.local_addr());
    let authority = secured.certificates.authority().display().to_string();
    let status = |path: &str, arguments: &[&str]| {
        curl::get(&format!("{url}{path}"), &[&["--cacert", authority.as_str()], arguments].concat()).status()
    };
    assert_eq!(status("/metrics", &["--user", "prometheus:hunter2"]), 200);
    assert_eq!(status("/metrics", &["--oauth2-bearer", "t0ken"]), 200);
    assert_eq!(status("/metrics", &["--user", "prometheus:hunter3"]), 401);
    assert_eq!((status("/metrics", &[]), status("/info", &[]), status("/health", &[])), (401, 401, 200));
    let asked = curl::get(&format!("{url}/metrics"), &["--cacert", &authority]);
    assert_eq!(asked.header("www-authenticate"), Some("Basic realm=\"telemetry\", charset=\"UTF-8\""));
    let distrusting = curl::run(&format!("{url}/health"), &[]);
    assert_eq!(
        distrusting.status.code(),
        Some(60),
        "curl has its own number for a certificate that it distrusts"
    );
}

#[test]
fn a_snapshot_is_taken_with_the_settings_of_the_server() {
    let secured = Secured::start();
    let taken = |settings: &[(&str, PathBuf)]| secured.snapshot(settings).output().unwrap();
    for auth in [secured.basic("password"), vec![("AUTH__BEARER_TOKEN_FILE", secured.file("token"))]] {
        let output = taken(&[secured.tls(), auth].concat());
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("telemetry_build_info{"), "{told}");
    }
    let (other, secrets) = (Certificates::new(), ["hunter2", "hunter3", "t0ken"]);
    let of_another = vec![("TLS__CERT_FILE", other.certificate()), ("TLS__KEY_FILE", other.key())];
    for (settings, why) in [
        (secured.tls(), "401"),
        ([secured.tls(), secured.basic("wrong")].concat(), "401"),
        ([of_another, secured.basic("password")].concat(), "invalid peer certificate"),
        (secured.basic("password"), ""),
    ] {
        let output = taken(&settings);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
        assert!(secrets.iter().all(|secret| !said.contains(secret)), "{said}");
    }
    assert!(secured.config.prometheus.exposition_tls.cert_file.is_some());
}
