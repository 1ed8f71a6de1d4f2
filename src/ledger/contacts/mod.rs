//! Contacts: requests, each side's own list, labels and blocks. Each side keeps a row of its own; who has ever been somebody's
//! contact keeps a row on both sides (so that whoever has a user as a contact is found among the user's own rows).

pub(super) mod answer;
pub(super) mod block;
pub(super) mod delete;
pub(super) mod delete_all;
pub(super) mod labels;
pub(super) mod may_write;
pub(super) mod request;
pub(super) mod set;

use super::Stop;
use super::caller::Caller;
use super::feed;
use super::refuse::refuse;
use crate::model::{
    Body, Code, CommandResult, Effect, LabelId, Name, RequestState, Timestamp, UserHandle, UserId, limits,
};
use crate::store::records::{ContactRow, ContactTotalRow, LabelRow, RequestRow, RequestSentRow, UserRow};
use crate::store::{Fault, Read, Tables};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The caller and another user, with the row that each keeps of the other.
struct Pair {
    other: UserHandle,
    user: Arc<UserRow>,
    mine: ContactRow,
    theirs: ContactRow,
}

impl Pair {
    /// The caller and the user of an id; `doing` says what nobody does with themselves.
    fn find(state: &impl Read, caller: &Caller<'_>, id: &UserId, doing: &str) -> Result<Self, Stop> {
        let (other, user) = caller.find_account(state, id)?;
        if other == caller.handle() {
            return refuse(Code::Invalid, format!("This is you yourself; {doing} somebody else."));
        }
        let mine = row(state, caller.handle(), other)?;
        let theirs = row(state, other, caller.handle())?;
        Ok(Self { other, user, mine, theirs })
    }
}

/// What `owner` keeps of `other`; nothing yet, when there is no row.
fn row(state: &impl Read, owner: UserHandle, other: UserHandle) -> Result<ContactRow, Fault> {
    Ok(state.get::<ContactRow>(&(owner, other))?.map(|row| (*row).clone()).unwrap_or_default())
}

/// Whether a row counts: somebody who was removed does not.
const fn counts(row: &ContactRow) -> bool {
    row.since.is_some() || row.blocked
}

/// Refuses one more contact than a user may have.
fn check_room(state: &impl Read, owner: UserHandle, before: &ContactRow, whose: &str) -> Result<(), Stop> {
    let total = state.get::<ContactTotalRow>(&owner)?.map_or(0, |total| total.contacts);
    if !counts(before) && total as usize >= limits::CONTACTS_MAX {
        let limit = limits::CONTACTS_MAX;
        return refuse(
            Code::Full,
            format!("{whose} contacts are {limit}, as many as there may be; delete some first."),
        );
    }
    Ok(())
}

/// Writes a row, and counts.
fn put_row(
    tables: &mut Tables<'_>,
    owner: UserHandle,
    other: UserHandle,
    before: &ContactRow,
    after: ContactRow,
) -> Result<(), Fault> {
    let (was, is) = (counts(before), counts(&after));
    tables.put(&(owner, other), after)?;
    if was != is {
        let total = tables.get::<ContactTotalRow>(&owner)?.map(|total| *total).unwrap_or_default();
        let contacts = if is { total.contacts + 1 } else { total.contacts.saturating_sub(1) };
        tables.put(&owner, ContactTotalRow { contacts, ..total })?;
    }
    Ok(())
}

/// Writes a request of `from` to `to`, and counts.
fn put_request(tables: &mut Tables<'_>, to: UserHandle, from: UserHandle, after: RequestRow) -> Result<(), Fault> {
    let pending = |row: &RequestRow| row.state == RequestState::Pending;
    let was = tables.get::<RequestRow>(&(to, from))?.is_some_and(|row| pending(&row));
    let is = pending(&after);
    tables.put(&(to, from), after)?;
    tables.put(&(from, to), RequestSentRow {})?;
    if was != is {
        let total = tables.get::<ContactTotalRow>(&to)?.map(|total| *total).unwrap_or_default();
        let pending = if is { total.pending + 1 } else { total.pending.saturating_sub(1) };
        tables.put(&to, ContactTotalRow { pending, ..total })?;
    }
    Ok(())
}

/// Takes away a request of `from` to `to`, because one of them is deleted, and counts.
pub(super) fn forget_request(tables: &mut Tables<'_>, to: UserHandle, from: UserHandle) -> Result<(), Fault> {
    let before = tables.get::<RequestRow>(&(to, from))?;
    tables.remove::<RequestRow>(&(to, from))?;
    tables.remove::<RequestSentRow>(&(from, to))?;
    if before.is_some_and(|row| row.state == RequestState::Pending)
        && let Some(total) = tables.get::<ContactTotalRow>(&to)?
    {
        tables.put(&to, ContactTotalRow { pending: total.pending.saturating_sub(1), ..*total })?;
    }
    Ok(())
}

