//! Reading the configuration from files, environment and flags: which goes over which, and what each mistake is told.
#![cfg(feature = "config")]
#![expect(clippy::expect_used, reason = "what the tests prepare has to be there")]

use std::path::{Path, PathBuf};

use telemetry_core::config::{Address, Carrier, Config, ConfigError, Loaded, Origin, Sources, load};
use tempfile::TempDir;

/// A folder to run in and a user's configuration folder, with whatever files a test puts there.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { root: tempfile::tempdir().expect("a temporary folder") };
        place.write("here/.keep", "");
        place
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(&path, text).expect("a file is written");
        path
    }

    fn sources(&self) -> Sources {
        Sources {
            current_dir: self.root.path().join("here"),
            user_config_dir: Some(self.root.path().join("user")),
            ..Sources::default()
        }
    }
}

fn with_environment(mut sources: Sources, variables: &[(&str, &str)]) -> Sources {
    sources
        .environment
        .extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    sources
}

fn with_overrides(mut sources: Sources, overrides: &[(&str, &str)]) -> Sources {
    sources.overrides.extend(overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    sources
}

fn job(sources: &Sources) -> String {
    load(sources).expect("a configuration").config.prometheus.job
}

/// Reads a text as `sase.yml` of the current folder.
fn read(yaml: &str) -> Result<Loaded, ConfigError> {
    let place = Place::new();
    place.write("here/sase.yml", yaml);
    load(&place.sources())
}

/// The message for a text as `sase.yml` of the current folder.
fn complaint(yaml: &str) -> String {
    read(yaml).expect_err(yaml).to_string()
}

fn variable_complaint(name: &str, value: &str) -> String {
    load(&with_environment(Sources::default(), &[(name, value)])).expect_err(name).to_string()
}

fn flag_complaint(key: &str, value: &str) -> String {
    load(&with_overrides(Sources::default(), &[(key, value)])).expect_err(key).to_string()
}

#[test]
fn nothing_means_the_defaults() {
    let loaded = load(&Place::new().sources()).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.file, None);
    assert!(loaded.warnings.is_empty());
    assert!(loaded.origins.values().all(|origin| *origin == Origin::Default));
}

#[test]
fn empty_and_null_mean_the_defaults() {
    for yaml in [
        "",
        "# nothing\n",
        "telemetry:\n",
        "telemetry: ~\n",
        "telemetry: {}\n",
        "other: {telemetry: {enabled: true}}\n",
        "telemetry:\n  enabled:\n  carrier: null\n  prometheus:\n  health_thresholds: ~\n",
        "telemetry:\n  prometheus:\n    job:\n    alertmanager_url:\n    url: {}\n    pushgateway_url: {url: , username: }\n",
    ] {
        let loaded = read(yaml).expect(yaml);
        assert_eq!(loaded.config, Config::default(), "{yaml}");
        assert!(loaded.origins.values().all(|origin| *origin == Origin::Default), "{yaml}");
    }
}

#[test]
fn a_whole_file_is_read() {
    let place = Place::new();
    let path = place.write(
        "here/sase.yml",
        "other: [1, 2]\n\
         telemetry:\n\
         \x20 enabled: yes\n\
         \x20 carrier: serve\n\
         \x20 max_series_per_metric: 50\n\
         \x20 prometheus:\n\
         \x20   instance: \"7\"\n\
         \x20   exposition_listen: \"::1\"\n\
         \x20   url: \"[::1]:9090/prefix/\"\n\
         \x20   alertmanager_url: {url: HTTPS://Alerts.example}\n\
         \x20 health_thresholds: {error_rate_warn: 5, p95_latency_critical: 1e3}\n",
    );
    let Loaded { config, file, warnings, origins } = load(&place.sources()).unwrap();
    let expected = Config {
        enabled: Some(true),
        carrier: Carrier::Serve,
        max_series_per_metric: 50,
        prometheus: telemetry_core::config::Prometheus {
            instance: Some("7".to_owned()),
            exposition_listen: "::1".parse().unwrap(),
            url: Address::parse("http://[::1]:9090/prefix").unwrap(),
            alertmanager_url: Some(Address::parse("https://alerts.example").unwrap()),
            ..Config::default().prometheus
        },
        health_thresholds: telemetry_core::config::HealthThresholds {
            error_rate_warn: 5.0,
            p95_latency_critical: 1000.0,
            ..Config::default().health_thresholds
        },
        ..Config::default()
    };
    assert_eq!(config, expected);
    assert_eq!((file, warnings), (Some(path), vec![]));
    let origin = Origin::File { path: "sase.yml".into(), line: 10, column: 24 };
    assert_eq!(origins["prometheus.alertmanager_url"], origin);
}

