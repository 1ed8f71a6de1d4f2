//! Refuse signed tokens that were issued before a time, of one user or of a whole app. Sessions that were opened with them stay;
//! they are ended apart. Tokens for MCP that were made until then open nothing any more, either.

use super::{find, state_of};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, accounts};
use crate::model::{AppId, Code, CommandResult, Timestamp, UserHandle, limits};
use crate::store::records::{AppStateRow, SignedUserRow};
use crate::store::{Fault, Read, Tables};

/// The row that changes. What is revoked stays so: a time before that of the row changes nothing.
enum Plan {
    App(AppStateRow),
    User(UserHandle, SignedUserRow),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    user: Option<UserHandle>,
    before: Timestamp,
) -> Result<CommandResult, Stop> {
    match decide(tables, order, app, user, before)? {
        Plan::App(row) => tables.put(&app, row)?,
        Plan::User(user, row) => tables.put(&user, row)?,
    }
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    order: &Order,
    app: AppId,
    user: Option<UserHandle>,
    before: Timestamp,
) -> Result<Plan, Stop> {
    find(state, app)?;
    if before.since_ms(order.at) > limits::SIGNED_LEEWAY_MS {
        return refuse(Code::Invalid, "`before` is in the future; give a time that has come, or leave it out for now.");
    }
    let Some(user) = user else {
        let row = state_of(state, app)?;
        let tokens_from = before.max(row.tokens_from);
        return Ok(Plan::App(AppStateRow { tokens_from, ..(*row).clone() }));
    };
    if accounts::user(state, user)?.app != app {
        return refuse(Code::NotFound, "There is no such user in this app; check the spelling of the id.");
    }
    let known = state.get::<SignedUserRow>(&user)?.map_or(Timestamp(0), |row| row.tokens_from);
    Ok(Plan::User(user, SignedUserRow { tokens_from: before.max(known) }))
}

/// From when on the tokens of a user count; of one who is not there yet, those of their app.
pub(in crate::ledger) fn from(state: &impl Read, app: AppId, user: Option<UserHandle>) -> Result<Timestamp, Fault> {
    let all = state_of(state, app)?.tokens_from;
    let own = match user {
        Some(user) => state.get::<SignedUserRow>(&user)?.map_or(Timestamp(0), |row| row.tokens_from),
        None => Timestamp(0),
    };
    Ok(all.max(own))
}
