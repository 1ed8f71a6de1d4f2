//! Signed tokens that count once: each is remembered from its exchange until it would be refused anyway. A row for each, with another
//! one by when it is over, so that those that are over are found without looking at the others.

use super::totals;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppId, Code, CommandResult, SessionId, SignedOnce, Timestamp, TokenHash, limits};
use crate::store::records::{SignedOnceAgeRow, SignedOnceRow, TokenRow};
use crate::store::{Fault, Read, Tables};

/// Looks whether a token was exchanged. The session that it has opened, when this is the same exchange once more and the session is
/// still there; refused when it is another one, or over.
pub(super) fn look(
    state: &impl Read,
    now: Timestamp,
    app: AppId,
    once: SignedOnce,
    token: TokenHash,
) -> Result<Option<SessionId>, Stop> {
    // What is over may be forgotten already.
    if once.until <= now {
        return refuse(Code::TokenExpired, "This signed token is over; sign a new one.");
    }
    let Some(row) = state.get::<SignedOnceRow>(&(app, once.id))? else {
        if totals::of_app(state, app)?.signed_once >= limits::SIGNED_ONCE_MAX {
            let most = limits::SIGNED_ONCE_MAX;
            return refuse(
                Code::Full,
                format!("This app has {most} signed tokens with a `jti` that are not over yet; let them live shorter."),
            );
        }
        return Ok(None);
    };
    if row.token == token
        && let Some(opened) = state.get::<TokenRow>(&token)?
    {
        return Ok(Some(opened.session));
    }
    used()
}

/// The refusal of a token that was exchanged before.
pub(super) fn used<T>() -> Result<T, Stop> {
    refuse(
        Code::TokenExpired,
        "This signed token was exchanged already, and its `jti` says that it counts once; sign a new one.",
    )
}

/// Remembers a token that has just opened a session.
pub(super) fn remember(tables: &mut Tables<'_>, app: AppId, once: SignedOnce, token: TokenHash) -> Result<(), Fault> {
    tables.put(&(app, once.id), SignedOnceRow { until: once.until, token })?;
    tables.put(&(once.until, app, once.id), SignedOnceAgeRow {})?;
    totals::count_signed_once(tables, app, 1)
}

/// Whether there are any that are over.
pub fn any_over(state: &impl Read, now: Timestamp) -> Result<bool, Fault> {
    Ok(!over(state, now, 1)?.is_empty())
}

/// Some of those that are over, the first of them first.
fn over(state: &impl Read, now: Timestamp, most: usize) -> Result<Vec<(AppId, SignedOnce)>, Fault> {
    let at = |time: Timestamp| (time, AppId(0), TokenHash([0; 32]));
    let rows = state.range::<SignedOnceAgeRow>(&at(Timestamp(0)), &at(now), most)?;
    Ok(rows.into_iter().map(|((until, app, id), _)| (app, SignedOnce { id, until })).collect())
}

/// Forgets those that are over, as many as one command may.
pub(in crate::ledger) fn forget(tables: &mut Tables<'_>, order: &Order) -> Result<CommandResult, Stop> {
    let most = limits::SIGNED_ONCE_FORGOTTEN_MAX;
    let over = over(tables, order.at, most)?;
    let count = over.len();
    for (app, once) in over {
        remove(tables, app, once)?;
    }
    Ok(CommandResult::Removed { count: count as u32, more: count == most })
}

/// Forgets some of an app that is deleted, at most so many; how many.
pub(super) fn forget_some(tables: &mut Tables<'_>, app: AppId, most: usize) -> Result<usize, Fault> {
    let (first, last) = ((app, TokenHash([0; 32])), (app, TokenHash([u8::MAX; 32])));
    let rows = tables.range::<SignedOnceRow>(&first, &last, most)?;
    for ((app, id), row) in &rows {
        remove(tables, *app, SignedOnce { id: *id, until: row.until })?;
    }
    Ok(rows.len())
}

fn remove(tables: &mut Tables<'_>, app: AppId, once: SignedOnce) -> Result<(), Fault> {
    tables.remove::<SignedOnceRow>(&(app, once.id))?;
    tables.remove::<SignedOnceAgeRow>(&(once.until, app, once.id))?;
    totals::count_signed_once(tables, app, -1)
}