#[test]
fn the_first_file_found_is_the_only_one_read() {
    let place = Place::new();
    let file = |name| format!("telemetry: {{prometheus: {{job: {name}}}}}");
    place.write("user/sase/sase.yml", file("users"));
    assert_eq!(job(&place.sources()), "users");
    place.write("here/sase.yml", file("found"));
    assert_eq!(job(&place.sources()), "found");
    let named = place.write("elsewhere/named.yml", file("variable"));
    let sources = with_environment(place.sources(), &[("SASE_CONFIG", named.to_str().unwrap())]);
    assert_eq!(job(&sources), "variable");
    place.write("here/flag.yml", file("flag"));
    assert_eq!(job(&Sources { file: Some("flag.yml".into()), ..sources }), "flag");
    place.write("user/sase.yml", file("not looked for"));
}

#[test]
fn environment_goes_over_the_file_and_flags_over_both() {
    let place = Place::new();
    place.write("here/sase.yml", "telemetry: {prometheus: {job: file, instance: file, exposition_port: 1}}");
    let sources = with_environment(
        place.sources(),
        &[
            ("SASE_TELEMETRY_PROMETHEUS__JOB", "variable"),
            ("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "variable"),
        ],
    );
    let mut sources =
        with_overrides(sources, &[("prometheus.job", "earlier"), ("telemetry.prometheus.job", "flag")]);
    sources.set("--enable", "enabled", "on");
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.prometheus.job, "flag");
    assert_eq!(loaded.config.prometheus.instance.as_deref(), Some("variable"));
    assert_eq!(loaded.config.prometheus.exposition_port, 1);
    assert_eq!(loaded.origin("prometheus.job").to_string(), "--set");
    assert_eq!(loaded.origin("prometheus.instance").to_string(), "SASE_TELEMETRY_PROMETHEUS__INSTANCE");
    assert_eq!(loaded.origin("prometheus.exposition_port").to_string(), "sase.yml:1:53");
    assert_eq!(loaded.origin("enabled").to_string(), "--enable");
    assert_eq!(loaded.origin("carrier"), &Origin::Default);
}

#[test]
fn parts_of_an_address_may_come_from_different_places() {
    let place = Place::new();
    let named = place.write("here/mine.yml", "telemetry: {prometheus: {pushgateway_url: https://host}}");
    let sources = Sources { file: Some(named), ..place.sources() };
    let variable = ("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__BEARER_TOKEN_FILE", "token");
    let address = load(&with_environment(sources, &[variable])).unwrap().config.prometheus.pushgateway_url;
    assert_eq!(address.url, "https://host");
    assert_eq!(address.bearer_token_file, Some(place.root.path().join("here/token")));
    assert!(address.configured);
}

#[test]
fn an_address_may_be_spelt_with_url_everywhere() {
    let variable = ("SASE_TELEMETRY_PROMETHEUS__URL__URL", "one");
    let sources = with_environment(Sources::default(), &[variable]);
    assert_eq!(load(&sources).unwrap().config.prometheus.url.url, "http://one");
    let sources = with_overrides(sources, &[("prometheus.url.url", "two")]);
    assert_eq!(load(&sources).unwrap().config.prometheus.url.url, "http://two");
}

