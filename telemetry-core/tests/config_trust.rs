//! What a file may not do that was merely found in the current folder, which a stranger may have written.
#![cfg(feature = "config")]
#![expect(clippy::expect_used, reason = "what the tests prepare has to be there")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use telemetry_core::config::{Config, ConfigError, Loaded, Origin, Sources, load};
use tempfile::TempDir;

const TOKEN_VARIABLE: (&str, &str) =
    ("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__BEARER_TOKEN_FILE", "/token");
const REDIRECTED: &str =
    "telemetry:\n  prometheus:\n    pushgateway_url: https://evil.example\n    job: theirs\n";

/// A cloned repository with a file in it, and a user with one of their own.
struct Scene {
    root: TempDir,
    sources: Sources,
}

impl Scene {
    fn new(found: &str) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (current_dir, users) = (root.path().join("repository"), root.path().join("config"));
        std::fs::create_dir_all(&current_dir).expect("a folder");
        std::fs::create_dir_all(users.join("sase")).expect("a folder");
        std::fs::write(current_dir.join("sase.yml"), found).expect("a file");
        let sources = Sources { current_dir, user_config_dir: Some(users), ..Sources::default() };
        Self { root, sources }
    }

    fn users(self, text: &str) -> Self {
        std::fs::write(self.root.path().join("config/sase/sase.yml"), text).expect("a file");
        self
    }

    fn variable(mut self, (name, value): (&str, &str)) -> Self {
        self.sources.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.sources.overrides.push((key.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).expect("a configuration")
    }
}

