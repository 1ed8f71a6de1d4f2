//! The audit log: one line for each administrative command that was accepted, in the same commit, and for what the security of
//! accounts depends on. A line names who, what and to whom; never a password, a token, a whole code, or a message.

use super::{Order, Stop, webhooks};
use crate::model::{
    Actor, AnyCommand, AppId, AppKeyId, Code, Command, Line, LinkPurpose, Lsn, McpCall, McpTokenId, McpTool,
    SystemCommand, Target, UserFlags, UserHandle, WebhookId, WebhookNote, WebhookOf, limits,
};
use crate::store::records::{AppRow, AuditRow, LinkRow, UserRow, WebhookRow};
use crate::store::{Fault, Read, Tables};

/// Lines that are too old go with each new one, so many at most.
const TRIMMED_AT_ONCE: usize = 4;
/// Characters of an invite code that are shown: enough to find it, too few to use it.
const CODE_CHARS_SHOWN: usize = 4;

/// The line for a command, made before it is applied; none when it leaves none.
pub(super) fn line(state: &impl Read, order: &Order) -> Result<Option<AuditRow>, Stop> {
    let command = match &order.command {
        AnyCommand::System(command) => command,
        AnyCommand::User(command) => return given_through_mcp(state, order, command),
    };
    let mut own = None;
    let (action, subject) = match command {
        SystemCommand::CreateApp { name, .. } => ("app.create".to_owned(), name.to_string()),
        SystemCommand::SetApp { app, .. } => ("app.set".to_owned(), app_name(state, *app)?),
        SystemCommand::AddUser { app, id, administrator, .. } => {
            let action = if *administrator { "administrator.create" } else { "user.create" };
            (action.to_owned(), named(state, *app, id.as_str())?)
        }
        SystemCommand::SetPassword { user, keep, .. } => {
            let user = user_name(state, *user)?;
            own = keep.map(|_| user.clone());
            ("user.password".to_owned(), user)
        }
        SystemCommand::SetFlags { user, flags } => {
            let before = state.get::<UserRow>(user)?.map(|row| row.flags).unwrap_or_default();
            let Some(action) = flags_action(before, *flags) else { return Ok(None) };
            (action, user_name(state, *user)?)
        }
        SystemCommand::SetAdministrator { user, administrator } => {
            let action = if *administrator { "administrator.grant" } else { "administrator.revoke" };
            (action.to_owned(), user_name(state, *user)?)
        }
        SystemCommand::EndSessions { user } => ("user.end_sessions".to_owned(), user_name(state, *user)?),
        SystemCommand::CreateAppInvite { app, code, .. } => {
            ("invite.create".to_owned(), shortened(state, *app, code.as_str())?)
        }
        SystemCommand::RevokeAppInvite { app, code } => {
            ("invite.revoke".to_owned(), shortened(state, *app, code.as_str())?)
        }
        SystemCommand::CreateLink { purpose: LinkPurpose::SetUp, .. } => {
            ("setup_link.create".to_owned(), "home".into())
        }
        SystemCommand::CreateLink { purpose: LinkPurpose::Password(user), .. } => {
            ("password_link.create".to_owned(), user_name(state, *user)?)
        }
        SystemCommand::SetUp { id, .. } => {
            own = Some(id.to_string());
            ("setup_link.use".to_owned(), id.to_string())
        }
        SystemCommand::UsePasswordLink { token, .. } => match state.get::<LinkRow>(token)?.map(|row| row.purpose) {
            Some(LinkPurpose::Password(user)) => {
                let user = user_name(state, user)?;
                own = Some(user.clone());
                ("password_link.use".to_owned(), user)
            }
            Some(LinkPurpose::SetUp) | None => return Ok(None),
        },
        SystemCommand::DeleteUser { user } => {
            let user = user_name(state, *user)?;
            own = Some(user.clone());
            ("user.delete".to_owned(), user)
        }
        SystemCommand::SetRetention { conversation, .. } => {
            ("retention.set".to_owned(), format!("conversation {conversation}"))
        }
        SystemCommand::SetAssistant { app, id, .. } => ("assistant.set".to_owned(), named(state, *app, id.as_str())?),
        SystemCommand::RemoveAssistant { user } => ("assistant.remove".to_owned(), user_name(state, *user)?),
        SystemCommand::SetAppAccess { app, .. } => ("app.access".to_owned(), app_name(state, *app)?),
        SystemCommand::SetAppOrigins { app, .. } => ("app.origins".to_owned(), app_name(state, *app)?),
        SystemCommand::SuspendApp { app, suspended } => {
            let action = if *suspended { "app.suspend" } else { "app.unsuspend" };
            (action.to_owned(), app_name(state, *app)?)
        }
        SystemCommand::DeleteApp { app } => ("app.delete".to_owned(), app_name(state, *app)?),
        SystemCommand::CreateAppKey { app, .. } => {
            ("app_key.create".to_owned(), key_name(state, *app, AppKeyId(order.lsn.0))?)
        }
        SystemCommand::RevokeAppKey { app, key } => ("app_key.revoke".to_owned(), key_name(state, *app, *key)?),
        SystemCommand::RevokeTokens { app, user: None, .. } => ("app.revoke_tokens".to_owned(), app_name(state, *app)?),
        SystemCommand::RevokeTokens { user: Some(user), .. } => {
            ("user.revoke_tokens".to_owned(), user_name(state, *user)?)
        }
        SystemCommand::CreateToken { user, replaces, .. } => {
            let action = if replaces.is_some() { "token.rotate" } else { "token.create" };
            (action.to_owned(), user_name(state, *user)?)
        }
        SystemCommand::RevokeToken { user, session } => {
            ("token.revoke".to_owned(), format!("{}: token {session}", user_name(state, *user)?))
        }
        SystemCommand::CreateHook { conversation, by, name, .. } => {
            own = Some(by.id.to_string());
            ("hook.create".to_owned(), format!("conversation {conversation}: {name}"))
        }
        SystemCommand::RotateHook { hook: (conversation, hook), by, .. } => {
            own = Some(by.id.to_string());
            ("hook.rotate".to_owned(), format!("conversation {conversation}: hook {hook}"))
        }
        SystemCommand::DeleteHook { hook: (conversation, hook), by } => {
            own = Some(by.id.to_string());
            ("hook.delete".to_owned(), format!("conversation {conversation}: hook {hook}"))
        }
        SystemCommand::CreateMcpToken { by, name, .. } => {
            own = Some(user_name(state, by.user)?);
            ("mcp_token.create".to_owned(), format!("{}: {name}", McpTokenId(order.lsn.0)))
        }
        SystemCommand::RevokeMcpToken { by, token } => {
            own = Some(user_name(state, by.user)?);
            ("mcp_token.revoke".to_owned(), token.to_string())
        }
        SystemCommand::NoteMcpCall { user, token, call } => {
            own = Some(mcp_name(state, *user, *token)?);
            let tool = call.tool.map_or("unknown", McpTool::name);
            (format!("mcp.{tool}"), mcp_subject(call))
        }
        SystemCommand::SetBeforeHook { app, secret, .. } => {
            let action = if secret.is_some() { "before_hook.create" } else { "before_hook.set" };
            (action.to_owned(), app_name(state, *app)?)
        }
        SystemCommand::RotateBeforeHook { app, .. } => ("before_hook.rotate".to_owned(), app_name(state, *app)?),
        SystemCommand::RemoveBeforeHook { app } => ("before_hook.remove".to_owned(), app_name(state, *app)?),
        SystemCommand::CreateWebhook { app, .. } => {
            ("webhook.create".to_owned(), webhook_name(state, (*app, WebhookId(order.lsn.0)))?)
        }
        SystemCommand::SetWebhook { webhook, .. } => ("webhook.set".to_owned(), webhook_name(state, *webhook)?),
        SystemCommand::RotateWebhook { webhook, .. } => ("webhook.rotate".to_owned(), webhook_name(state, *webhook)?),
        SystemCommand::DeleteWebhook { webhook } => ("webhook.delete".to_owned(), webhook_name(state, *webhook)?),
        SystemCommand::ReplayWebhook { webhook, .. } => ("webhook.replay".to_owned(), webhook_name(state, *webhook)?),
        SystemCommand::NoteWebhook { webhook, note } if turns_off(state, *webhook, note)? => {
            ("webhook.stop".to_owned(), webhook_name(state, *webhook)?)
        }
        SystemCommand::Note { action, subject } => ((*action).to_owned(), subject.to_string()),
        SystemCommand::Found { .. }
        | SystemCommand::LogIn { .. }
        | SystemCommand::TouchSession { .. }
        | SystemCommand::EndExpired { .. }
        | SystemCommand::UpgradePassword { .. }
        | SystemCommand::Register { .. }
        | SystemCommand::DeleteUserStep { .. }
        | SystemCommand::AddMedia { .. }
        | SystemCommand::ForgetMedia { .. }
        | SystemCommand::Trim { .. }
        | SystemCommand::BeginAnswer { .. }
        | SystemCommand::FinishAnswer { .. }
        | SystemCommand::CountAssistant { .. }
        | SystemCommand::Cursors { .. }
        | SystemCommand::AppStep { .. }
        | SystemCommand::TouchAppKey { .. }
        | SystemCommand::ForgetSigned {}
        | SystemCommand::Reseal { .. }
        | SystemCommand::SignIn { .. }
        | SystemCommand::Post { .. }
        | SystemCommand::NoteFollower { .. }
        | SystemCommand::NotePush { .. }
        | SystemCommand::WebhookStep { .. }
        | SystemCommand::NoteWebhook { .. } => return Ok(None),
    };
    // What the server does for somebody who proved who they are (by their password, by a link) was done by them.
    let actor = match &order.actor {
        Actor::User(actor) => actor.id.to_string(),
        Actor::App(actor) => key_name(state, actor.app, actor.key)?,
        Actor::Operator => "operator".to_owned(),
        Actor::Server => own.unwrap_or_else(|| "server".to_owned()),
    };
    Ok(Some(AuditRow { at: order.at, actor: fitting(&actor)?, action, subject: fitting(&subject)? }))
}

