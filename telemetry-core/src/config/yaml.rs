//! The only module that knows the YAML library: one section of a file as a bounded tree with the position of each key, and a text
//! as it is written into one.
//!
//! The library gives no positions with what it reads, but it attaches to every error the position of what was being
//! read. So each key is taken note of and then refused: the error that comes back says where the key stands, and the
//! library goes on after it. The library is finished and no longer changes, and the tests below hold it to this.
//!
//! A file from a stranger may try to be larger than it looks, by aliases. What is outside the section is skipped
//! without following them, and inside it a budget counts every value that is visited.

mod any;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use any::{Any, Take};

/// How much may be read: one for each value, one for each byte of text, and for each key also the bytes of the keys
/// above it, which the library copies into the error that gives its place. A real section needs some thousands.
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
    Mapping(BTreeMap<String, Entry>),
    /// A value with a tag of its own, such as `!include other.yml`.
    Tagged,
}

/// A value with the place of its key; one that was merged in stands where it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Position,
    pub(super) value: Node,
}

/// A place in the text; both count from 1, and the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What the library had to say about a text.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) at: Position,
    pub(super) message: String,
    pub(super) cause: serde_yaml::Error,
}

/// Reads the value of one top-level key; a missing one is null, like an empty text.
pub(super) fn section(text: &str, name: &str) -> Result<Entry, YamlError> {
    find_section(text, name).map(|section| section.unwrap_or(NO_SECTION))
}

/// Reads the value of one top-level key, if there is that key.
pub(super) fn find_section(text: &str, name: &str) -> Result<Option<Entry>, YamlError> {
    let state = State { left: Cell::new(BUDGET), culprit: Cell::new(None) };
    let section = Section { name, state: &state };
    let document = serde_yaml::Deserializer::from_str(text);
    Any(section).deserialize(document).map_err(|cause| YamlError::new(cause, &state))
}

/// A text as it stands in a file, always in quotes: others read the same file, and some of them take `on` for a switch and `12:30` for
/// a number.
pub(super) fn scalar(text: &str) -> String {
    let written = serde_yaml::to_string(text).unwrap_or_else(|_| format!("{text:?}"));
    let written = written.trim_end_matches('\n');
    let quoted = written.starts_with(['\'', '"']);
    if quoted { written.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

impl Position {
    /// Where a text begins.
    const START: Self = Self { line: 1, column: 1 };

    fn of(error: &serde_yaml::Error) -> Self {
        error.location().map_or(Self::START, |at| Self { line: at.line(), column: at.column() })
    }

    /// The position in the message of an error, for where the type of the error is not known to be the library's own.
    /// The library leaves out the very first position.
    fn in_message(message: &str) -> Option<Self> {
        let (_, position) = message.rsplit_once(" at line ")?;
        let (line, column) = position.split_once(" column ")?;
        Some(Self { line: line.parse().ok()?, column: column.parse().ok()? })
    }
}

impl YamlError {
    /// The library ends its messages with the position, which is reported on its own.
    fn new(cause: serde_yaml::Error, state: &State) -> Self {
        let own = Position::of(&cause);
        let mut message = cause.to_string();
        if let Some(start) = message.find(&format!(" at line {} column {}", own.line, own.column)) {
            message.truncate(start);
        }
        Self { at: state.culprit.get().unwrap_or(own), message: readable(&message), cause }
    }
}

/// The library puts the keys on the way before its messages, as they stand in the text: of any length, and with
/// characters that a terminal would obey.
fn readable(message: &str) -> String {
    let longest = 200;
    let start = message.char_indices().rev().nth(longest).map_or(0, |(start, _)| start);
    let cut = if start > 0 { "…" } else { "" };
    cut.to_owned() + &message[start..].replace(char::is_control, "\u{fffd}")
}

impl fmt::Display for Node {
    /// What stands there, for the end of "expected …, found".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(_) => f.write_str("a list"),
            Self::Mapping(_) => f.write_str("a mapping"),
            Self::Tagged => f.write_str("a value with a tag"),
        }
    }
}

