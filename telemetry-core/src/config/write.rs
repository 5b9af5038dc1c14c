//! A configuration as the text of a file that means the same.

use std::fmt::Write as _;

use super::settings::{SECTION, Setting, settings};
use super::slot::{Part, Slot};
use super::{Config, yaml};

/// The `sase.yml` that means this configuration, with a remark behind each value where there is one to make.
///
/// It has every value that is set, the defaults too. An address that nobody configured stands in a comment, since it would count as
/// configured from then on. Files with secrets are named and not read.
///
/// ```
/// use telemetry_core::config::{Config, config_yaml};
///
/// let text = config_yaml(&Config::default(), |setting| (setting.key() == "carrier").then(|| "as ever".to_owned()));
/// assert!(text.starts_with("telemetry:\n  carrier: push  # as ever\n  max_series_per_metric: 1000\n"));
/// ```
#[must_use]
pub fn config_yaml(config: &Config, remark: impl Fn(&Setting) -> Option<String>) -> String {
    let mut file = format!("{SECTION}:\n");
    let mut open: Vec<&str> = Vec::new();
    for setting in settings() {
        let Some(value) = setting.value_in(config) else { continue };
        let by_default = is_address_by_default(setting, config);
        let path = path(setting, by_default);
        let Some((name, above)) = path.split_last() else { continue };
        open_sections(&mut file, &mut open, above);
        let value = if setting.is_text() { yaml::scalar(&value) } else { value };
        let comment = if by_default { "#" } else { "" };
        let _ = write!(file, "{}{comment}{name}: {value}", indent(path.len()));
        file += &remark(setting).map(|remark| format!("  # {remark}")).unwrap_or_default();
        file.push('\n');
    }
    file
}

/// Begins the mappings on the way to a value that are not open yet.
fn open_sections(file: &mut String, open: &mut Vec<&'static str>, above: &[&'static str]) {
    let shared = open.iter().zip(above).take_while(|(one, other)| one == other).count();
    open.truncate(shared);
    for section in &above[shared..] {
        open.push(section);
        let _ = writeln!(file, "{}{section}:", indent(open.len()));
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// The names on the way to a value. That of an address stands as `url` beside its parts.
fn path(setting: &Setting, short: bool) -> Vec<&'static str> {
    let mut path: Vec<_> = setting.key.split('.').collect();
    if !short && matches!(setting.slot, Slot::Address(_, Part::Url)) {
        path.push("url");
    }
    path
}

fn is_address_by_default(setting: &Setting, config: &Config) -> bool {
    match &setting.slot {
        Slot::Address(lens, _) => (lens.get)(config).is_some_and(|address| !address.configured),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    fn load_with(file: Option<String>, overrides: &[(&str, &str)]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = file.map(|text| {
            let path = folder.path().join("sase.yml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let overrides = overrides.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        load(&Sources { file: path, overrides, ..Sources::default() }).unwrap().config
    }

    #[test]
    fn what_is_written_means_the_same() {
        let odd = [
            ("prometheus.job", "yes"),
            ("prometheus.instance", "it's: a #1 \"name\" \u{200b}\u{2028}é, 12:30"),
            ("ledger_path", "/a folder/#x"),
            ("enabled", "false"),
            ("prometheus.exposition_listen", "::1"),
            ("prometheus.exposition_tls.cert_file", "/c"),
            ("prometheus.exposition_tls.key_file", "/k"),
            ("prometheus.url", "https://h/p"),
            ("prometheus.url.username", "null"),
            ("prometheus.alertmanager_url", "h:1"),
            ("health_thresholds.p95_latency_critical", "1e300"),
        ];
        for overrides in [&[][..], &odd] {
            let config = load_with(None, overrides);
            let text = config_yaml(&config, |setting| Some(setting.help().to_owned()));
            assert_eq!(load_with(Some(text.clone()), &[]), config, "{text}");
            assert!(!overrides.contains(&("prometheus.job", "yes")) || text.contains("job: 'yes'"), "{text}");
        }
    }
}
