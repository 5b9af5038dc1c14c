//! A template as a tree.

use super::function::Function;
use super::value::Value;

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// What means itself.
    Text(String),
    /// A pipeline whose value is written, unless it goes into a variable.
    Action(Pipeline),
    /// The first branch whose condition is true, or else the last part.
    If(Vec<(Pipeline, Vec<Self>)>, Vec<Self>),
    /// The first part with the value as the dot if it is true, or else the second.
    With(Pipeline, Vec<Self>, Vec<Self>),
}

/// Commands, each of which hands its value to the next as the last argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pipeline {
    /// The variable that takes the value.
    pub(super) variable: Option<Assignment>,
    /// There is at least one.
    pub(super) commands: Vec<Command>,
}

/// A variable that takes a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assignment {
    /// Its name, with the dollar.
    pub(super) name: String,
    /// Whether it is a new variable, rather than a new value of one.
    pub(super) is_new: bool,
}

/// A value or a function, and what it is given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) first: Operand,
    pub(super) arguments: Vec<Operand>,
}

/// What stands for a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// A literal.
    Literal(Value),
    /// The dot and fields of it; the dot itself where there are none.
    Dot(Vec<String>),
    /// A variable and fields of it.
    Variable(String, Vec<String>),
    /// A pipeline in parentheses, and fields of its value.
    Pipeline(Box<Pipeline>, Vec<String>),
    /// A function.
    Function(&'static Function),
}