/// What everything that reads one text shares.
struct State {
    /// What is left of the budget.
    left: Cell<usize>,
    /// The key that is to blame for an error which the library would report at the mapping around it.
    culprit: Cell<Option<Position>>,
}

impl State {
    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(bytes + 1);
        self.left.set(
            left.ok_or_else(|| {
                E::custom("aliases or long keys make this larger than a configuration may be")
            })?,
        );
        Ok(())
    }

    fn twice<E: Error>(&self, at: Position, key: &str) -> E {
        self.culprit.set(Some(at));
        E::custom(format_args!("the key {key:?} stands here a second time"))
    }

    /// The next key of a mapping with its place; the text is `None` for a key that is a list, a mapping or tagged.
    fn next_key<'de, A: MapAccess<'de>>(
        &self,
        map: &mut A,
        above: usize,
    ) -> Result<Option<(Option<String>, Position)>, A::Error> {
        let noted = Cell::new(None);
        match map.next_key_seed(Any(Key { state: self, above, noted: &noted })) {
            Ok(None) => Ok(None),
            Ok(Some(())) => Ok(Some((None, Position::START))),
            Err(error) => match noted.take() {
                Some(key) => {
                    let at = Position::in_message(&error.to_string()).unwrap_or(Position::START);
                    Ok(Some((Some(key), at)))
                }
                None => Err(error),
            },
        }
    }
}

/// Reads the top level and keeps the value of one key. The other keys belong to other programs.
struct Section<'a> {
    name: &'a str,
    state: &'a State,
}

/// The section of a text that has none.
const NO_SECTION: Entry = Entry { at: Position::START, value: Node::Null };

impl<'de> Take<'de> for Section<'_> {
    type Out = Option<Entry>;

    /// Does not repeat what is there, which is a secret when the wrong file was named.
    fn scalar<E: Error>(self, scalar: Node) -> Result<Option<Entry>, E> {
        match scalar {
            Node::Null => Ok(None),
            _ => Err(E::custom(format_args!(
                "expected a mapping with the key {:?}, found a single value",
                self.name
            ))),
        }
    }

    fn list<A: SeqAccess<'de>>(self, _: A) -> Result<Option<Entry>, A::Error> {
        Err(A::Error::custom(format_args!("expected a mapping with the key {:?}, found a list", self.name)))
    }

    fn mapping<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Entry>, A::Error> {
        let mut section = None;
        while let Some((key, at)) = self.state.next_key(&mut map, 0)? {
            if key.as_deref() != Some(self.name) {
                map.next_value::<IgnoredAny>()?;
            } else if section.is_some() {
                return Err(self.state.twice(at, self.name));
            } else {
                let seed = Any(Value { state: self.state, above: self.name.len() });
                section = Some(Entry { at, value: map.next_value_seed(seed)? });
            }
        }
        Ok(section)
    }

    fn tagged<A: EnumAccess<'de>>(self, _: A) -> Result<Option<Entry>, A::Error> {
        Err(A::Error::custom(format_args!("expected a mapping with the key {:?}, found a tag", self.name)))
    }
}

/// Notes a key as text, whatever scalar it is, and then fails on purpose, so that its place comes to light.
struct Key<'a> {
    state: &'a State,
    /// The length of the keys above.
    above: usize,
    noted: &'a Cell<Option<String>>,
}

impl<'de> Take<'de> for Key<'_> {
    type Out = ();

    fn scalar<E: Error>(self, scalar: Node) -> Result<(), E> {
        let key = match scalar {
            Node::Text(text) => text,
            Node::Null => "null".to_owned(),
            other => other.to_string(),
        };
        self.state.spend(self.above + key.len())?;
        self.noted.set(Some(key));
        Err(E::custom(""))
    }

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        IgnoredAny.visit_seq(seq).map(drop)
    }

    fn mapping<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        IgnoredAny.visit_map(map).map(drop)
    }

    fn tagged<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        skip_tagged(tagged)
    }
}

