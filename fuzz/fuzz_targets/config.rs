//! Any file, any variables and any flags as a configuration: it is read or refused, what was read holds, is written as a file that
//! means the same, and nothing that is said about it could command a terminal.
//!
//! The input has the file first and then, behind separators, one variable (`NAME=value`) or flag (`key=value`) each.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use telemetry_core::config::{Address, Config, Loaded, Sources, config_yaml, inspect, load};
use telemetry_fuzz::{folder, records};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

fuzz_target!(|data: &[u8]| {
    let mut parts = records(data, 20);
    let path = put("sase.yml", parts.next().unwrap_or_default());
    let (environment, overrides) = parts.filter_map(pair).partition(|(name, _)| name.starts_with("SASE_"));
    let environment: Vec<_> = environment;
    // A file that is named there is another one of this machine, and whatever stands in that.
    let environment = environment.into_iter().filter(|(name, _)| name != "SASE_CONFIG").collect();
    let found =
        Sources { current_dir: FOLDER.path().to_owned(), environment, overrides, ..Sources::default() };
    let named = Sources { file: Some(path), ..found.clone() };
    for sources in [found, named] {
        if let Some(loaded) = read(&sources) {
            assert!(holds(&loaded.config), "{:?}", loaded.config);
            means_the_same(&loaded.config);
        }
    }
});

fn put(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    std::fs::write(&path, bytes).expect("a file is written");
    path
}

fn pair(part: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(part);
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// Reads a configuration, and looks at everything that is said about it.
fn read(sources: &Sources) -> Option<Loaded> {
    let inspection = inspect(sources);
    let said = inspection.problems.iter().map(ToString::to_string);
    for text in said.chain(inspection.loaded.warnings.iter().cloned()) {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    inspection.problems.is_empty().then_some(inspection.loaded)
}

fn holds(config: &Config) -> bool {
    let Config { max_series_per_metric, prometheus, health_thresholds, .. } = config;
    let rates = [health_thresholds.error_rate_warn, health_thresholds.error_rate_critical];
    let normal = |address: &Address| Address::parse(&address.url).is_ok_and(|again| again.url == address.url);
    (1..=1_000_000).contains(max_series_per_metric)
        && !prometheus.job.is_empty()
        && rates[0] <= rates[1]
        && rates.iter().all(|rate| (0.0..=100.0).contains(rate))
        && health_thresholds.p95_latency_warn >= 0.0
        && [&prometheus.url, &prometheus.pushgateway_url].into_iter().all(normal)
}

fn means_the_same(config: &Config) {
    let text = config_yaml(config, |_| None);
    let written = put("written.yml", text.as_bytes());
    let again =
        load(&Sources { file: Some(written), current_dir: Path::new("/").into(), ..Sources::default() });
    match again {
        Ok(again) => assert_eq!(&again.config, config, "{text}"),
        Err(error) => panic!("{error}: {text}"),
    }
}
