//! The labels under which the Pushgateway keeps a push, and their place in a path.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use std::fmt::Write as _;
use telemetry_core::exposition::is_label_name;

/// The labels under which the Pushgateway keeps a push: its grouping key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The label `job`.
    pub job: String,
    /// The further labels, in order.
    pub labels: Vec<(String, String)>,
}

/// Why the Pushgateway would not take a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// There is no job, or an empty one.
    #[error("a group at the Pushgateway needs a job, which may not be empty")]
    NoJob,
    /// A name that is no label's, or is reserved.
    #[error(
        "{0:?} cannot be a grouping label: expected letters, digits and underscores, no digit first and no __"
    )]
    Name(String),
    /// A label is there twice; `job` always is.
    #[error("the grouping label {0} is given twice")]
    Twice(String),
}

impl Group {
    /// The group of a job and an instance.
    #[must_use]
    pub fn new(job: &str, instance: &str) -> Self {
        Self { job: job.to_owned(), labels: vec![("instance".to_owned(), instance.to_owned())] }
    }

    /// The path of the group below the gateway's address, such as `/metrics/job/sase_agent/instance/alice%40build`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = "/metrics".to_owned();
        push_segment(&mut path, "job", &self.job);
        for (name, value) in &self.labels {
            push_segment(&mut path, name, value);
        }
        path
    }

    /// Whether the gateway would take this group: it has a job, and its other labels have valid names, each of them once. Values may
    /// be any text.
    ///
    /// # Errors
    /// [`GroupError`], which names the label.
    pub fn check(&self) -> Result<(), GroupError> {
        if self.job.is_empty() {
            return Err(GroupError::NoJob);
        }
        let mut seen = vec!["job"];
        for (name, _) in &self.labels {
            if !is_label_name(name) || name.starts_with("__") {
                return Err(GroupError::Name(name.clone()));
            }
            if seen.contains(&name.as_str()) {
                return Err(GroupError::Twice(name.clone()));
            }
            seen.push(name);
        }
        Ok(())
    }
}

/// A value that is empty or holds a slash has no place in a path and goes in base64, as the gateway's documentation says. So does
/// one that a URL takes for a way up or for nothing, escaped or not.
fn push_segment(path: &mut String, name: &str, value: &str) {
    if value.contains('/') || ["", ".", ".."].contains(&value) {
        // An empty path segment would be lost, so the padding stands for the empty text.
        let encoded = if value.is_empty() { "=".to_owned() } else { URL_SAFE.encode(value) };
        let _ = write!(path, "/{name}@base64/{encoded}");
        return;
    }
    let _ = write!(path, "/{name}/");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, GroupError};

    fn group(job: &str, names: &[&str]) -> Group {
        let labels = names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect();
        Group { job: job.to_owned(), labels }
    }

    #[test]
    fn paths_escape_what_has_no_place_in_them() {
        assert_eq!(
            Group::new("sase_agent", "alice@build").path(),
            "/metrics/job/sase_agent/instance/alice%40build"
        );
        assert_eq!(Group::new("a/b", "").path(), "/metrics/job@base64/YS9i/instance@base64/=");
        assert_eq!(Group::new("ü", "..").path(), "/metrics/job/%C3%BC/instance@base64/Li4=");
    }

    #[test]
    fn a_group_that_the_gateway_would_refuse_is_named() {
        let (name, twice) =
            (|name: &str| GroupError::Name(name.to_owned()), |name: &str| GroupError::Twice(name.to_owned()));
        for (job, names, error) in [
            ("", &[] as &[&str], GroupError::NoJob),
            ("j", &[""], name("")),
            ("j", &["a", "1a"], name("1a")),
            ("j", &["a-b"], name("a-b")),
            ("j", &["ä"], name("ä")),
            ("j", &["__name__"], name("__name__")),
            ("j", &["job"], twice("job")),
            ("j", &["a", "b", "a"], twice("a")),
        ] {
            assert_eq!(group(job, names).check(), Err(error), "{job} {names:?}");
        }
        assert_eq!(group("j", &[]).check(), Ok(()));
        assert_eq!(group("j/ü", &["instance", "_x1"]).check(), Ok(()));
    }
}