#[test]
fn relative_paths_start_from_where_they_are_written() {
    let place = Place::new();
    place.write("user/sase/sase.yml", "telemetry: {ledger_path: ledger}");
    let ledger = |sources: &Sources| load(sources).unwrap().config.ledger_path.unwrap();
    assert_eq!(ledger(&place.sources()), place.root.path().join("user/sase/ledger"));
    let sources = with_overrides(place.sources(), &[("ledger_path", "ledger")]);
    assert_eq!(ledger(&sources), place.root.path().join("here/ledger"));
}

#[test]
fn empty_variables_count_as_not_set() {
    let sources =
        with_environment(Sources::default(), &[("SASE_TELEMETRY_ENABLED", ""), ("SASE_CONFIG", "")]);
    assert_eq!(load(&sources).unwrap().config, Config::default());
}

#[test]
fn a_named_file_has_to_exist() {
    let place = Place::new();
    let error = load(&Sources { file: Some("no.yml".into()), ..place.sources() }).unwrap_err();
    assert!(
        error.to_string().starts_with("no.yml: the file that --config names cannot be read: "),
        "{error}"
    );
    assert!(std::error::Error::source(&error).is_some());
    let sources = with_environment(place.sources(), &[("SASE_CONFIG", "/no.yml")]);
    let error = load(&sources).unwrap_err().to_string();
    assert!(error.starts_with("/no.yml: the file that SASE_CONFIG names cannot be read: "), "{error}");
}

#[test]
fn what_is_no_file_or_too_long_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.root.path().join("here/sase.yml")).unwrap();
    let error = load(&place.sources()).unwrap_err().to_string();
    assert_eq!(error, "sase.yml: found where a configuration file belongs, but it is not a file");
    let long = "#".repeat((1 << 20) + 1);
    assert_eq!(complaint(&long), "sase.yml: longer than 1 MiB, which no configuration is");
    assert!(read(&long[1..]).is_ok());
    let brackets = complaint(&"[".repeat(100_000));
    assert_eq!(
        brackets,
        "sase.yml: has so many brackets inside one another that reading it would take too long"
    );
    assert!(complaint("%TAG ! tag:example\n---\n").starts_with("sase.yml: has a %TAG directive"));
}

#[test]
fn a_found_file_that_links_nowhere_is_not_there() {
    let place = Place::new();
    std::fs::write(place.root.path().join("user"), "a file where a folder belongs").unwrap();
    assert_eq!(load(&place.sources()).unwrap().file, None);
}

