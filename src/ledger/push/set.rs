//! Say where the caller's device is reached, or that it is not any more.

use super::{forget, hash};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, PushSubscription, SessionId, TokenHash, UserHandle};
use crate::store::records::{PushEndpointRow, PushRow};
use crate::store::{Read, Tables};

enum Plan {
    Forget,
    Keep {
        row: PushRow,
        endpoint: TokenHash,
        /// Another session that had the address.
        other: Option<(UserHandle, SessionId)>,
    },
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    subscription: Option<&PushSubscription>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, subscription)?;
    apply(tables, caller, plan)
}

fn decide(state: &impl Read, caller: &Caller<'_>, subscription: Option<&PushSubscription>) -> Result<Plan, Stop> {
    // What is kept ends with a session, and a key has none.
    if caller.session.is_none() {
        return refuse(
            Code::Unsupported,
            "An app's key has no device to be told on; the user's own session subscribes it.",
        );
    }
    let Some(subscription) = subscription else { return Ok(Plan::Forget) };
    subscription.check()?;
    let endpoint = hash(&subscription.endpoint);
    let holder = state.get::<PushEndpointRow>(&endpoint)?;
    let other = holder.map(|row| (row.user, row.session)).filter(|(_, session)| *session != caller.actor.session);
    Ok(Plan::Keep { row: PushRow { subscription: subscription.clone(), created: caller.at }, endpoint, other })
}

fn apply(tables: &mut Tables<'_>, caller: &Caller<'_>, plan: Plan) -> Result<CommandResult, Stop> {
    let (user, session) = (caller.handle(), caller.actor.session);
    forget(tables, user, session)?;
    if let Plan::Keep { row, endpoint, other } = plan {
        if let Some((user, session)) = other {
            forget(tables, user, session)?;
        }
        tables.put(&(user, session), row)?;
        tables.put(&endpoint, PushEndpointRow { user, session })?;
    }
    Ok(CommandResult::Done {})
}
