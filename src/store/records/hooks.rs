//! Rows of hooks: webhooks into conversations, webhooks of apps with what waits for them, and before-hooks.

use crate::model::{
    AppId, BeforeHook, ConversationId, EventPosition, HookId, LogKind, Lsn, Name, Sealed, Seq, SigningSecret,
    Timestamp, TokenHash, UserHandle, UserId, WebhookId, WebhookSettings, WebhookStop,
};
use serde::{Deserialize, Serialize};

/// A webhook into a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingRow {
    /// Its app.
    pub app: AppId,
    /// Where it posts.
    pub conversation: ConversationId,
    /// What it is called.
    pub name: Name,
    /// Who it posts as, a user of the kind `service`.
    pub user: UserHandle,
    /// Who made it.
    pub by: UserId,
    /// The hash of its secret.
    pub token: TokenHash,
    /// When it was made.
    pub created: Timestamp,
    /// How many posts it may still change.
    pub open: u32,
}

/// Which webhook has a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingTokenRow {
    /// The webhook.
    pub hook: HookId,
}

/// The secret that a webhook had before the one that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingOldRow {
    /// Its hash.
    pub token: TokenHash,
    /// It posts until then.
    pub until: Timestamp,
}

/// That a conversation has a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingListRow {}

/// A post that may still be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingGroupRow {
    /// The entry.
    pub seq: Seq,
}

/// What is asked before users of an app do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeHookRow {
    /// How it is.
    pub hook: BeforeHook,
    /// What its questions are signed with.
    pub secret: Sealed,
    /// What they were signed with before.
    pub old: Option<OldSecret>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// A secret that another one has replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    /// It.
    pub secret: Sealed,
    /// It signs, too, until then.
    pub until: Timestamp,
}

/// A webhook of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRow {
    /// How it is.
    pub settings: WebhookSettings,
    /// What signs, newest first: one or two.
    pub secrets: Vec<SigningSecret>,
    /// Why the server has turned it off.
    pub stopped: Option<WebhookStop>,
    /// It was deleted; its rows go.
    pub deleting: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// How far a webhook has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPlaceRow {
    /// Everything up to here is taken, or is in the outbox.
    pub upto: Lsn,
    /// Its rows in the outbox.
    pub waiting: u32,
    /// Its dead letters.
    pub dead: u32,
    /// When something was last taken.
    pub delivered: Option<Timestamp>,
    /// Events up to here may be missing.
    pub gap: Option<Lsn>,
    /// The last command that put dead letters back into the outbox.
    pub replayed: Lsn,
}

/// The last try of a webhook that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFailureRow {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub why: String,
}

/// The key of [`OutboxRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxKey {
    /// The webhook.
    pub webhook: WebhookId,
    /// The conversation, whose events are posted one after the other.
    pub conversation: ConversationId,
    /// The event.
    pub position: EventPosition,
}

/// An event that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The entry.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
    /// How often it was tried.
    pub tries: u8,
    /// When it was tried first.
    pub first: Option<Timestamp>,
    /// When it is tried next; none: when the one before it is done.
    pub at: Option<Timestamp>,
}

/// The key of [`DeadLetterRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeadLetterKey {
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub position: EventPosition,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterRow {
    /// Where it happened.
    pub conversation: ConversationId,
    /// The entry.
    pub seq: Seq,
    /// What happened to it.
    pub kind: LogKind,
    /// How often it was tried.
    pub tries: u8,
    /// When it was given up.
    pub at: Timestamp,
    /// What the last try came to.
    pub why: String,
}