#[test]
fn a_file_that_is_not_utf8_is_refused_at_its_place() {
    let place = Place::new();
    place.write("here/sase.yml", b"a: 1\nb: \xffhunter2\n");
    let error = load(&place.sources()).unwrap_err();
    assert_eq!(error.to_string(), "sase.yml:2:4: not readable as YAML: the file is not UTF-8 text");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn bad_yaml_keeps_its_position() {
    let error = complaint("telemetry:\n  carrier: [\n");
    assert!(
        error.starts_with("sase.yml:3:1: not readable as YAML: did not find expected node content"),
        "{error}"
    );
    let error = complaint("telemetry:\n  enabled: true\n  carrier: push\n  enabled: false\n");
    assert!(
        error.starts_with("sase.yml:4:3: ")
            && error.ends_with("the key \"enabled\" stands here a second time")
    );
    assert!(complaint("a: 1\n---\nb: 2\n").contains("more than one document"));
    assert!(complaint("- telemetry\n").starts_with("sase.yml:1:1: "));
    assert!(
        complaint("telemetry: *nowhere\n").starts_with("sase.yml:1:12: not readable as YAML: unknown anchor")
    );
}

#[test]
fn anchors_and_merge_keys_work() {
    let yaml = "base: &base {job: merged, exposition_port: 1}\n\
                telemetry:\n  prometheus:\n    <<: *base\n    exposition_port: 2\n";
    let loaded = read(yaml).unwrap();
    assert_eq!(loaded.config.prometheus.job, "merged");
    assert_eq!(loaded.config.prometheus.exposition_port, 2);
    assert_eq!(loaded.origin("prometheus.job").to_string(), "sase.yml:1:14");
}

#[test]
fn wrong_types_and_values_name_place_key_and_what_is_right() {
    let prometheus = |line: &str| format!("telemetry:\n  prometheus:\n    {line}\n");
    let health = |line: &str| format!("telemetry:\n  health_thresholds:\n    {line}\n");
    let general = |line: &str| format!("telemetry:\n\n  {line}\n");
    let port =
        "sase.yml:3:5: telemetry.prometheus.exposition_port: expected a port number from 0 to 65535, found ";
    let job = "sase.yml:3:5: telemetry.prometheus.job: expected a text of 1 to 200 bytes";
    let listen = "sase.yml:3:5: telemetry.prometheus.exposition_listen: expected an IP address, such as 127.0.0.1 \
                  or ::1, found ";
    let percent = "sase.yml:3:5: telemetry.health_thresholds.error_rate_warn: expected a percentage from 0 to 100, \
                   found ";
    let seconds = "sase.yml:3:5: telemetry.health_thresholds.p95_latency_warn: expected a number of seconds, not \
                   negative, found ";
    let series =
        "sase.yml:3:3: telemetry.max_series_per_metric: expected a whole number from 1 to 1000000, found ";
    let enabled = "sase.yml:3:3: telemetry.enabled: expected true or false, found ";
    let carrier = "sase.yml:3:3: telemetry.carrier: expected push, serve, textfile, none, found ";
    let ledger =
        "sase.yml:3:3: telemetry.ledger_path: expected the path of a folder, written out without ~, found ";
    for (yaml, start, end) in [
        (prometheus("exposition_port: abc"), port, "\"abc\""),
        (prometheus("exposition_port: 65536"), port, "65536"),
        (prometheus("exposition_port: -1"), port, "-1"),
        (prometheus("exposition_port: 1.5"), port, "1.5"),
        (prometheus("exposition_port: '1'"), port, "\"1\""),
        (prometheus("exposition_port: [1]"), port, "a list"),
        (prometheus("exposition_port: {a: 1}"), port, "a mapping"),
        (prometheus("exposition_port: !x 1"), port, "a value with a tag"),
        (prometheus("exposition_port: 99999999999999999999999999999999999999999"), port, ""),
        (prometheus("job: ''"), job, "found an empty text"),
        (prometheus("job: ' '"), job, "found \" \""),
        (prometheus("job: 7"), job, "found 7"),
        (prometheus("job: \"a\\e[31m\""), job, "found \"a\\u{1b}[31m\""),
        (prometheus("job: \"http://u:hunter2@host/\\u007f\""), job, "found a URL with credentials"),
        (prometheus("exposition_listen: localhost"), listen, "\"localhost\""),
        (health("error_rate_warn: -0.1"), percent, "-0.1"),
        (health("error_rate_warn: 100.1"), percent, "100.1"),
        (health("error_rate_warn: .nan"), percent, "NaN"),
        (health("error_rate_warn: '10'"), percent, "\"10\""),
        (health("p95_latency_warn: -1"), seconds, "-1"),
        (health("p95_latency_warn: .nan"), seconds, "NaN"),
        (health("p95_latency_warn: .inf"), seconds, "inf"),
        (health("p95_latency_warn: 5m"), seconds, "\"5m\""),
        (general("max_series_per_metric: 0"), series, "0"),
        (general("max_series_per_metric: 1000001"), series, "1000001"),
        (general("enabled: 1"), enabled, "1"),
        (general("enabled: maybe"), enabled, "\"maybe\""),
        (general("carrier: Push"), carrier, "\"Push\""),
        (general("carrier: off"), carrier, "\"off\""),
        (general("ledger_path: ~/x"), ledger, "\"~/x\""),
        (general("ledger_path: ''"), ledger, "an empty text"),
    ] {
        let complaint = complaint(&yaml);
        assert!(complaint.starts_with(start) && complaint.ends_with(end), "{yaml}{complaint}");
        assert!(!complaint.contains("hunter2") && !complaint.contains('\u{1b}'), "{complaint}");
    }
}

#[test]
fn a_section_has_to_be_a_mapping() {
    assert!(complaint("telemetry: true\n").starts_with(
        "sase.yml:1:1: telemetry: expected a mapping with the keys enabled, carrier, max_series_per_metric, \
         ledger_path, textfile_path, runbook_base_url, prometheus, health_thresholds, found true"
    ));
    assert!(
        complaint("a: 1\ntelemetry:\n  prometheus: [1]\n").starts_with(
            "sase.yml:3:3: telemetry.prometheus: expected a mapping with the keys job, instance, "
        )
    );
}

#[test]
fn unknown_keys_are_told_the_right_one() {
    for (yaml, expected) in [
        (
            "telemetry: {carier: push}",
            "sase.yml:1:13: telemetry.carier: unknown key; did you mean telemetry.carrier?",
        ),
        (
            "telemetry:\n  promtheus: {}\n",
            "sase.yml:2:3: telemetry.promtheus: unknown key; did you mean telemetry.prometheus?",
        ),
        (
            "telemetry:\n  jbo:\n",
            "sase.yml:2:3: telemetry.jbo: unknown key; did you mean telemetry.prometheus.job?",
        ),
        (
            "telemetry:\n  prometheus:\n    url:\n      bearer_token: x\n",
            "sase.yml:4:7: telemetry.prometheus.url.bearer_token: unknown key; \
             did you mean telemetry.prometheus.url.bearer_token_file?",
        ),
        (
            "telemetry:\n  prometheus:\n    url:\n      certificate: x\n",
            "sase.yml:4:7: telemetry.prometheus.url.certificate: unknown key; \
             known here: url, username, password_file, bearer_token_file, ca_file",
        ),
        (
            "telemetry: {prometheus.job: x}",
            "sase.yml:1:13: telemetry.prometheus.job: unknown key; in the file, the parts of a dotted key are nested mappings",
        ),
        (
            "telemetry: {\"\\e[31m\": x}",
            "sase.yml:1:13: telemetry.\\u{1b}[31m: unknown key; known here: enabled, carrier, max_series_per_metric, \
             ledger_path, textfile_path, runbook_base_url, prometheus, health_thresholds",
        ),
    ] {
        assert_eq!(complaint(yaml), expected);
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    for (value, end) in [
        ("ftp://host", "expected an address that begins with http:// or https://, found another scheme"),
        ("host:99999", "expected a port number from 1 to 65535 after the host's colon"),
        ("''", "expected an address such as localhost:9091 or https://host/path, found none"),
        ("7", "expected an address, such as localhost:9091 or https://host/path, found 7"),
        ("[host]", "expected an address, such as localhost:9091 or https://host/path, found a list"),
    ] {
        for yaml in [format!("url: {value}"), format!("url: {{url: {value}}}")] {
            let complaint = complaint(&format!("telemetry:\n  prometheus:\n    {yaml}\n"));
            assert!(complaint.starts_with("sase.yml:3:") && complaint.ends_with(end), "{yaml}: {complaint}");
            assert!(complaint.contains(" telemetry.prometheus.url: "), "{complaint}");
        }
    }
    assert!(
        complaint("telemetry: {runbook_base_url: 'javascript:alert(1)'}")
            .contains("telemetry.runbook_base_url: ")
    );
}

#[test]
fn credentials_are_never_repeated() {
    let secret = "http://user:hunter2@host";
    let advice = "set username and password_file beside url";
    let complaints = [
        complaint(&format!("telemetry: {{prometheus: {{url: '{secret}'}}}}")),
        variable_complaint("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", secret),
        flag_complaint("prometheus.alertmanager_url", secret),
    ];
    for complaint in complaints {
        assert!(complaint.ends_with(advice) && !complaint.contains("hunter2"), "{complaint}");
    }
    let misplaced = variable_complaint("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", secret);
    assert!(misplaced.ends_with("found a URL with credentials"), "{misplaced}");
    let name = flag_complaint("prometheus.url.username", "user:hunter2 ");
    assert!(name.contains("without a colon") && !name.contains("hunter2"), "{name}");
}

#[test]
fn credentials_that_cannot_be_used_together_are_refused() {
    let named = |address: &str| {
        let place = Place::new();
        let yaml = format!("telemetry:\n  prometheus:\n    url:\n{address}");
        let file = Some(place.write("named.yml", yaml));
        let error = load(&Sources { file, ..place.sources() }).expect_err(address).to_string();
        error.replace(place.root.path().to_str().unwrap(), "")
    };
    assert_eq!(
        named("      username: u\n      bearer_token_file: t\n"),
        "/named.yml:5:7: telemetry.prometheus.url.bearer_token_file: a bearer token cannot be sent together with \
         telemetry.prometheus.url.username (/named.yml:4:7)"
    );
    assert_eq!(
        named("      password_file: p\n"),
        "/named.yml:4:7: telemetry.prometheus.url.password_file: needs telemetry.prometheus.url.username as well"
    );
    assert_eq!(
        variable_complaint("SASE_TELEMETRY_PROMETHEUS__ALERTMANAGER_URL__USERNAME", "u"),
        "SASE_TELEMETRY_PROMETHEUS__ALERTMANAGER_URL__USERNAME: telemetry.prometheus.alertmanager_url.username: \
         needs telemetry.prometheus.alertmanager_url as well"
    );
}

#[test]
fn half_of_what_the_exposition_server_needs_names_the_other_half() {
    for (set, missing) in [
        ("exposition_tls.cert_file", "exposition_tls.key_file"),
        ("exposition_tls.key_file", "exposition_tls.cert_file"),
        ("exposition_auth.username", "exposition_auth.password_file"),
        ("exposition_auth.password_file", "exposition_auth.username"),
    ] {
        let complaint = flag_complaint(&format!("prometheus.{set}"), "x");
        let needs = format!("telemetry.prometheus.{set}: needs telemetry.prometheus.{missing} as well");
        assert!(complaint.ends_with(&needs), "{complaint}");
    }
    let name = flag_complaint("prometheus.exposition_auth.username", "user:hunter2");
    assert!(name.contains("without a colon") && !name.contains("hunter2"), "{name}");
}

#[test]
fn a_warning_above_its_critical_threshold_names_both_places() {
    assert_eq!(
        complaint("telemetry:\n  health_thresholds:\n    error_rate_critical: 20\n    error_rate_warn: 30\n"),
        "sase.yml:4:5: telemetry.health_thresholds.error_rate_warn: 30.0 is above \
         telemetry.health_thresholds.error_rate_critical, which is 20.0 (sase.yml:3:5)"
    );
    assert_eq!(
        complaint("telemetry: {health_thresholds: {retry_rate_critical: 5}}"),
        "sase.yml:1:33: telemetry.health_thresholds.retry_rate_critical: 5.0 is below \
         telemetry.health_thresholds.retry_rate_warn, which is 10.0 (the default)"
    );
    let place = Place::new();
    place.write("here/sase.yml", "telemetry:\n  health_thresholds: {p95_latency_warn: 400}\n");
    let critical = ("SASE_TELEMETRY_HEALTH_THRESHOLDS__P95_LATENCY_CRITICAL", "350");
    assert_eq!(
        load(&with_environment(place.sources(), &[critical])).unwrap_err().to_string(),
        "sase.yml:2:23: telemetry.health_thresholds.p95_latency_warn: 400.0 is above \
         telemetry.health_thresholds.p95_latency_critical, which is 350.0 \
         (SASE_TELEMETRY_HEALTH_THRESHOLDS__P95_LATENCY_CRITICAL)"
    );
    assert!(read("telemetry: {health_thresholds: {error_rate_warn: 25, error_rate_critical: 25}}").is_ok());
}

#[test]
fn variables_and_flags_are_told_the_same_by_their_own_names() {
    assert_eq!(
        variable_complaint("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "abc"),
        "SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT: telemetry.prometheus.exposition_port: \
         expected a port number from 0 to 65535, found \"abc\""
    );
    assert_eq!(
        flag_complaint("prometheus.exposition_port", "abc"),
        "--set: telemetry.prometheus.exposition_port: expected a port number from 0 to 65535, found \"abc\""
    );
    let mut sources = Sources::default();
    sources.set("--port", "prometheus.exposition_port", "70000");
    assert_eq!(
        load(&sources).unwrap_err().to_string(),
        "--port: telemetry.prometheus.exposition_port: expected a port number from 0 to 65535, found \"70000\""
    );
    assert!(flag_complaint("prometheus.job", "").ends_with("found an empty text"));
    assert!(flag_complaint("health_thresholds.error_rate_warn", "NaN").ends_with("found \"NaN\""));
    assert!(flag_complaint("health_thresholds.p95_latency_warn", "inf").ends_with("found \"inf\""));
}

#[test]
fn unknown_variables_are_told_the_nearest_one() {
    for (name, nearest) in [
        ("SASE_TELEMETRY_ENABLE", "SASE_TELEMETRY_ENABLED"),
        ("SASE_TELEMETRY_enabled", "SASE_TELEMETRY_ENABLED"),
        ("SASE_TELEMETRY_PROMETHEUS_JOB", "SASE_TELEMETRY_PROMETHEUS__JOB"),
        ("SASE_TELEMETRY_PROMETHEUS.JOB", "SASE_TELEMETRY_PROMETHEUS__JOB"),
    ] {
        let expected = format!("{name}: unknown environment variable; did you mean {nearest}?");
        assert_eq!(variable_complaint(name, "x"), expected);
        assert_eq!(variable_complaint(name, ""), expected, "an empty one is misspelt as well");
    }
    let others = [("SASE_TELEMETRY", "x"), ("SASE_OTHER", "x"), ("TELEMETRY_ENABLED", "x")];
    assert!(load(&with_environment(Sources::default(), &others)).is_ok());
}

#[test]
fn unknown_keys_of_flags_are_told_the_nearest_one() {
    for (key, expected) in [
        (
            "prometheus.jbo",
            "--set: telemetry.prometheus.jbo: unknown key; did you mean telemetry.prometheus.job?",
        ),
        ("job", "--set: telemetry.job: unknown key; did you mean telemetry.prometheus.job?"),
        ("prometheus.job.x", "--set: telemetry.prometheus.job.x: unknown key; known here: "),
        (
            "health_thresholds",
            "--set: telemetry.health_thresholds: unknown key; it is a section; known in it: error_rate_warn",
        ),
        ("", "--set: telemetry: unknown key; "),
    ] {
        let complaint = flag_complaint(key, "x");
        assert!(complaint.starts_with(expected), "{complaint}");
    }
}

#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    let complaint = variable_complaint("SASE_TELEMETRY_PROMETHEUS__JOB", "a\u{fffd}");
    assert!(complaint.ends_with("found bytes that are not UTF-8"), "{complaint}");
}

#[test]
fn the_process_is_a_source() {
    let sources = Sources::from_process();
    assert_eq!(sources.current_dir, std::env::current_dir().unwrap());
    assert!(sources.user_config_dir.is_none_or(|folder| folder.is_absolute()));
    assert!(sources.environment.iter().all(|(name, _)| name.starts_with("SASE_")));
    assert_eq!((sources.file, sources.overrides), (None, vec![]));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_file_is_not_opened() {
    let place = Place::new();
    let pipe: &Path = &place.root.path().join("here/sase.yml");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(matches!(load(&place.sources()), Err(ConfigError::NotAConfiguration { .. })));
    }
}
