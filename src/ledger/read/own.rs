//! A conversation as one user sees it.

use super::pages::{self, Keep, Range};
use super::size::CONVERSATION_BYTES_MAX;
use super::window::Window;
use crate::model::{
    Conversation, ConversationId, ConversationKind, Cursor, GroupView, Inbox, Lsn, Seq, Timestamp, UserHandle, UserId,
    limits,
};
use crate::store::records::{
    ConversationRow, GroupCardRow, Head, InboxRow, MemberRow, MentionAllRow, MentionRow, UserRow,
};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// Rows of a small group that are read to find those who are in it; those who left have rows too.
const SMALL_GROUP_ROWS_MAX: usize = 1_024;

/// The rows that make up one user's view of one conversation.
pub(super) struct Own {
    pub user: UserHandle,
    pub id: ConversationId,
    pub row: Arc<ConversationRow>,
    pub member: Arc<MemberRow>,
    pub inbox: Arc<InboxRow>,
    pub head: Head,
    /// The other side of a direct chat, unless it is a chat with oneself.
    pub other: Option<Arc<MemberRow>>,
}

impl Own {
    /// Reads them; `None` when the user never belonged to it.
    pub fn find(state: &impl Read, user: UserHandle, id: ConversationId) -> Result<Option<Self>, Fault> {
        let Some(member) = state.get::<MemberRow>(&(id, user))? else { return Ok(None) };
        let Some(row) = state.get::<ConversationRow>(&id)? else { return Ok(None) };
        let inbox = state.get::<InboxRow>(&(user, id))?.unwrap_or_default();
        let other = match other_side(&row, user) {
            Some(other) => state.get::<MemberRow>(&(id, other))?,
            None => None,
        };
        Ok(Some(Self { user, id, row, member, inbox, head: state.head(id)?, other }))
    }

    pub fn window(&self) -> Window {
        Window::new(&self.head, &self.member)
    }

    /// The highest lsn that changed anything of it for this user.
    pub fn changed(&self) -> Lsn {
        let other = self.other.as_ref().map_or(Lsn(0), |other| other.changed);
        self.window().lsn.max(self.side_changed()).max(other)
    }

    /// The last command that changed their own side of it. Retention moves the floor of everybody.
    fn side_changed(&self) -> Lsn {
        self.inbox.changed.max(self.member.changed).max(self.head.trimmed)
    }

    /// Hidden by the user until the next message; or a group that ended and of which retention has left nothing.
    pub fn hidden(&self) -> bool {
        let window = self.window();
        let ended = self.row.group.as_ref().is_some_and(|group| group.dissolved.is_some());
        ended && self.head.first > self.head.seq || self.inbox.hidden_at.is_some_and(|at| window.ordinal <= at)
    }

    /// When the newest entry they may see was accepted; of an empty conversation when it was created.
    pub fn at(&self, state: &impl Read) -> Result<Timestamp, Fault> {
        let window = self.window();
        if window.head == self.head.seq {
            return Ok(if window.head == Seq(0) { self.row.created } else { self.head.at });
        }
        Ok(state.entry(self.id, window.head)?.map_or(self.row.created, |entry| entry.at))
    }

    /// Their own side of it.
    pub fn side(&self, state: &impl Read) -> Result<Inbox, Fault> {
        let window = self.window();
        let first = self.member.read.seq.next().max(window.floor);
        let mentions = if first > window.head {
            0
        } else {
            let key = |seq| (self.user, self.id, seq);
            let limit = limits::MENTIONS_COUNTED_MAX;
            let own = state.range::<MentionRow>(&key(first), &key(window.head), limit)?.len();
            let all = match self.row.kind {
                ConversationKind::Group => {
                    state.range::<MentionAllRow>(&(self.id, first), &(self.id, window.head), limit)?.len()
                }
                ConversationKind::Direct | ConversationKind::Feed | ConversationKind::Assistant => 0,
            };
            (own + all).min(limit) as u32
        };
        Ok(Inbox {
            conversation: self.id,
            lsn: self.side_changed(),
            read: self.member.read.seq,
            unread: window.unread(self.member.read.ordinal),
            mentions,
            pinned: self.inbox.pinned,
            muted_until: self.inbox.muted_until,
            hidden: self.hidden(),
            marked_unread: self.inbox.marked_unread,
            floor: window.floor,
            gone: window.gone,
        })
    }

