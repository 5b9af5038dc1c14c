//! What an expression asks for, with its types sorted out: whatever cannot be evaluated has been refused before there is a plan.
//!
//! | module | responsible for |
//! |---|---|
//! | [`guard`] | texts that the parser must not see |
//! | [`lower`] | from the parser's tree to a plan |
//! | [`names`] | the functions, aggregations and operators that are known, by name |
//! | [`calls`] | the arguments of functions |
//! | [`matching`] | how two vectors are matched |

mod calls;
mod guard;
mod lower;
mod matching;
mod names;

use regex::Regex;

use crate::labels::Labels;
use crate::matcher::Matcher;

pub(crate) use lower::{plan, within_range};
pub(crate) use names::{Elementwise, Fold, OverTime};

/// An expression by its type.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    Scalar(Scalar),
    Vector(Vector),
    Matrix(Matrix),
    Text(String),
}

impl Plan {
    /// The type as Prometheus's messages call it.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Vector(_) => "instant vector",
            Self::Matrix(_) => "range vector",
            Self::Text(_) => "string",
        }
    }
}

/// What has one number at each step.
#[derive(Debug, Clone)]
pub(crate) enum Scalar {
    Number(f64),
    Time,
    Negated(Box<Scalar>),
    Computed {
        operator: Operator,
        left: Box<Scalar>,
        right: Box<Scalar>,
    },
    /// The only element of a vector.
    Only(Box<Vector>),
}

/// What has any number of labelled values at each step.
#[derive(Debug, Clone)]
pub(crate) enum Vector {
    Selected(Selector),
    /// One element without labels.
    Of(Scalar),
    Negated(Box<Vector>),
    WithScalar(Box<WithScalar>),
    Joined(Box<Join>),
    Combined(Box<Combination>),
    Aggregated(Box<Aggregation>),
    OverTime {
        function: OverTime,
        matrix: Matrix,
        parameters: Vec<Scalar>,
    },
    Mapped {
        function: Elementwise,
        input: Box<Vector>,
        parameters: Vec<Scalar>,
    },
    /// The time of evaluation, or that of the sample where the input is a selector.
    Timestamp(Box<Vector>),
    Absent {
        labels: Labels,
        input: Box<Vector>,
    },
    AbsentOverTime {
        labels: Labels,
        matrix: Matrix,
    },
    HistogramQuantile {
        quantile: Scalar,
        input: Box<Vector>,
    },
    Relabelled {
        rule: Relabelling,
        input: Box<Vector>,
    },
    Sorted {
        descending: bool,
        input: Box<Vector>,
    },
}

/// What has samples of a time span at each step.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    Selected { selector: Selector, range: i64 },
    Subquery(Box<Subquery>),
}

/// The series that satisfy all matchers, seen from a time.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) place: Place,
}

/// The time from which series are seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) at: At,
    /// Milliseconds into the past.
    pub(crate) offset: i64,
}

impl Place {
    /// Whether nothing was said about the time.
    pub(crate) const fn is_here(self) -> bool {
        matches!(self, Self { at: At::Step, offset: 0 })
    }
}

/// The time before the offset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// That of each step.
    Step,
    /// The first step of the query.
    Start,
    /// The end of the query.
    End,
    /// A fixed one, in milliseconds since 1970.
    Time(i64),
}

/// An expression that is evaluated at steps of its own.
#[derive(Debug, Clone)]
pub(crate) struct Subquery {
    pub(crate) input: Vector,
    pub(crate) range: i64,
    /// Milliseconds; the default of the query's limits where there is none.
    pub(crate) step: Option<i64>,
    pub(crate) place: Place,
}

/// A binary operator on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Arithmetic(Arithmetic),
    /// With `bool`, the result is 1 or 0; without, what does not compare is left out.
    Comparison(Comparison, AsBool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

/// Whether a comparison answers with 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AsBool(pub(crate) bool);

/// A vector and a number.
#[derive(Debug, Clone)]
pub(crate) struct WithScalar {
    pub(crate) operator: Operator,
    pub(crate) vector: Vector,
    pub(crate) scalar: Scalar,
    pub(crate) scalar_is_left: bool,
}

/// Two vectors, element by element.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    pub(crate) operator: Operator,
    pub(crate) left: Vector,
    pub(crate) right: Vector,
    pub(crate) matching: Grouping,
    pub(crate) cardinality: Cardinality,
}

/// How many elements match one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cardinality {
    OneToOne,
    /// Many on the left; these labels come from the right.
    ManyToOne(Vec<String>),
    /// Many on the right; these labels come from the left.
    OneToMany(Vec<String>),
}

/// Two vectors as sets.
#[derive(Debug, Clone)]
pub(crate) struct Combination {
    pub(crate) operator: SetOperator,
    pub(crate) left: Vector,
    pub(crate) right: Vector,
    pub(crate) matching: Grouping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOperator {
    And,
    Or,
    Unless,
}

/// The labels that count: those listed, or all but those listed and the metric's name.
#[derive(Debug, Clone)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

impl Grouping {
    /// The labels that count.
    pub(crate) fn key(&self, labels: &Labels) -> Labels {
        match self {
            Self::By(names) if names.is_empty() => Labels::default(),
            Self::By(names) => labels.only(names),
            Self::Without(names) => labels.without_name().without(names),
        }
    }
}

/// Groups of elements, made into fewer.
#[derive(Debug, Clone)]
pub(crate) struct Aggregation {
    pub(crate) kind: Kind,
    pub(crate) input: Vector,
    pub(crate) grouping: Grouping,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// One number of each group.
    Fold(Fold),
    Quantile(Scalar),
    /// The largest, or the smallest, elements of each group as they are.
    Extremes {
        count: Scalar,
        largest: bool,
    },
    CountValues {
        label: String,
    },
}

/// A change of labels.
#[derive(Debug, Clone)]
pub(crate) enum Relabelling {
    Replace { target: String, replacement: String, source: String, regex: Regex },
    Join { target: String, separator: String, sources: Vec<String> },
}
