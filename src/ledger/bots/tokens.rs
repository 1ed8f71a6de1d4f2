//! Tokens of bots. Each is a session like those of people, with the differences that it is made by who manages the bot instead of
//! logging in, that it does not expire, and that a new one takes the place of none but the one that it names.

use crate::ledger::accounts::{self, Ending, log_in, sessions_of};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::{
    Code, CommandResult, Device, DeviceId, Effect, EndReason, Name, Platform, Refusal, SessionId, TokenHash,
    UserHandle, UserKind, limits,
};
use crate::store::records::{SessionRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

struct New {
    row: SessionRow,
    ends: Option<Ending>,
}

/// A token to be made.
pub(in crate::ledger) struct NewToken<'a> {
    pub user: UserHandle,
    pub name: &'a Name,
    pub token: TokenHash,
    pub replaces: Option<SessionId>,
}

pub(in crate::ledger) fn create(
    tables: &mut Tables<'_>,
    order: &Order,
    new: &NewToken<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let New { row, ends } = decide_new(tables, order, new)?;
    if let Some(ending) = ends {
        ending.apply(tables, effects)?;
    }
    Ok(log_in::put(tables, row)?)
}

fn decide_new(state: &impl Read, order: &Order, new: &NewToken<'_>) -> Result<New, Stop> {
    log_in::check_new(state, order, new.token, "")?;
    let user = bot(state, new.user)?;
    if user.flags.suspended {
        return refuse(Code::Suspended, "This bot is suspended; end that first.");
    }
    apps::check_active(state, user.app)?;
    let ends = new.replaces.map(|session| find(state, new.user, session)).transpose()?;
    if ends.is_none() && sessions_of(state, new.user)?.len() >= limits::BOT_TOKENS_MAX {
        let most = limits::BOT_TOKENS_MAX;
        return refuse(Code::Full, format!("This bot has {most} tokens, as many as count at once; revoke one first."));
    }
    let id = DeviceId::new(format!("token.{}", order.lsn)).map_err(|error| Refusal::new(Code::Invalid, error.0))?;
    let row = SessionRow {
        app: user.app,
        user: new.user,
        id: user.id.clone(),
        device: Device { id, platform: Platform::Api, name: new.name.clone() },
        token: new.token,
        created: order.at,
        seen: order.at,
        address: String::new(),
    };
    Ok(New { row, ends })
}

pub(in crate::ledger) fn revoke(
    tables: &mut Tables<'_>,
    user: UserHandle,
    session: SessionId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide_end(tables, user, session)?.apply(tables, effects)?;
    Ok(CommandResult::Done {})
}

fn decide_end(state: &impl Read, user: UserHandle, session: SessionId) -> Result<Ending, Stop> {
    bot(state, user)?;
    find(state, user, session)
}

fn bot(state: &impl Read, user: UserHandle) -> Result<Arc<UserRow>, Stop> {
    let row = accounts::user(state, user)?;
    if row.kind != UserKind::Bot {
        return refuse(Code::Invalid, format!("`{}` is no bot; only those have tokens, all others log in.", row.id));
    }
    Ok(row)
}

fn find(state: &impl Read, user: UserHandle, session: SessionId) -> Result<Ending, Stop> {
    match state.get::<SessionRow>(&session)? {
        Some(row) if row.user == user => Ok(Ending { session, row, reason: EndReason::Revoked, by: None }),
        Some(_) | None => {
            refuse(Code::NotFound, format!("This bot has no token {session}; list its tokens to see those it has."))
        }
    }
}
