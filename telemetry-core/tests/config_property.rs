//! Whatever stands in the file, in a variable or in a flag: reading ends, without a panic, and what it gives holds.
#![cfg(feature = "config")]
#![expect(clippy::expect_used, reason = "what the tests prepare has to be there")]

use proptest::prelude::*;
use telemetry_core::config::{Address, Config, Loaded, Sources, load, settings};

/// Reads a text as a file that somebody named and as one that was merely found.
fn read_both_ways(text: &str) -> [Option<Loaded>; 2] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("sase.yml");
    std::fs::write(&path, text).expect("a file is written");
    let named = Sources { file: Some(path), ..Sources::default() };
    let found = Sources { current_dir: folder.path().to_owned(), ..Sources::default() };
    [load(&named).ok(), load(&found).ok()]
}

fn holds(config: &Config) -> bool {
    let Config { max_series_per_metric, prometheus, health_thresholds, .. } = config;
    let rates = [health_thresholds.error_rate_warn, health_thresholds.error_rate_critical];
    (1..=1_000_000).contains(max_series_per_metric)
        && !prometheus.job.is_empty()
        && rates[0] <= rates[1]
        && rates.iter().all(|rate| (0.0..=100.0).contains(rate))
        && health_thresholds.p95_latency_warn >= 0.0
        && [&prometheus.url, &prometheus.pushgateway_url].iter().all(|address| is_normal(address))
}

fn is_normal(address: &Address) -> bool {
    Address::parse(&address.url).is_ok_and(|again| again.url == address.url)
}

/// Lines that come near a real file: keys of the table, some bent, at any indentation, with values of any kind.
fn near_yaml() -> impl Strategy<Value = String> {
    let keys: Vec<_> =
        settings().flat_map(|setting| setting.key().split('.')).chain(["<<", "telemetry", "x"]).collect();
    let values = [
        "", "1", "-1", "true", "~", ".nan", "'a'", "[1", "{a: 1}", "&a", "*a", "!t x", "|", "host:1",
        "\"\\e\"",
    ];
    let line = (0..4_usize, prop::sample::select(keys), prop::sample::select(values.to_vec()));
    prop::collection::vec(line, 0..12).prop_map(|lines| {
        let render = |(depth, key, value)| format!("{}{key}: {value}\n", "  ".repeat(depth));
        "telemetry:\n".to_owned() + &lines.into_iter().map(render).collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for loaded in read_both_ways(&text).into_iter().flatten() {
            prop_assert!(holds(&loaded.config));
        }
    }

    #[test]
    fn anything_like_a_file_is_read_or_refused(text in near_yaml()) {
        for loaded in read_both_ways(&text).into_iter().flatten() {
            prop_assert!(holds(&loaded.config));
        }
    }

    #[test]
    fn any_value_of_any_setting_is_taken_or_refused(
        setting in prop::sample::select(settings().collect::<Vec<_>>()),
        text in "\\PC{0,12}|-?[0-9]{1,9}(\\.[0-9]{1,3})?|https?://[a-z:@/]{1,9}",
    ) {
        let as_flag = Sources { overrides: vec![(setting.key().to_owned(), text.clone())], ..Sources::default() };
        let as_variable = Sources { environment: vec![(setting.environment_variable(), text)], ..Sources::default() };
        for loaded in [load(&as_flag), load(&as_variable)].into_iter().flatten() {
            prop_assert!(holds(&loaded.config));
        }
    }

    #[test]
    fn an_address_has_one_normal_form(text in "(https?://)?[a-zA-Z0-9.:@\\[\\]/?# -]{0,20}") {
        if let Ok(address) = Address::parse(&text) {
            prop_assert!(is_normal(&address), "{text} gave {}", address.url);
            prop_assert!(!address.url.ends_with('/') && address.url.starts_with("http"));
        }
    }
}