/// Tells the caller's own devices whose rows changed.
fn tell_changed(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    users: Vec<UserId>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Fault> {
    feed::tell(tables, caller, &caller.user, Body::ContactsChanged { users }, effects)
}

/// Two users who become contacts of each other (or one who is restored in the other's list).
struct Becoming {
    pair: Pair,
    mine: ContactRow,
    theirs: ContactRow,
    /// Requests between them that are answered by it: to whom, from whom.
    requests: Vec<(UserHandle, UserHandle, RequestRow)>,
    /// Who says yes, and who asked.
    author: UserId,
    asked: UserId,
}

impl Becoming {
    /// Plans it. `remark`: the caller's own name for the other.
    fn plan(
        state: &impl Read,
        caller: &Caller<'_>,
        pair: Pair,
        remark: Option<&Name>,
        (author, asked): (&UserId, &UserId),
    ) -> Result<Self, Stop> {
        check_room(state, caller.handle(), &pair.mine, "Your")?;
        check_room(state, pair.other, &pair.theirs, "Their")?;
        let mut becoming = Self {
            mine: joined(&pair.mine, remark, caller),
            theirs: joined(&pair.theirs, None, caller),
            requests: Vec::new(),
            author: author.clone(),
            asked: asked.clone(),
            pair,
        };
        let (me, other) = (caller.handle(), becoming.pair.other);
        for (to, from) in [(me, other), (other, me)] {
            let pending = state.get::<RequestRow>(&(to, from))?.filter(|row| row.state == RequestState::Pending);
            let Some(row) = pending else { continue };
            // Who asked has said what they want to call the other.
            let applicant = if from == me { &mut becoming.mine } else { &mut becoming.theirs };
            if applicant.remark.is_none() && row.remark.is_some() {
                applicant.remark.clone_from(&row.remark);
                applicant.changed = caller.lsn;
            }
            let row = RequestRow {
                state: RequestState::Accepted,
                answered: Some(caller.at),
                changed: caller.lsn,
                ..(*row).clone()
            };
            becoming.requests.push((to, from, row));
        }
        Ok(becoming)
    }

    /// Writes it; both are told.
    fn apply(
        self,
        tables: &mut Tables<'_>,
        caller: &Caller<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<CommandResult, Stop> {
        let Self { pair, mine, theirs, requests, author, asked } = self;
        let (me, other) = (caller.handle(), pair.other);
        put_row(tables, me, other, &pair.mine, mine)?;
        put_row(tables, other, me, &pair.theirs, theirs)?;
        for (to, from, row) in requests {
            put_request(tables, to, from, row)?;
        }
        let body = Body::ContactAnswered { user: asked, accepted: true };
        let result = feed::tell_as(tables, caller, &author, &caller.user, body.clone(), effects)?;
        feed::tell_as(tables, caller, &author, &pair.user, body, effects)?;
        effects.push(Effect::Relation { user: me, other });
        Ok(result)
    }
}

/// The row of somebody who is a contact from now on, or already is one.
fn joined(before: &ContactRow, remark: Option<&Name>, caller: &Caller<'_>) -> ContactRow {
    if before.since.is_some() {
        return before.clone();
    }
    ContactRow {
        since: Some(caller.at),
        remark: remark.cloned().or_else(|| before.remark.clone()),
        changed: caller.lsn,
        ..before.clone()
    }
}

/// Refuses when one of the two can neither send nor get requests.
fn check_enabled(caller: &Caller<'_>, user: &UserRow) -> Result<(), Stop> {
    if caller.user.flags.contacts_disabled {
        return refuse(Code::ContactsDisabled, "Your account has no contact requests; ask an administrator.");
    }
    if user.flags.contacts_disabled {
        return refuse(Code::ContactsDisabled, "Their account has no contact requests; an administrator decided so.");
    }
    Ok(())
}

/// The users of a list, each once, in its order.
fn find_all(state: &impl Read, caller: &Caller<'_>, ids: &[UserId]) -> Result<Vec<(UserHandle, Arc<UserRow>)>, Stop> {
    let limit = limits::USERS_PER_COMMAND_MAX;
    if ids.is_empty() || ids.len() > limit {
        return refuse(Code::Invalid, format!("`users` must name 1 to {limit} users; ask in parts."));
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let (handle, user) = caller.find_account(state, id)?;
        if seen.insert(handle) {
            found.push((handle, user));
        }
    }
    Ok(found)
}

/// The labels of a user, by id.
pub(in crate::ledger) fn labels_of(
    state: &impl Read,
    owner: UserHandle,
) -> Result<Vec<(LabelId, Arc<LabelRow>)>, Fault> {
    let rows = state.range::<LabelRow>(&(owner, LabelId(0)), &(owner, LabelId(u64::MAX)), limits::LABELS_MAX)?;
    Ok(rows.into_iter().map(|((_, label), row)| (label, row)).collect())
}

/// Refuses a label that is not the caller's.
fn find_label(state: &impl Read, caller: &Caller<'_>, label: LabelId) -> Result<Arc<LabelRow>, Stop> {
    state.get::<LabelRow>(&(caller.handle(), label))?.map_or_else(
        || refuse(Code::NotFound, format!("You have no label {label}; ask for `labels` to see those that you have.")),
        Ok,
    )
}

/// When a declined request may be made again.
const fn again_at(answered: Timestamp, cooldown_ms: u64) -> Timestamp {
    Timestamp(answered.0.saturating_add(cooldown_ms))
}
