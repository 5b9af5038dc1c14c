//! The only module that knows the YAML library: one section of a file as a bounded tree, and the position of a key.
//!
//! The library gives no positions with its values, but it does attach to every error the position of what was being
//! read. So to find a key, the text is read once more by a probe that fails on purpose at that very key.
//!
//! A file from a stranger may try to be larger than it looks, by aliases. What is outside the section is skipped
//! without following them, and inside it a budget counts every value that is visited.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

/// How much a section may hold: one for each value, and one for each byte of text. Without aliases no file of the
/// permitted length reaches it.
const BUDGET: usize = 1 << 20;

/// A value of the section, with merge keys (`<<`) already merged.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Mapping(BTreeMap<String, Node>),
    /// A value with a tag of its own, such as `!include other.yml`.
    Tagged,
}

/// A place in the text; both count from 1, and the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// Where a text begins.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// What the library had to say about a text.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) position: Position,
    pub(super) message: String,
    pub(super) cause: serde_yaml::Error,
}

/// Reads the value of one top-level key; a missing one is null, like an empty text.
pub(super) fn section(text: &str, name: &str) -> Result<Node, YamlError> {
    let left = Cell::new(BUDGET);
    let seed = Section { name, budget: Budget(&left) };
    seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(YamlError::from)
}

/// Finds the key at the end of a path. For one that was merged in, finds the merge key, and else the nearest key above.
pub(super) fn locate(text: &str, path: &[&str]) -> Position {
    let Some((_, above)) = path.split_last() else {
        return Position::START;
    };
    let merged = [above, &["<<"]].concat();
    probe(text, path).or_else(|| probe(text, &merged)).unwrap_or_else(|| locate(text, above))
}

fn probe(text: &str, path: &[&str]) -> Option<Position> {
    let (left, found) = (Cell::new(BUDGET), Cell::new(false));
    let probe = Probe { path, budget: Budget(&left), found: &found };
    let error = probe.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    found.get().then(|| position(&error))
}

fn position(error: &serde_yaml::Error) -> Position {
    error.location().map_or(Position::START, |at| Position { line: at.line(), column: at.column() })
}

impl From<serde_yaml::Error> for YamlError {
    /// The library ends its messages with the position, which is reported on its own.
    fn from(cause: serde_yaml::Error) -> Self {
        let position = position(&cause);
        let mut message = cause.to_string();
        if let Some(start) = message.find(&format!(" at line {} column {}", position.line, position.column)) {
            message.truncate(start);
        }
        Self { position, message, cause }
    }
}

impl fmt::Display for Node {
    /// What stands there, for the end of "expected …, found".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "the text {value:?}"),
            Self::List(_) => f.write_str("a list"),
            Self::Mapping(_) => f.write_str("a mapping"),
            Self::Tagged => f.write_str("a value with a tag"),
        }
    }
}

/// What is left of the budget, shared by everything that reads one text.
#[derive(Clone, Copy)]
struct Budget<'a>(&'a Cell<usize>);

impl Budget<'_> {
    fn spend<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes + 1);
        self.0
            .set(left.ok_or_else(|| E::custom("aliases make the file larger than a configuration may be"))?);
        Ok(())
    }
}

/// Reads the top level and keeps the value of one key. The other keys belong to other programs.
struct Section<'a> {
    name: &'a str,
    budget: Budget<'a>,
}

impl Section<'_> {
    /// The library's own message would repeat the text, which is a secret when the wrong file was named.
    fn refuse<E: Error>(&self) -> Result<Node, E> {
        Err(E::custom(format_args!("expected a mapping with the key {:?}, found a single value", self.name)))
    }
}

impl<'de> DeserializeSeed<'de> for Section<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Section<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a mapping with the key {:?}", self.name)
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Node, E> {
        self.refuse()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        self.refuse()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        self.refuse()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        self.refuse()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut section = None;
        loop {
            let check = |key: &str| refuse_twice(key, key == self.name && section.is_some());
            match map.next_key_seed(Key { budget: self.budget, check: &check })? {
                None => return Ok(section.unwrap_or(Node::Null)),
                Some(Some(key)) if key == self.name => {
                    section = Some(map.next_value_seed(Value(self.budget))?);
                }
                Some(_) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
    }
}

fn refuse_twice(key: &str, taken: bool) -> Result<(), String> {
    if taken { Err(format!("the key {key:?} stands twice in the same mapping")) } else { Ok(()) }
}

/// Reads a key as text, whatever scalar it is, and fails at its position when `check` does. Keys that are lists,
/// mappings or tagged are none.
struct Key<'a> {
    budget: Budget<'a>,
    check: &'a dyn Fn(&str) -> Result<(), String>,
}