/// The line of a command that a user gives through a token for MCP: a message.
fn given_through_mcp(state: &impl Read, order: &Order, command: &Command) -> Result<Option<AuditRow>, Stop> {
    let Actor::User(actor) = &order.actor else { return Ok(None) };
    let (Some(token), Command::Send { to: Target::Conversation(conversation), .. }) = (actor.session.mcp(), command)
    else {
        return Ok(None);
    };
    let call = McpCall { tool: Some(McpTool::SendMessage), conversation: Some(*conversation), refused: None };
    let who = fitting(&mcp_name(state, actor.user, token)?)?;
    let action = format!("mcp.{}", McpTool::SendMessage.name());
    Ok(Some(AuditRow { at: order.at, actor: who, action, subject: fitting(&mcp_subject(&call))? }))
}

/// Who calls a tool.
fn mcp_name(state: &impl Read, user: UserHandle, token: McpTokenId) -> Result<String, Fault> {
    Ok(format!("{}: mcp token {token}", user_name(state, user)?))
}

/// Where a tool was called, and what came of it.
fn mcp_subject(call: &McpCall) -> String {
    let place =
        call.conversation.map_or_else(|| "all".to_owned(), |conversation| format!("conversation {conversation}"));
    format!("{place}: {}", call.refused.map_or("done", Code::as_str))
}