#[test]
fn a_found_file_may_set_thresholds_names_and_plain_addresses() {
    let found = "telemetry:\n  carrier: serve\n  prometheus: {job: theirs, pushgateway_url: other, exposition_listen: '::1'}\n  \
                 health_thresholds: {error_rate_warn: 1}\n";
    let loaded = Scene::new(found).load();
    assert_eq!(loaded.config.prometheus.job, "theirs");
    assert_eq!(loaded.config.prometheus.pushgateway_url.url, "http://other");
    assert_eq!(loaded.config.prometheus.exposition_listen.to_string(), "::1");
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn it_may_not_redirect_where_the_environment_has_credentials() {
    let loaded = Scene::new(REDIRECTED).variable(TOKEN_VARIABLE).load();
    let address = &loaded.config.prometheus.pushgateway_url;
    assert_eq!(address.url, Config::default().prometheus.pushgateway_url.url);
    assert_eq!(address.bearer_token_file, Some(PathBuf::from("/token")));
    assert_eq!(loaded.config.prometheus.job, "theirs", "the rest of the file holds");
    assert_eq!(
        loaded.warnings,
        [
            "sase.yml:3:5: telemetry.prometheus.pushgateway_url: not applied, because this file was merely found here \
          and telemetry.prometheus.pushgateway_url.bearer_token_file is set in \
          SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__BEARER_TOKEN_FILE, and would go to wherever this file says; \
          if you trust the file, name it: --config ./sase.yml or SASE_CONFIG=./sase.yml"
        ]
    );
}

#[test]
fn it_may_not_redirect_where_a_flag_has_credentials() {
    let scene = Scene::new(REDIRECTED).flag("prometheus.pushgateway_url.username", "me");
    let loaded = scene.flag("prometheus.pushgateway_url.password_file", "/password").load();
    assert_eq!(loaded.config.prometheus.pushgateway_url.url, "http://localhost:9091");
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn it_may_not_redirect_where_the_users_file_has_credentials() {
    let users = "telemetry:\n  prometheus:\n    job: mine\n    pushgateway_url:\n      url: https://mine.example\n      \
                 bearer_token_file: token\n";
    let scene = Scene::new(REDIRECTED).users(users);
    let loaded = scene.load();
    let address = &loaded.config.prometheus.pushgateway_url;
    assert_eq!(address.url, "https://mine.example", "the whole entry of the user stays in force");
    assert_eq!(address.bearer_token_file, Some(scene.root.path().join("config/sase/token")));
    assert_eq!(loaded.config.prometheus.job, "theirs", "the user's file is read for nothing else");
    let path = scene.root.path().join("config/sase/sase.yml");
    assert_eq!(loaded.origin("prometheus.pushgateway_url"), &Origin::File { path, line: 5, column: 7 });
    assert_eq!(loaded.file, Some(scene.root.path().join("repository/sase.yml")));
    assert!(loaded.warnings[0].contains("config/sase/sase.yml:6:7"), "{:?}", loaded.warnings);
}

#[test]
fn environment_goes_over_the_users_address_as_ever() {
    let users = "telemetry: {prometheus: {pushgateway_url: {url: mine, username: me}}}";
    let scene = Scene::new(REDIRECTED).users(users);
    let loaded = scene.variable(("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", "https://other")).load();
    let address = loaded.config.prometheus.pushgateway_url;
    assert_eq!((address.url.as_str(), address.username.as_deref()), ("https://other", Some("me")));
}

#[test]
fn a_users_address_without_credentials_is_shadowed() {
    let users = "telemetry: {prometheus: {pushgateway_url: mine, url: {username: me}}}";
    let loaded = Scene::new(REDIRECTED).users(users).load();
    assert_eq!(loaded.config.prometheus.pushgateway_url.url, "https://evil.example");
    assert_eq!(loaded.config.prometheus.url, Config::default().prometheus.url);
    assert!(loaded.warnings.is_empty());
}

#[test]
fn each_credential_guards_only_its_own_address() {
    let found = "telemetry: {prometheus: {url: one, pushgateway_url: two, alertmanager_url: three}}";
    let loaded = Scene::new(found).variable(TOKEN_VARIABLE).load();
    assert_eq!(loaded.config.prometheus.url.url, "http://one");
    assert_eq!(loaded.config.prometheus.pushgateway_url.url, "http://localhost:9091");
    assert_eq!(
        loaded.config.prometheus.alertmanager_url.map(|address| address.url).as_deref(),
        Some("http://three")
    );
}

#[test]
fn every_part_of_an_address_guards_it() {
    for (part, value) in [("username", "me"), ("bearer_token_file", "/t"), ("ca_file", "/c")] {
        let scene = Scene::new(REDIRECTED).flag(&format!("prometheus.pushgateway_url.{part}"), value);
        let loaded = scene.load();
        assert_eq!(loaded.config.prometheus.pushgateway_url.url, "http://localhost:9091", "{part}");
        assert_eq!(loaded.warnings.len(), 1, "{part}");
    }
}

#[test]
fn a_found_user_name_does_not_disturb_a_token() {
    let found = "telemetry: {prometheus: {pushgateway_url: {username: x}}}";
    let loaded = Scene::new(found).variable(TOKEN_VARIABLE).load();
    assert_eq!(loaded.config.prometheus.pushgateway_url.username, None);
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn the_same_address_is_no_redirection() {
    let users = "telemetry: {prometheus: {pushgateway_url: {url: 'https://evil.example/', username: me}}}";
    let loaded = Scene::new(REDIRECTED).users(users).load();
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn it_may_not_name_files_that_would_be_read() {
    for part in ["password_file", "bearer_token_file", "ca_file"] {
        let found = format!(
            "telemetry:\n  prometheus:\n    url:\n      url: https://evil.example\n      {part}: /etc/passwd\n"
        );
        let loaded = Scene::new(&found).load();
        let address = &loaded.config.prometheus.url;
        assert_eq!(address.url, "https://evil.example");
        assert_eq!(
            (&address.password_file, &address.bearer_token_file, &address.ca_file),
            (&None, &None, &None)
        );
        let start = format!("sase.yml:5:7: telemetry.prometheus.url.{part}: not applied, ");
        assert!(
            loaded.warnings.len() == 1 && loaded.warnings[0].starts_with(&start),
            "{:?}",
            loaded.warnings
        );
        assert!(loaded.warnings[0].ends_with("--config ./sase.yml or SASE_CONFIG=./sase.yml"));
        assert_eq!(loaded.origin(&format!("prometheus.url.{part}")), &Origin::Default);
    }
}

#[test]
fn it_may_not_say_whom_the_exposition_server_believes() {
    let found = "telemetry: {prometheus: {exposition_tls: {cert_file: c, key_file: k}, \
                 exposition_auth: {username: u, password_file: p, bearer_token_file: t}}}";
    let loaded = Scene::new(found).load();
    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.warnings.len(), 5, "{:?}", loaded.warnings);
}

#[test]
fn it_may_give_its_project_a_ledger_of_its_own() {
    let loaded = Scene::new("telemetry: {ledger_path: /l}").load();
    assert_eq!(loaded.config.ledger_path, Some("/l".into()));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn it_may_not_open_a_listener_to_the_network() {
    for (listen, open) in [("0.0.0.0", true), ("'::'", true), ("192.168.0.1", true), ("127.0.0.2", false)] {
        let found = format!("telemetry:\n  prometheus:\n    exposition_listen: {listen}\n");
        let loaded = Scene::new(&found).load();
        let default = loaded.config.prometheus.exposition_listen == IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!((default, loaded.warnings.len()), (open, usize::from(open)), "{listen}");
        let start = "sase.yml:3:5: telemetry.prometheus.exposition_listen: not applied, ";
        assert!(loaded.warnings.iter().all(|warning| warning.starts_with(start)), "{:?}", loaded.warnings);
    }
}

#[test]
fn a_file_that_somebody_named_may_do_all_of_it() {
    let found = "telemetry:\n  ledger_path: /l\n  prometheus:\n    exposition_listen: 0.0.0.0\n    \
                 pushgateway_url: {url: other, ca_file: ca}\n";
    let scene = Scene::new(found).variable(TOKEN_VARIABLE);
    let by_flag = Sources { file: Some("sase.yml".into()), ..scene.sources.clone() };
    let by_variable = Scene { ..scene }.variable(("SASE_CONFIG", "./sase.yml"));
    for sources in [&by_flag, &by_variable.sources] {
        let loaded = load(sources).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new());
        assert_eq!(loaded.config.ledger_path, Some(PathBuf::from("/l")));
        assert!(loaded.config.prometheus.exposition_listen.is_unspecified());
        assert_eq!(loaded.config.prometheus.pushgateway_url.url, "http://other");
        let ca_file = by_variable.root.path().join("repository/ca");
        assert_eq!(loaded.config.prometheus.pushgateway_url.ca_file, Some(ca_file));
    }
}

#[test]
fn the_users_own_file_may_do_all_of_it() {
    let users =
        "telemetry: {prometheus: {url: {url: mine, bearer_token_file: t}, exposition_listen: 0.0.0.0}}";
    let mut scene = Scene::new("").users(users);
    std::fs::remove_file(scene.root.path().join("repository/sase.yml")).unwrap();
    let check = |scene: &Scene| {
        let loaded = scene.load();
        assert!(loaded.warnings.is_empty() && loaded.config.prometheus.url.bearer_token_file.is_some());
    };
    check(&scene);
    scene.sources.current_dir = scene.root.path().join("config/sase");
    check(&scene);
}

#[test]
fn refused_values_have_to_be_right_all_the_same() {
    let error = load(&Scene::new("telemetry: {ledger_path: 7}").sources).unwrap_err();
    assert!(matches!(error, ConfigError::Value { .. }), "{error}");
    let found = "telemetry: {prometheus: {pushgateway_url: 'ftp://host'}}";
    let error = load(&Scene::new(found).variable(TOKEN_VARIABLE).sources).unwrap_err();
    assert!(matches!(error, ConfigError::Address { .. }), "{error}");
}

#[test]
fn a_users_file_that_cannot_be_read_stops_a_found_one() {
    let scene = Scene::new(REDIRECTED).users("telemetry: [");
    let error = load(&scene.sources).unwrap_err().to_string();
    assert!(error.contains("config/sase/sase.yml:2:1: "), "{error}");
    let scene = Scene::new("telemetry: {enabled: true}").users("telemetry: [");
    assert!(load(&scene.sources).is_err(), "it may hold what keeps strangers from a listener");
    let scene = Scene::new(REDIRECTED)
        .users("telemetry: {colour: red, prometheus: {pushgateway_url: {username: me}}}");
    assert_eq!(scene.load().warnings.len(), 1, "what else is wrong with it does not matter");
}

#[test]
fn the_lock_on_the_users_own_listener_stays_on_beside_a_found_file() {
    let users = "telemetry:\n  prometheus:\n    job: mine\n    exposition_listen: 0.0.0.0\n    \
                 exposition_auth: {username: me, password_file: /password}\n    \
                 exposition_tls: {cert_file: /cert, key_file: /key}\n";
    let open = ("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_LISTEN", "0.0.0.0");
    let loaded = Scene::new("telemetry:\n  carrier: serve\n").users(users).variable(open).load();
    let prometheus = &loaded.config.prometheus;
    assert_eq!(prometheus.exposition_auth.username.as_deref(), Some("me"));
    assert_eq!(prometheus.exposition_auth.password_file, Some(PathBuf::from("/password")));
    assert_eq!(prometheus.exposition_tls.cert_file, Some(PathBuf::from("/cert")));
    assert_eq!(prometheus.job, "sase_agent", "nothing else of the user's file is read beside it");
    let theirs = "telemetry:\n  prometheus: {exposition_auth: {username: them, password_file: /theirs}}\n";
    let loaded = Scene::new(theirs).users(users).load();
    assert_eq!(loaded.config.prometheus.exposition_auth.username.as_deref(), Some("me"));
}
