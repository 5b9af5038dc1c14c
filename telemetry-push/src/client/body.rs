//! What is pushed: an exposition in the text format.

use bytes::Bytes;
use telemetry_core::exposition::{Family, Format, write};
use telemetry_core::{Registry, Snapshot};

/// An exposition in the text format 0.0.4, made from text, from a [`Registry`], from a [`Snapshot`] or from families.
///
/// The gateway refuses timestamps, and labels of the group are overwritten by the group's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    text: String,
}

impl Body {
    /// The exposition as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.text.into()
    }
}

impl From<String> for Body {
    /// The gateway does not read a last line that does not end, so it is ended.
    fn from(mut text: String) -> Self {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Self { text }
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Body {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&[Family<'_>]> for Body {
    fn from(families: &[Family<'_>]) -> Self {
        let mut text = String::new();
        write(families, Format::Text, &mut text);
        Self { text }
    }
}

impl From<&Vec<Family<'_>>> for Body {
    fn from(families: &Vec<Family<'_>>) -> Self {
        families.as_slice().into()
    }
}

impl From<&Snapshot> for Body {
    fn from(snapshot: &Snapshot) -> Self {
        snapshot.families().as_slice().into()
    }
}

impl From<&Registry> for Body {
    fn from(registry: &Registry) -> Self {
        let mut text = String::new();
        registry.write(Format::Text, &mut text);
        Self { text }
    }
}

#[cfg(test)]
mod tests {
    use super::Body;
    use telemetry_core::catalog::AXE_LUMBERJACK_RESTARTS;
    use telemetry_core::config::Config;
    use telemetry_core::exposition::{Family, FamilyKind, Metric};
    use telemetry_core::{Registry, Snapshot};

    #[test]
    fn a_last_line_is_ended_and_nothing_stays_nothing() {
        assert_eq!(Body::from("a 1").as_str(), "a 1\n");
        assert_eq!(Body::from("a 1\n".to_owned()).as_str(), "a 1\n");
        assert_eq!(Body::from("").as_str(), "");
        assert_eq!(Body::from(&Snapshot::default()).as_str(), "");
    }

    #[test]
    fn a_registry_is_written_as_its_snapshot_is() {
        let registry = Registry::new(&Config::default());
        AXE_LUMBERJACK_RESTARTS.in_registry(&registry).inc();
        assert_eq!(Body::from(&registry), Body::from(&registry.snapshot()));
    }

    #[test]
    fn families_are_written_as_text() {
        let family = Family::new("a", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 1.0)]);
        assert_eq!(Body::from(&vec![family]).as_str(), "# TYPE a gauge\na 1\n");
    }
}
