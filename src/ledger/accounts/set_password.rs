//! Set a password. Log-ins that were checked against the old one are refused, and all sessions end.

use super::{Change, end_all};
use crate::ledger::{Order, Stop};
use crate::model::{CommandResult, Effect, EndReason, PasswordHash, UserHandle};
use crate::store::records::UserRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    password: &PasswordHash,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, order, user, password)?.apply(tables, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle, password: &PasswordHash) -> Result<Change, Stop> {
    let before = super::user(state, user)?;
    let row = UserRow {
        password: Some(password.clone()),
        credential: before.credential.wrapping_add(1),
        changed: order.lsn,
        ..(*before).clone()
    };
    Ok(Change { user, row, endings: end_all(state, user, EndReason::PasswordChanged)? })
}
