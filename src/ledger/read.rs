//! What a person may read: answers to queries and pages of changes, from one committed state.

use super::Stop;
use crate::model::{Answer, Conversation, ConversationId, Lsn, Query, Seq, Timestamp, UserActor, UserHandle, UserId};
use crate::store::{Fault, Read};

/// Answers a query of a user as of one state; `now` is needed for nothing but time-outs of what is shown.
pub fn answer(
    _state: &impl Read,
    _as_of: Lsn,
    _now: Timestamp,
    _actor: &UserActor,
    _query: &Query,
) -> Result<Answer, Stop> {
    Err(Fault::Misuse("not built yet").into())
}

/// Every conversation of a user that changed at or after `cursor`, by the lsn of the change: what a sync walks through.
pub fn changed_since(_state: &impl Read, _user: UserHandle, _cursor: Lsn) -> Result<Vec<(Lsn, ConversationId)>, Fault> {
    Err(Fault::Misuse("not built yet"))
}

/// A conversation as a user sees it, with at most `entries` of its newest entries (and what notices among them rewrote).
/// `None` when the user has nothing to see there.
pub fn conversation(
    _state: &impl Read,
    _user: UserHandle,
    _conversation: ConversationId,
    _entries: usize,
) -> Result<Option<Conversation>, Fault> {
    Err(Fault::Misuse("not built yet"))
}

/// A member and the entries they may see: those with `from` < seq ≤ `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberWindow {
    /// Who.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// They see what is above this.
    pub from: Seq,
    /// And nothing above this, when they have left.
    pub until: Option<Seq>,
}

/// Everybody who is or was in a conversation, for fan-out.
pub fn members(_state: &impl Read, _conversation: ConversationId) -> Result<Vec<MemberWindow>, Fault> {
    Err(Fault::Misuse("not built yet"))
}

/// The users who share a direct chat, or a group of at most 100 members, with a user: those who are told of their presence.
pub fn peers(_state: &impl Read, _user: UserHandle) -> Result<Vec<UserHandle>, Fault> {
    Err(Fault::Misuse("not built yet"))
}