    /// How far the members have got, as far as that is told. Who has left is told nothing of the others any more.
    fn cursors(&self, state: &impl Read) -> Result<Vec<Cursor>, Fault> {
        if self.member.until.is_some() {
            return Ok(Vec::new());
        }
        match self.row.kind {
            ConversationKind::Direct => {
                let both = [Some(&self.member), self.other.as_ref()];
                Ok(both.into_iter().flatten().map(|member| cursor(member, true)).collect())
            }
            ConversationKind::Group if self.row.members as usize <= limits::RECEIPTS_MEMBERS_MAX => {
                let (first, last) = ((self.id, UserHandle(0)), (self.id, UserHandle(u64::MAX)));
                let rows = state.range::<MemberRow>(&first, &last, SMALL_GROUP_ROWS_MAX)?;
                let active = rows.iter().filter(|(_, member)| member.until.is_none());
                Ok(active.map(|(_, member)| cursor(member, false)).collect())
            }
            ConversationKind::Group | ConversationKind::Feed | ConversationKind::Assistant => Ok(Vec::new()),
        }
    }

    /// All of it, with at most `entries` of its newest entries.
    pub fn show(&self, state: &impl Read, entries: usize) -> Result<Conversation, Fault> {
        let window = self.window();
        let range = Range {
            from: Seq(0),
            to: Seq(u64::MAX),
            limit: entries,
            bytes: CONVERSATION_BYTES_MAX,
            keep: Keep::Highest,
        };
        Ok(Conversation {
            id: self.id,
            kind: self.row.kind,
            title: self.row.title.clone(),
            peer: self.peer(),
            group: self.group(state)?,
            role: self.member.role,
            members: if window.gone { 0 } else { self.row.members },
            head: window.head,
            head_ordinal: window.ordinal,
            at: self.at(state)?,
            changed: self.changed(),
            inbox: self.side(state)?,
            cursors: self.cursors(state)?,
            entries: pages::entries(state, self.id, &window, &range)?,
        })
    }

    /// What only a group has; who has left is told nothing of it any more.
    fn group(&self, state: &impl Read) -> Result<Option<Box<GroupView>>, Fault> {
        let Some(group) = self.row.group.as_ref().filter(|_| self.member.until.is_none()) else { return Ok(None) };
        let Some(owner) = state.get::<UserRow>(&group.owner)? else { return Ok(None) };
        let card = state.get::<GroupCardRow>(&self.id)?.map(|row| row.card.clone()).unwrap_or_default();
        Ok(Some(Box::new(GroupView {
            owner: owner.id.clone(),
            rules: group.rules,
            card,
            muted: group.muted,
            dissolved: group.dissolved,
            alias: self.member.alias.clone(),
            silenced_until: self.member.silenced_until,
        })))
    }

    /// The other user of a direct chat, or the assistant; oneself in a chat with oneself.
    fn peer(&self) -> Option<UserId> {
        match self.row.kind {
            ConversationKind::Direct | ConversationKind::Assistant => {
                Some(self.other.as_ref().unwrap_or(&self.member).id.clone())
            }
            ConversationKind::Group | ConversationKind::Feed => None,
        }
    }
}

/// The other user of a direct chat, unless it is a chat with oneself.
pub(in crate::ledger) fn other_side(row: &ConversationRow, user: UserHandle) -> Option<UserHandle> {
    let (low, high) = row.pair?;
    let other = if low == user { high } else { low };
    (other != user).then_some(other)
}

/// A member's cursors as they are told.
pub(super) fn cursor(member: &MemberRow, delivered: bool) -> Cursor {
    Cursor { user: member.id.clone(), delivered: delivered.then_some(member.delivered), read: member.read.seq }
}
