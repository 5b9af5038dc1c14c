//! What can be wrong with a query, in the classes by which Prometheus tells them apart.

use crate::store::StoreError;

/// A query that has no answer, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text is not PromQL.
    #[error("parse error: {0}")]
    Parse(String),
    /// The text is PromQL that is not evaluated here: it is refused rather than approximated.
    #[error("parse error: {what} `{name}` is not supported")]
    Unsupported {
        /// What kind of thing it is, such as `function`.
        what: &'static str,
        /// Its name as it is written.
        name: String,
    },
    /// A part of the expression has another type than its place requires.
    #[error("parse error: expected type {expected} in {place}, got {found}")]
    WrongType {
        /// The type that is required, as Prometheus calls it.
        expected: &'static str,
        /// Where it is required.
        place: String,
        /// The type that is there.
        found: &'static str,
    },
    /// More nested, or with more operators, than anyone would write by hand.
    #[error("parse error: the expression has more than {limit} {what}")]
    TooComplex {
        /// What it has too many of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// A time or a duration that no timestamp in milliseconds can express.
    #[error("parse error: {0} is out of the range of times")]
    TimeOutOfRange(String),
    /// The query is asked for a time, in milliseconds since 1970, that is further away than numbers are exact.
    #[error("a query cannot be answered at {0} ms since 1970: that is out of the range of times")]
    BeyondTime(i64),
    /// The steps of a range query do not go forward.
    #[error("zero or negative query resolution step widths are not accepted. Try a positive integer")]
    StepNotPositive,
    /// A range query ends before it begins.
    #[error("end timestamp must not be before start time")]
    EndBeforeStart,
    /// A range query has more steps than are allowed.
    #[error(
        "exceeded maximum resolution of {limit} points per timeseries. Try increasing the value of the step parameter"
    )]
    TooManyPoints {
        /// How many steps there may be.
        limit: usize,
    },
    /// Over a range, only what has a value at each step can be evaluated.
    #[error("invalid expression type \"{0}\" for range query, must be Scalar or instant Vector")]
    NotForRanges(&'static str),
    /// A query, or all of a [`Budget`](crate::Budget) together, would hold more values than are allowed at once.
    #[error(
        "query processing would load too many samples into memory in expression evaluation (limit {limit})"
    )]
    TooManySamples {
        /// How many values there may be.
        limit: usize,
    },
    /// Two series of one result cannot be told from another.
    #[error("vector cannot contain metrics with the same labelset: {0}")]
    DuplicateSeries(String),
    /// Two series of the side that must have one match the same series of the other side.
    #[error(
        "found duplicate series for the match group {group} on the {side} hand-side of the operation: \
         [{one}, {other}];many-to-many matching not allowed: matching labels must be unique on one side"
    )]
    ManyToMany {
        /// The labels by which is matched.
        group: String,
        /// `left` or `right`.
        side: &'static str,
        /// One of the series.
        one: String,
        /// Another one.
        other: String,
    },
    /// Several series match one, and the expression does not say that they may.
    #[error("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")]
    ImplicitManyToOne,
    /// Several matches have the same labels in the result.
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    GroupingNotUnique,
    /// A parameter of a function or an aggregation cannot be used.
    #[error("{0}")]
    Parameter(String),
    /// A label would have a longer value than anything needs.
    #[error("the value of label `{name}` would be longer than {limit} bytes")]
    LabelTooLong {
        /// The name of the label.
        name: String,
        /// How many bytes it may have.
        limit: usize,
    },
    /// The time for the query is over.
    #[error("query timed out in expression evaluation")]
    TimedOut,
    /// Somebody has cancelled the query.
    #[error("query was canceled in expression evaluation")]
    Canceled,
    /// The store did not answer.
    #[error("the store cannot be read: {0}")]
    Store(#[source] StoreError),
}

/// The classes of errors in Prometheus's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The query itself is wrong.
    BadData,
    /// The query and the data do not go together.
    Execution,
    /// There was not enough time.
    Timeout,
    /// The query was cancelled.
    Canceled,
    /// The store failed.
    Internal,
}

impl ErrorClass {
    /// The name of the class in the field `errorType` of an answer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::Execution => "execution",
            Self::Timeout => "timeout",
            Self::Canceled => "canceled",
            Self::Internal => "internal",
        }
    }
}

impl QueryError {
    /// The class of the error.
    ///
    /// ```
    /// use telemetry_query::{ErrorClass, Query};
    ///
    /// let error = Query::parse("fastest(x)").unwrap_err();
    /// assert_eq!(error.class(), ErrorClass::BadData);
    /// assert_eq!(error.to_string(), "parse error: unknown function with name 'fastest'");
    /// ```
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Parse(_) | Self::Unsupported { .. } | Self::WrongType { .. } | Self::TooComplex { .. } => {
                ErrorClass::BadData
            }
            Self::TimeOutOfRange(_) | Self::BeyondTime(_) => ErrorClass::BadData,
            Self::StepNotPositive | Self::EndBeforeStart => ErrorClass::BadData,
            Self::TooManyPoints { .. } | Self::NotForRanges(_) => ErrorClass::BadData,
            Self::TooManySamples { .. } | Self::DuplicateSeries(_) | Self::ManyToMany { .. } => {
                ErrorClass::Execution
            }
            Self::ImplicitManyToOne | Self::GroupingNotUnique => ErrorClass::Execution,
            Self::Parameter(_) | Self::LabelTooLong { .. } => ErrorClass::Execution,
            Self::TimedOut => ErrorClass::Timeout,
            Self::Canceled => ErrorClass::Canceled,
            Self::Store(_) => ErrorClass::Internal,
        }
    }
}
