//! Identifiers and counters, each its own type, so that a conversation is never mistaken for a user.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// Declares a newtype over an unsigned integer: transparent on the wire, ordered, printable.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
        )]
        $(#[$doc])*
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The number after this one; stays at the type's largest value.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

number! {
    /// A tenant: one system that uses this server. Every row, query and token belongs to exactly one.
    AppId(u32)
}

impl AppId {
    /// The app with id 1, created on first start; it holds the server's own accounts.
    pub const HOME: Self = Self(1);
}

number! {
    /// The numeric handle of a user: unique on this server across all apps, given once, never reused. Keys of stored rows use
    /// it; the wire never shows it (there a user is a [`super::UserId`]).
    UserHandle(u64)
}
number! {
    /// A conversation (direct chat or group), unique on this server across all apps.
    ConversationId(u64)
}
number! {
    /// One log-in of one device of one user.
    SessionId(u64)
}
number! {
    /// A key of an app: the lsn of the command that made it, so that no number comes twice.
    AppKeyId(u64)
}

number! {
    /// A token for MCP: the lsn of the command that made it, so that no number comes twice.
    McpTokenId(u64)
}

impl SessionId {
    /// Numbers from here on stand for keys of apps: no session ever gets one.
    const KEYS_FROM: u64 = 1 << 52;
    /// Numbers from here on and below those stand for tokens for MCP.
    const MCP_FROM: u64 = 1 << 51;

    /// What stands in place of a session when an app's key acts in a user's name.
    #[must_use]
    pub const fn of_key(key: AppKeyId) -> Self {
        Self(Self::KEYS_FROM | key.0)
    }

    /// The key that acts, when it is no session.
    #[must_use]
    pub const fn key(self) -> Option<AppKeyId> {
        if self.0 >= Self::KEYS_FROM { Some(AppKeyId(self.0 & (Self::KEYS_FROM - 1))) } else { None }
    }

    /// What stands in place of a session when a user acts through a token for MCP.
    #[must_use]
    pub const fn of_mcp(token: McpTokenId) -> Self {
        Self(Self::MCP_FROM | token.0)
    }

    /// The token for MCP that is used, when it is no session.
    #[must_use]
    pub const fn mcp(self) -> Option<McpTokenId> {
        if self.0 >= Self::MCP_FROM && self.0 < Self::KEYS_FROM {
            Some(McpTokenId(self.0 & (Self::MCP_FROM - 1)))
        } else {
            None
        }
    }
}
number! {
    /// A webhook into a conversation: the lsn of the command that made it.
    HookId(u64)
}
number! {
    /// A webhook of an app: the lsn of the command that made it.
    WebhookId(u64)
}
number! {
    /// A label of contacts, unique on this server.
    LabelId(u64)
}
number! {
    /// Log sequence number: the place of an accepted command in the one order of this server. Starts at 1, only grows.
    Lsn(u64)
}
number! {
    /// The place of an entry in its conversation: 1, 2, 3 … without gaps. 0 means "before the first".
    Seq(u64)
}
number! {
    /// How many *messages* (not notices) a conversation has up to and including an entry. Unread counts are differences of it.
    Ordinal(u64)
}
number! {
    /// Which data this is: random below 2^53, drawn when the data folder is created or restored.
    Epoch(u64)
}
number! {
    /// Milliseconds since 1970-01-01 UTC.
    Timestamp(u64)
}

impl Timestamp {
    /// As `2026-01-31T12:34:56.789Z` (RFC 3339). The calendar is Howard Hinnant's `civil_from_days`.
    #[must_use]
    pub fn utc(self) -> String {
        let (ms, seconds) = (self.0 % 1_000, self.0 / 1_000);
        let (second, minute, hour) = (seconds % 60, seconds / 60 % 60, seconds / 3_600 % 24);
        let days = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }

    /// Milliseconds from `earlier` to `self`; 0 when `earlier` is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The caller's idempotency key: 16 bytes, a UUID version 7 (RFC 9562), scoped to the acting user. A hyphenated string in JSON,
/// 16 raw bytes in postcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(
    value_type = String,
    pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    example = "0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f"
)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// A new key for the time `now`, with 74 random bits.
    pub fn new(now: Timestamp) -> Self {
        let seconds = now.0 / 1_000;
        let nanos = (now.0 % 1_000) as u32 * 1_000_000;
        Self(*Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)).as_bytes())
    }

    /// The time inside the key (its first 48 bits), in milliseconds since 1970-01-01 UTC.
    pub fn time(&self) -> Timestamp {
        let mut ms = [0; 8];
        ms[2..].copy_from_slice(&self.0[..6]);
        Timestamp(u64::from_be_bytes(ms))
    }

    /// Whether this is a UUID of version 7 and the standard variant.
    pub fn is_version_7(&self) -> bool {
        self.is_version(7)
    }

    /// What stands for a word of the caller's own choice on one route: a UUID of version 8, whose 122 free bits are a hash of both.
    /// Whoever finds two words with one hash has fooled nobody but themselves: keys are scoped to their user.
    pub fn of_word(route: &str, word: &str) -> Self {
        let hash = xxh3_128(format!("{route}\0{word}").as_bytes());
        Self(hash.to_be_bytes()).with_version(8)
    }

    /// Whether this stands for a word, and not for itself.
    pub fn is_word(&self) -> bool {
        self.is_version(8)
    }

    /// The key of version 7 for a time whose other bits are those of this one.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.0[..6].copy_from_slice(&time.0.to_be_bytes()[2..]);
        self.with_version(7)
    }

    fn is_version(&self, version: u8) -> bool {
        self.0[6] >> 4 == version && self.0[8] >> 6 == 0b10
    }

    fn with_version(mut self, version: u8) -> Self {
        self.0[6] = version << 4 | self.0[6] & 0x0f;
        self.0[8] = 0b1000_0000 | self.0[8] & 0x3f;
        self
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl FromStr for Key {
    type Err = uuid::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Ok(Self(*Uuid::parse_str(s)?.as_bytes()))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(|_| {
                de::Error::custom("a key is a UUID of version 7, for example 0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f")
            })
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

/// A file: 128 random bits, 32 hexadecimal digits in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, min_length = 32, max_length = 32, pattern = "^[0-9a-f]{32}$")]
pub struct MediaId(pub [u8; 16]);

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::hex(&self.0))
    }
}

impl FromStr for MediaId {
    type Err = super::TextError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wrong = super::TextError("the id of a file has 32 hexadecimal digits, in lower case");
        let digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if s.len() != 32 || !s.bytes().all(digit) {
            return Err(wrong);
        }
        u128::from_str_radix(s, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| wrong)
    }
}

impl Serialize for MediaId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for MediaId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_others_read_it() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_798_761_599_001, "2026-12-31T23:59:59.001Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(ms).utc(), text);
        }
    }

    #[test]
    fn what_stands_in_place_of_a_session_is_one_thing() {
        let (key, token, session) = (SessionId::of_key(AppKeyId(7)), SessionId::of_mcp(McpTokenId(7)), SessionId(7));
        assert_eq!((key.key(), key.mcp()), (Some(AppKeyId(7)), None));
        assert_eq!((token.key(), token.mcp()), (None, Some(McpTokenId(7))));
        assert_eq!((session.key(), session.mcp()), (None, None));
    }
}
