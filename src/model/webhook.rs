//! Webhooks of an app: addresses of another system where it is told what happens, as it happens.

use super::{AppId, Code, ConversationId, LogKind, Lsn, Name, Refusal, Sealed, Secret, Seq, Timestamp, limits};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A webhook of an app as it shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where events are posted. With `http:` only to networks that the operator allows.
    #[schema(value_type = String, max_length = 2048, example = "https://shop.example.org/chat-events")]
    pub url: Secret,
    /// What it is called.
    #[serde(default)]
    pub name: Option<Name>,
    /// Only events whose `type` is one of these, or begins with one that ends in `*`; all when it is empty. At most 64.
    #[serde(default)]
    #[schema(example = json!(["entry.text", "entry.member_*"]))]
    pub types: Vec<String>,
    /// Only events of these conversations; of all when it is empty. At most 100.
    #[serde(default)]
    pub conversations: Vec<ConversationId>,
    /// While it is off nothing is posted; once it is on again it goes on where it stopped, up to seven days back.
    #[serde(default = "on")]
    pub enabled: bool,
}

const fn on() -> bool {
    true
}

impl WebhookSettings {
    /// Whether they can be kept. Where the address leads is not looked at here.
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid = |words: String| Err(Refusal::new(Code::Invalid, words));
        let url = self.url.reveal();
        let reads = url.starts_with("https://") || url.starts_with("http://");
        if !reads || url.len() > limits::WEBHOOK_URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            let most = limits::WEBHOOK_URL_BYTES_MAX;
            return invalid(format!(
                "`url` must be an address such as https://example.org/path, of at most {most} bytes."
            ));
        }
        let most = limits::WEBHOOK_TYPES_MAX;
        let plain = |kind: &String| {
            let fits = (1..=64).contains(&kind.len());
            fits && kind
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'.' | b'*'))
        };
        if self.types.len() > most || !self.types.iter().all(plain) {
            return invalid(format!(
                "`types` has at most {most} kinds of events, such as `entry.text`, or beginnings of them with `*` at the end."
            ));
        }
        let most = limits::WEBHOOK_CONVERSATIONS_MAX;
        if self.conversations.len() > most {
            return invalid(format!("`conversations` has at most {most} conversations; leave it empty for all."));
        }
        Ok(())
    }

    /// Whether an event is wanted.
    pub fn wants(&self, kind: &str, conversation: ConversationId) -> bool {
        let of_kind = self.types.is_empty() || self.types.iter().any(|wanted| super::event::is_of(kind, wanted));
        of_kind && (self.conversations.is_empty() || self.conversations.contains(&conversation))
    }
}

/// A secret that signs, encrypted; the one before it signs too until its time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret {
    /// The secret.
    pub sealed: Sealed,
    /// Until when it signs; none: for as long as it is the newest.
    pub until: Option<Timestamp>,
}

/// Why the server has stopped posting to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStop {
    /// Its address answered 410 Gone.
    Gone,
    /// Nothing was taken for as long as an event is tried.
    Failing,
}

/// A webhook of an app as the app sees it; its secret is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookInfo {
    /// Its number.
    pub webhook: super::WebhookId,
    /// How it is.
    #[serde(flatten)]
    pub settings: WebhookSettings,
    /// Why the server has turned it off, if it has; turning it on again ends that.
    pub stopped: Option<WebhookStop>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when the secret before this one signs too.
    pub old_secret_until: Option<Timestamp>,
    /// Every command up to here is posted, or waits to be posted again.
    pub upto: Lsn,
    /// Events that wait: those that are posted again later, and those after them in their conversations.
    pub waiting: u32,
    /// Events that were given up and can be replayed.
    pub dead: u32,
    /// When an event was last taken.
    pub delivered: Option<Timestamp>,
    /// The last try that failed, also when the server was started since; another one may have been taken after it.
    pub failed: Option<WebhookFailure>,
    /// Events up to here may be missing: they were older than those that are kept when their turn came.
    pub gap: Option<Lsn>,
}

/// A try that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookFailure {
    /// When.
    pub at: Timestamp,
    /// What it came to, with the status of the answer when there was one; no words of the event's or the answer's own.
    pub why: String,
}

/// An event by its place: the command, and the how-manieth of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPosition {
    /// The command.
    pub lsn: Lsn,
    /// The how-manieth of its events, from 0.
    pub nth: u32,
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.lsn, self.nth)
    }
}

impl FromStr for EventPosition {
    type Err = &'static str;
    /// Reads it as it stands at the end of an event's id, which may stand before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.rsplit('.');
        let nth = parts.next().and_then(|part| part.parse().ok());
        let lsn = parts.next().and_then(|part| part.parse().ok());
        match (lsn, nth) {
            (Some(lsn), Some(nth)) => Ok(Self { lsn: Lsn(lsn), nth }),
            _ => Err("an event is `EPOCH.LSN.N`, as its `id` tells it"),
        }
    }
}

