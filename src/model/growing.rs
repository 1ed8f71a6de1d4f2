//! Enums that grow: commands, queries, answers, results and bodies.
//!
//! A peer that does not know a kind must still be able to read the frame around it. So, in postcard, a growing enum travels as
//! `kind` (varint) and a length-prefixed byte string with the variant's fields; in JSON as usual, `{"kind":{…}}`. Reading one
//! never fails because of its content: an unknown kind, or a known kind with wrong fields, becomes [`Unreadable`], and whoever
//! reads decides what to answer.

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Longest name of an unknown kind that is kept: whoever sent it need not get a megabyte of it back.
pub const KIND_BYTES_MAX: usize = 64;
/// Longest description of what is wrong with a value that is kept.
pub const REASON_BYTES_MAX: usize = 256;

/// What stands where a growing value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The kind's name (JSON) or number (postcard) as it came, at most [`KIND_BYTES_MAX`].
    pub kind: String,
    /// `None`: the kind is not known here. `Some`: the kind is known and this is what is wrong with its fields, at most
    /// [`REASON_BYTES_MAX`]. It may quote what came: an answer to its sender, nothing for a log.
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
            let kind = json_tag(raw.as_bytes()).map(|(kind, _)| kind).unwrap_or_default();
            let known = variants::<T>().contains(&kind.as_str());
            T::unreadable(Unreadable { reason: known.then(|| shortened(error.to_string(), REASON_BYTES_MAX)), kind })
        }
    }
}

fn from_postcard<T: Growing>(kind: u32, fields: &[u8]) -> T {
    let Some(name) = variants::<T>().get(kind as usize) else {
        return T::unreadable(Unreadable { kind: kind.to_string(), reason: None });
    };
    let unreadable = |reason: String| T::unreadable(Unreadable { kind: (*name).to_owned(), reason: Some(reason) });
    let mut fields = postcard::Deserializer::from_bytes(fields);
    match T::plain_deserialize(Parts { kind, fields: &mut fields }) {
        Ok(value) => match fields.finalize() {
            Ok([]) => value,
            Ok(rest) => unreadable(format!("{} bytes are left over after its last field", rest.len())),
            Err(error) => unreadable(postcard_reason(&error)),
        },
        Err(error) => unreadable(postcard_reason(&error)),
    }
}

/// What postcard has to say, in words: it does not keep the sentences of our own checks.
pub fn postcard_reason(error: &postcard::Error) -> String {
    match error {
        postcard::Error::DeserializeUnexpectedEnd => "its bytes end before its last field does".to_owned(),
        postcard::Error::SerdeDeCustom => "a field has a value that is not allowed".to_owned(),
        other => other.to_string(),
    }
}

/// Cuts a text at `bytes_max`, between two characters.
pub fn shortened(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The plain form of a growing value in postcard, whose kind and fields came apart.
struct Parts<'a, 'de> {
    kind: u32,
    fields: &'a mut postcard::Deserializer<'de, postcard::de_flavors::Slice<'de>>,
}

impl<'de> Deserializer<'de> for Parts<'_, 'de> {
    type Error = postcard::Error;
    fn is_human_readable(&self) -> bool {
        false
    }
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(postcard::Error::WontImplement)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'a, 'de> de::EnumAccess<'de> for Parts<'a, 'de> {
    type Error = postcard::Error;
    type Variant = &'a mut postcard::Deserializer<'de, postcard::de_flavors::Slice<'de>>;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Self::Error> {
        Ok((seed.deserialize(self.kind.into_deserializer())?, self.fields))
    }
}

/// The tag of an externally tagged JSON value: the first key of an object and how many keys it has, or a plain string; `None`
/// when it is neither. The tag is cut at [`KIND_BYTES_MAX`].
pub fn json_tag(raw: &[u8]) -> Option<(String, usize)> {
    struct Tag;
    impl<'de> Visitor<'de> for Tag {
        type Value = (String, usize);
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with one key")
        }
        fn visit_str<E>(self, tag: &str) -> Result<Self::Value, E> {
            Ok((tag.to_owned(), 1))
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let Some((tag, de::IgnoredAny)) = map.next_entry::<String, de::IgnoredAny>()? else {
                return Err(de::Error::custom("the object is empty"));
            };
            let mut keys = 1;
            while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {
                keys += 1;
            }
            Ok((tag, keys))
        }
    }
    let mut json = serde_json::Deserializer::from_slice(raw);
    let (tag, keys) = json.deserialize_any(Tag).ok()?;
    json.end().ok()?;
    Some((shortened(tag, KIND_BYTES_MAX), keys))
}

/// The names of the variants of a growing enum, in the order of their numbers, as serde's derive knows them.
pub fn variants<T: Growing>() -> &'static [&'static str] {
    names::<Plain<T>>()
}