/// Writes a line, and takes away a few of those that are too old.
pub(super) fn write(tables: &mut Tables<'_>, lsn: Lsn, row: AuditRow) -> Result<(), Fault> {
    let now = row.at;
    let oldest = tables.range::<AuditRow>(&Lsn(0), &Lsn(u64::MAX), TRIMMED_AT_ONCE)?;
    for (old, line) in oldest {
        if now.since_ms(line.at) > limits::AUDIT_KEPT_MS {
            tables.remove::<AuditRow>(&old)?;
        }
    }
    tables.put(&lsn, row)
}

/// Which flags change, in words; none when none does.
fn flags_action(before: UserFlags, after: UserFlags) -> Option<String> {
    let changes = [
        (before.suspended, after.suspended, "user.suspend", "user.unsuspend"),
        (before.silenced, after.silenced, "user.silence", "user.unsilence"),
        (before.contacts_disabled, after.contacts_disabled, "user.disable_contacts", "user.enable_contacts"),
    ];
    let changed = changes.iter().filter(|(before, after, ..)| before != after);
    let words: Vec<&str> = changed.map(|(_, after, on, off)| if *after { *on } else { *off }).collect();
    (!words.is_empty()).then(|| words.join(","))
}

fn app_name(state: &impl Read, app: AppId) -> Result<String, Fault> {
    Ok(state.get::<AppRow>(&app)?.map_or_else(|| format!("app {app}"), |row| row.name.to_string()))
}

/// A key by its number, with its app before it.
fn key_name(state: &impl Read, app: AppId, key: AppKeyId) -> Result<String, Fault> {
    Ok(format!("{}: key {key}", app_name(state, app)?))
}

/// A webhook by its number, with its app before it.
fn turns_off(state: &impl Read, webhook: WebhookOf, note: &WebhookNote) -> Result<bool, Fault> {
    let row = state.get::<WebhookRow>(&webhook)?;
    Ok(row.is_some_and(|row| webhooks::note::stops(&row, note).is_some()))
}

fn webhook_name(state: &impl Read, (app, webhook): WebhookOf) -> Result<String, Fault> {
    Ok(format!("{}: webhook {webhook}", app_name(state, app)?))
}

/// A user by id; with the app before it when that is not `home` (no id has a `/` in it).
fn named(state: &impl Read, app: AppId, id: &str) -> Result<String, Fault> {
    if app == AppId::HOME { Ok(id.to_owned()) } else { Ok(format!("{}/{id}", app_name(state, app)?)) }
}

fn user_name(state: &impl Read, user: UserHandle) -> Result<String, Fault> {
    match state.get::<UserRow>(&user)? {
        Some(row) => named(state, row.app, row.id.as_str()),
        None => Ok("nobody".to_owned()),
    }
}

fn shortened(state: &impl Read, app: AppId, code: &str) -> Result<String, Fault> {
    let shown: String = code.chars().take(CODE_CHARS_SHOWN).collect();
    Ok(format!("{}: {shown}…", app_name(state, app)?))
}

/// Ids and names fit into a line.
fn fitting(text: &str) -> Result<Line, Fault> {
    Line::new(text).map_err(|_| Fault::Misuse("an audit line names something that is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_flags_says_which_way() {
        let (none, both) =
            (UserFlags::default(), UserFlags { suspended: true, silenced: true, ..UserFlags::default() });
        assert_eq!(flags_action(none, none), None);
        assert_eq!(flags_action(none, both).as_deref(), Some("user.suspend,user.silence"));
        assert_eq!(flags_action(both, none).as_deref(), Some("user.unsuspend,user.unsilence"));
    }
}
