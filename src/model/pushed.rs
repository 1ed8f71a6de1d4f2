//! What an app tells devices that are connected, past all chats: an event of its own. Nothing of it is kept.

use super::text::{TextError, checked};
use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;

/// Longest kind of an event, in characters.
pub const PUSHED_KIND_CHARS_MAX: usize = 64;
/// Most of what an event carries, in bytes of JSON without white space between its parts.
pub const PUSHED_DATA_BYTES_MAX: usize = 4_096;
/// Lists and objects inside each other in what an event carries: readers of JSON follow no further than some depth.
pub const PUSHED_DATA_DEPTH_MAX: usize = 64;

checked! {
    /// What kind of event an app tells: 1–64 characters `a-z A-Z 0-9 _ . -`, as the app likes.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.-]+$", example = "order.shipped")]
    PushedKind, |text| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-');
        if (1..=PUSHED_KIND_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(TextError("the kind of an event has 1 to 64 characters out of a-z A-Z 0-9 _ . -"))
        }
    }
}

/// What an event of an app carries: any JSON. In JSON it stands as it is, in postcard as its text.
#[derive(Clone, Debug, utoipa::ToSchema)]
#[schema(value_type = serde_json::Value, example = json!({"order": 4711}))]
pub struct PushedData(Box<RawValue>);

/// Why something cannot be what an event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushedDataError {
    /// It is too large.
    #[error("`data` has {0} bytes without white space, and {max} are allowed; tell where the rest is", max = PUSHED_DATA_BYTES_MAX)]
    Bytes(usize),
    /// It goes too deep.
    #[error("`data` has more than {max} lists and objects inside each other; make it flatter", max = PUSHED_DATA_DEPTH_MAX)]
    Depth,
}

impl PushedData {
    /// What a sender gave, without the white space between its parts; numbers, order and escapes stay as they came.
    pub fn compact(given: &RawValue) -> Result<Self, PushedDataError> {
        let (mut text, mut depth) = (String::with_capacity(given.get().len()), 0_usize);
        let (mut quoted, mut escaped) = (false, false);
        for c in given.get().chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = quoted,
                '"' => quoted = !quoted,
                _ if quoted => {}
                ' ' | '\t' | '\n' | '\r' => continue,
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > PUSHED_DATA_DEPTH_MAX {
                return Err(PushedDataError::Depth);
            }
            text.push(c);
        }
        if text.len() > PUSHED_DATA_BYTES_MAX {
            return Err(PushedDataError::Bytes(text.len()));
        }
        // What was JSON is JSON without the white space.
        Ok(RawValue::from_string(text).map_or_else(|_| Self::null(), Self))
    }

    /// Nothing.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for PushedData {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for PushedData {}

impl Serialize for PushedData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { self.0.serialize(serializer) } else { self.as_str().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for PushedData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Box::<RawValue>::deserialize(deserializer).map(Self);
        }
        RawValue::from_string(String::deserialize(deserializer)?).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(text: &str) -> Result<String, PushedDataError> {
        PushedData::compact(&RawValue::from_string(text.to_owned()).unwrap()).map(|data| data.as_str().to_owned())
    }

    #[test]
    fn white_space_goes_between_parts_and_stays_inside_of_texts() {
        let text = "{ \"a b\" : [ 1.50 ,\r\n\t2e3, \"c \\\" [ {\\\\\" , true ] }";
        assert_eq!(compacted(text).unwrap(), "{\"a b\":[1.50,2e3,\"c \\\" [ {\\\\\",true]}");
        assert_eq!(compacted(" 12345678901234567890123 ").unwrap(), "12345678901234567890123");
        assert_eq!(compacted("\"\\\\\" ").unwrap(), "\"\\\\\"");
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_refused() {
        assert_eq!(compacted(&format!("\"{}\"", "x".repeat(4_094))).unwrap().len(), 4_096);
        assert_eq!(compacted(&format!("\"{}\"", "x".repeat(4_095))), Err(PushedDataError::Bytes(4_097)));
        assert!(compacted(&format!("[{}]", " ".repeat(10_000))).is_ok());
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(compacted(&deep(PUSHED_DATA_DEPTH_MAX)).is_ok());
        assert_eq!(compacted(&deep(PUSHED_DATA_DEPTH_MAX + 1)), Err(PushedDataError::Depth));
        assert!(compacted(&format!("\"{}\"", "[".repeat(100))).is_ok());
    }
}
