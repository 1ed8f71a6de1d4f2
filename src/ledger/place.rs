//! A conversation as the acting user stands in it, and the pieces that commands on it share.

use super::caller::Caller;
use super::read;
use super::refuse::{no_such_conversation, refuse};
use super::{Order, Stop};
use crate::model::{
    AppId, Body, Code, CommandResult, ConversationId, ConversationKind, Effect, Entry, Role, Seq, UserHandle, UserId,
};
use crate::store::records::{ConversationRow, Head, InboxRow, Mark, MemberRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// A conversation and the caller's place in it.
pub(super) struct Place {
    pub id: ConversationId,
    pub row: Arc<ConversationRow>,
    pub member: Arc<MemberRow>,
    pub head: Head,
}

impl Place {
    /// A conversation the caller belongs to, or has belonged to. Others do not exist for them.
    pub fn known(state: &impl Read, caller: &Caller<'_>, id: ConversationId) -> Result<Self, Stop> {
        let Some(member) = state.get::<MemberRow>(&(id, caller.handle()))? else { return no_such_conversation() };
        let Some(row) = state.get::<ConversationRow>(&id)? else { return no_such_conversation() };
        if row.app != caller.actor.app {
            return no_such_conversation();
        }
        Ok(Self { id, row, member, head: state.head(id)? })
    }

    /// Refuses a feed: it is read, and nothing else.
    pub fn check_no_feed(&self) -> Result<(), Stop> {
        if self.row.kind == ConversationKind::Feed {
            return refuse(Code::Invalid, "This is your feed, which can only be read; name another conversation.");
        }
        Ok(())
    }

    /// A conversation the caller belongs to now.
    pub fn joined(state: &impl Read, caller: &Caller<'_>, id: ConversationId) -> Result<Self, Stop> {
        let place = Self::known(state, caller, id)?;
        place.check_no_feed()?;
        if place.member.until.is_some() {
            return refuse(Code::NotMember, "You do not belong to this group any more; ask a member to add you again.");
        }
        Ok(place)
    }

    /// The same for a message: who speaks in every group of their app (the system, with the app's key) need not belong to it, and
    /// speaks as a manager does.
    pub fn speaking(state: &impl Read, caller: &Caller<'_>, id: ConversationId) -> Result<Self, Stop> {
        let belongs = state.get::<MemberRow>(&(id, caller.handle()))?.is_some_and(|member| member.until.is_none());
        if belongs || !caller.speaks_everywhere() {
            return Self::joined(state, caller, id);
        }
        let found = state.get::<ConversationRow>(&id)?;
        let here = |row: &Arc<ConversationRow>| row.app == caller.actor.app && row.kind == ConversationKind::Group;
        let Some(row) = found.filter(here) else { return no_such_conversation() };
        let member = MemberRow {
            id: caller.id().clone(),
            role: Role::Manager,
            from: Mark::default(),
            until: None,
            read: Mark::default(),
            delivered: Seq(0),
            alias: None,
            silenced_until: None,
            joined: row.created,
            changed: row.created_lsn,
        };
        Ok(Self { id, row, member: Arc::new(member), head: state.head(id)? })
    }

    /// Whether the caller may see an entry.
    pub fn sees(&self, seq: Seq) -> bool {
        read::window::Window::new(&self.head, &self.member).holds(seq)
    }

    /// A message that is there for the caller; it may have been recalled.
    pub fn message(&self, state: &impl Read, seq: Seq) -> Result<Arc<Entry>, Stop> {
        let entry = if self.sees(seq) { state.entry(self.id, seq)? } else { None };
        let Some(entry) = entry else {
            return refuse(Code::NotFound, format!("There is no entry with seq {seq} here that you can see."));
        };
        if !entry.body.is_message() {
            return refuse(Code::Invalid, format!("The entry with seq {seq} is a notice; name a message."));
        }
        Ok(entry)
    }
}

/// The next entry of a conversation, by somebody who gave no command themselves.
pub(super) fn entry(head: &Head, order: &Order, author: &UserId, body: Body) -> Entry {
    Entry {
        seq: head.seq.next(),
        lsn: order.lsn,
        changed: order.lsn,
        ordinal: if body.is_message() { head.ordinal.next() } else { head.ordinal },
        at: order.at,
        author: author.clone(),
        key: None,
        body,
        reactions: Vec::new(),
        edited_at: None,
        recalled_at: None,
        origin: None,
    }
}

/// Appends an entry and tells it.
pub(super) fn append(
    tables: &mut Tables<'_>,
    app: AppId,
    conversation: ConversationId,
    entry: Entry,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Fault> {
    let result = super::caller::appended(conversation, &entry);
    let entry = tables.append(conversation, entry)?;
    effects.push(Effect::Entry { app, conversation, entry });
    Ok(result)
}

/// Rewrites an entry, then appends the notice that says so. The rewritten one is told first, so that whoever gets the notice
/// has its target already.
pub(super) fn rewrite(
    tables: &mut Tables<'_>,
    app: AppId,
    conversation: ConversationId,
    target: Entry,
    notice: Entry,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Fault> {
    let entry = tables.rewrite(conversation, target)?;
    effects.push(Effect::Entry { app, conversation, entry });
    append(tables, app, conversation, notice, effects)
}

/// Tells one user's devices how their own side is now.
pub(super) fn tell_inbox(
    tables: &Tables<'_>,
    user: UserHandle,
    conversation: ConversationId,
    effects: &mut Vec<Effect>,
) -> Result<(), Fault> {
    if let Some(inbox) = read::inbox(tables, user, conversation)? {
        effects.push(Effect::Inbox { user, inbox });
    }
    Ok(())
}

/// Writes what joining means for one user: their member row, and their inbox row, whose pin and mute survive an absence.
pub(super) fn put_joining(
    tables: &mut Tables<'_>,
    conversation: ConversationId,
    user: UserHandle,
    member: MemberRow,
) -> Result<(), Fault> {
    let changed = member.changed;
    let before = tables.get::<InboxRow>(&(user, conversation))?;
    let inbox = InboxRow {
        hidden_at: None,
        marked_unread: false,
        changed,
        ..before.map(|row| (*row).clone()).unwrap_or_default()
    };
    tables.put(&(conversation, user), member)?;
    tables.put(&(user, conversation), inbox)
}