/// What is needed to make an event again: where it happened and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRef {
    /// Its place in the one order.
    pub position: EventPosition,
    /// The conversation.
    pub conversation: ConversationId,
    /// The entry; of a trim the first that is kept.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadLetter {
    /// The event's id; the event itself is made anew when it is replayed.
    pub id: String,
    /// The command.
    pub lsn: Lsn,
    /// Where it happened.
    pub conversation: ConversationId,
    /// The entry; of `entries.trimmed` the first that is kept.
    pub seq: Seq,
    /// How often it was tried.
    pub tries: u8,
    /// When it was given up.
    pub at: Timestamp,
    /// What the last try came to.
    pub why: String,
}

/// What became of events of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookChange {
    /// It waits: to be tried (again) at a time, or behind another event of its conversation.
    Waits {
        /// The event.
        event: EventRef,
        /// How often it was tried.
        tries: u8,
        /// When it was tried first.
        first: Option<Timestamp>,
        /// When it is tried next; what stands behind another one is tried when that is done.
        at: Option<Timestamp>,
    },
    /// It was taken, or is not wanted any more.
    Done {
        /// Where.
        conversation: ConversationId,
        /// Which.
        position: EventPosition,
    },
    /// It is given up.
    Dead {
        /// The event.
        event: EventRef,
        /// How often it was tried.
        tries: u8,
        /// What the last try came to; at most [`limits::WEBHOOK_WHY_CHARS_MAX`] characters.
        why: String,
    },
}

/// What the worker of a webhook has to note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookNote {
    /// Everything up to here is taken, or waits durably.
    pub upto: Option<Lsn>,
    /// When something was last taken.
    pub delivered: Option<Timestamp>,
    /// The last try that failed, when there was one since the last note; its words are cut to [`limits::WEBHOOK_WHY_CHARS_MAX`].
    pub failed: Option<WebhookFailure>,
    /// Events up to here may be missing.
    pub gap: Option<Lsn>,
    /// Nothing is posted any more, for this reason; passed over when the webhook was changed after this command, for what was answered
    /// was answered to a webhook that is no more.
    pub stop: Option<(WebhookStop, Lsn)>,
    /// At most [`limits::WEBHOOK_CHANGES_MAX`].
    pub changes: Vec<WebhookChange>,
}

/// A webhook: its app and its number.
pub type WebhookOf = (AppId, super::WebhookId);

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, types: &[&str], conversations: usize) -> WebhookSettings {
        WebhookSettings {
            url: Secret::new(url),
            name: None,
            types: types.iter().map(|kind| (*kind).to_owned()).collect(),
            conversations: (0..conversations as u64).map(ConversationId).collect(),
            enabled: true,
        }
    }

    #[test]
    fn settings_that_cannot_be_kept_are_refused() {
        let most = vec!["entry.text"; 64];
        for (good, wanted) in [
            (settings("https://example.org/x", &[], 0), true),
            (settings("http://10.0.0.1:8080/x?y=z", &most, 100), true),
            (settings("ftp://example.org/", &[], 0), false),
            (settings("https://example.org/a b", &[], 0), false),
            (settings(&format!("https://example.org/{}", "x".repeat(2_048)), &[], 0), false),
            (settings("https://example.org/", &[&most[..], &["x"]].concat(), 0), false),
            (settings("https://example.org/", &["Entry"], 0), false),
            (settings("https://example.org/", &[""], 0), false),
            (settings("https://example.org/", &[], 101), false),
        ] {
            assert_eq!(good.check().is_ok(), wanted, "{} {:?}", good.url.reveal(), good.types);
        }
    }

    #[test]
    fn what_is_wanted_is_of_a_kind_and_a_conversation() {
        let all = settings("https://example.org/", &[], 0);
        assert!(all.wants("entry.text", ConversationId(7)));
        let some = settings("https://example.org/", &["entry.member_*", "entry.text"], 3);
        assert!(some.wants("entry.text", ConversationId(2)) && some.wants("entry.member_joined", ConversationId(0)));
        assert!(!some.wants("entry.text", ConversationId(3)) && !some.wants("entry.texts", ConversationId(2)));
    }

    #[test]
    fn a_position_is_the_end_of_an_id() {
        let position = EventPosition { lsn: Lsn(17), nth: 2 };
        for text in ["17.2", "4503599627370496.17.2"] {
            assert_eq!(text.parse(), Ok(position));
        }
        assert_eq!(position.to_string(), "17.2");
        for bad in ["", "17", "17.", ".2", "a.b", "17.-2"] {
            assert!(bad.parse::<EventPosition>().is_err(), "{bad}");
        }
    }
}
