//! What a Prometheus answers, as its HTTP API writes it.
//!
//! What the data is stands beside it. Where it stands before it, as Prometheus writes it, the data is read once and at once; only where it
//! stands behind is the data kept as it is until that is known. Derived for an enum, it would be taken apart into a tree first, twice,
//! which for thousands of series costs several times as much as all the rest.

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
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

/// A value whose type stands beside it.
enum Beside<'a, T> {
    Read(T),
    /// Its type was not known yet.
    Unread(&'a RawValue),
}

impl<T> Beside<'_, T> {
    /// The value, by what it is known to be by now.
    fn read<E: Error>(self, of: impl for<'de> DeserializeSeed<'de, Value = T>) -> Result<T, E> {
        match self {
            Self::Read(value) => Ok(value),
            Self::Unread(raw) => {
                let mut text = serde_json::Deserializer::from_str(raw.get());
                of.deserialize(&mut text).map_err(E::custom)
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum OfAnswer {
    Status,
    Data,
    Warnings,
    Infos,
    ErrorType,
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Error,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Document<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Whole(PhantomData))
    }
}

/// Reads a whole answer.
struct Whole<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Whole<T> {
    type Value = Document<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer of a Prometheus")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Document<T>, A::Error> {
        let (mut status, mut data) = (None, None);
        let (mut warnings, mut infos) = (Vec::new(), Vec::new());
        let (mut kind, mut error) = (String::new(), String::new());
        while let Some(field) = fields.next_key()? {
            match field {
                OfAnswer::Status => status = Some(fields.next_value()?),
                OfAnswer::Data if matches!(status, Some(Status::Success)) => {
                    data = Some(Beside::Read(fields.next_value()?));
                }
                OfAnswer::Data => data = Some(Beside::Unread(fields.next_value()?)),
                OfAnswer::Warnings => warnings = fields.next_value()?,
                OfAnswer::Infos => infos = fields.next_value()?,
                OfAnswer::ErrorType => kind = fields.next_value()?,
                OfAnswer::Error => error = fields.next_value()?,
                OfAnswer::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        match status.ok_or_else(|| A::Error::missing_field("status"))? {
            Status::Success => {
                let data = data.ok_or_else(|| A::Error::missing_field("data"))?;
                Ok(Document::Success(Told { data: data.read(PhantomData)?, warnings, infos }))
            }
            Status::Error => Ok(Document::Error { kind, error }),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum OfData {
    ResultType,
    Result,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Vector,
    Scalar,
    Matrix,
    String,
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WithType)
    }
}

/// Reads the result of a query.
struct WithType;

impl<'de> Visitor<'de> for WithType {
    type Value = Data;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a result with its type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Data, A::Error> {
        let (mut of, mut result) = (None, None);
        while let Some(field) = fields.next_key()? {
            match (field, &of) {
                (OfData::ResultType, _) => of = Some(fields.next_value()?),
                (OfData::Result, Some(of)) => {
                    result = Some(Beside::Read(fields.next_value_seed(OfType(of))?));
                }
                (OfData::Result, None) => result = Some(Beside::Unread(fields.next_value()?)),
                (OfData::Other, _) => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        let of = of.ok_or_else(|| A::Error::missing_field("resultType"))?;
        result.ok_or_else(|| A::Error::missing_field("result"))?.read(OfType(&of))
    }
}

/// Reads a result of this type.
struct OfType<'t>(&'t Type);

impl<'de> DeserializeSeed<'de> for OfType<'_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        Ok(match self.0 {
            Type::Vector => Data::Vector { result: Deserialize::deserialize(deserializer)? },
            Type::Scalar => Data::Scalar { result: Deserialize::deserialize(deserializer)? },
            Type::Matrix => Data::Matrix { result: Deserialize::deserialize(deserializer)? },
            Type::String => Data::String { result: Deserialize::deserialize(deserializer)? },
        })
    }
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
