//! Enums that grow: commands, queries, answers, results and bodies.
//!
//! A peer that does not know a kind must still be able to read the frame around it. So, in postcard, a growing enum travels as
//! `kind` (varint) and a length-prefixed byte string with the variant's fields; in JSON as usual, `{"kind":{…}}`. Reading one
//! never fails because of its content: an unknown kind, or a known kind with wrong fields, becomes [`Unreadable`], and whoever
//! reads decides what to answer.

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// What stands where a growing value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The kind's name (JSON) or number (postcard) as it came.
    pub kind: String,
    /// `None`: the kind is not known here. `Some`: the kind is known and this is what is wrong with its fields.
    pub reason: Option<String>,
}

/// Implemented by the `growing!` macro: the plain, externally tagged form of the enum.
pub trait Growing: Sized {
    /// Writes the plain form.
    fn plain_serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    /// Reads the plain form.
    fn plain_deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
    /// The variant that stands for what could not be read.
    fn unreadable(unreadable: Unreadable) -> Self;
}

/// Gives an enum marked `#[serde(remote = "Self")]`, with a last variant `#[serde(skip)] Unreadable(Unreadable)`, the encoding
/// of this module.
macro_rules! growing {
    ($name:ident) => {
        impl $crate::model::growing::Growing for $name {
            fn plain_serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
            fn plain_deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
            fn unreadable(unreadable: $crate::model::growing::Unreadable) -> Self {
                Self::Unreadable(unreadable)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::model::growing::serialize(self, serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::growing::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use growing;

/// The plain form as a serde value of its own.
struct Plain<T>(T);

impl<T: Growing> Serialize for Plain<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.plain_serialize(serializer)
    }
}

impl<'de, T: Growing> Deserialize<'de> for Plain<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::plain_deserialize(deserializer).map(Plain)
    }
}

/// A byte string for serde, written in one piece.
struct Blob<'a>(&'a [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Splits a postcard varint (u32) off the front.
fn split_varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let end = bytes.iter().position(|b| b & 0x80 == 0)?;
    if end > 4 {
        return None;
    }
    let value = bytes[..=end].iter().rev().fold(0u64, |value, b| value << 7 | u64::from(b & 0x7f));
    Some((u32::try_from(value).ok()?, &bytes[end + 1..]))
}

/// Writes `value` as this module's head describes.
pub fn serialize<T: Growing, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return value.plain_serialize(serializer);
    }
    let plain = postcard::to_allocvec(&Plain(value)).map_err(serde::ser::Error::custom)?;
    let (kind, fields) =
        split_varint(&plain).ok_or_else(|| serde::ser::Error::custom("an enum starts with its kind"))?;
    (kind, Blob(fields)).serialize(serializer)
}

/// Reads a value as this module's head describes; content that cannot be read becomes [`Unreadable`].
pub fn deserialize<'de, T: Growing, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    if deserializer.is_human_readable() {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        return Ok(from_json(raw.get()));
    }
    let (kind, fields) = <(u32, &'de [u8])>::deserialize(deserializer)?;
    Ok(from_postcard(kind, fields))
}

fn from_json<T: Growing>(raw: &str) -> T {
    match serde_json::from_str::<Plain<T>>(raw) {
        Ok(Plain(value)) => value,
        Err(error) => {
            let kind = json_kind(raw);
            let known = variants::<T>().contains(&kind.as_str());
            T::unreadable(Unreadable { reason: known.then(|| error.to_string()), kind })
        }
    }
}

fn from_postcard<T: Growing>(kind: u32, fields: &[u8]) -> T {
    let names = variants::<T>();
    let Some(name) = names.get(kind as usize) else {
        return T::unreadable(Unreadable { kind: kind.to_string(), reason: None });
    };
    let unreadable = |reason: String| T::unreadable(Unreadable { kind: (*name).to_owned(), reason: Some(reason) });
    let Ok(mut plain) = postcard::to_allocvec(&kind) else {
        return unreadable("the kind is too large".to_owned());
    };
    plain.extend_from_slice(fields);
    match postcard::take_from_bytes::<Plain<T>>(&plain) {
        Ok((Plain(value), [])) => value,
        Ok((_, rest)) => unreadable(format!("{} bytes are left over after its last field", rest.len())),
        Err(error) => unreadable(error.to_string()),
    }
}

/// The tag of an externally tagged JSON value: the only key of an object, or a plain string; empty when it is neither.
fn json_kind(raw: &str) -> String {
    struct Tag;
    impl<'de> Visitor<'de> for Tag {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with one key")
        }
        fn visit_str<E>(self, tag: &str) -> Result<String, E> {
            Ok(tag.to_owned())
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
            let tag = map.next_key::<String>()?.unwrap_or_default();
            while map.next_value::<de::IgnoredAny>().is_ok() && map.next_key::<de::IgnoredAny>()?.is_some() {}
            Ok(tag)
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_any(Tag).unwrap_or_default()
}

/// The names of the variants of a growing enum, in the order of their numbers, as serde's derive knows them.
pub fn variants<T: Growing>() -> &'static [&'static str] {
    match T::plain_deserialize(AskVariants) {
        Err(Names(names)) => names,
        Ok(_) => &[],
    }
}

/// A deserializer that reads nothing and reports, as its error, which variants it was asked for.
struct AskVariants;

#[derive(Debug)]
struct Names(&'static [&'static str]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
impl std::error::Error for Names {}
impl de::Error for Names {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for AskVariants {
    type Error = Names;
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Names> {
        Err(Names(&[]))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Names> {
        Err(Names(variants))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Whether `T` can be read from what it writes; used by tests of growing types.
pub fn round_trips<T: Growing + DeserializeOwned + Serialize + PartialEq>(value: &T) -> bool {
    let json = serde_json::to_string(value).ok().and_then(|text| serde_json::from_str::<T>(&text).ok());
    let bytes = postcard::to_allocvec(value).ok().and_then(|bytes| postcard::from_bytes::<T>(&bytes).ok());
    json.as_ref() == Some(value) && bytes.as_ref() == Some(value)
}
