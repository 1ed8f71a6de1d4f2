//! Refusals: the server understood and says no. A refusal is not a fault: it leaves nothing behind and tells the caller what to do.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Declares the closed list of codes with the meaning of each.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// The closed list of refusal codes. Each has one meaning; `docs/protocol.md` lists cause and cure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of the protocol.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What it means, in a sentence or two.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+),)+ }
            }
        }
    };
}

codes! {
    /// Nobody is logged in here, or the name or password is wrong.
    Unauthenticated = "unauthenticated",
    /// The session token is too old. Log in again.
    TokenExpired = "token_expired",
    /// The session was ended (signed out, replaced by another device, or the account changed). Log in again.
    SessionRevoked = "session_revoked",
    /// The account is suspended by an administrator.
    Suspended = "suspended",
    /// The account may read but not send, by decision of an administrator.
    Silenced = "silenced",
    /// The account may neither send nor receive contact requests.
    ContactsDisabled = "contacts_disabled",
    /// The caller's role does not allow this.
    Forbidden = "forbidden",
    /// There is no such thing, or the caller may not know of it.
    NotFound = "not_found",
    /// The named user does not belong to the conversation.
    NotMember = "not_member",
    /// The named user is not a contact.
    NotContact = "not_contact",
    /// The receiver has blocked the caller.
    Blocked = "blocked",
    /// The receiver takes messages from contacts only.
    Stranger = "stranger",
    /// The group is muted; only its owner and managers speak.
    Muted = "muted",
    /// The caller is silenced in this group for a time.
    SilencedInGroup = "silenced_in_group",
    /// The group takes no new members this way.
    ClosedGroup = "closed_group",
    /// The group is dissolved and can only be read.
    Dissolved = "dissolved",
    /// The group, or the list, has as many as it may have.
    Full = "full",
    /// A field has a value that is not allowed; the message names it.
    Invalid = "invalid",
    /// Something is larger than its limit; the message names the limit.
    TooLarge = "too_large",
    /// This server does not know, or does not offer, what was asked.
    Unsupported = "unsupported",
    /// It clashes with what is there (a name that is taken, a state that has moved on).
    Conflict = "conflict",
    /// The idempotency key was used before with another content. Use a new key for new content.
    IdempotencyConflict = "idempotency_conflict",
    /// The idempotency key carries a time outside the window. Synchronise, then use a new key if the message is not there.
    KeyExpired = "key_expired",
    /// More requests are in flight than the window of `welcome` allows. Wait for answers, then send again.
    WindowExceeded = "window_exceeded",
    /// Too many requests in a time. Wait for `retry_after_ms`, then send again, in order.
    RateLimited = "rate_limited",
    /// The server has more work than it can take. Wait for `retry_after_ms`, then send again, in order.
    Overloaded = "overloaded",
    /// It is not known whether the command took effect. Send it again with the same key.
    Unavailable = "unavailable",
    /// The server takes no writes now (disk full, or it is being maintained). Reading works.
    ReadOnly = "read_only",
    /// A frame of an unknown kind came. It was ignored.
    UnknownFrame = "unknown_frame",
    /// A frame could not be read. The connection is closed.
    BadFrame = "bad_frame",
    /// The client speaks another protocol or version. The connection is closed.
    ProtocolVersion = "protocol_version",
    /// The time for this has passed.
    Expired = "expired",
    /// The app or user has used up an allowance.
    QuotaExceeded = "quota_exceeded",
    /// A hook of another system said no; the message is its reason.
    HookRefused = "hook_refused",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A "no" with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct Refusal {
    /// What kind of no; stable.
    pub code: Code,
    /// A sentence for people: what is wrong and what to do.
    pub message: Cow<'static, str>,
    /// Try again after so many milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }

    /// The same, with the time after which to try again.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}
