//! From YAML to a tree of a known shape, and lines in the file.
//!
//! A scalar where text is expected keeps its text, whatever else it may look like: `1.10` is not 1.1, as Prometheus has it. Lines are asked
//! for only when something is wrong: the same text is read again, and the place in question is made to fail, since the reader of YAML knows
//! the lines of failures only.

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What is expected at a place. What is null is nothing at every place.
#[derive(Debug)]
pub(super) enum Shape {
    /// Text, in quotes or not.
    Text,
    /// A whole number.
    Whole,
    /// Text by names.
    Texts,
    /// These names with these shapes, and no others.
    Fields(&'static [(&'static str, Self)]),
    /// A list of this shape.
    List(&'static Self),
}

/// What is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Nothing,
    Text(String),
    Whole(i64),
    Fields(Vec<(String, Self)>),
    List(Vec<Self>),
}

/// A step on the way from the top to a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Item(usize),
}

/// What is wrong, and on which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: String,
}

/// The tree of a text that is one document.
pub(super) fn read(text: &str, shape: &'static Shape) -> Result<Node, Fault> {
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let Some(first) = documents.next() else { return Ok(Node::Nothing) };
    let node = Place { shape, way: None }.deserialize(first).map_err(|error| fault(&error))?;
    for other in documents {
        // Prometheus reads the first alone, and the others would never be evaluated.
        match Option::<Never>::deserialize(other) {
            Ok(_) => {}
            Err(error) => {
                let what = "a rule file is one document; put all groups below one `groups`";
                return Err(Fault { line: line_of(&error), what: what.to_owned() });
            }
        }
    }
    Ok(node)
}

/// The line on which the value at a place begins, from 1, or that of the nearest value around it.
pub(super) fn line(text: &str, shape: &'static Shape, way: &[Step<'_>]) -> usize {
    (0..=way.len())
        .rev()
        .find_map(|length| located(text, shape, &way[..length]))
        .map_or(1, |found| found.line())
}

/// The line of a line within a text value. It is known within a block, which shows lines as they are.
pub(super) fn line_within(text: &str, shape: &'static Shape, way: &[Step<'_>], inner: usize) -> usize {
    let Some(found) = located(text, shape, way) else { return line(text, shape, way) };
    let written = text.lines().nth(found.line().saturating_sub(1)).unwrap_or_default();
    let value: String = written.chars().skip(found.column().saturating_sub(1)).collect();
    let mut words = value.split_whitespace().skip_while(|word| word.starts_with(['&', '!']));
    let is_block = words.next().is_some_and(|word| word.starts_with('|'));
    found.line() + if is_block { inner } else { 0 }
}

fn located(text: &str, shape: &'static Shape, way: &[Step<'_>]) -> Option<serde_yaml::Location> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    Place { shape, way: Some(way) }.deserialize(document).err()?.location()
}

fn line_of(error: &serde_yaml::Error) -> usize {
    error.location().map_or(1, |location| location.line().max(1))
}

fn fault(error: &serde_yaml::Error) -> Fault {
    let said = error.to_string();
    // The line stands before the message already.
    let what = match (error.location(), said.rfind(" at line ")) {
        (Some(_), Some(at)) => said[..at].to_owned(),
        _ => said,
    };
    Fault { line: line_of(error), what }
}

/// A place, and the way that is still to go to the place that is asked for, if one is.
#[derive(Clone, Copy)]
struct Place<'a> {
    shape: &'static Shape,
    way: Option<&'a [Step<'a>]>,
}

impl<'a> Place<'a> {
    /// The place one step further. Where another step leads on, nobody asks for it.
    fn after(&self, step: Step<'_>, shape: &'static Shape) -> Self {
        let way = self
            .way
            .and_then(|way| way.split_first())
            .filter(|(next, _)| **next == step)
            .map(|(_, rest)| rest);
        Place { shape, way }
    }

    /// The shape of what has this name, if anything may have it.
    fn shape_of(&self, name: &str) -> Option<&'static Shape> {
        match self.shape {
            Shape::Texts => Some(&Shape::Text),
            Shape::Fields(fields) => fields.iter().find(|(known, _)| *known == name).map(|(_, shape)| shape),
            Shape::Text | Shape::Whole | Shape::List(_) => None,
        }
    }

    fn names(&self) -> Vec<&'static str> {
        let Shape::Fields(fields) = self.shape else { return Vec::new() };
        fields.iter().map(|(name, _)| *name).collect()
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        if self.way.is_some_and(<[_]>::is_empty) {
            return deserializer.deserialize_any(NeverVisitor).map(|never| match never {});
        }
        match self.shape {
            Shape::Text => deserializer.deserialize_option(self),
            Shape::Whole | Shape::Texts | Shape::Fields(_) | Shape::List(_) => {
                deserializer.deserialize_any(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Text => f.write_str("text"),
            Shape::Whole => f.write_str("a whole number"),
            Shape::Texts => f.write_str("names with texts"),
            Shape::Fields(_) => write!(f, "any of {}", self.names().join(", ")),
            Shape::List(_) => f.write_str("a list"),
        }
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        match self.shape {
            Shape::Text => Ok(Node::Text(text.to_owned())),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Node, E> {
        match self.shape {
            Shape::Whole => Ok(Node::Whole(number)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Signed(number), &self)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Node, E> {
        let fits = i64::try_from(number)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self));
        self.visit_i64(fits?)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Node, E> {
        let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
        match self.shape {
            Shape::Whole if is_whole => Ok(Node::Whole(number as i64)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Float(number), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let Shape::List(shape) = self.shape else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.after(Step::Item(items.len()), shape))? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        let mut merged: Vec<(String, Node)> = Vec::new();
        while let Some(name) = access.next_key_seed(Name { place: self, fields: &fields })? {
            match self.shape_of(&name) {
                Some(shape) => {
                    let node = access.next_value_seed(self.after(Step::Name(&name), shape))?;
                    fields.push((name, node));
                }
                None => merged.extend(access.next_value_seed(Merged(self))?),
            }
        }
        for (name, node) in merged {
            if !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, node));
            }
        }
        Ok(Node::Fields(fields))
    }
}

/// A name, which fails where it stands if it may not be there.
struct Name<'a> {
    place: Place<'a>,
    fields: &'a [(String, Node)],
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.expecting(f)
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<String, E> {
        if self.fields.iter().any(|(known, _)| known == name) {
            return Err(E::custom(format!("`{name}` stands here twice")));
        }
        if name != MERGE && self.place.shape_of(name).is_none() {
            return Err(E::custom(format!(
                "`{name}` is not known here; there are {}",
                self.place.names().join(", ")
            )));
        }
        Ok(name.to_owned())
    }
}

/// The name of what is taken over from elsewhere, in YAML 1.1.
const MERGE: &str = "<<";

/// What is taken over from one place or from several, of which the first counts.
struct Merged<'a>(Place<'a>);

impl<'de> DeserializeSeed<'de> for Merged<'_> {
    type Value = Vec<(String, Node)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Merged<'_> {
    type Value = Vec<(String, Node)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        match self.0.visit_map(access)? {
            Node::Fields(fields) => Ok(fields),
            _ => Ok(Vec::new()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(fields) = access.next_element_seed(Merged(self.0))? {
            all.extend(fields);
        }
        Ok(all)
    }
}

/// What is never there: whatever is found at its place fails, and says where.
enum Never {}

impl<'de> serde::Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NeverVisitor)
    }
}

struct NeverVisitor;

impl Visitor<'_> for NeverVisitor {
    type Value = Never;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}
