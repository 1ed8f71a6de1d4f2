//! What another system may do with an API key: a closed list, and for its own app alone. Whatever is not its own does not exist.

use super::keys;
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AdminQuery, AppActor, AppId, Code, SystemCommand, UserHandle};
use crate::store::Read;
use crate::store::records::UserRow;

/// Refuses to tell what the key does not open: users of its own app, and nothing else.
pub(in crate::ledger) fn admit_query(state: &impl Read, actor: AppActor, query: &AdminQuery) -> Result<(), Stop> {
    keys::admit(state, actor)?;
    match query {
        // Which app was found is looked at where it is found.
        AdminQuery::App { .. }
        | AdminQuery::AppOrigins { .. }
        | AdminQuery::Accounts { .. }
        | AdminQuery::Account { .. }
        | AdminQuery::Sessions { .. }
        | AdminQuery::BeforeHook { .. }
        | AdminQuery::Webhooks { .. }
        | AdminQuery::DeadLetters { .. } => Ok(()),
        _ => refuse(Code::Forbidden, "A key of an app does not open this; ask an administrator of this server."),
    }
}

/// Refuses what the key does not open.
pub(in crate::ledger) fn admit(state: &impl Read, actor: AppActor, command: &SystemCommand) -> Result<(), Stop> {
    keys::admit(state, actor)?;
    let own = match command {
        SystemCommand::AddUser { app, administrator: false, .. }
        | SystemCommand::RevokeTokens { app, user: None, .. }
        | SystemCommand::SetAppOrigins { app, .. }
        | SystemCommand::SetBeforeHook { app, .. }
        | SystemCommand::RotateBeforeHook { app, .. }
        | SystemCommand::RemoveBeforeHook { app }
        | SystemCommand::CreateWebhook { app, .. }
        | SystemCommand::SetWebhook { webhook: (app, _), .. }
        | SystemCommand::RotateWebhook { webhook: (app, _), .. }
        | SystemCommand::DeleteWebhook { webhook: (app, _) }
        | SystemCommand::ReplayWebhook { webhook: (app, _), .. } => *app == actor.app,
        SystemCommand::RevokeTokens { app, user: Some(user), .. } => {
            *app == actor.app && is_of(state, *user, actor.app)?
        }
        SystemCommand::SetFlags { user, .. }
        | SystemCommand::EndSessions { user }
        | SystemCommand::CreateToken { user, .. }
        | SystemCommand::RevokeToken { user, .. }
        | SystemCommand::DeleteUser { user } => is_of(state, *user, actor.app)?,
        _ => {
            return refuse(Code::Forbidden, "A key of an app does not open this; ask an administrator of this server.");
        }
    };
    if own {
        Ok(())
    } else {
        refuse(Code::NotFound, "There is no such user in this app; check the spelling of the id.")
    }
}

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