impl Key<'_> {
    fn take<E: Error>(self, key: &str) -> Result<Option<String>, E> {
        self.budget.spend(key.len())?;
        (self.check)(key).map_err(E::custom)?;
        Ok(Some(key.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.take("null")
    }

    fn visit_bool<E: Error>(self, key: bool) -> Result<Self::Value, E> {
        self.take(&key.to_string())
    }

    fn visit_i64<E: Error>(self, key: i64) -> Result<Self::Value, E> {
        self.take(&key.to_string())
    }

    fn visit_u64<E: Error>(self, key: u64) -> Result<Self::Value, E> {
        self.take(&key.to_string())
    }

    fn visit_i128<E: Error>(self, key: i128) -> Result<Self::Value, E> {
        self.take(&key.to_string())
    }

    fn visit_u128<E: Error>(self, key: u128) -> Result<Self::Value, E> {
        self.take(&key.to_string())
    }

    fn visit_f64<E: Error>(self, key: f64) -> Result<Self::Value, E> {
        self.take(&format!("{key:?}"))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.take(key)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map).map(|_| None)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Value, A::Error> {
        skip_tagged(tagged).map(|()| None)
    }
}

fn skip_tagged<'de, A: EnumAccess<'de>>(tagged: A) -> Result<(), A::Error> {
    let (IgnoredAny, value) = tagged.variant()?;
    value.newtype_variant::<IgnoredAny>().map(drop)
}

/// Reads any value into a [`Node`].
#[derive(Clone, Copy)]
struct Value<'a>(Budget<'a>);

