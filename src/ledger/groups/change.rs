//! What most commands on a group come to: its row, rows of its members, and the entry that says so to all of them.

use super::{Group, directory};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::append;
use crate::model::{AppId, Body, CommandResult, ConversationId, Effect, Entry, UserHandle};
use crate::store::Tables;
use crate::store::records::{ConversationRow, MemberRow};

pub(super) struct Change {
    app: AppId,
    conversation: ConversationId,
    row: Option<ConversationRow>,
    members: Vec<(UserHandle, MemberRow)>,
    entry: Entry,
}

impl Change {
    /// Nothing but the entry.
    pub fn new(caller: &Caller<'_>, group: &Group, body: Body) -> Self {
        Self {
            app: group.row.app,
            conversation: group.id,
            row: None,
            members: Vec::new(),
            entry: caller.entry(&group.head, body),
        }
    }

    /// The group's row, too.
    pub fn row(mut self, row: ConversationRow) -> Self {
        self.row = Some(ConversationRow { changed: self.entry.lsn, ..row });
        self
    }

    /// And a member's row.
    pub fn member(mut self, user: UserHandle, member: MemberRow) -> Self {
        self.members.push((user, MemberRow { changed: self.entry.lsn, ..member }));
        self
    }

    pub fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
        let Self { app, conversation, row, members, entry } = self;
        if let Some(row) = row {
            directory::update(tables, conversation, &row)?;
            tables.put(&conversation, row)?;
        }
        for (user, member) in members {
            tables.put(&(conversation, user), member)?;
        }
        Ok(append(tables, app, conversation, entry, effects)?)
    }
}
