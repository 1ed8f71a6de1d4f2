//! Users and their sessions.

pub(super) mod add_user;
pub(super) mod delete_user;
pub(super) mod delete_user_step;
pub mod end_expired;
pub(super) mod end_session;
pub(super) mod end_sessions;
pub(super) mod log_in;
pub(super) mod log_out;
pub(super) mod policy;
pub(super) mod register;
pub(super) mod set_administrator;
pub(super) mod set_flags;
pub(super) mod set_password;
pub(super) mod touch_session;
pub(super) mod upgrade_password;

use super::Stop;
use super::push;
use super::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, EndReason, Name, SessionId, UserHandle, UserKind, limits};
use crate::store::records::{SessionRow, TokenRow, UserRow, UserSessionRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// A user by handle, unless the account was deleted.
pub(super) fn user(state: &impl Read, user: UserHandle) -> Result<Arc<UserRow>, Stop> {
    let row = state.get::<UserRow>(&user)?.filter(|row| !row.deleted);
    row.map_or_else(|| refuse(Code::NotFound, "There is no such user; `tidings user list` shows those there are."), Ok)
}

/// Refuses to give a bot what is for people: a password, an administrator's right.
pub(super) fn check_no_bot(user: &UserRow) -> Result<(), Stop> {
    if user.kind == UserKind::Bot {
        return refuse(
            Code::Invalid,
            format!("`{}` is a bot, which comes with a token; make one with `tidings bot token`.", user.id),
        );
    }
    Ok(())
}

/// A user's sessions, oldest first. There are never more than the limit.
pub fn sessions_of(state: &impl Read, user: UserHandle) -> Result<Vec<(SessionId, Arc<SessionRow>)>, Fault> {
    let (first, last) = ((user, SessionId(0)), (user, SessionId(u64::MAX)));
    let mut sessions = Vec::new();
    for ((_, session), _) in state.range::<UserSessionRow>(&first, &last, limits::SESSIONS_PER_USER_MAX)? {
        if let Some(row) = state.get::<SessionRow>(&session)? {
            sessions.push((session, row));
        }
    }
    Ok(sessions)
}

/// A session that ends, and why.
pub(super) struct Ending {
    pub session: SessionId,
    pub row: Arc<SessionRow>,
    pub reason: EndReason,
    pub by: Option<Name>,
}

impl Ending {
    /// Takes away its rows and tells it.
    pub fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let Self { session, row, reason, by } = self;
        tables.remove::<SessionRow>(&session)?;
        tables.remove::<UserSessionRow>(&(row.user, session))?;
        tables.remove::<TokenRow>(&row.token)?;
        push::forget(tables, row.user, session)?;
        effects.push(Effect::SessionEnded { user: row.user, session, reason, by });
        Ok(())
    }
}

/// A user as a command leaves them, and the sessions that end with it.
struct Change {
    user: UserHandle,
    row: UserRow,
    endings: Vec<Ending>,
}

impl Change {
    fn apply(self, tables: &mut Tables<'_>, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
        tables.put(&self.user, self.row)?;
        for ending in self.endings {
            ending.apply(tables, effects)?;
        }
        Ok(CommandResult::Done {})
    }
}

/// The end of all sessions of a user.
fn end_all(state: &impl Read, user: UserHandle, reason: EndReason) -> Result<Vec<Ending>, Fault> {
    let sessions = sessions_of(state, user)?.into_iter();
    Ok(sessions.map(|(session, row)| Ending { session, row, reason, by: None }).collect())
}
