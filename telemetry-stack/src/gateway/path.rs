//! The path of a push: the labels of its group, and the controls that stand among them.
//!
//! `ttl` and `clearmode` are controls and no labels: they are neither on the series nor part of what tells one group from another.

use super::error::Refusal;
use super::group::GroupKey;
use crate::duration::parse_duration;
use axum::http::Method;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;
use telemetry_core::exposition::is_label_name;

/// The longest name of a label or metric, in bytes.
pub(super) const LONGEST_NAME: usize = 256;

/// The longest value of a label, in bytes.
pub(super) const LONGEST_VALUE: usize = 4096;

/// The most labels of a group, or of one series.
pub(super) const MOST_LABELS: usize = 64;

/// What a name ends in whose value is in base64.
const BASE64: &str = "@base64";

/// As Go reads it: the alphabet for URLs, with or without padding, and whatever bits are left over.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// What the path and the method of a request say is to be done with the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) key: GroupKey,
    pub(super) ttl: Option<Duration>,
    pub(super) mode: Mode,
}

/// What a push does to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The group is then what was pushed.
    Replace,
    /// Families of the same name are replaced.
    ReplaceFamilies,
    /// What counts is added to what is there.
    Aggregate,
}

/// The labels and controls of a path below `/metrics/`, or nothing where the path is none of a group.
///
/// The path is decoded before it is taken apart, as the Pushgateway does: a slash in a value needs base64.
pub(super) fn target(path: &str, method: &Method) -> Option<Result<Target, Refusal>> {
    let path = match decoded(path) {
        Ok(path) => path,
        Err(refusal) => return Some(Err(refusal)),
    };
    let (first, rest) = path.strip_prefix("/metrics/")?.split_once('/')?;
    let (name, encoded) = split_name(first);
    (name == "job").then(|| read(encoded, rest, method))
}

fn decoded(path: &str) -> Result<Cow<'_, str>, Refusal> {
    let mut escapes = path.split('%').skip(1);
    let is_hex =
        |escape: &str| escape.len() >= 2 && escape.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !escapes.all(is_hex) {
        return Err(Refusal::bad("the path has a % that two hexadecimal digits do not follow"));
    }
    let path = percent_decode_str(path).decode_utf8();
    path.map_err(|_| Refusal::bad("the path is not in UTF-8, in which labels are"))
}

fn split_name(name: &str) -> (&str, bool) {
    name.strip_suffix(BASE64).map_or((name, false), |name| (name, true))
}

/// Reads the part of a path behind `/metrics/job/`.
fn read(job_encoded: bool, rest: &str, method: &Method) -> Result<Target, Refusal> {
    let (job, labels) = rest.split_once('/').unwrap_or((rest, ""));
    let job = value("job", job, job_encoded)?;
    if job.is_empty() {
        return Err(Refusal::bad("job name is required"));
    }
    let mut labels = pairs(labels)?;
    let ttl = labels.remove("ttl").map(|text| duration(&text)).transpose()?;
    let mode = mode(labels.remove("clearmode").as_deref(), method)?;
    labels.insert("job".to_owned(), job);
    if labels.len() > MOST_LABELS {
        return Err(Refusal::bad(format!(
            "a group has at most {MOST_LABELS} labels, and this one {}",
            labels.len()
        )));
    }
    let key = GroupKey::new(labels.iter().map(|(name, value)| (&**name, &**value)));
    Ok(Target { key, ttl, mode })
}

/// The labels that follow the job; of two with the same name the last counts, as in the Pushgateway.
fn pairs(labels: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut pairs = BTreeMap::new();
    if labels.is_empty() {
        return Ok(pairs);
    }
    let mut parts = labels.split('/');
    while let Some(name) = parts.next() {
        let Some(text) = parts.next() else {
            return Err(Refusal::bad(format!(
                "odd number of components in label string {:?}",
                shown(labels)
            )));
        };
        let (name, encoded) = split_name(name);
        if !is_label_name(name) || name.starts_with("__") || name.len() > LONGEST_NAME {
            return Err(Refusal::bad(format!("improper label name {:?}", shown(name))));
        }
        pairs.insert(name.to_owned(), value(name, text, encoded)?);
    }
    Ok(pairs)
}

fn value(name: &str, text: &str, encoded: bool) -> Result<String, Refusal> {
    let value = if encoded { from_base64(name, text)? } else { text.to_owned() };
    if value.len() > LONGEST_VALUE {
        return Err(Refusal::bad(format!(
            "the value of label {name:?} is longer than {LONGEST_VALUE} bytes"
        )));
    }
    Ok(value)
}

fn from_base64(name: &str, text: &str) -> Result<String, Refusal> {
    let bytes = DECODER.decode(text.trim_end_matches('='));
    let bytes =
        bytes.map_err(|error| Refusal::bad(format!("invalid base64 encoding in label {name:?}: {error}")))?;
    String::from_utf8(bytes).map_err(|_| Refusal::bad(format!("the value of label {name:?} is not in UTF-8")))
}

/// A duration as Prometheus writes it, such as `5m` or `1h30m`; a number alone is one of seconds.
fn duration(text: &str) -> Result<Duration, Refusal> {
    let refusal = || Refusal::bad(format!("ttl {:?} is no duration such as 90s, 5m or 1h30m", shown(text)));
    let seconds = || text.parse().ok().map(|seconds: u32| Duration::from_secs(seconds.into()));
    let duration = parse_duration(text).or_else(seconds);
    duration.filter(|duration| !duration.is_zero()).ok_or_else(refusal)
}

