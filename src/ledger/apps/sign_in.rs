//! Open a session for whom a token names that the app has signed; the signature was checked before, all else is decided here. The
//! user is made on first sight when the app lets it.

use super::{check_active, find, state_of, tokens};
use crate::ledger::accounts::add_user::{self, NewUser};
use crate::ledger::accounts::log_in::{self, Attempt};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{
    AppId, AppKeyId, Code, CommandResult, Device, Effect, Name, Timestamp, TokenHash, UserHandle, UserId, UserKind,
};
use crate::store::records::{AppKeyRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Read, Tables};

/// Who comes, with what.
pub(in crate::ledger) struct Signed<'a> {
    pub app: AppId,
    pub id: &'a UserId,
    pub name: Option<&'a Name>,
    pub key: AppKeyId,
    pub issued: Timestamp,
    pub device: &'a Device,
    pub token: TokenHash,
    pub address: &'a str,
}

enum Who {
    There(UserHandle, u32),
    New(Box<add_user::Plan>),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    signed: &Signed<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let (user, credential) = match decide(tables, order, signed)? {
        Who::There(user, credential) => (user, credential),
        // Whoever was just made can log in: they are not suspended, their token was looked at, and no other one is in use.
        Who::New(plan) => match add_user::apply(tables, *plan)? {
            CommandResult::User { user } => (user, 1),
            other => return Ok(other),
        },
    };
    let &Signed { device, token, address, .. } = signed;
    log_in::run(tables, order, &Attempt { user, credential, device, token, address }, effects)
}

fn decide(state: &impl Read, order: &Order, signed: &Signed<'_>) -> Result<Who, Stop> {
    let &Signed { app, id, name, key, issued, .. } = signed;
    find(state, app)?;
    check_active(state, app)?;
    if !state.get::<AppKeyRow>(&(app, key))?.is_some_and(|row| row.secret.kind().signs()) {
        return refuse(Code::Unauthenticated, "The key that signed this token was revoked; sign it with another one.");
    }
    log_in::check_new(state, order, signed.token, signed.address)?;
    let found = state.get::<UserIdRow>(&UserIdKey::new(app, id))?.map(|row| row.user);
    if issued < tokens::from(state, app, found)? {
        return refuse(Code::TokenExpired, "Signed tokens of that time do not count any more; sign a new one.");
    }
    let Some(user) = found else {
        if !state_of(state, app)?.access.signed_users {
            return refuse(Code::NotFound, format!("There is no user `{id}` here; the app makes its users itself."));
        }
        let new = NewUser { app, id, name, password: None, administrator: false, kind: UserKind::Person };
        return Ok(Who::New(Box::new(add_user::decide(state, order, &new)?)));
    };
    match state.get::<UserRow>(&user)?.filter(|row| !row.deleted) {
        // Who can run the server proves it with a password.
        Some(row) if row.administrator => {
            refuse(Code::Forbidden, "An administrator of this server logs in with a password, not with a signed token.")
        }
        Some(row) if row.kind == UserKind::Bot => {
            refuse(Code::Forbidden, "A bot does not log in; make it a token of its own.")
        }
        Some(row) if row.flags.suspended => refuse(Code::Suspended, "Your account is suspended; ask an administrator."),
        Some(row) => Ok(Who::There(user, row.credential)),
        None => refuse(Code::NotFound, format!("There is no user `{id}` here any more; an id is never given again.")),
    }
}
