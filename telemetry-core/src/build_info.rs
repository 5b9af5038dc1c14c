//! Which version of the library this is and which compiler built it, as `telemetry_build_info`.
//!
//! Only expositions show it: it is true of the process that is scraped, and a ledger of many processes has no one answer.

use crate::catalog::BUILD_INFO;
use crate::exposition::{Family, Label, Metric};
use crate::snapshot::family_kind;

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version of the Rust compiler that built this library, such as `1.89.0`; `unknown` where it could not be asked.
pub const RUST_VERSION: &str = env!("TELEMETRY_RUST_VERSION");

/// The family `telemetry_build_info`, whose one series is always 1.
///
/// ```
/// use telemetry_core::build_info::{self, VERSION};
///
/// let family = build_info::family();
/// assert_eq!(family.name, "telemetry_build_info");
/// assert_eq!(family.metrics[0].labels[0].value, VERSION);
/// ```
#[must_use]
pub fn family() -> Family<'static> {
    let def = BUILD_INFO.def();
    let labels =
        def.labels.iter().zip([VERSION, RUST_VERSION]).map(|(label, value)| Label::new(label.name, value));
    Family::new(def.name, family_kind(def.kind))
        .with_help(def.help)
        .with_metrics([Metric::gauge(labels.collect(), 1.0)])
}

#[cfg(test)]
mod tests {
    use super::{RUST_VERSION, family};
    use crate::exposition::{Format, write};

    #[test]
    fn the_compiler_is_known_where_there_is_one() {
        assert!(RUST_VERSION.starts_with("1."), "{RUST_VERSION}");
    }

    #[test]
    fn the_family_is_one_series_of_value_one() {
        let mut text = String::new();
        write(&[family()], Format::Text, &mut text);
        let sample = text.lines().last().unwrap();
        assert!(sample.starts_with("telemetry_build_info{version=\"") && sample.ends_with("\"} 1"), "{text}");
    }
}
