//! Invite codes of apps: made, revoked, and used by those who register.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Actor, AppId, Code, CommandResult, InviteCode, Timestamp, limits};
use crate::store::records::{AppRow, InviteKey, InviteListKey, InviteListRow, InviteRow, InviteTo};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// What is asked for.
pub(in crate::ledger) struct NewInvite<'a> {
    pub app: AppId,
    pub code: &'a InviteCode,
    pub expires: Option<Timestamp>,
    pub uses_max: Option<u32>,
}

struct Plan {
    row: InviteRow,
    /// Codes that are of no use any more and make room.
    over: Vec<InviteCode>,
}

/// The codes that lead to something, at most `limit`.
pub(in crate::ledger) fn codes(state: &impl Read, to: InviteTo, limit: usize) -> Result<Vec<InviteCode>, Fault> {
    let highest = InviteCode::new("z".repeat(crate::model::text::INVITE_CODE_CHARS_MAX)).ok();
    let (first, last) = (InviteListKey { to, code: None }, InviteListKey { to, code: highest });
    let rows = state.range::<InviteListRow>(&first, &last, limit)?;
    Ok(rows.into_iter().filter_map(|(key, _)| key.code).collect())
}

/// The codes of an app. There are never more than the limit.
pub(in crate::ledger) fn of_app(state: &impl Read, app: AppId) -> Result<Vec<(InviteCode, Arc<InviteRow>)>, Fault> {
    let mut found = Vec::new();
    for code in codes(state, InviteTo::App(app), limits::INVITES_MAX)? {
        if let Some(row) = state.get::<InviteRow>(&InviteKey(code.clone()))? {
            found.push((code, row));
        }
    }
    Ok(found)
}

/// Whether a code can still be used.
pub(in crate::ledger) fn is_over(row: &InviteRow, now: Timestamp) -> bool {
    row.expires.is_some_and(|expires| now >= expires) || row.uses_max.is_some_and(|most| row.uses >= most)
}

/// Makes one.
pub(in crate::ledger) fn create(
    tables: &mut Tables<'_>,
    order: &Order,
    new: &NewInvite<'_>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, new)?;
    let to = plan.row.to;
    for code in plan.over {
        remove(tables, to, code)?;
    }
    tables.put(&InviteListKey { to, code: Some(new.code.clone()) }, InviteListRow {})?;
    tables.put(&InviteKey(new.code.clone()), plan.row)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, order: &Order, new: &NewInvite<'_>) -> Result<Plan, Stop> {
    let &NewInvite { app, code, expires, uses_max } = new;
    if state.get::<AppRow>(&app)?.is_none() {
        return refuse(Code::NotFound, format!("There is no app {app}; `tidings app list` shows those there are."));
    }
    if expires.is_some_and(|expires| expires <= order.at) {
        return refuse(Code::Invalid, "`expires` has passed already; name a time to come.");
    }
    if uses_max == Some(0) {
        return refuse(Code::Invalid, "`uses_max` must be at least 1; leave it out for no limit.");
    }
    if state.get::<InviteRow>(&InviteKey(code.clone()))?.is_some() {
        return refuse(Code::Conflict, "This code is taken; draw another one.");
    }
    let there = of_app(state, app)?;
    let full = there.len() >= limits::INVITES_MAX;
    let over: Vec<InviteCode> =
        there.into_iter().filter(|(_, row)| full && is_over(row, order.at)).map(|(code, _)| code).collect();
    if full && over.is_empty() {
        let limit = limits::INVITES_MAX;
        return refuse(Code::Full, format!("An app has at most {limit} invite codes; revoke one that is not needed."));
    }
    let by = match &order.actor {
        Actor::User(actor) => Some(actor.id.clone()),
        Actor::App(_) | Actor::Operator | Actor::Server => None,
    };
    let row = InviteRow { to: InviteTo::App(app), by, created: order.at, expires, uses_max, uses: 0 };
    Ok(Plan { row, over })
}

/// Makes one useless.
pub(in crate::ledger) fn revoke(tables: &mut Tables<'_>, app: AppId, code: &InviteCode) -> Result<CommandResult, Stop> {
    let to = InviteTo::App(app);
    match tables.get::<InviteRow>(&InviteKey(code.clone()))? {
        Some(row) if row.to == to => {
            remove(tables, to, code.clone())?;
            Ok(CommandResult::Done {})
        }
        Some(_) | None => {
            refuse(Code::NotFound, "There is no such invite code; `tidings invite list` shows those there are.")
        }
    }
}

fn remove(tables: &mut Tables<'_>, to: InviteTo, code: InviteCode) -> Result<(), Fault> {
    tables.remove::<InviteRow>(&InviteKey(code.clone()))?;
    tables.remove::<InviteListRow>(&InviteListKey { to, code: Some(code) })
}

/// The row of a code as one use more leaves it, or why it cannot be used.
pub(in crate::ledger) fn used(
    state: &impl Read,
    app: AppId,
    code: &InviteCode,
    now: Timestamp,
) -> Result<InviteRow, Stop> {
    let found = state.get::<InviteRow>(&InviteKey(code.clone()))?.filter(|row| row.to == InviteTo::App(app));
    let Some(row) = found else {
        return refuse(Code::NotFound, "There is no such invite code; check its spelling, or ask for a new one.");
    };
    if is_over(&row, now) {
        return refuse(
            Code::Expired,
            "This invite code has expired or was used as often as it may be; ask for a new one.",
        );
    }
    Ok(InviteRow { uses: row.uses.saturating_add(1), ..(*row).clone() })
}
