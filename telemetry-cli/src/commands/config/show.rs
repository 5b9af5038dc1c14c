//! `telemetry config show`: the configuration in force, with where each value comes from. Files with secrets are named, not read.

use super::place::Place;
use crate::args::AsJson;
use crate::failure::{Failure, warn};
use crate::output::{print, print_json, print_to};
use crate::session::Session;
use crate::tables::{self, harmless};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use std::process::ExitCode;
use telemetry_core::config::{Loaded, Origin, Setting, config_yaml, find_setting, settings};

/// Show the configuration in force, and where each value comes from
///
/// Files with passwords and tokens are named and not read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry config show
  telemetry config show prometheus.job
  telemetry config show -f yaml > telemetry.yml
  telemetry config show -f json | jq -r '.settings[] | select(.origin.kind != \"default\") | .key'")]
pub(crate) struct ShowArgs {
    /// The value of this setting alone, such as prometheus.job; an empty line where it is not set
    #[arg(value_name = "KEY", value_parser = setting)]
    key: Option<&'static Setting>,
    /// A table, a file for --config that means the same, or JSON
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    as_json: AsJson,
    /// Also say where values come from: behind a tab for one KEY, as remarks in YAML; the others always do
    #[arg(long)]
    origin: bool,
}

impl ShowArgs {
    /// How it is shown, whichever option says so.
    const fn format(&self) -> Format {
        if self.as_json.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Rich,
    Yaml,
    Json,
}

/// The setting that an argument names.
fn setting(key: &str) -> Result<&'static Setting, String> {
    // Only what follows the place is for whoever typed the key.
    find_setting(key).map_err(|error| error.to_string().replacen("KEY: ", "", 1))
}

pub(crate) fn run(args: &ShowArgs, session: &Session) -> Result<ExitCode, Failure> {
    let loaded = session.load()?;
    loaded.warnings.iter().for_each(|warning| warn(warning));
    match (args.key, args.format()) {
        (key, Format::Json) => print_json(&Document::new(&loaded, key)),
        (Some(key), _) => print(&line(key, &loaded, args.origin)),
        (None, Format::Yaml) => print(&config_yaml(&loaded.config, |setting| {
            args.origin.then(|| harmless(&said(loaded.origin(setting.key()))))
        })),
        (None, Format::Rich) => {
            let screen = session.screen();
            print_to(screen, &tables::settings(&loaded, screen))
        }
    }
}

/// One value for a script. What an unset one means is for people, and stands in the table.
fn line(setting: &Setting, loaded: &Loaded, origin: bool) -> String {
    let value = setting.value_in(&loaded.config).unwrap_or_default();
    if origin { format!("{value}\t{}\n", loaded.origin(setting.key())) } else { value + "\n" }
}

fn said(origin: &Origin) -> String {
    match origin {
        Origin::Default => origin.to_string(),
        _ => format!("from {origin}"),
    }
}

/// Everything that can be configured, or one setting of it, for programs.
#[derive(Serialize)]
struct Document {
    /// The file that was read.
    file: Option<String>,
    warnings: Vec<String>,
    settings: Vec<Row>,
}

/// One setting.
#[derive(Serialize)]
struct Row {
    key: &'static str,
    value: Value,
    origin: Place,
    /// What holds while there is no value.
    when_unset: Option<&'static str>,
}

impl Document {
    fn new(loaded: &Loaded, only: Option<&Setting>) -> Self {
        let wanted = settings().filter(|setting| only.is_none_or(|only| only.key() == setting.key()));
        Self {
            file: loaded.file.as_ref().map(|file| file.display().to_string()),
            warnings: loaded.warnings.clone(),
            settings: wanted.map(|setting| Row::new(setting, loaded)).collect(),
        }
    }
}

impl Row {
    fn new(setting: &'static Setting, loaded: &Loaded) -> Self {
        Self {
            key: setting.key(),
            value: setting.value_in(&loaded.config).map_or(Value::Null, |text| typed(setting, text)),
            origin: loaded.origin(setting.key()).into(),
            when_unset: Some(setting.when_unset()).filter(|text| !text.is_empty()),
        }
    }
}

/// Numbers and switches as such, all else as text.
fn typed(setting: &Setting, text: String) -> Value {
    let bare = if setting.is_text() { None } else { serde_json::from_str(&text).ok() };
    bare.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::config::{Sources, load};

    #[test]
    fn values_have_the_types_of_the_file() {
        let sources = Sources { overrides: vec![("enabled".into(), "yes".into())], ..Sources::default() };
        let loaded = load(&sources).unwrap();
        let value = |key| Row::new(find_setting(key).unwrap(), &loaded).value;
        assert_eq!(value("enabled"), true);
        assert_eq!(value("carrier"), "push");
        assert_eq!(value("prometheus.exposition_port"), 9464);
        assert_eq!(value("health_thresholds.error_rate_warn"), 10.0);
        assert_eq!(value("prometheus.instance"), Value::Null);
    }

    #[test]
    fn a_wrong_key_says_which_is_meant() {
        let error = setting("prometheus.jbo").unwrap_err();
        assert_eq!(error, "telemetry.prometheus.jbo: unknown key; did you mean telemetry.prometheus.job?");
    }
}