fn mode(clearmode: Option<&str>, method: &Method) -> Result<Mode, Refusal> {
    match clearmode {
        Some("aggregate") => Ok(Mode::Aggregate),
        None | Some("replace") if method == Method::POST => Ok(Mode::ReplaceFamilies),
        None | Some("replace") => Ok(Mode::Replace),
        Some(other) => {
            let other = shown(other);
            Err(Refusal::bad(format!("clearmode {other:?} is not known: it is \"aggregate\" or \"replace\"")))
        }
    }
}

/// As much of a text as a message needs.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &str) -> Result<Target, Refusal> {
        target(path, &Method::PUT).expect("a path of a group")
    }

    fn labels(path: &str) -> String {
        format!("{:?}", put(path).unwrap().key)
    }

    #[test]
    fn labels_are_read_from_the_path() {
        for (path, expected) in [
            ("job/x", r#"{"job": "x"}"#),
            ("job/x/", r#"{"job": "x"}"#),
            ("job/x/z/1/a/2", r#"{"a": "2", "job": "x", "z": "1"}"#),
            ("job/x/y/", r#"{"job": "x", "y": ""}"#),
            ("job/x/y@base64/=", r#"{"job": "x", "y": ""}"#),
            ("job/x/y@base64/", r#"{"job": "x", "y": ""}"#),
            ("job@base64/L3Zhci90bXA", r#"{"job": "/var/tmp"}"#),
            ("job@base64/L3Zhci90bXA=", r#"{"job": "/var/tmp"}"#),
            ("job%40base64/L3Zhci90bXA=", r#"{"job": "/var/tmp"}"#),
            ("job/a%20b/y/%E2%82%AC", r#"{"job": "a b", "y": "€"}"#),
            ("job/x/job/z", r#"{"job": "x"}"#),
            ("job/x/y/z/y/w", r#"{"job": "x", "y": "w"}"#),
            ("job/x/y@base64/8J-Ygg", r#"{"job": "x", "y": "😂"}"#),
        ] {
            assert_eq!(labels(&format!("/metrics/{path}")), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_group_is_told_apart_from_what_is_a_wrong_one() {
        for path in ["/metrics/job", "/metrics/x/y", "/metrics/", "/other/job/x"] {
            assert_eq!(target(path, &Method::PUT), None, "{path}");
        }
        let long = "x".repeat(LONGEST_VALUE + 1);
        for (path, reason) in [
            ("job/", "job name is required"),
            ("job@base64/=", "job name is required"),
            ("job//a/b", "job name is required"),
            ("job@base64/!!", "invalid base64 encoding in label \"job\": Invalid symbol 33, offset 0."),
            ("job/x/y", "odd number of components in label string \"y\""),
            ("job/a%2Fb", "odd number of components in label string \"b\""),
            ("job/x/y-/z", "improper label name \"y-\""),
            ("job/x/__y/z", "improper label name \"__y\""),
            ("job/x//z", "improper label name \"\""),
            ("job/x/y@base64/-_8", "the value of label \"y\" is not in UTF-8"),
            ("job/a%FFb", "the path is not in UTF-8, in which labels are"),
            ("job/%zz", "the path has a % that two hexadecimal digits do not follow"),
            ("job/%4", "the path has a % that two hexadecimal digits do not follow"),
            (&format!("job/{long}"), "the value of label \"job\" is longer than 4096 bytes"),
        ] {
            let refusal = put(&format!("/metrics/{path}")).unwrap_err();
            assert_eq!((refusal.status.as_u16(), &*refusal.reason), (400, reason), "{path}");
        }
    }

    #[test]
    fn too_many_labels_are_refused() {
        let path = |count: usize| (0..count).map(|n| format!("/l{n}/v")).collect::<String>();
        assert!(put(&format!("/metrics/job/x{}", path(MOST_LABELS - 1))).is_ok());
        assert!(put(&format!("/metrics/job/x{}", path(MOST_LABELS))).is_err());
    }

    #[test]
    fn controls_are_no_labels() {
        let target = put("/metrics/job/x/ttl/1h30m/a/b/clearmode/aggregate").unwrap();
        assert_eq!(target.key, put("/metrics/job/x/a/b").unwrap().key);
        assert_eq!((target.ttl, target.mode), (Some(Duration::from_secs(5400)), Mode::Aggregate));
        assert_eq!(put("/metrics/job/x/clearmode/replace").unwrap().mode, Mode::Replace);
        let post = super::target("/metrics/job/x", &Method::POST).unwrap().unwrap();
        assert_eq!((post.mode, post.ttl), (Mode::ReplaceFamilies, None));
        assert!(
            put("/metrics/job/x/clearmode/add").unwrap_err().reason.contains("\"aggregate\" or \"replace\"")
        );
    }

    #[test]
    fn only_durations_are_times_to_live() {
        for (text, seconds) in [("90s", 90), ("300", 300), ("1d", 86_400), ("2w", 1_209_600), ("5m", 300)] {
            assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for text in
            ["", "0", "0s", "-1", "-1s", "NaN", "inf", "1e300", "1e5", "m", "5x", "99999999999999d", "1.5h"]
        {
            assert_eq!(duration(text).unwrap_err().status, 400, "{text}");
        }
    }
}
