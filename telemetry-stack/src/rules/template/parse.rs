//! From tokens to a tree, and what is refused by name.

use super::TemplateError;
use super::format::check_format;
use super::function::{Function, find};
use super::number::read_number;
use super::token::{Kind, Token};
use super::tree::{Assignment, Command, Node, Operand, Pipeline};
use super::value::Value;

/// How deep parts may stand in each other. Nobody writes ten; reading and filling in go as deep as the template does.
const DEEPEST: usize = 50;

/// What a template always has.
const GIVEN: [&str; 4] = ["$", "$labels", "$value", "$externalURL"];

/// Words of the language that are not known here.
const REFUSED: [&str; 7] = ["block", "break", "continue", "define", "nil", "range", "template"];

/// The tree of a template.
pub(super) fn parse(tokens: &[Token]) -> Result<Vec<Node>, TemplateError> {
    let variables = GIVEN.map(str::to_owned).to_vec();
    let mut parser = Parser { tokens, at: 0, variables, depth: 0, dot_is_data: true };
    let (nodes, end) = parser.nodes()?;
    match end {
        End::Text => Ok(nodes),
        End::Other => parser.error("`else` without `if` or `with`"),
        End::Word => parser.error("`end` without `if` or `with`"),
    }
}

/// What ended a list of nodes.
enum End {
    /// The end of the text.
    Text,
    /// An `else`.
    Other,
    /// An `end`.
    Word,
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The variables that are known, the innermost last.
    variables: Vec<String>,
    depth: usize,
    /// Whether the dot is what the template is filled with, and not the value of a `with`.
    dot_is_data: bool,
}

impl<'a> Parser<'a> {
    fn line(&self) -> usize {
        let before = self.at.min(self.tokens.len()).checked_sub(1);
        self.tokens.get(self.at).or_else(|| self.tokens.get(before?)).map_or(1, |token| token.line)
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T, TemplateError> {
        Err(TemplateError::new(self.line(), what))
    }

    fn peek(&self) -> Option<&'a Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn skip_space(&mut self) {
        while self.peek() == Some(&Kind::Space) {
            self.at += 1;
        }
    }

