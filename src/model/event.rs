//! Events: what happened in an app, for other systems. They are read from the log, so none is lost and none comes twice.

use super::{AppId, ConversationId, ConversationKind, Entry, Lsn, Name, Seq, UserFlags, UserId, UserKind};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What happened to an entry, as the log keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogKind {
    /// It was appended.
    Appended,
    /// It was edited, recalled or reacted to.
    Rewritten,
    /// Everything below it was deleted by retention.
    Trimmed,
    /// No entry: the user whose feed it is was made.
    UserCreated,
    /// No entry: that user has another name, card or other flags.
    UserChanged,
    /// No entry: the account of that user was deleted.
    UserDeleted,
}

/// One thing that happened in an app.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AppEvent {
    /// Its name, unique for ever: `EPOCH.LSN.N`, the data, the command and the how-manieth of it.
    pub id: String,
    /// What happened: `entry.` and the kind of the body of a new entry (`entry.text`, `entry.member_joined`); `entry.changed` when
    /// one was edited, recalled or reacted to; `entry.gone` when it is not there any more; `entries.trimmed` when those below `first`
    /// were deleted by retention; `user.created`, `user.changed` (name, card or flags) and `user.deleted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The command; the events after it have higher ones.
    pub lsn: Lsn,
    /// The app.
    pub app: AppId,
    /// Where.
    pub conversation: EventPlace,
    /// The entry as it is now: what was edited since is edited here, what was recalled since is recalled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Entry>, nullable = false)]
    pub entry: Option<Arc<Entry>>,
    /// Of `entries.trimmed`: the first that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first: Option<Seq>,
    /// Of `user.…`: the user as they are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<EventUser>,
}

/// A user as an event shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EventUser {
    /// Their id.
    pub user: UserId,
    /// Their display name.
    pub name: Name,
    /// What kind of user.
    pub kind: UserKind,
    /// Their flags.
    pub flags: UserFlags,
    /// Whether the account was deleted.
    pub deleted: bool,
}

/// Where something happened.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EventPlace {
    /// The conversation.
    pub id: ConversationId,
    /// What it is; a feed is a user's own, with what happens to their contacts.
    pub kind: ConversationKind,
    /// The title of a group.
    pub title: Option<Name>,
    /// The two of a direct chat, or whose feed it is; of a group nobody.
    pub users: Vec<UserId>,
}

/// What happened after a place in the one order.
#[derive(Clone, Debug, PartialEq)]
pub struct AppEvents {
    /// In the one order.
    pub events: Vec<AppEvent>,
    /// Everything up to here is in it, or was nothing of the app: go on from here.
    pub upto: Lsn,
    /// Events that came right after the place asked for are not kept any more.
    pub gap: bool,
}

/// Whether a kind of event is one that is wanted: by its whole name, or by a beginning with `*` after it.
pub fn is_of(kind: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => kind == wanted,
    }
}
