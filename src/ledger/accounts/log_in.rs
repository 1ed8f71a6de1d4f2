//! Open a session. What the app's login policy does not allow beside it ends, and so does an older session of the same device.

use super::policy::may_stay;
use super::{Ending, sessions_of};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::{
    Code, CommandResult, Device, Effect, EndReason, LoginPolicy, SessionId, TokenHash, UserHandle, UserKind, limits,
};
use crate::store::records::{AppRow, Counter, SessionRow, TokenRow, UserSessionRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Longest address kept with a session, in bytes; an IPv6 address with zone and port fits.
const ADDRESS_BYTES_MAX: usize = 128;

/// What is asked for.
pub(in crate::ledger) struct Attempt<'a> {
    pub user: UserHandle,
    pub credential: u32,
    pub device: &'a Device,
    pub token: TokenHash,
    pub address: &'a str,
}

struct Plan {
    row: SessionRow,
    endings: Vec<Ending>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    attempt: &Attempt<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, attempt)?;
    apply(tables, plan, effects)
}

/// Checks what a new session of anybody must be.
pub(in crate::ledger) fn check_new(
    state: &impl Read,
    order: &Order,
    token: TokenHash,
    address: &str,
) -> Result<(), Stop> {
    if order.key.is_some() {
        return refuse(
            Code::Invalid,
            "A log-in takes no idempotency key, because its token is told once; leave it out.",
        );
    }
    if address.len() > ADDRESS_BYTES_MAX {
        return refuse(Code::TooLarge, format!("The address has more than {ADDRESS_BYTES_MAX} bytes."));
    }
    if state.get::<TokenRow>(&token)?.is_some() {
        return refuse(Code::Conflict, "The token is in use; draw another one.");
    }
    Ok(())
}

fn decide(state: &impl Read, order: &Order, attempt: &Attempt<'_>) -> Result<Plan, Stop> {
    check_new(state, order, attempt.token, attempt.address)?;
    let user = super::user(state, attempt.user)?;
    if user.flags.suspended {
        return refuse(Code::Suspended, "Your account is suspended; ask an administrator.");
    }
    if user.kind == UserKind::Bot {
        return refuse(Code::Unauthenticated, "A bot does not log in; it comes with a token that was made for it.");
    }
    if user.credential != attempt.credential {
        return refuse(Code::Unauthenticated, "The password was changed meanwhile; log in with the new one.");
    }
    let Some(app) = state.get::<AppRow>(&user.app)? else {
        return refuse(Code::NotFound, "The app of this account is not there any more; ask its operator.");
    };
    apps::check_active(state, user.app)?;
    let row = SessionRow {
        app: user.app,
        user: attempt.user,
        id: user.id.clone(),
        device: attempt.device.clone(),
        token: attempt.token,
        created: order.at,
        seen: order.at,
        address: attempt.address.to_owned(),
    };
    let endings = endings(sessions_of(state, attempt.user)?, app.settings.login_policy, attempt.device);
    Ok(Plan { row, endings })
}

/// Which of the user's sessions end when `device` logs in.
fn endings(sessions: Vec<(SessionId, Arc<SessionRow>)>, policy: LoginPolicy, device: &Device) -> Vec<Ending> {
    let (mut staying, mut endings) = (Vec::new(), Vec::new());
    for (session, row) in sessions {
        let reason = if row.device.id == device.id {
            EndReason::ReplacedBySameDevice
        } else if may_stay(policy, row.device.platform, device.platform) {
            staying.push((session, row));
            continue;
        } else {
            EndReason::ReplacedByDevice
        };
        endings.push(Ending { session, row, reason, by: Some(device.name.clone()) });
    }
    // The list of a user's sessions is bounded: those longest unused make room.
    staying.sort_by_key(|(session, row)| (row.seen, *session));
    let too_many = (staying.len() + 1).saturating_sub(limits::SESSIONS_PER_USER_MAX);
    let reason = EndReason::ReplacedByDevice;
    for (session, row) in staying.into_iter().take(too_many) {
        endings.push(Ending { session, row, reason, by: Some(device.name.clone()) });
    }
    endings
}

fn apply(tables: &mut Tables<'_>, plan: Plan, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
    for ending in plan.endings {
        ending.apply(tables, effects)?;
    }
    Ok(put(tables, plan.row)?)
}

/// Writes a new session.
pub(in crate::ledger) fn put(tables: &mut Tables<'_>, row: SessionRow) -> Result<CommandResult, Fault> {
    let session = SessionId(tables.next_id(Counter::Session)?);
    tables.put(&row.token, TokenRow { session })?;
    tables.put(&(row.user, session), UserSessionRow {})?;
    tables.put(&session, row)?;
    Ok(CommandResult::Session { session })
}
