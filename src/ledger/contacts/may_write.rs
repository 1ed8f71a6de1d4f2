//! Whether somebody may write to another user directly.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::read::other_side;
use crate::ledger::refuse::{no_such_user, refuse};
use crate::model::{Code, Strangers, UserHandle, UserKind};
use crate::store::Read;
use crate::store::records::{ContactRow, ConversationRow, UserRow};

/// The last two checks of a message to one user: they have not blocked the caller, and take messages from strangers or have the
/// caller as a contact. `peer` may be the caller: nobody is a stranger to themselves.
pub(in crate::ledger) fn check(state: &impl Read, caller: &Caller<'_>, peer: UserHandle) -> Result<(), Stop> {
    if peer == caller.handle() {
        return Ok(());
    }
    let theirs = state.get::<ContactRow>(&(peer, caller.handle()))?;
    if theirs.as_ref().is_some_and(|row| row.blocked) {
        return blocked();
    }
    let Some(user) = state.get::<UserRow>(&peer)? else { return Ok(()) };
    if user.deleted {
        return no_such_user(&user.id);
    }
    // An assistant is a stranger to nobody; who may ask it is decided where it is asked.
    if user.kind == UserKind::Assistant {
        return Ok(());
    }
    if theirs.is_some_and(|row| row.since.is_some()) {
        return Ok(());
    }
    let strangers = match user.settings.strangers {
        Some(strangers) => strangers,
        None => caller.app(state)?.settings.strangers,
    };
    match strangers {
        Strangers::Anyone => Ok(()),
        Strangers::Contacts => refuse(
            Code::Stranger,
            "This user takes messages only from those whom they have as a contact; ask to be one.",
        ),
    }
}

/// The same in a conversation that is there; groups have rules of their own.
pub(in crate::ledger) fn check_in(state: &impl Read, caller: &Caller<'_>, row: &ConversationRow) -> Result<(), Stop> {
    other_side(row, caller.handle()).map_or(Ok(()), |peer| check(state, caller, peer))
}

/// Refuses what changes a message before the eyes of somebody who has blocked the caller.
pub(in crate::ledger) fn check_not_blocked(
    state: &impl Read,
    caller: &Caller<'_>,
    row: &ConversationRow,
) -> Result<(), Stop> {
    let Some(peer) = other_side(row, caller.handle()) else { return Ok(()) };
    match state.get::<ContactRow>(&(peer, caller.handle()))? {
        Some(row) if row.blocked => blocked(),
        Some(_) | None => Ok(()),
    }
}

fn blocked<T>() -> Result<T, Stop> {
    refuse(Code::Blocked, "This user takes no messages of yours.")
}
