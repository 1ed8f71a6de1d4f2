//! What another system may do with an API key: a closed list, for its own app alone, and as far as the scopes of the key go. Whatever
//! is not its own does not exist.

use super::keys;
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::AppScope::{Act, Read as Reads, Send, Settings, Users};
use crate::model::{AdminQuery, AppActor, AppId, AppScope, Code, Command, Query, SystemCommand, UserHandle, UserKind};
use crate::store::Read;
use crate::store::records::{AppKeyRow, UserRow};

/// Refuses a key that has none of these scopes.
fn check(key: &AppKeyRow, any_of: &[AppScope]) -> Result<(), Stop> {
    Ok(key.scopes.check(any_of)?)
}

/// Refuses to tell what the key does not open: users of its own app, and nothing else.
pub(in crate::ledger) fn admit_query(state: &impl Read, actor: AppActor, query: &AdminQuery) -> Result<(), Stop> {
    let key = keys::admit(state, actor)?;
    match query {
        // Which app was found is looked at where it is found.
        AdminQuery::App { .. } => Ok(()),
        AdminQuery::Accounts { .. } | AdminQuery::Account { .. } => check(&key, &[Users, Reads]),
        AdminQuery::Sessions { .. } => check(&key, &[Users]),
        AdminQuery::AppOrigins { .. }
        | AdminQuery::BeforeHook { .. }
        | AdminQuery::Webhooks { .. }
        | AdminQuery::DeadLetters { .. } => check(&key, &[Settings]),
        _ => refuse(Code::Forbidden, "A key of an app does not open this; ask an administrator of this server."),
    }
}

/// Refuses what the key does not open.
pub(in crate::ledger) fn admit(state: &impl Read, actor: AppActor, command: &SystemCommand) -> Result<(), Stop> {
    let key = keys::admit(state, actor)?;
    let (own, needs): (bool, &[AppScope]) = match command {
        // Whoever speaks as the app itself makes the user that it speaks as.
        SystemCommand::AddUser { app, id, administrator: false, kind: UserKind::Service, .. }
            if id.as_str() == UserKind::SYSTEM =>
        {
            (*app == actor.app, &[Users, Send])
        }
        SystemCommand::AddUser { app, administrator: false, .. }
        | SystemCommand::RevokeTokens { app, user: None, .. } => (*app == actor.app, &[Users]),
        SystemCommand::SetAppOrigins { app, .. }
        | SystemCommand::SetBeforeHook { app, .. }
        | SystemCommand::RotateBeforeHook { app, .. }
        | SystemCommand::RemoveBeforeHook { app }
        | SystemCommand::CreateWebhook { app, .. }
        | SystemCommand::SetWebhook { webhook: (app, _), .. }
        | SystemCommand::RotateWebhook { webhook: (app, _), .. }
        | SystemCommand::DeleteWebhook { webhook: (app, _) }
        | SystemCommand::ReplayWebhook { webhook: (app, _), .. } => (*app == actor.app, &[Settings]),
        SystemCommand::RevokeTokens { app, user: Some(user), .. } => {
            (*app == actor.app && is_of(state, *user, actor.app)?, &[Users])
        }
        SystemCommand::SetFlags { user, .. }
        | SystemCommand::EndSessions { user }
        | SystemCommand::CreateToken { user, .. }
        | SystemCommand::RevokeToken { user, .. }
        | SystemCommand::DeleteUser { user } => (is_of(state, *user, actor.app)?, &[Users]),
        _ => {
            return refuse(Code::Forbidden, "A key of an app does not open this; ask an administrator of this server.");
        }
    };
    check(&key, needs)?;
    if own {
        Ok(())
    } else {
        refuse(Code::NotFound, "There is no such user in this app; check the spelling of the id.")
    }
}

/// Refuses to act in the name of a user, who was found, when the key is gone or has none of the scopes for it.
pub fn check_as(state: &impl Read, actor: AppActor, user: UserHandle, any_of: &[AppScope]) -> Result<(), Stop> {
    let key = keys::admit(state, actor)?;
    let user = state.get::<UserRow>(&user)?;
    user.map_or(Ok(()), |user| admit_as(&key, &user, any_of))
}

/// Refuses to act in the name of a user when the key has none of the scopes for it. Users of the kind `service` are the app itself:
/// for them alone `send` is one of those scopes.
pub(in crate::ledger) fn admit_as(key: &AppKeyRow, user: &UserRow, any_of: &[AppScope]) -> Result<(), Stop> {
    if user.kind == UserKind::Service {
        return check(key, any_of);
    }
    let others: Vec<AppScope> = any_of.iter().copied().filter(|scope| *scope != Send).collect();
    check(key, &others)
}

/// What a command in the name of a user needs. The app itself speaks with a closed list of them (`send`); users are imported with a few:
/// their profiles, contacts and members.
pub(in crate::ledger) const fn of_command(command: &Command) -> &'static [AppScope] {
    match command {
        Command::Send { .. }
        | Command::Edit { .. }
        | Command::EditButtons { .. }
        | Command::Recall { .. }
        | Command::React { .. } => &[Act, Send],
        Command::SetProfile { .. } => &[Act, Users, Send],
        Command::RequestContact { .. }
        | Command::AnswerContact { .. }
        | Command::SetContact { .. }
        | Command::AddMembers { .. } => &[Act, Users],
        _ => &[Act],
    }
}

/// What a query in the name of a user needs. An import looks at who are contacts already.
pub(in crate::ledger) const fn of_query(query: &Query) -> &'static [AppScope] {
    match query {
        Query::Relations { .. } => &[Reads, Act, Users],
        _ => READING,
    }
}

/// What reading in the name of a user needs.
pub(in crate::ledger) const READING: &[AppScope] = &[Reads, Act];

/// Whether a user is of an app. Administrators of this server are nobody whom a key of `home` manages.
fn is_of(state: &impl Read, user: UserHandle, app: AppId) -> Result<bool, Stop> {
    let Some(row) = state.get::<UserRow>(&user)?.filter(|row| row.app == app) else { return Ok(false) };
    if row.administrator {
        return refuse(
            Code::Forbidden,
            "This is an administrator of the server; a key of an app does not manage them.",
        );
    }
    Ok(true)
}
