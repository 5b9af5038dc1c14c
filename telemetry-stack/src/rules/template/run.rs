//! Filling in.

use super::function::{Call, Function};
use super::tree::{Assignment, Command, Node, Operand, Pipeline};
use super::value::Value;
use super::{LONGEST, TemplateData};

/// What becomes of a template, or why nothing does.
pub(super) fn run(nodes: &[Node], data: &TemplateData<'_>) -> Result<String, String> {
    let variables = vec![
        ("$", Value::Data),
        ("$labels", Value::Labels(data.labels.clone())),
        ("$value", Value::Float(data.value)),
        ("$externalURL", Value::Text(data.external_url.to_owned())),
    ];
    let mut run = Run { data, variables, out: String::new() };
    run.nodes(nodes, &Value::Data)?;
    Ok(run.out)
}

/// Adds to a text that may not get longer than [`LONGEST`].
pub(super) fn grow(out: &mut String, text: &str) -> Result<(), String> {
    if out.len() + text.len() > LONGEST {
        return Err(format!("the text would be longer than {LONGEST} bytes"));
    }
    out.push_str(text);
    Ok(())
}

struct Run<'a> {
    data: &'a TemplateData<'a>,
    /// The innermost last.
    variables: Vec<(&'a str, Value)>,
    out: String,
}

impl<'a> Run<'a> {
    fn nodes(&mut self, nodes: &'a [Node], dot: &Value) -> Result<(), String> {
        nodes.iter().try_for_each(|node| self.node(node, dot))
    }

    fn node(&mut self, node: &'a Node, dot: &Value) -> Result<(), String> {
        match node {
            Node::Text(text) => grow(&mut self.out, text),
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variable.is_some() {
                    return Ok(());
                }
                grow(&mut self.out, &value.written())
            }
            Node::If(branches, otherwise) => self.scoped(|run| run.branches(branches, otherwise, dot)),
            Node::With(value, nodes, otherwise) => self.scoped(|run| run.with(value, nodes, otherwise, dot)),
        }
    }

    /// Forgets the variables that are new in it.
    fn scoped(&mut self, work: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        let known = self.variables.len();
        let done = work(self);
        self.variables.truncate(known);
        done
    }

    fn branches(
        &mut self,
        branches: &'a [(Pipeline, Vec<Node>)],
        otherwise: &'a [Node],
        dot: &Value,
    ) -> Result<(), String> {
        for (condition, nodes) in branches {
            if self.pipeline(condition, dot)?.is_true() {
                return self.nodes(nodes, dot);
            }
        }
        self.nodes(otherwise, dot)
    }

    fn with(
        &mut self,
        value: &'a Pipeline,
        nodes: &'a [Node],
        otherwise: &'a [Node],
        dot: &Value,
    ) -> Result<(), String> {
        let value = self.pipeline(value, dot)?;
        if value.is_true() { self.nodes(nodes, &value) } else { self.nodes(otherwise, dot) }
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline, dot: &Value) -> Result<Value, String> {
        let mut handed_on = None;
        for command in &pipeline.commands {
            handed_on = Some(self.command(command, dot, handed_on)?);
        }
        let value = handed_on.unwrap_or(Value::Data);
        if let Some(variable) = &pipeline.variable {
            self.assign(variable, value.clone());
        }
        Ok(value)
    }

    fn assign(&mut self, Assignment { name, is_new }: &'a Assignment, value: Value) {
        match self.variables.iter_mut().rfind(|(known, _)| known == name) {
            Some((_, old)) if !is_new => *old = value,
            _ => self.variables.push((name, value)),
        }
    }

    fn command(
        &mut self,
        command: &'a Command,
        dot: &Value,
        handed_on: Option<Value>,
    ) -> Result<Value, String> {
        let Command { first, arguments } = command;
        match first {
            Operand::Function(function) => self.call(function, arguments, dot, handed_on),
            _ if arguments.is_empty() && handed_on.is_none() => self.operand(first, dot),
            _ => Err("can't give argument to non-function".to_owned()),
        }
    }

    fn call(
        &mut self,
        function: &Function,
        arguments: &'a [Operand],
        dot: &Value,
        handed_on: Option<Value>,
    ) -> Result<Value, String> {
        function.check_count(arguments.len() + usize::from(handed_on.is_some()))?;
        match function.call {
            Call::All(call) => {
                let values = arguments.iter().map(|argument| self.operand(argument, dot));
                let mut values = values.collect::<Result<Vec<_>, _>>()?;
                values.extend(handed_on);
                call(&values).map_err(|what| format!("error calling {}: {what}", function.name))
            }
            Call::Until(truth) => self.until(truth, arguments, dot, handed_on),
            Call::Address => Ok(Value::Text(self.data.external_url.to_owned())),
        }
    }

    /// The first value of that truth, or else the last; nothing behind it is looked at.
    fn until(
        &mut self,
        truth: bool,
        arguments: &'a [Operand],
        dot: &Value,
        handed_on: Option<Value>,
    ) -> Result<Value, String> {
        let mut last = Value::Bool(!truth);
        for argument in arguments {
            last = self.operand(argument, dot)?;
            if last.is_true() == truth {
                return Ok(last);
            }
        }
        Ok(handed_on.unwrap_or(last))
    }

    fn operand(&mut self, operand: &'a Operand, dot: &Value) -> Result<Value, String> {
        match operand {
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Dot(fields) => self.field(dot, fields),
            Operand::Variable(name, fields) => {
                let known = self.variables.iter().rfind(|(known, _)| known == name);
                let value = known.map_or(Value::Data, |(_, value)| value.clone());
                self.field(&value, fields)
            }
            Operand::Pipeline(pipeline, fields) => {
                let value = self.pipeline(pipeline, dot)?;
                self.field(&value, fields)
            }
            Operand::Function(function) => self.call(function, &[], dot, None),
        }
    }

    fn field(&self, value: &Value, fields: &[String]) -> Result<Value, String> {
        let Some((name, rest)) = fields.split_first() else { return Ok(value.clone()) };
        let inner = match (value, name.as_str()) {
            (Value::Data, "Labels") => Value::Labels(self.data.labels.clone()),
            (Value::Data, "Value") => Value::Float(self.data.value),
            (Value::Data, "ExternalURL") => Value::Text(self.data.external_url.to_owned()),
            (Value::Labels(labels), name) => Value::Text(labels.get(name).to_owned()),
            (other, name) => {
                return Err(format!("can't evaluate field {name} in type {}", other.type_name()));
            }
        };
        self.field(&inner, rest)
    }
}
