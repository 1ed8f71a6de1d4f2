//! Checked strings: parsed once at the border, valid for ever.

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Longest user id, in characters (all of them ASCII).
pub const USER_ID_CHARS_MAX: usize = 64;
/// Longest title of a group, display name or device name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 256;
/// Longest line, in bytes of UTF-8.
pub const LINE_BYTES_MAX: usize = 512;
/// Longest paragraph, in bytes of UTF-8.
pub const PARAGRAPH_BYTES_MAX: usize = 4_096;
/// Longest invite code, in characters.
pub const INVITE_CODE_CHARS_MAX: usize = 48;
/// Largest `extra`: the bytes of all its keys and values.
pub const EXTRA_BYTES_MAX: usize = 4_096;
/// Longest emoji of a reaction, in bytes of UTF-8 (a family with skin tones has 41).
pub const EMOJI_BYTES_MAX: usize = 64;
/// Longest device id, in characters.
pub const DEVICE_ID_CHARS_MAX: usize = 64;

/// Why a string is not what it should be; the text says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TextError(pub &'static str);

/// Declares a checked string type over a short-string representation.
macro_rules! checked {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
        $(#[$doc])*
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// Checks `text`; the error says what is allowed.
            pub fn new(text: impl AsRef<str>) -> Result<Self, TextError> {
                let text = text.as_ref();
                let check: fn(&str) -> Result<(), TextError> = $check;
                check(text)?;
                Ok(Self(CompactString::new(text)))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Self::new(s)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = CompactString::deserialize(deserializer)?;
                Self::new(text.as_str()).map_err(de::Error::custom)
            }
        }
    };
}

pub(super) use checked;

checked! {
    /// The id of a user: 1–64 characters `A-Z a-z 0-9 _ . @ -`, unique in its app, compared without regard to case
    /// (see [`UserId::folded`]), chosen by whoever creates the user.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.@-]+$", example = "ada")]
    UserId, |text| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'@' | b'-');
        if (1..=USER_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(TextError("a user id has 1 to 64 characters out of A-Z a-z 0-9 _ . @ -"))
        }
    }
}

impl UserId {
    /// The form in which ids are compared and looked up: lower case.
    pub fn folded(&self) -> CompactString {
        self.0.to_ascii_lowercase()
    }
}

checked! {
    /// Where pages of another system come from: `https://host`, with the port where it is not 443, as browsers send it in
    /// `Origin`. Plain `http://` is for this machine alone.
    #[schema(value_type = String, max_length = 270, example = "https://shop.example")]
    WebOrigin, super::origin::check
}

checked! {
    /// A name that people read: the title of a group, a display name, the name of a device. 1–256 bytes, no control characters,
    /// not only white space.
    #[schema(value_type = String, min_length = 1, max_length = 256, example = "Ada's laptop")]
    Name, |text| {
        if (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) && !text.trim().is_empty() {
            Ok(())
        } else {
            Err(TextError("a name has 1 to 256 bytes of UTF-8, no control characters, and something to see"))
        }
    }
}

checked! {
    /// A line that people read and may leave out: a greeting, a place, a signature. 1–512 bytes, no control characters, not only
    /// white space.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    Line, |text| {
        if (1..=LINE_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) && !text.trim().is_empty() {
            Ok(())
        } else {
            Err(TextError("a line has 1 to 512 bytes of UTF-8, no control characters, and something to see"))
        }
    }
}

checked! {
    /// Some lines that people read: the introduction or notice of a group. 1–4,096 bytes, no control characters but line breaks
    /// and tabs, not only white space.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    Paragraph, |text| {
        let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
        if (1..=PARAGRAPH_BYTES_MAX).contains(&text.len()) && !text.chars().any(bad) && !text.trim().is_empty() {
            Ok(())
        } else {
            Err(TextError("a paragraph has 1 to 4096 bytes of UTF-8, no control characters but line breaks, and something to see"))
        }
    }
}

checked! {
    /// The secret part of an invite link, made by whoever makes the link: 16–48 characters `A-Z a-z 0-9 _ -`, best 22 random ones.
    #[schema(value_type = String, min_length = 16, max_length = 48, pattern = "^[A-Za-z0-9_-]+$")]
    InviteCode, |text| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
        if (16..=INVITE_CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(TextError("an invite code has 16 to 48 characters out of A-Z a-z 0-9 _ -; draw 22 at random"))
        }
    }
}

checked! {
    /// The emoji of a reaction: 1–64 bytes, no control characters, no white space.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "👍")]
    Emoji, |text| {
        let bad = |c: char| c.is_control() || c.is_whitespace();
        if (1..=EMOJI_BYTES_MAX).contains(&text.len()) && !text.chars().any(bad) {
            Ok(())
        } else {
            Err(TextError("an emoji has 1 to 64 bytes of UTF-8, without spaces"))
        }
    }
}

checked! {
    /// The stable id that a device made for itself: 1–64 characters `A-Z a-z 0-9 _ . -` (a UUID fits).
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.-]+$")]
    DeviceId, |text| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-');
        if (1..=DEVICE_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(TextError("a device id has 1 to 64 characters out of A-Z a-z 0-9 _ . -; a UUID fits"))
        }
    }
}

impl From<&UserId> for String {
    fn from(id: &UserId) -> Self {
        id.as_str().to_owned()
    }
}

/// Strings by name that an integrator keeps with a user, contact or group: at most 4,096 bytes of keys and values in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Extra(BTreeMap<String, String>);

impl Extra {
    /// Checks `map`; the error says what is allowed.
    pub fn new(map: BTreeMap<String, String>) -> Result<Self, TextError> {
        let bytes: usize = map.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > EXTRA_BYTES_MAX || map.keys().any(String::is_empty) {
            return Err(TextError("`extra` has at most 4096 bytes of keys and values in all, and no empty key"));
        }
        Ok(Self(map))
    }

    /// The strings by name.
    pub const fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(BTreeMap::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A secret that never reaches a log line: `Debug` and `Display` print only that it is there.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself; say so where you call it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
