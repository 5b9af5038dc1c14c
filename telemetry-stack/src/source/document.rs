//! What a Prometheus answers, as its HTTP API writes it.
//!
//! What the data is stands beside it, and may stand behind it. It is read as it stands until that is known: derived for an enum, it would
//! be taken apart into a tree first, twice, which for thousands of series costs several times as much as all the rest.

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use telemetry_query::Labels;

/// The last second of the year 9999, after 1970. Nobody has measured anything later.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// A whole answer.
pub(super) enum Document<T> {
    Success(Told<T>),
    Error { kind: String, error: String },
}

/// Data with what is said beside it.
pub(super) struct Told<T> {
    pub(super) data: T,
    pub(super) warnings: Vec<String>,
    pub(super) infos: Vec<String>,
}

/// The result of a query.
pub(super) enum Data {
    Vector { result: Vec<Element> },
    Scalar { result: Point },
    Matrix { result: Vec<Stretch> },
    String { result: Point },
}

/// Seconds since 1970, and a number as text.
#[derive(Deserialize)]
#[serde(try_from = "(f64, String)")]
pub(super) struct Point(pub(super) f64, pub(super) String);

/// One without a value is a native histogram, which is no number.
#[derive(Deserialize)]
pub(super) struct Element {
    pub(super) metric: Metric,
    pub(super) value: Option<Point>,
}

#[derive(Deserialize)]
pub(super) struct Stretch {
    pub(super) metric: Metric,
    #[serde(default)]
    pub(super) values: Vec<Point>,
}

/// The labels of a series. Of a name that comes twice, the last value counts.
pub(super) struct Metric(pub(super) Labels);

#[derive(Deserialize)]
pub(super) struct Targets {
    #[serde(rename = "activeTargets", default)]
    pub(super) active: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) last_error: String,
    #[serde(default)]
    pub(super) last_scrape: String,
    #[serde(default)]
    pub(super) health: String,
}

/// An answer whose data has not been read yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unread<'a> {
    status: Status,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Error,
}

/// A result of which only the type is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed<'a> {
    result_type: Type,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Vector,
    Scalar,
    Matrix,
    String,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Document<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unread { status, data, warnings, infos, error_type, error } = Unread::deserialize(deserializer)?;
        Ok(match status {
            Status::Success => {
                let data = data.ok_or_else(|| D::Error::missing_field("data"))?;
                Self::Success(Told { data: read(data)?, warnings, infos })
            }
            Status::Error => Self::Error { kind: error_type, error },
        })
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Typed { result_type, result } = Typed::deserialize(deserializer)?;
        Ok(match result_type {
            Type::Vector => Self::Vector { result: read(result)? },
            Type::Scalar => Self::Scalar { result: read(result)? },
            Type::Matrix => Self::Matrix { result: read(result)? },
            Type::String => Self::String { result: read(result)? },
        })
    }
}

/// Reads what was left as it stands.
fn read<T: DeserializeOwned, E: Error>(raw: &RawValue) -> Result<T, E> {
    serde_json::from_str(raw.get()).map_err(E::custom)
}

impl TryFrom<(f64, String)> for Point {
    type Error = String;

    /// A time that no calendar has is refused: what is reckoned with it would run over.
    fn try_from((at, value): (f64, String)) -> Result<Self, String> {
        if at.abs() <= LAST_SECOND { Ok(Self(at, value)) } else { Err(format!("{at:e} is no time")) }
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfMetric)
    }
}

struct OfMetric;

impl<'de> Visitor<'de> for OfMetric {
    type Value = Metric;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("labels with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut labels: A) -> Result<Metric, A::Error> {
        let mut read = Vec::with_capacity(labels.size_hint().unwrap_or_default());
        while let Some((Text(name), Text(value))) = labels.next_entry::<Text<'de>, Text<'de>>()? {
            read.push((Arc::<str>::from(name), Arc::<str>::from(value)));
        }
        Ok(Metric(Labels::new(read)))
    }
}

/// A text that is not copied where it stands as it is meant.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(OfText)
    }
}

struct OfText;

impl<'de> Visitor<'de> for OfText {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