/// The names of the variants of any enum that serde's derive reads, in the order of their numbers.
pub fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    match T::deserialize(AskVariants) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `T` can be read from what it writes.
    fn round_trips<T: Growing + DeserializeOwned + Serialize + PartialEq>(value: &T) -> bool {
        let json = serde_json::to_string(value).ok().and_then(|text| serde_json::from_str::<T>(&text).ok());
        let bytes = postcard::to_allocvec(value).ok().and_then(|bytes| postcard::from_bytes::<T>(&bytes).ok());
        json.as_ref() == Some(value) && bytes.as_ref() == Some(value)
    }

    /// A growing enum as it is here, and the same one version later.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(remote = "Self", rename_all = "snake_case")]
    enum Old {
        First {
            number: u32,
            text: String,
        },
        Second(Vec<u8>),
        Third {},
        #[serde(skip)]
        Unreadable(Unreadable),
    }
    growing!(Old);

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(remote = "Self", rename_all = "snake_case")]
    enum New {
        First {
            number: u32,
            text: String,
        },
        Second(Vec<u8>),
        Third {},
        Fourth {
            inner: Old,
        },
        #[serde(skip)]
        Unreadable(Unreadable),
    }
    growing!(New);

    /// What stands around a growing value: it must be readable whatever the value is.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Around<T> {
        before: u64,
        value: Vec<T>,
        after: Option<String>,
    }

    fn around<T>(value: Vec<T>) -> Around<T> {
        Around { before: 7, value, after: Some("still here".to_owned()) }
    }

    fn news() -> Vec<New> {
        vec![
            New::First { number: 300, text: "é".to_owned() },
            New::Fourth { inner: Old::Second(vec![1, 2]) },
            New::Second(vec![0; 300]),
            New::Third {},
        ]
    }

    #[test]
    fn the_variant_for_the_unreadable_has_no_number_and_the_others_keep_theirs() {
        assert_eq!(variants::<Old>(), ["first", "second", "third"]);
        assert_eq!(variants::<New>(), ["first", "second", "third", "fourth"]);
        for (number, value) in
            [New::First { number: 0, text: String::new() }, New::Second(vec![]), New::Third {}].into_iter().enumerate()
        {
            assert_eq!(postcard::to_allocvec(&value).unwrap()[0], number as u8);
        }
        assert_eq!(
            postcard::to_allocvec(&New::Fourth { inner: Old::Third {} }).unwrap(),
            [3, 2, 2, 0],
            "kind 3, two bytes of fields: kind 2, no bytes"
        );
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        assert!(news().iter().all(round_trips));
    }

    #[test]
    fn an_unknown_kind_leaves_everything_around_it_readable() {
        let expected = |kind: &str| {
            around(vec![
                Old::First { number: 300, text: "é".to_owned() },
                Old::Unreadable(Unreadable { kind: kind.to_owned(), reason: None }),
                Old::Second(vec![0; 300]),
                Old::Third {},
            ])
        };
        let bytes = postcard::to_allocvec(&around(news())).unwrap();
        assert_eq!(postcard::from_bytes::<Around<Old>>(&bytes).unwrap(), expected("3"));
        let json = serde_json::to_string(&around(news())).unwrap();
        assert_eq!(serde_json::from_str::<Around<Old>>(&json).unwrap(), expected("fourth"));
    }

    #[test]
    fn a_known_kind_with_wrong_fields_says_what_is_wrong() {
        let reason = |value: Old| match value {
            Old::Unreadable(Unreadable { kind, reason: Some(reason) }) => (kind, reason),
            other => panic!("{other:?}"),
        };
        for (bytes, words) in [
            (&[0, 1, 5][..], "end before its last field"),
            (&[2, 1, 0], "1 bytes are left over"),
            (&[0, 4, 5, 2, 0xff, 0xff], "utf-8"),
        ] {
            let (_, reason) = reason(postcard::from_bytes(bytes).unwrap());
            assert!(reason.to_lowercase().contains(words), "{reason}");
        }
        for (json, words) in [
            (r#"{"first":{"number":5}}"#, "missing field `text`"),
            (r#"{"first":{"number":-1,"text":""}}"#, "invalid value"),
            (r#"{"third":null}"#, "invalid type"),
            (r#""third""#, "unit variant"),
            (r#"{"third":{},"first":{}}"#, "expected"),
            (r#"{"first":{"number":5,"number":6,"text":""}}"#, "duplicate field"),
        ] {
            let (kind, reason) = reason(serde_json::from_str(json).unwrap());
            assert!(kind == "first" || kind == "third");
            assert!(reason.contains(words), "{reason}");
        }
        for json in ["5", "null", "[]", "{}", r#"{"other":{}}"#, r#""other""#] {
            let value = serde_json::from_str::<Old>(json).unwrap();
            assert!(matches!(value, Old::Unreadable(Unreadable { reason: None, .. })), "{json}: {value:?}");
        }
    }

    #[test]
    fn what_is_quoted_of_an_unreadable_value_is_short() {
        let long = "é".repeat(10_000);
        let unknown = serde_json::from_str::<Old>(&format!(r#"{{"{long}":1}}"#)).unwrap();
        let wrong = serde_json::from_str::<Old>(&format!(r#"{{"first":"{long}"}}"#)).unwrap();
        for value in [unknown, wrong] {
            let Old::Unreadable(Unreadable { kind, reason }) = value else { panic!() };
            assert!(kind.len() <= KIND_BYTES_MAX + 3 && reason.unwrap_or_default().len() <= REASON_BYTES_MAX + 3);
        }
    }

    #[test]
    fn a_frame_that_ends_inside_a_growing_value_is_an_error() {
        let bytes = postcard::to_allocvec(&around(news())).unwrap();
        for end in 0..bytes.len() {
            assert!(postcard::from_bytes::<Around<Old>>(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn it_can_be_read_from_a_json_value_too() {
        let value = serde_json::to_value(around(news())).unwrap();
        assert_eq!(serde_json::from_value::<Around<New>>(value).unwrap(), around(news()));
    }

    #[test]
    fn varints_are_split_off_at_every_length() {
        for value in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, u32::MAX] {
            let mut bytes = postcard::to_allocvec(&value).unwrap();
            bytes.extend([0xaa, 0xbb]);
            assert_eq!(split_varint(&bytes), Some((value, &[0xaa, 0xbb][..])));
        }
        assert_eq!(split_varint(&[]), None);
        assert_eq!(split_varint(&[0x80]), None);
        assert_eq!(split_varint(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None, "above u32");
        assert_eq!(split_varint(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]), None, "six bytes");
    }
}
