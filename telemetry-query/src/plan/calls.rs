//! The arguments of functions.

use promql_parser::parser::{Call, Expr};

use super::lower::{matrix, scalar, text, unsupported, vector};
use super::{Elementwise, Matrix, OverTime, Plan, Relabelling, Scalar, Selector, Vector};
use crate::error::QueryError;
use crate::labels::{Labels, METRIC_NAME, is_label_name};
use crate::matcher::{Condition, whole};

type Planned<T> = Result<T, QueryError>;

/// Beside the functions in the tables, those with arguments of their own kind.
pub(super) fn call(call: &Call) -> Planned<Plan> {
    let arguments = Arguments { name: call.func.name, list: &call.args.args };
    if call.func.experimental {
        return Err(unsupported("function", call.func.name));
    }
    match call.func.name {
        "time" => Ok(Plan::Scalar(Scalar::Time)),
        "pi" => Ok(Plan::Scalar(Scalar::Number(std::f64::consts::PI))),
        "scalar" => Ok(Plan::Scalar(Scalar::Only(Box::new(arguments.vector(0)?)))),
        _ => arguments.called().map(Plan::Vector),
    }
}

struct Arguments<'e> {
    name: &'static str,
    list: &'e [Box<Expr>],
}

impl Arguments<'_> {
    fn called(&self) -> Planned<Vector> {
        if let Some(function) = OverTime::named(self.name) {
            return self.over_time(function);
        }
        if let Some(function) = Elementwise::named(self.name) {
            return self.mapped(function);
        }
        match self.name {
            "vector" => Ok(Vector::Of(self.scalar(0)?)),
            "timestamp" => Ok(Vector::Timestamp(Box::new(self.vector(0)?))),
            "sort" | "sort_desc" => {
                Ok(Vector::Sorted { descending: self.name == "sort_desc", input: Box::new(self.vector(0)?) })
            }
            "absent" => Ok(absent(self.vector(0)?)),
            "absent_over_time" => Ok(absent_over_time(self.matrix(0)?)),
            "histogram_quantile" => {
                Ok(Vector::HistogramQuantile { quantile: self.scalar(0)?, input: Box::new(self.vector(1)?) })
            }
            "label_replace" => self.relabelled(self.replacement()?),
            "label_join" => self.relabelled(self.label_join()?),
            _ => Err(unsupported("function", self.name)),
        }
    }

    fn over_time(&self, function: OverTime) -> Planned<Vector> {
        let (matrix, parameters) = match function {
            OverTime::Quantile => (self.matrix(1)?, vec![self.scalar(0)?]),
            OverTime::Prediction => (self.matrix(0)?, vec![self.scalar(1)?]),
            _ => (self.matrix(0)?, Vec::new()),
        };
        Ok(Vector::OverTime { function, matrix, parameters })
    }

    fn mapped(&self, function: Elementwise) -> Planned<Vector> {
        let input = if function.is_of_dates() && self.list.is_empty() {
            Vector::Of(Scalar::Time)
        } else {
            self.vector(0)?
        };
        let parameters =
            (1..self.list.len()).map(|position| self.scalar(position)).collect::<Planned<_>>()?;
        Ok(Vector::Mapped { function, input: Box::new(input), parameters })
    }

    fn relabelled(&self, rule: Relabelling) -> Planned<Vector> {
        Ok(Vector::Relabelled { rule, input: Box::new(self.vector(0)?) })
    }

    fn replacement(&self) -> Planned<Relabelling> {
        let (target, replacement, source, regex) =
            (self.text(1)?, self.text(2)?, self.text(3)?, self.text(4)?);
        let regex = whole(&regex).map_err(|_| {
            QueryError::Parameter(format!("invalid regular expression in label_replace(): {regex}"))
        })?;
        self.label_name("destination", &target)?;
        Ok(Relabelling::Replace { target, replacement, source, regex })
    }

    fn label_join(&self) -> Planned<Relabelling> {
        let sources =
            (3..self.list.len()).map(|position| self.text(position)).collect::<Planned<Vec<_>>>()?;
        sources.iter().try_for_each(|source| self.label_name("source", source))?;
        let target = self.text(1)?;
        self.label_name("destination", &target)?;
        Ok(Relabelling::Join { target, separator: self.text(2)?, sources })
    }

    /// Prometheus 3 lets a label have any name but the empty one. What scrapes and pushes bring has other names only in quotes, which is
    /// not read here, so that no query makes them either.
    fn label_name(&self, role: &str, name: &str) -> Planned<()> {
        if !is_label_name(name) {
            return Err(QueryError::Parameter(format!(
                "invalid {role} label name in {}(): {name}",
                self.name
            )));
        }
        Ok(())
    }

    fn expr(&self, position: usize) -> Planned<&Expr> {
        let missing =
            || QueryError::Parse(format!("missing argument {} in call to '{}'", position + 1, self.name));
        self.list.get(position).map(|expr| &**expr).ok_or_else(missing)
    }

    fn place(&self) -> String {
        format!("call to function '{}'", self.name)
    }

    fn vector(&self, position: usize) -> Planned<Vector> {
        vector(self.expr(position)?, &self.place())
    }

    fn matrix(&self, position: usize) -> Planned<Matrix> {
        matrix(self.expr(position)?, &self.place())
    }

    fn scalar(&self, position: usize) -> Planned<Scalar> {
        scalar(self.expr(position)?, &self.place())
    }

    fn text(&self, position: usize) -> Planned<String> {
        text(self.expr(position)?, &self.place())
    }
}

fn absent(input: Vector) -> Vector {
    let labels = match &input {
        Vector::Selected(selector) => certain(selector),
        _ => Labels::default(),
    };
    Vector::Absent { labels, input: Box::new(input) }
}

fn absent_over_time(matrix: Matrix) -> Vector {
    let labels = match &matrix {
        Matrix::Selected { selector, .. } => certain(selector),
        Matrix::Subquery(_) => Labels::default(),
    };
    Vector::AbsentOverTime { labels, matrix }
}

/// The labels that whatever the selector finds must have. Of a second condition on a label Prometheus remembers only that it was
/// there, and leaves the label out.
fn certain(selector: &Selector) -> Labels {
    let mut labels: Vec<(&str, &str)> = Vec::new();
    let mut equal: Vec<&str> = Vec::new();
    for matcher in selector.matchers.iter().filter(|matcher| matcher.name != METRIC_NAME) {
        let name = matcher.name.as_str();
        match &matcher.condition {
            Condition::Equal(value) if !equal.contains(&name) => {
                equal.push(name);
                labels.push((name, value));
            }
            _ => labels.retain(|(known, _)| *known != name),
        }
    }
    Labels::new(labels)
}
