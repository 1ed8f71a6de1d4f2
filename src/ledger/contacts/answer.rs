//! Answer a pending contact request. Both sides are told, of a no too; the same answer again changes nothing.

use super::{Becoming, Pair, check_enabled, put_request};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::feed;
use crate::ledger::refuse::{no_such_user, refuse};
use crate::model::{Body, Code, CommandResult, Effect, RequestState, UserId};
use crate::store::records::RequestRow;
use crate::store::{Read, Tables};

enum Plan {
    /// It was answered so already.
    Nothing,
    Accept(Box<Becoming>),
    Decline(Box<Pair>, RequestRow),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    user: &UserId,
    accept: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, user, accept)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, user: &UserId, accept: bool) -> Result<Plan, Stop> {
    let pair = Pair::find(state, caller, user, "answer")?;
    let Some(request) = state.get::<RequestRow>(&(caller.handle(), pair.other))? else {
        return refuse(Code::NotFound, format!("`{user}` has not asked you; ask for `contact_requests`."));
    };
    match (request.state, accept) {
        (RequestState::Accepted, true) | (RequestState::Declined, false) => Ok(Plan::Nothing),
        (RequestState::Accepted, false) => {
            refuse(Code::Conflict, "You have accepted this request; delete the contact instead.")
        }
        (RequestState::Declined, true) => {
            refuse(Code::Conflict, "You have declined this request; ask them yourself instead.")
        }
        (RequestState::Pending, true) => {
            if pair.user.deleted {
                return no_such_user(user);
            }
            check_enabled(caller, &pair.user)?;
            let asked = pair.user.id.clone();
            let becoming = Becoming::plan(state, caller, pair, None, (caller.id(), &asked))?;
            Ok(Plan::Accept(Box::new(becoming)))
        }
        (RequestState::Pending, false) => {
            let row = RequestRow {
                state: RequestState::Declined,
                answered: Some(caller.at),
                changed: caller.lsn,
                ..(*request).clone()
            };
            Ok(Plan::Decline(Box::new(pair), row))
        }
    }
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match plan {
        Plan::Nothing => Ok(CommandResult::Done {}),
        Plan::Accept(becoming) => becoming.apply(tables, caller, effects),
        Plan::Decline(pair, row) => {
            put_request(tables, caller.handle(), pair.other, row)?;
            let body = Body::ContactAnswered { user: pair.user.id.clone(), accepted: false };
            let result = feed::tell(tables, caller, &caller.user, body.clone(), effects)?;
            feed::tell(tables, caller, &pair.user, body, effects)?;
            Ok(result)
        }
    }
}