fn skip_tagged<'de, A: EnumAccess<'de>>(tagged: A) -> Result<(), A::Error> {
    let (IgnoredAny, value) = tagged.variant()?;
    value.newtype_variant::<IgnoredAny>().map(drop)
}

/// Reads any value into a [`Node`].
#[derive(Clone, Copy)]
struct Value<'a> {
    state: &'a State,
    /// The length of the keys above.
    above: usize,
}

impl<'de> Take<'de> for Value<'_> {
    type Out = Node;

    fn scalar<E: Error>(self, scalar: Node) -> Result<Node, E> {
        let bytes = if let Node::Text(text) = &scalar { text.len() } else { 0 };
        self.state.spend(bytes)?;
        Ok(scalar)
    }

    fn list<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        self.state.spend(0)?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Any(self))? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn mapping<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        self.state.spend(0)?;
        let mut entries = BTreeMap::new();
        while let Some((key, at)) = self.state.next_key(&mut map, self.above)? {
            let key = key.ok_or_else(|| A::Error::custom("a key has to be plain text here"))?;
            if entries.contains_key(&key) {
                return Err(self.state.twice(at, &key));
            }
            let below = Any(Value { above: self.above + key.len(), ..self });
            entries.insert(key, Entry { at, value: map.next_value_seed(below)? });
        }
        merge(entries).map(Node::Mapping).map_err(A::Error::custom)
    }

    fn tagged<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        self.state.spend(0)?;
        skip_tagged(tagged).map(|()| Node::Tagged)
    }
}

