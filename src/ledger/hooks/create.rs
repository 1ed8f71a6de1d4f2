//! Make a webhook into a conversation, and the user that it posts as.

use super::{managed, of_conversation};
use crate::ledger::accounts::add_user::{self, NewUser};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, groups};
use crate::model::{
    AppId, Code, CommandResult, ConversationId, HookId, Name, Refusal, TokenHash, UserActor, UserId, UserKind, limits,
};
use crate::store::records::{IncomingListRow, IncomingRow, IncomingTokenRow, UserIdKey, UserIdRow};
use crate::store::{Read, Tables};

struct Plan {
    app: AppId,
    user: add_user::Plan,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    (conversation, by): (ConversationId, &UserActor),
    name: &Name,
    token: TokenHash,
) -> Result<CommandResult, Stop> {
    let Plan { app, user } = decide(tables, order, (conversation, by), name, token)?;
    let CommandResult::User { user } = add_user::apply(tables, user)? else { return Ok(CommandResult::Done {}) };
    let hook = HookId(order.lsn.0);
    let (name, by, created) = (name.clone(), by.id.clone(), order.at);
    tables.put(&hook, IncomingRow { app, conversation, name, user, by, token, created, open: 0 })?;
    tables.put(&token, IncomingTokenRow { hook })?;
    tables.put(&(conversation, hook), IncomingListRow {})?;
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    order: &Order,
    (conversation, by): (ConversationId, &UserActor),
    name: &Name,
    token: TokenHash,
) -> Result<Plan, Stop> {
    let (row, _) = managed(state, by, conversation)?;
    groups::check_open(&row)?;
    if of_conversation(state, conversation)?.len() >= limits::HOOKS_MAX {
        let most = limits::HOOKS_MAX;
        return refuse(
            Code::Full,
            format!("A conversation has at most {most} webhooks; delete one that is not needed."),
        );
    }
    if state.get::<IncomingTokenRow>(&token)?.is_some() {
        return refuse(Code::Conflict, "The secret of this webhook is in use; draw another one.");
    }
    let id = free_id(state, row.app, order.lsn.0)?;
    let new = NewUser {
        app: row.app,
        id: &id,
        name: Some(name),
        password: None,
        administrator: false,
        kind: UserKind::Service,
    };
    Ok(Plan { app: row.app, user: add_user::decide(state, order, &new)? })
}

/// An id that nobody of the app has: the number of the webhook, with a dash behind it when somebody took that.
fn free_id(state: &impl Read, app: AppId, number: u64) -> Result<UserId, Stop> {
    for dashes in 0..8 {
        let id = UserId::new(format!("hook.{number}{}", "-".repeat(dashes)))
            .map_err(|error| Refusal::new(Code::Invalid, error.0))?;
        if state.get::<UserIdRow>(&UserIdKey::new(app, &id))?.is_none() {
            return Ok(id);
        }
    }
    refuse(Code::Conflict, "The ids of webhooks are taken by users of this app; try again.")
}
