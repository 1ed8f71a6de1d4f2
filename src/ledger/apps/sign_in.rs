//! Open a session for whom a token names that the app has signed; the signature was checked before, all else is decided here. The
//! user is made on first sight when the app lets it. A token that counts once is remembered; the same exchange once more (with the same
//! token of a session, which is made from the caller's idempotency key) gives the session that the first one has opened.

use super::{check_active, find, once, state_of, tokens};
use crate::ledger::accounts::add_user::{self, NewUser};
use crate::ledger::accounts::log_in::{self, Attempt};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, media};
use crate::model::{
    AppId, AppKeyId, Card, Code, CommandResult, Device, Effect, MediaId, Name, SessionId, SignedOnce, Timestamp,
    TokenHash, UserHandle, UserId, UserKind,
};
use crate::store::records::{AppKeyRow, CardRow, MediaRow, SessionRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, Read, Tables};

/// Who comes, with what.
pub(in crate::ledger) struct Signed<'a> {
    pub app: AppId,
    pub id: &'a UserId,
    pub name: Option<&'a Name>,
    pub avatar: Option<MediaId>,
    pub once: Option<SignedOnce>,
    pub key: AppKeyId,
    pub issued: Timestamp,
    pub device: &'a Device,
    pub token: TokenHash,
    pub address: &'a str,
}

enum Who {
    /// The same exchange was made before, with this outcome.
    Again(SessionId),
    There(UserHandle, u32),
    New(Box<add_user::Plan>, Option<MediaId>),
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    signed: &Signed<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let &Signed { app, once, device, token, address, .. } = signed;
    let (user, credential) = match decide(tables, order, signed)? {
        Who::Again(session) => return Ok(CommandResult::Session { session }),
        Who::There(user, credential) => (user, credential),
        // Whoever was just made can log in: they are not suspended, their token was looked at, and no other one is in use.
        Who::New(plan, avatar) => match add_user::apply(tables, *plan)? {
            CommandResult::User { user } => {
                if let Some(avatar) = avatar {
                    give_picture(tables, order, user, avatar)?;
                }
                (user, 1)
            }
            other => return Ok(other),
        },
    };
    let result = log_in::run(tables, order, &Attempt { user, credential, device, token, address }, effects)?;
    if let Some(once) = once {
        once::remember(tables, app, once, token)?;
    }
    Ok(result)
}

/// Gives somebody who was just made their picture.
fn give_picture(tables: &mut Tables<'_>, order: &Order, user: UserHandle, avatar: MediaId) -> Result<(), Stop> {
    media::change_picture(tables, None, Some(avatar), order.at)?;
    let card = Card { avatar: Some(avatar), ..Card::default() };
    tables.put(&user, CardRow { card, changed: order.lsn })?;
    Ok(())
}

/// Whether a file is a picture that the app itself has uploaded, as a user of the kind `service`: nobody's own picture is shown
/// around because a token names it.
pub fn is_picture_of(state: &impl Read, app: AppId, avatar: MediaId) -> Result<bool, Fault> {
    let Some(row) = state.get::<MediaRow>(&avatar)?.filter(|row| row.app == app) else { return Ok(false) };
    let owner = state.get::<UserRow>(&row.owner)?;
    Ok(row.info.content_type.starts_with("image/") && owner.is_some_and(|owner| owner.kind == UserKind::Service))
}

fn decide(state: &impl Read, order: &Order, signed: &Signed<'_>) -> Result<Who, Stop> {
    let &Signed { app, id, name, avatar, once, key, issued, .. } = signed;
    find(state, app)?;
    check_active(state, app)?;
    if !state.get::<AppKeyRow>(&(app, key))?.is_some_and(|row| row.secret.kind().signs()) {
        return refuse(Code::Unauthenticated, "The key that signed this token was revoked; sign it with another one.");
    }
    if let Some(once) = once
        && let Some(session) = once::look(state, order.at, app, once, signed.token)?
    {
        // The token of the session says so already; whose session it is, is looked at nonetheless.
        let user = state.get::<UserIdRow>(&UserIdKey::new(app, id))?.map(|row| row.user);
        let opened = state.get::<SessionRow>(&session)?;
        if opened.is_none_or(|opened| opened.app != app || Some(opened.user) != user) {
            return once::used();
        }
        return Ok(Who::Again(session));
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
        let plan = Box::new(add_user::decide(state, order, &new)?);
        let avatar = match avatar {
            Some(avatar) if is_picture_of(state, app, avatar)? => Some(avatar),
            Some(_) | None => None,
        };
        return Ok(Who::New(plan, avatar));
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