/// Puts what the merge key names beside the mapping's own entries, which win, as does the first of several mappings.
fn merge(mut entries: BTreeMap<String, Entry>) -> Result<BTreeMap<String, Entry>, &'static str> {
    let sources = match entries.remove("<<").map(|entry| entry.value) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The values alone, as the library's own type: positions have a test of their own.
    fn value(yaml: &str) -> serde_yaml::Value {
        plain(section(yaml, "a").unwrap().value)
    }

    fn plain(node: Node) -> serde_yaml::Value {
        use serde_yaml::Value;
        match node {
            Node::Null => Value::Null,
            Node::Bool(value) => value.into(),
            Node::Integer(value) => i64::try_from(value).unwrap().into(),
            Node::Float(value) => value.into(),
            Node::Text(value) => value.into(),
            Node::List(items) => items.into_iter().map(plain).collect::<Vec<_>>().into(),
            Node::Mapping(entries) => Value::Mapping(
                entries.into_iter().map(|(key, entry)| (key.into(), plain(entry.value))).collect(),
            ),
            Node::Tagged => "tagged".into(),
        }
    }

    fn parsed(yaml: &str) -> serde_yaml::Value {
        serde_yaml::from_str(yaml).unwrap()
    }

    fn fails(yaml: &str) -> (usize, usize, String) {
        let error = section(yaml, "a").unwrap_err();
        (error.at.line, error.at.column, error.message)
    }

    #[test]
    fn empty_texts_and_missing_sections_are_null() {
        for yaml in ["", "# only a comment\n", "---\n", "a:\n", "a: ~\n", "b: 1\n", "null\n", "{}"] {
            assert_eq!(section(yaml, "a").unwrap().value, Node::Null, "{yaml:?}");
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let values = "n: ~, t: true, i: -3, h: 0x10, f: 1.5, s: yes, q: '7', l: [1]";
        let yaml = format!("\u{feff}a: {{{values}, g: !x 1, m: {{1: x}}}}");
        assert_eq!(value(&yaml), parsed(&format!("{{{values}, g: tagged, m: {{'1': x}}}}")));
    }

    #[test]
    fn what_other_programs_have_at_the_top_is_skipped() {
        let yaml =
            "[1, 2]: x\n{k: v}: y\n!t k: z\nb: {x: 1, x: 2}\nc: !include other\n1: 2\nb: again\na: 5\n~: 0\n";
        assert_eq!(section(yaml, "a").unwrap().value, Node::Integer(5));
    }

    #[test]
    fn errors_have_the_position_of_what_is_wrong() {
        let twice = "a: the key \"k\" stands here a second time".to_owned();
        assert_eq!(fails("b: 1\na:\n  k: 1\n  l: 2\n  k: 3\n"), (5, 3, twice));
        assert_eq!(fails("a: 1\nb: 2\na: 3\n").0, 3);
        assert_eq!(fails("a:\n  ? [1]\n  : 2\n").2, "a: a key has to be plain text here");
        assert_eq!(fails("- a\n").0, 1);
        let (line, _, message) = fails("a: 1\nb: [1, 2\nc: 3\n");
        assert!(line >= 2 && message.contains("did not find expected"), "{message}");
        assert!(!message.contains(" at line 3 column 1"), "{message}");
    }

    #[test]
    fn messages_are_short_and_printable() {
        let long = "é".repeat(100_000);
        for key in ["\\e[31m", &long] {
            let (_, _, message) = fails(&format!("a: {{? \"{key}\" : {{k: 1, k: 2}}}}"));
            assert!(message.ends_with("the key \"k\" stands here a second time"), "{message}");
            assert!(message.chars().count() < 300 && !message.contains(char::is_control), "{message}");
        }
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
        assert_eq!(value(yaml), parsed("{k: 0, l: 2, m: 4}"));
        assert!(fails("a: {<<: 1}").2.contains("only mappings"));
    }

    #[test]
    fn keys_are_located_where_they_stand() {
        let at = |yaml: &str, path: &[&str]| {
            let start = section(yaml, "a").unwrap();
            let end = path.iter().fold(start, |entry, name| match entry.value {
                Node::Mapping(mut entries) => entries.remove(*name).unwrap(),
                other => panic!("{other:?} has no {name}"),
            });
            (end.at.line, end.at.column)
        };
        let yaml = "b: {k: 0}\na:\n  é: 0\n  k:\n    l: 1\n  m: {ü: 1, l: 2}\n";
        assert_eq!(at(yaml, &[]), (2, 1));
        assert_eq!(at(yaml, &["k", "l"]), (5, 5));
        assert_eq!(at(yaml, &["m", "l"]), (6, 13));
        assert_eq!(at("a: 1", &[]), (1, 1));
        assert_eq!(at("{a: {k: 1}}", &["k"]), (1, 6));
        assert_eq!(at("x: &x\n  l: 1\na:\n  <<: *x\n", &["l"]), (2, 3), "merged");
        assert_eq!(at("x: &x\n  l: 1\na: *x\n", &["l"]), (2, 3), "aliased");
        assert_eq!(at("x: &k l\na:\n  *k : 1\n", &["l"]), (1, 4), "an aliased key");
    }

    #[test]
    fn bombs_are_defused() {
        let mut laughs = "x0: &x0 [ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for i in 1..20 {
            let alias = format!("*x{}", i - 1);
            laughs += &format!("x{i}: &x{i} [{}]\n", [alias.as_str(); 8].join(", "));
        }
        assert!(fails(&format!("{laughs}a: *x19\n")).2.contains("repetition limit"));
        assert_eq!(value(&format!("{laughs}a: 1\n")), parsed("1"));

        let long = "x".repeat(400_000);
        let copies = "*l, ".repeat(100_000);
        assert!(fails(&format!("l: &l {long}\na: [{copies}]\n")).2.contains("aliases"));
        assert!(fails(&format!("l: &l {long}\n{}", "*l : 1\n".repeat(50_000))).2.contains("aliases"));
        assert!(fails(&format!("a: {}", "[".repeat(1000))).2.contains("limit"));
        let keys: String = (0..50_000).map(|i| format!("{i}: 1, ")).collect();
        assert!(fails(&format!("a: {{? {long} : {{{keys}}}}}")).2.contains("long keys"));
        assert!(section("a: &a [*a]", "a").is_err());
    }
}
