//! Results, as Prometheus types and orders them.

use crate::labels::Labels;
use crate::sample::Sample;

/// The result of an instant query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number, with the time of the query.
    Scalar(Sample),
    /// A text, with the time of the query.
    String {
        /// Milliseconds since 1970.
        timestamp: i64,
        /// The text.
        text: String,
    },
    /// At most one value of each label set, all with the time of the query. The order is that in which they were computed:
    /// what `sort` or `topk` has put in order stays so, and selected series are ordered by their labels.
    Vector(Vec<(Labels, Sample)>),
    /// The samples of each label set, ordered by labels.
    Matrix(Vec<Series>),
}

/// A label set with its samples, of which there is at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The labels.
    pub labels: Labels,
    /// The samples, with rising timestamps.
    pub samples: Vec<Sample>,
}

impl Value {
    /// The name of the type in the field `resultType` of an answer.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::String { .. } => "string",
            Self::Vector(_) => "vector",
            Self::Matrix(_) => "matrix",
        }
    }
}
