//! Set a password. Log-ins that were checked against the old one are refused, all sessions end (but perhaps the one through which
//! it is changed), and so does a link to set it.

use super::{Change, end_all};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, links};
use crate::model::{Code, CommandResult, Effect, EndReason, PasswordHash, SessionId, UserHandle};
use crate::store::records::{SessionRow, UserRow};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    password: &PasswordHash,
    keep: Option<SessionId>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user, password, keep)?;
    links::forget(tables, user)?;
    plan.apply(tables, effects)
}

fn decide(
    state: &impl Read,
    order: &Order,
    user: UserHandle,
    password: &PasswordHash,
    keep: Option<SessionId>,
) -> Result<Change, Stop> {
    let before = super::user(state, user)?;
    super::check_no_bot(&before)?;
    if let Some(keep) = keep
        && state.get::<SessionRow>(&keep)?.is_none_or(|row| row.user != user)
    {
        return refuse(Code::SessionRevoked, "This session was ended; log in again.");
    }
    let row = UserRow {
        password: Some(password.clone()),
        credential: before.credential.wrapping_add(1),
        changed: order.lsn,
        ..(*before).clone()
    };
    let mut endings = end_all(state, user, EndReason::PasswordChanged)?;
    endings.retain(|ending| Some(ending.session) != keep);
    Ok(Change { user, row, endings })
}
