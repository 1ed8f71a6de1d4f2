//! Ask a user to be a contact. What comes of it depends on how the two stand and on what the other side has set.

use super::{Becoming, Pair, again_at, check_enabled, put_request};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::feed;
use crate::ledger::refuse::{no_such_user, refuse};
use crate::model::{
    Body, Code, CommandResult, ContactPolicy, Effect, Line, Name, RequestState, UserHandle, UserId, limits,
};
use crate::store::records::{ContactTotalRow, RequestRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

/// What is asked for.
pub(in crate::ledger) struct Request<'a> {
    pub user: &'a UserId,
    pub greeting: Option<&'a Line>,
    pub remark: Option<&'a Name>,
    pub source: Option<&'a Line>,
}

enum Plan {
    /// They are contacts already, or just this was asked already.
    Nothing,
    /// They are contacts at once.
    Becomes(Box<Becoming>),
    /// The other side has to answer.
    Asks { other: UserHandle, user: Arc<UserRow>, row: RequestRow },
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    request: &Request<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, request)?;
    apply(tables, caller, plan, effects)
}

/// Who would be asked; none when nothing would change; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    request: &Request<'_>,
) -> Result<Option<UserId>, Stop> {
    match decide(state, caller, request)? {
        Plan::Nothing => Ok(None),
        Plan::Becomes(_) => Ok(Some(caller.find_user(state, request.user)?.1.id.clone())),
        Plan::Asks { user, .. } => Ok(Some(user.id.clone())),
    }
}

fn decide(state: &impl Read, caller: &Caller<'_>, request: &Request<'_>) -> Result<Plan, Stop> {
    let pair = Pair::find(state, caller, request.user, "ask")?;
    if pair.user.deleted {
        return no_such_user(request.user);
    }
    if pair.theirs.blocked {
        return refuse(Code::Blocked, "This user takes neither messages nor requests of yours.");
    }
    check_enabled(caller, &pair.user)?;
    if request.greeting.is_some() {
        caller.may_speak()?;
    }
    let (mine, theirs) = (pair.mine.since.is_some(), pair.theirs.since.is_some());
    if mine && theirs {
        return Ok(Plan::Nothing);
    }
    let (me, other) = (caller.handle(), pair.other);
    let user = Arc::clone(&pair.user);
    let becomes = |pair, author: &UserId, asked: &UserId| {
        let becoming = Becoming::plan(state, caller, pair, request.remark, (author, asked))?;
        Ok(Plan::Becomes(Box::new(becoming)))
    };
    // Whoever asks somebody who has asked them says yes.
    if state.get::<RequestRow>(&(me, other))?.is_some_and(|row| row.state == RequestState::Pending) {
        return becomes(pair, caller.id(), &user.id);
    }
    if theirs || user.settings.contact_policy == ContactPolicy::Open {
        return becomes(pair, &user.id, caller.id());
    }
    if user.settings.contact_policy == ContactPolicy::Closed {
        return refuse(Code::Forbidden, "This user takes no contact requests.");
    }
    let before = state.get::<RequestRow>(&(other, me))?;
    if let Some(before) = &before
        && is_same_or_too_early(state, caller, before, request)?
    {
        return Ok(Plan::Nothing);
    }
    let pending = before.is_some_and(|row| row.state == RequestState::Pending);
    let waiting = state.get::<ContactTotalRow>(&other)?.map_or(0, |total| total.pending);
    if !pending && waiting as usize >= limits::CONTACT_REQUESTS_MAX {
        return refuse(Code::Full, "Too many requests wait for this user; ask again later.");
    }
    let row = RequestRow {
        state: RequestState::Pending,
        greeting: request.greeting.cloned(),
        remark: request.remark.cloned(),
        source: request.source.cloned(),
        asked: caller.at,
        answered: None,
        seq: feed::next_seq(state, &user)?,
        changed: caller.lsn,
    };
    Ok(Plan::Asks { other, user, row })
}

/// Whether an earlier request says just this and still waits. One that was declined a short time ago is refused.
fn is_same_or_too_early(
    state: &impl Read,
    caller: &Caller<'_>,
    before: &RequestRow,
    request: &Request<'_>,
) -> Result<bool, Stop> {
    match before.state {
        RequestState::Pending => Ok(before.greeting.as_ref() == request.greeting
            && before.remark.as_ref() == request.remark
            && before.source.as_ref() == request.source),
        RequestState::Declined => {
            let cooldown_ms = caller.app(state)?.settings.contact_cooldown_ms;
            let again = again_at(before.answered.unwrap_or(before.asked), cooldown_ms);
            if caller.at < again {
                let minutes = again.since_ms(caller.at).div_ceil(60_000);
                return refuse(
                    Code::Conflict,
                    format!("Your request was declined; you can ask again in {minutes} minutes."),
                );
            }
            Ok(false)
        }
        RequestState::Accepted => Ok(false),
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
        Plan::Becomes(becoming) => becoming.apply(tables, caller, effects),
        Plan::Asks { other, user, row } => {
            let body = Body::ContactRequested { user: user.id.clone(), greeting: row.greeting.clone() };
            put_request(tables, other, caller.handle(), row)?;
            let result = feed::tell(tables, caller, &caller.user, body.clone(), effects)?;
            feed::tell(tables, caller, &user, body, effects)?;
            Ok(result)
        }
    }
}