    fn takes(&mut self, kind: &Kind) -> bool {
        let is_there = self.peek() == Some(kind);
        self.at += usize::from(is_there);
        is_there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Kind::Word(found)) if found == word);
        self.at += usize::from(is_there);
        is_there
    }

    /// One deeper.
    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth == DEEPEST {
            return self.error(format!("more than {DEEPEST} parts in each other"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Nodes up to an `else`, an `end` or the end of the text.
    fn nodes(&mut self) -> Result<(Vec<Node>, End), TemplateError> {
        let mut nodes = Vec::new();
        loop {
            match self.peek() {
                None => return Ok((nodes, End::Text)),
                Some(Kind::Text(text)) => {
                    self.at += 1;
                    nodes.push(Node::Text(text.clone()));
                }
                Some(_) => {
                    self.at += 1;
                    self.skip_space();
                    if let Some(end) = self.end()? {
                        return Ok((nodes, end));
                    }
                    nodes.push(self.action()?);
                }
            }
        }
    }

    /// Whether the action is an `else` or an `end`. What stands behind an `else` is left to whoever asked for it.
    fn end(&mut self) -> Result<Option<End>, TemplateError> {
        if self.takes_word("else") {
            return Ok(Some(End::Other));
        }
        if self.takes_word("end") {
            return self.close("`end`").map(|()| Some(End::Word));
        }
        Ok(None)
    }

    fn close(&mut self, behind: &str) -> Result<(), TemplateError> {
        self.skip_space();
        if self.takes(&Kind::Close) { Ok(()) } else { self.error(format!("expected `}}}}` behind {behind}")) }
    }

    fn action(&mut self) -> Result<Node, TemplateError> {
        if let Some(Kind::Word(word)) = self.peek() {
            if REFUSED.contains(&word.as_str()) {
                return self.error(format!("`{word}` is not supported here"));
            }
            if self.takes_word("if") {
                return self.deeper(|parser| parser.scoped(Self::branches));
            }
            if self.takes_word("with") {
                return self.deeper(|parser| parser.scoped(Self::with));
            }
        }
        let pipeline = self.pipeline(&Kind::Close)?;
        Ok(Node::Action(pipeline))
    }

    /// Reads what has variables of its own.
    fn scoped<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        let known = self.variables.len();
        let read = read(self);
        self.variables.truncate(known);
        read
    }

    /// `if … else if … else … end`
    fn branches(&mut self) -> Result<Node, TemplateError> {
        let mut branches = Vec::new();
        loop {
            let condition = self.pipeline(&Kind::Close)?;
            let (nodes, end) = self.scoped(Self::nodes)?;
            branches.push((condition, nodes));
            match end {
                End::Text => return self.error("`if` without `end`"),
                End::Word => return Ok(Node::If(branches, Vec::new())),
                End::Other => {}
            }
            self.skip_space();
            if !self.takes_word("if") {
                return Ok(Node::If(branches, self.otherwise()?));
            }
        }
    }

    /// `with … else … end`
    fn with(&mut self) -> Result<Node, TemplateError> {
        let value = self.pipeline(&Kind::Close)?;
        let outside = std::mem::replace(&mut self.dot_is_data, false);
        let (nodes, end) = self.scoped(Self::nodes)?;
        self.dot_is_data = outside;
        match end {
            End::Text => self.error("`with` without `end`"),
            End::Word => Ok(Node::With(value, nodes, Vec::new())),
            End::Other => Ok(Node::With(value, nodes, self.otherwise()?)),
        }
    }

    /// What stands behind `else`.
    fn otherwise(&mut self) -> Result<Vec<Node>, TemplateError> {
        self.close("`else`")?;
        match self.scoped(Self::nodes)? {
            (nodes, End::Word) => Ok(nodes),
            (_, End::Other) => self.error("a second `else`"),
            (_, End::Text) => self.error("`else` without `end`"),
        }
    }

    /// A pipeline and what ends it.
    fn pipeline(&mut self, end: &Kind) -> Result<Pipeline, TemplateError> {
        self.skip_space();
        let variable = self.assignment()?;
        let mut commands = Vec::new();
        loop {
            commands.push(self.command(commands.is_empty())?);
            if self.takes(end) {
                break;
            }
            if !self.takes(&Kind::Pipe) {
                return self.error(unexpected(self.peek()));
            }
        }
        let Some(Assignment { name, is_new: true }) = &variable else {
            return Ok(Pipeline { variable, commands });
        };
        self.variables.push(name.clone());
        Ok(Pipeline { variable, commands })
    }

    /// `$name :=` or `$name =` at the beginning of a pipeline.
    fn assignment(&mut self) -> Result<Option<Assignment>, TemplateError> {
        let Some(Kind::Variable(name)) = self.peek() else { return Ok(None) };
        let begin = self.at;
        self.at += 1;
        self.skip_space();
        if self.takes(&Kind::Declare) {
            return Ok(Some(Assignment { name: name.clone(), is_new: true }));
        }
        if self.takes(&Kind::Assign) {
            self.known(name)?;
            return Ok(Some(Assignment { name: name.clone(), is_new: false }));
        }
        self.at = begin;
        Ok(None)
    }

    fn known(&self, name: &str) -> Result<(), TemplateError> {
        if self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        if name == "$externalLabels" {
            return self.error("`$externalLabels` is not supported here: nothing adds labels to all alerts");
        }
        self.error(format!("there is no variable `{name}`; there are {}", GIVEN[1..].join(", ")))
    }

    fn command(&mut self, is_first: bool) -> Result<Command, TemplateError> {
        self.skip_space();
        let line = self.line();
        let Some(first) = self.operand()? else {
            return self.error(match self.peek() {
                Some(Kind::Close | Kind::RightParen | Kind::Pipe) => "a value is missing".to_owned(),
                other => unexpected(other),
            });
        };
        let mut arguments = Vec::new();
        while self.takes(&Kind::Space) {
            self.skip_space();
            let Some(argument) = self.operand()? else { break };
            arguments.push(argument);
        }
        if !is_first && matches!(first, Operand::Literal(_)) {
            return Err(TemplateError::new(
                line,
                "nothing can be handed on to a literal; a function must stand behind `|`",
            ));
        }
        let command = Command { first, arguments };
        check_printf(&command).map_err(|what| TemplateError::new(line, what))?;
        Ok(command)
    }

    /// A value, if one stands here.
    fn operand(&mut self) -> Result<Option<Operand>, TemplateError> {
        let Some(kind) = self.peek() else { return Ok(None) };
        let operand = match kind {
            Kind::Word(word) => self.word(word)?,
            Kind::Number(text) => Operand::Literal(read_number(text).or_else(|what| self.error(what))?),
            Kind::Quoted(text) => Operand::Literal(Value::Text(text.clone())),
            Kind::Variable(name) => {
                self.known(name)?;
                self.at += 1;
                return self.variable(name).map(Some);
            }
            Kind::Dot | Kind::Field(_) => return self.dot().map(Some),
            Kind::LeftParen => return self.parentheses().map(Some),
            _ => return Ok(None),
        };
        self.at += 1;
        match self.peek() {
            Some(Kind::Field(name)) => self.error(format!("`.{name}` cannot stand behind this")),
            _ => Ok(Some(operand)),
        }
    }

    fn word(&self, word: &str) -> Result<Operand, TemplateError> {
        match word {
            "true" | "false" => return Ok(Operand::Literal(Value::Bool(word == "true"))),
            "if" | "with" | "else" | "end" => {
                return self.error(format!("`{word}` must stand at the beginning of an action"));
            }
            _ => {}
        }
        if REFUSED.contains(&word) {
            return self.error(format!("`{word}` is not supported here"));
        }
        find(word).map(Operand::Function).or_else(|what| self.error(what))
    }

    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while let Some(Kind::Field(name)) = self.peek() {
            fields.push(name.clone());
            self.at += 1;
        }
        fields
    }

    fn variable(&mut self, name: &str) -> Result<Operand, TemplateError> {
        let fields = self.fields();
        if name == "$" {
            self.check_data("$", &fields)?;
        }
        Ok(Operand::Variable(name.to_owned(), fields))
    }

    fn dot(&mut self) -> Result<Operand, TemplateError> {
        self.takes(&Kind::Dot);
        let fields = self.fields();
        if self.dot_is_data {
            self.check_data(".", &fields)?;
        }
        Ok(Operand::Dot(fields))
    }

    /// Of what a template is filled with, only its parts can be used.
    fn check_data(&self, what: &str, fields: &[String]) -> Result<(), TemplateError> {
        match fields.first().map(String::as_str) {
            Some("Labels" | "Value" | "ExternalURL") => Ok(()),
            Some(name) => self.error(format!(
                "`.{name}` is not supported here; there are .Labels, .Value and .ExternalURL"
            )),
            None => self.error(format!(
                "`{what}` alone is not supported here; there are .Labels, .Value and .ExternalURL"
            )),
        }
    }

    fn parentheses(&mut self) -> Result<Operand, TemplateError> {
        self.at += 1;
        let pipeline = self.deeper(|parser| parser.pipeline(&Kind::RightParen))?;
        Ok(Operand::Pipeline(Box::new(pipeline), self.fields()))
    }
}

/// A format that is written down can be looked at before it is used.
fn check_printf(command: &Command) -> Result<(), String> {
    match (&command.first, command.arguments.first()) {
        (Operand::Function(Function { name: "printf", .. }), Some(Operand::Literal(Value::Text(format)))) => {
            check_format(format)
        }
        _ => Ok(()),
    }
}

fn unexpected(kind: Option<&Kind>) -> String {
    let what = match kind {
        None => "the end",
        Some(Kind::Close) => "`}}`",
        Some(Kind::RightParen) => "`)`",
        Some(Kind::Declare | Kind::Assign) => "an assignment",
        Some(Kind::Comma) => "`,`",
        Some(_) => "this without a blank before it",
    };
    format!("{what} is not expected here")
}
