//! One visitor for every place of a YAML text, so that each reader says only what it does with a scalar, a list, a
//! mapping and a tag.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::Node;

/// What a reader does with what it comes upon.
pub(super) trait Take<'de>: Sized {
    /// What it makes of it.
    type Out;

    fn scalar<E: Error>(self, scalar: Node) -> Result<Self::Out, E>;

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Out, A::Error>;

    fn mapping<A: MapAccess<'de>>(self, map: A) -> Result<Self::Out, A::Error>;

    fn tagged<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Out, A::Error>;
}

/// A reader as the library wants it.
pub(super) struct Any<T>(pub(super) T);

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Any<T> {
    type Value = T::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Any<T> {
    type Value = T::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    /// A text without anything in it.
    fn visit_none<E: Error>(self) -> Result<T::Out, E> {
        self.0.scalar(Node::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<T::Out, E> {
        self.0.scalar(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T::Out, E> {
        self.0.scalar(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T::Out, E> {
        self.0.scalar(Node::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T::Out, E> {
        self.0.scalar(Node::Integer(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<T::Out, E> {
        self.0.scalar(Node::Integer(value))
    }

    /// No setting comes near this size, so that the nearest number which fits is as wrong as the number itself.
    fn visit_u128<E: Error>(self, value: u128) -> Result<T::Out, E> {
        self.0.scalar(Node::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T::Out, E> {
        self.0.scalar(Node::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T::Out, E> {
        self.0.scalar(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T::Out, A::Error> {
        self.0.list(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Out, A::Error> {
        self.0.mapping(map)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<T::Out, A::Error> {
        self.0.tagged(tagged)
    }
}