impl Value<'_> {
    fn take<E: Error>(self, node: Node) -> Result<Node, E> {
        self.0.spend(0)?;
        Ok(node)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.take(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.take(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.take(Node::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.take(Node::Integer(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.take(Node::Integer(value))
    }

    /// No setting comes near this size, so that the nearest number which fits is as wrong as the number itself.
    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        self.take(Node::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.take(Node::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.0.spend(value.len())?;
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        self.0.spend(0)?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        self.0.spend(0)?;
        let mut entries = BTreeMap::new();
        loop {
            let check = |key: &str| refuse_twice(key, entries.contains_key(key));
            let Some(key) = map.next_key_seed(Key { budget: self.0, check: &check })? else {
                return merge(entries).map(Node::Mapping).map_err(A::Error::custom);
            };
            let key = key.ok_or_else(|| A::Error::custom("a key has to be plain text here"))?;
            entries.insert(key, map.next_value_seed(self)?);
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        self.0.spend(0)?;
        skip_tagged(tagged).map(|()| Node::Tagged)
    }
}

/// Puts what the merge key names beside the mapping's own entries, which win, as does the first of several mappings.
fn merge(mut entries: BTreeMap<String, Node>) -> Result<BTreeMap<String, Node>, &'static str> {
    let sources = match entries.remove("<<") {
        None | Some(Node::Null) => return Ok(entries),
        Some(Node::List(items)) => items,
        Some(node) => vec![node],
    };
    for source in sources {
        let Node::Mapping(source) = source else {
            return Err("only mappings can be merged with <<");
        };
        for (key, value) in source {
            entries.entry(key).or_insert(value);
        }
    }
    Ok(entries)
}

/// Walks along the path and fails at the last key of it. It does not matter how the probe ends elsewhere.
struct Probe<'a> {
    path: &'a [&'a str],
    budget: Budget<'a>,
    found: &'a Cell<bool>,
}

impl Probe<'_> {
    fn arrive(&self, key: &str) -> Result<(), String> {
        let here = self.path.len() == 1 && self.path.first() == Some(&key);
        self.found.set(here);
        if here { Err("here".to_owned()) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping on the way to a key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, below)) = self.path.split_first() else {
            return Ok(());
        };
        let check = |key: &str| self.arrive(key);
        while let Some(key) = map.next_key_seed(Key { budget: self.budget, check: &check })? {
            if key.as_deref() == Some(first) {
                return map.next_value_seed(Probe { path: below, ..self });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Node {
        Node::Text(value.to_owned())
    }

    fn mapping<const N: usize>(entries: [(&str, Node); N]) -> Node {
        Node::Mapping(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    fn fails(yaml: &str) -> (usize, usize, String) {
        let error = section(yaml, "a").unwrap_err();
        (error.position.line, error.position.column, error.message)
    }

    #[test]
    fn empty_texts_and_missing_sections_are_null() {
        for yaml in ["", "# only a comment\n", "---\n", "a:\n", "a: ~\n", "b: 1\n", "null\n", "{}"] {
            assert_eq!(section(yaml, "a").unwrap(), Node::Null, "{yaml:?}");
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let yaml =
            "\u{feff}a: {n: ~, t: true, i: -3, h: 0x10, f: 1.5, s: yes, q: '7', l: [1], g: !x 1, m: {1: x}}";
        let expected = mapping([
            ("n", Node::Null),
            ("t", Node::Bool(true)),
            ("i", Node::Integer(-3)),
            ("h", Node::Integer(16)),
            ("f", Node::Float(1.5)),
            ("s", text("yes")),
            ("q", text("7")),
            ("l", Node::List(vec![Node::Integer(1)])),
            ("g", Node::Tagged),
            ("m", mapping([("1", text("x"))])),
        ]);
        assert_eq!(section(yaml, "a").unwrap(), expected);
    }

    #[test]
    fn what_other_programs_have_at_the_top_is_skipped() {
        let yaml =
            "[1, 2]: x\n{k: v}: y\n!t k: z\nb: {x: 1, x: 2}\nc: !include other\n1: 2\nb: again\na: 5\n~: 0\n";
        assert_eq!(section(yaml, "a").unwrap(), Node::Integer(5));
    }

    #[test]
    fn errors_have_the_position_of_what_is_wrong() {
        assert_eq!(fails("b: 1\na:\n  k: 1\n  l: 2\n  k: 3\n").0, 5);
        assert_eq!(fails("a: 1\nb: 2\na: 3\n").0, 3);
        assert_eq!(fails("a:\n  ? [1]\n  : 2\n").2, "a: a key has to be plain text here");
        assert_eq!(fails("- a\n").0, 1);
        let (line, _, message) = fails("a: 1\nb: [1, 2\nc: 3\n");
        assert!(line >= 2 && message.contains("did not find expected"), "{message}");
        assert!(!message.contains(" at line 3 column 1"), "{message}");
    }

    #[test]
    fn a_file_that_is_one_text_is_not_repeated() {
        for yaml in ["hunter2", "'hunter2'", "12345", "1.5", "-7"] {
            let (line, column, message) = fails(yaml);
            assert_eq!((line, column), (1, 1));
            assert!(message.contains("a single value") && !message.contains(yaml), "{message}");
        }
    }

    #[test]
    fn merge_keys_fill_in_what_is_missing() {
        let yaml = "x: &x {k: 1, l: 2}\ny: &y {l: 3, m: 4}\na: {<<: [*x, *y], k: 0}\n";
        let expected = mapping([("k", Node::Integer(0)), ("l", Node::Integer(2)), ("m", Node::Integer(4))]);
        assert_eq!(section(yaml, "a").unwrap(), expected);
        assert!(fails("a: {<<: 1}").2.contains("only mappings"));
    }

    #[test]
    fn keys_are_located_where_they_stand() {
        let yaml = "b: {k: 0}\na:\n  é: 0\n  k:\n    l: 1\n  m: {x: 1, l: 2}\n";
        let at = |path: &[&str]| {
            let Position { line, column } = locate(yaml, path);
            (line, column)
        };
        assert_eq!(at(&[]), (1, 1));
        assert_eq!(at(&["a"]), (2, 1));
        assert_eq!(at(&["a", "k", "l"]), (5, 5));
        assert_eq!(at(&["a", "m", "l"]), (6, 13));
        assert_eq!(at(&["a", "m", "missing"]), (6, 3), "the nearest key above");
    }

    #[test]
    fn merged_and_aliased_keys_are_located() {
        let yaml = "x: &x\n  l: 1\na:\n  <<: *x\n";
        assert_eq!(locate(yaml, &["a", "l"]), Position { line: 4, column: 3 });
        let yaml = "x: &x\n  l: 1\na: *x\n";
        assert_eq!(locate(yaml, &["a", "l"]), Position { line: 2, column: 3 });
    }

    #[test]
    fn bombs_are_defused() {
        let mut laughs = "x0: &x0 [ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for i in 1..20 {
            let alias = format!("*x{}", i - 1);
            laughs += &format!("x{i}: &x{i} [{}]\n", [alias.as_str(); 8].join(", "));
        }
        assert!(fails(&format!("{laughs}a: *x19\n")).2.contains("repetition limit"));
        assert_eq!(section(&format!("{laughs}a: 1\n"), "a").unwrap(), Node::Integer(1));

        let long = "x".repeat(400_000);
        let copies = "*l, ".repeat(100_000);
        assert!(fails(&format!("l: &l {long}\na: [{copies}]\n")).2.contains("aliases"));
        assert!(fails(&format!("l: &l {long}\n{}", "*l : 1\n".repeat(50_000))).2.contains("aliases"));
        assert!(fails(&format!("a: {}", "[".repeat(100_000))).2.contains("limit"));
        assert!(section("a: &a [*a]", "a").is_err());
    }
}
