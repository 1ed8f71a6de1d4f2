//! The deterministic ledger: (state, command, lsn, time) → refusal, or new state and effects. It reads no clock, no randomness, no
//! network and no configuration.
//!
//! One file per operation, each with a `decide(&impl Read, …) -> Plan` that makes every check and a `apply(&mut Tables, Plan, …)`
//! that only writes: so a refusal leaves nothing behind. Only the engine's writer calls [`execute`]; readers call [`read`].

pub mod accounts;
mod administration;
pub mod apps;
mod assistants;
mod audit;
pub mod before_hooks;
mod bots;
mod caller;
mod contacts;
mod conversations;
mod cursors;
mod directory;
mod feed;
mod follower;
pub mod groups;
mod hooks;
mod links;
mod mcp;
mod media;
mod messages;
mod own_side;
mod place;
mod profiles;
mod push;
pub mod read;
mod refuse;
mod retention;
mod webhooks;
mod words;

use crate::model::{
    Actor, AnyCommand, Code, Command, CommandResult, Effect, Key, Lsn, Refusal, SystemCommand, Timestamp, UserActor,
    UserHandle, limits,
};
use crate::store::records::{Remembered, RetentionRow};
use crate::store::{Fault, Tables};
use caller::Caller;
use refuse::{refuse, unreadable};

/// One command in its place.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its place in the one order.
    pub lsn: Lsn,
    /// When it was put there.
    pub at: Timestamp,
    /// Who acts.
    pub actor: Actor,
    /// The caller's idempotency key.
    pub key: Option<Key>,
    /// XXH3-64 of what the caller sent.
    pub hash: u64,
    /// What is asked for.
    pub command: AnyCommand,
}

/// Why a command was not applied.
#[derive(Debug)]
pub enum Stop {
    /// The rules say no; nothing was written.
    Refused(Refusal),
    /// The store failed; the whole batch is void.
    Fault(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What an accepted command gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its lsn; that of the first time for a duplicate.
    pub lsn: Lsn,
    /// The same key came before; nothing was written.
    pub duplicate: bool,
    /// The result.
    pub result: CommandResult,
}

/// Decides and applies one command. Effects are appended to `effects`, in order. A refusal leaves nothing behind.
pub fn execute(tables: &mut Tables<'_>, order: &Order, effects: &mut Vec<Effect>) -> Result<Accepted, Stop> {
    match order.key {
        Some(word) if word.is_word() => words::execute(tables, order, word, effects),
        Some(_) | None => once(tables, order, effects),
    }
}

/// The same for a command whose key, if it has one, stands for itself.
fn once(tables: &mut Tables<'_>, order: &Order, effects: &mut Vec<Effect>) -> Result<Accepted, Stop> {
    let scope = key_scope(&order.actor);
    if let Some(key) = &order.key {
        check_key(key, order.at)?;
        if let Some(first) = tables.remembered(scope, key)? {
            return answer_again(first, order.hash);
        }
    }
    let audited = audit::line(&*tables, order)?;
    let result = match (&order.actor, &order.command) {
        (Actor::User(actor), AnyCommand::User(command)) => user_command(tables, order, actor, command, effects)?,
        (Actor::Operator | Actor::Server, AnyCommand::System(command)) => {
            system_command(tables, order, command, effects)?
        }
        (Actor::User(actor), AnyCommand::System(command)) if command.is_administration() => {
            administration::admit(&*tables, actor)?;
            system_command(tables, order, command, effects)?
        }
        (Actor::App(actor), AnyCommand::System(command)) => {
            apps::scope::admit(&*tables, *actor, command)?;
            system_command(tables, order, command, effects)?
        }
        (Actor::User(_), AnyCommand::System(_)) => {
            return refuse(Code::Forbidden, "Only the server and its operator can do this.");
        }
        (Actor::App(_) | Actor::Operator | Actor::Server, AnyCommand::User(_)) => {
            return refuse(Code::Forbidden, "Only a user can do this; log in as one.");
        }
    };
    if let Some(line) = audited {
        audit::write(tables, order.lsn, line)?;
    }
    if let Actor::User(actor) = &order.actor {
        mcp::note::used(tables, order.at, actor)?;
    }
    if let Some(key) = &order.key {
        tables.remember(scope, key, Remembered { hash: order.hash, lsn: order.lsn, result: result.clone() })?;
    }
    Ok(Accepted { lsn: order.lsn, duplicate: false, result })
}

/// Keys are scoped to the acting user; the server and its operator share the handle that no user has.
const fn key_scope(actor: &Actor) -> UserHandle {
    match actor {
        Actor::User(actor) => actor.user,
        Actor::App(_) | Actor::Operator | Actor::Server => UserHandle(0),
    }
}

/// A key outside of the window could have been forgotten, so it proves nothing.
fn check_key(key: &Key, now: Timestamp) -> Result<(), Stop> {
    if !key.is_version_7() {
        return refuse(
            Code::Invalid,
            "The idempotency key must be a UUID of version 7; make a new key and send again.",
        );
    }
    if now.since_ms(key.time()) > limits::KEY_WINDOW_MS {
        return refuse(
            Code::KeyExpired,
            "The idempotency key is older than 7 days; synchronise, then send under a new key what is not there.",
        );
    }
    if key.time().since_ms(now) > limits::KEY_AHEAD_MS {
        return refuse(
            Code::KeyExpired,
            "The idempotency key is more than 10 minutes ahead of the server's clock; make keys with the server's time.",
        );
    }
    Ok(())
}

/// What the same key gave the first time.
fn answer_again(first: Remembered, hash: u64) -> Result<Accepted, Stop> {
    if first.hash == hash {
        return Ok(Accepted { lsn: first.lsn, duplicate: true, result: first.result });
    }
    refuse(
        Code::IdempotencyConflict,
        "The idempotency key was used before with another content; use a new key for new content.",
    )
}

fn user_command(
    tables: &mut Tables<'_>,
    order: &Order,
    actor: &UserActor,
    command: &Command,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(key) = order.key else {
        return refuse(Code::Invalid, "The command has no idempotency key; send it with a UUID of version 7.");
    };
    let caller = &Caller::admit(&*tables, order, actor, key)?;
    match command {
        Command::Send { to, content } => messages::send::run(tables, caller, to, content, effects),
        Command::Edit { conversation, seq, text } => {
            messages::edit::run(tables, caller, *conversation, *seq, text, effects)
        }
        Command::Recall { conversation, seq } => messages::recall::run(tables, caller, *conversation, *seq, effects),
        Command::React { conversation, seq, emoji, on } => {
            messages::react::run(tables, caller, *conversation, *seq, emoji, *on, effects)
        }
        Command::OpenDirect { user } => conversations::open_direct::run(tables, caller, user, effects),
        Command::CreateGroup { title, members, rules } => {
            groups::create_group::run(tables, caller, title, members, rules, effects)
        }
        Command::AddMembers { conversation, users } => {
            groups::add_members::run(tables, caller, *conversation, users, effects)
        }
        Command::RemoveMember { conversation, user } => {
            groups::remove_member::run(tables, caller, *conversation, user, effects)
        }
        Command::Leave { conversation } if assistants::is_chat(tables, *conversation)? => {
            assistants::leave::run(tables, caller, *conversation, effects)
        }
        Command::Leave { conversation } => groups::leave::run(tables, caller, *conversation, effects),
        Command::Rename { conversation, title } if assistants::is_chat(tables, *conversation)? => {
            assistants::rename::run(tables, caller, *conversation, title, effects)
        }
        Command::Rename { conversation, title } => groups::rename::run(tables, caller, *conversation, title, effects),
        Command::Pin { conversation, pinned } => own_side::pin::run(tables, caller, *conversation, *pinned, effects),
        Command::Mute { conversation, until } => own_side::mute::run(tables, caller, *conversation, *until, effects),
        Command::Hide { conversation, hidden } => own_side::hide::run(tables, caller, *conversation, *hidden, effects),
        Command::MarkUnread { conversation } => own_side::mark_unread::run(tables, caller, *conversation, effects),
        Command::EndSession { session } => accounts::end_session::run(tables, caller, *session, effects),
        Command::LogOut {} => accounts::log_out::run(tables, caller, effects),
        Command::Forward { from, seq, to } => messages::forward::run(tables, caller, (*from, *seq), to, effects),
        Command::PinEntry { conversation, seq, on } => {
            messages::pin_entry::run(tables, caller, *conversation, *seq, *on, effects)
        }
        Command::ClearHistory { conversation } => own_side::clear_history::run(tables, caller, *conversation, effects),
        Command::SetProfile { name, card } => profiles::set_profile::run(tables, caller, name, card, effects),
        Command::SetSettings { settings } => profiles::set_settings::run(tables, caller, *settings, effects),
        Command::SetPresence { presence } => profiles::set_presence::run(tables, caller, presence, effects),
        Command::RequestContact { user, greeting, remark, source } => {
            let (greeting, remark, source) = (greeting.as_ref(), remark.as_ref(), source.as_ref());
            let request = contacts::request::Request { user, greeting, remark, source };
            contacts::request::run(tables, caller, &request, effects)
        }
        Command::AnswerContact { user, accept } => contacts::answer::run(tables, caller, user, *accept, effects),
        Command::SetContact { user, remark, labels, extra } => {
            let kept = contacts::set::Kept { remark: remark.as_ref(), labels, extra };
            contacts::set::run(tables, caller, user, &kept, effects)
        }
        Command::DeleteContacts { users } => contacts::delete::run(tables, caller, users, effects),
        Command::DeleteAllContacts {} => contacts::delete_all::run(tables, caller, effects),
        Command::Block { user, on } => contacts::block::run(tables, caller, user, *on, effects),
        Command::CreateLabel { name } => contacts::labels::create::run(tables, caller, name, effects),
        Command::RenameLabel { label, name } => contacts::labels::rename::run(tables, caller, *label, name, effects),
        Command::DeleteLabel { label } => contacts::labels::delete::run(tables, caller, *label, effects),
        Command::LabelContacts { label, add, remove } => {
            contacts::labels::put::run(tables, caller, *label, (add, remove), effects)
        }
        Command::SetGroupRules { conversation, rules } => {
            groups::set_rules::run(tables, caller, *conversation, rules, effects)
        }
        Command::SetGroupCard { conversation, card } => {
            groups::set_card::run(tables, caller, *conversation, card, effects)
        }
        Command::Join { conversation, greeting } => {
            groups::join::run(tables, caller, *conversation, greeting.as_ref(), effects)
        }
        Command::JoinByCode { code } => groups::join_by_code::run(tables, caller, code, effects),
        Command::AnswerJoin { conversation, user, accept } => {
            groups::answer_join::run(tables, caller, *conversation, user, *accept, effects)
        }
        Command::CreateInvite { conversation, code, expires, uses_max } => {
            let new = groups::create_invite::NewInvite { code, expires: *expires, uses_max: *uses_max };
            groups::create_invite::run(tables, caller, *conversation, &new, effects)
        }
        Command::RevokeInvite { conversation, code } => {
            groups::revoke_invite::run(tables, caller, *conversation, code, effects)
        }
        Command::SetManager { conversation, user, manager } => {
            groups::set_manager::run(tables, caller, *conversation, user, *manager, effects)
        }
        Command::Transfer { conversation, user } => groups::transfer::run(tables, caller, *conversation, user, effects),
        Command::Dissolve { conversation } => groups::dissolve::run(tables, caller, *conversation, effects),
        Command::MuteGroup { conversation, on } => groups::mute_group::run(tables, caller, *conversation, *on, effects),
        Command::SilenceMember { conversation, user, until } => {
            groups::silence_member::run(tables, caller, *conversation, user, *until, effects)
        }
        Command::SetAlias { conversation, user, alias } => {
            groups::set_alias::run(tables, caller, *conversation, user, alias.as_ref(), effects)
        }
        Command::SetPush { subscription } => push::set::run(tables, caller, subscription.as_deref()),
        Command::OpenAssistant { assistant, title } => {
            assistants::open::run(tables, caller, assistant, title.as_ref(), effects)
        }
        Command::StopAnswer { conversation } => assistants::stop::run(tables, caller, *conversation, effects),
        Command::Regenerate { conversation, seq } => {
            assistants::regenerate::run(tables, caller, *conversation, *seq, effects)
        }
        Command::SetCommands { commands } => bots::set_commands::run(tables, caller, commands),
        Command::Press { conversation, seq, button } => {
            bots::press::run(tables, caller, (*conversation, *seq), button, effects)
        }
        Command::EditButtons { conversation, seq, text, rows } => {
            messages::edit_buttons::run(tables, caller, (*conversation, *seq), (text, rows), effects)
        }
        Command::Unreadable(what) => Err(unreadable("command", what)),
    }
}

fn system_command(
    tables: &mut Tables<'_>,
    order: &Order,
    command: &SystemCommand,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match command {
        SystemCommand::Found { epoch: _, settings } => apps::found::run(tables, order, settings),
        SystemCommand::CreateApp { name, settings } => apps::create_app::run(tables, order, name, settings),
        SystemCommand::SetApp { app, settings } => apps::set_app::run(tables, *app, settings),
        SystemCommand::AddUser { app, id, name, password, administrator, kind } => {
            let new = accounts::add_user::NewUser {
                app: *app,
                id,
                name: name.as_ref(),
                password: password.as_ref(),
                administrator: *administrator,
                kind: *kind,
            };
            accounts::add_user::run(tables, order, &new)
        }
        SystemCommand::SetPassword { user, password, keep } => {
            accounts::set_password::run(tables, order, *user, password, *keep, effects)
        }
        SystemCommand::SetFlags { user, flags } => accounts::set_flags::run(tables, order, *user, *flags, effects),
        SystemCommand::SetAdministrator { user, administrator } => {
            accounts::set_administrator::run(tables, order, *user, *administrator)
        }
        SystemCommand::LogIn { user, credential, device, token, address } => {
            let attempt =
                accounts::log_in::Attempt { user: *user, credential: *credential, device, token: *token, address };
            accounts::log_in::run(tables, order, &attempt, effects)
        }
        SystemCommand::TouchSession { session } => accounts::touch_session::run(tables, order, *session),
        SystemCommand::EndSessions { user } => accounts::end_sessions::run(tables, *user, effects),
        SystemCommand::EndExpired { sessions } => accounts::end_expired::run(tables, order, sessions, effects),
        SystemCommand::UpgradePassword { user, credential, password } => {
            accounts::upgrade_password::run(tables, *user, *credential, password)
        }
        SystemCommand::Register { app, id, name, password, code } => {
            let registrant =
                accounts::register::Registrant { app: *app, id, name: name.as_ref(), password, code: code.as_ref() };
            accounts::register::run(tables, order, &registrant)
        }
        SystemCommand::CreateAppInvite { app, code, expires, uses_max } => {
            let new = apps::invites::NewInvite { app: *app, code, expires: *expires, uses_max: *uses_max };
            apps::invites::create(tables, order, &new)
        }
        SystemCommand::RevokeAppInvite { app, code } => apps::invites::revoke(tables, *app, code),
        SystemCommand::CreateLink { token, purpose, expires } => {
            links::create_link::run(tables, order, *token, *purpose, *expires)
        }
        SystemCommand::SetUp { token, id, name, password } => {
            links::set_up::run(tables, order, *token, id, name.as_ref(), password)
        }
        SystemCommand::UsePasswordLink { token, password } => {
            links::use_password_link::run(tables, order, *token, password, effects)
        }
        SystemCommand::DeleteUser { user } => accounts::delete_user::run(tables, order, *user, effects),
        SystemCommand::DeleteUserStep { user } => accounts::delete_user_step::run(tables, order, *user, effects),
        // The line that `execute` writes is all of it.
        SystemCommand::Note { .. } => Ok(CommandResult::Done {}),
        SystemCommand::AddMedia { app, owner, info, sha256 } => {
            let new = media::add::NewMedia { app: *app, owner: *owner, info, sha256: *sha256 };
            media::add::run(tables, order, &new)
        }
        SystemCommand::ForgetMedia { media } => media::forget::run(tables, order, media),
        SystemCommand::SetRetention { conversation, keep_ms, keep_entries, hold } => {
            let retention = RetentionRow { keep_ms: *keep_ms, keep_entries: *keep_entries, hold: *hold };
            retention::set::run(tables, *conversation, retention)
        }
        SystemCommand::Trim { conversation, first } => {
            retention::trim::run(tables, order, *conversation, *first, effects)
        }
        SystemCommand::SetAssistant { app, id, name, settings } => {
            let new = assistants::set::NewAssistant { app: *app, id, name: name.as_ref(), settings };
            assistants::set::run(tables, order, &new, effects)
        }
        SystemCommand::RemoveAssistant { user } => assistants::remove::run(tables, *user),
        SystemCommand::BeginAnswer { conversation, question } => {
            assistants::begin::run(tables, order, *conversation, *question, effects)
        }
        SystemCommand::FinishAnswer { conversation, question, answer } => {
            assistants::finish::run(tables, order, (*conversation, *question), answer.as_deref(), effects)
        }
        SystemCommand::CountAssistant { user, assistant, questions, tokens } => {
            assistants::count::run(tables, order, (*assistant, *user), (*questions, *tokens))
        }
        SystemCommand::Cursors { moves } => cursors::run(tables, order, moves, effects),
        SystemCommand::SetAppAccess { app, access } => apps::set_access::run(tables, *app, access),
        SystemCommand::SetAppOrigins { app, origins } => apps::origins::set(tables, *app, origins),
        SystemCommand::SuspendApp { app, suspended } => apps::suspend::run(tables, *app, *suspended),
        SystemCommand::DeleteApp { app } => apps::delete_app::run(tables, *app),
        SystemCommand::AppStep { app } => apps::step::run(tables, order, *app, effects),
        SystemCommand::CreateAppKey { app, name, secret, scopes } => {
            apps::keys::create(tables, order, *app, name.as_ref(), (secret, scopes))
        }
        SystemCommand::RevokeAppKey { app, key } => apps::keys::revoke(tables, *app, *key),
        SystemCommand::TouchAppKey { app, key } => apps::keys::touch(tables, order, *app, *key),
        SystemCommand::RevokeTokens { app, user, before } => apps::tokens::run(tables, order, *app, *user, *before),
        SystemCommand::SignIn { app, id, name, avatar, once, key, issued, device, token, address } => {
            let signed = apps::sign_in::Signed {
                app: *app,
                id,
                name: name.as_ref(),
                avatar: *avatar,
                once: *once,
                key: *key,
                issued: *issued,
                device,
                token: *token,
                address,
            };
            apps::sign_in::run(tables, order, &signed, effects)
        }
        SystemCommand::ForgetSigned {} => apps::once::forget(tables, order),
        SystemCommand::Reseal { app, secrets } => apps::reseal::run(tables, *app, secrets),
        SystemCommand::CreateHook { conversation, by, name, token } => {
            hooks::create::run(tables, order, (*conversation, by), name, *token)
        }
        SystemCommand::RotateHook { hook, by, token, end_old } => {
            hooks::rotate::run(tables, order, (*hook, by), *token, *end_old)
        }
        SystemCommand::DeleteHook { hook, by } => hooks::delete::run(tables, order, *hook, by, effects),
        SystemCommand::Post { hook, post, group, closes } => {
            hooks::post::run(tables, order, *hook, post, (group.as_deref(), *closes), effects)
        }
        SystemCommand::CreateToken { user, name, token, replaces } => {
            let new = bots::tokens::NewToken { user: *user, name, token: *token, replaces: *replaces };
            bots::tokens::create(tables, order, &new, effects)
        }
        SystemCommand::RevokeToken { user, session } => bots::tokens::revoke(tables, *user, *session, effects),
        SystemCommand::NoteFollower { follower, upto } => follower::run(tables, *follower, *upto),
        SystemCommand::NotePush { upto, outcomes } => push::note::run(tables, *upto, outcomes),
        SystemCommand::CreateMcpToken { by, name, conversations, access, expires, token } => {
            let new = mcp::create::NewToken { name, conversations, access: *access, expires: *expires, token: *token };
            mcp::create::run(tables, order, by, &new)
        }
        SystemCommand::RevokeMcpToken { by, token } => mcp::revoke::run(tables, by, *token),
        // The line that `execute` writes is the rest of it.
        SystemCommand::NoteMcpCall { user, token, .. } => mcp::note::run(tables, order.at, (*user, *token)),
        SystemCommand::SetBeforeHook { app, hook, secret } => {
            before_hooks::set::set(tables, order, *app, hook, secret.as_ref())
        }
        SystemCommand::RotateBeforeHook { app, secret } => before_hooks::set::rotate(tables, order, *app, secret),
        SystemCommand::RemoveBeforeHook { app } => before_hooks::set::remove(tables, *app),
        SystemCommand::CreateWebhook { app, settings, secret } => {
            webhooks::set::create(tables, order, *app, settings, secret)
        }
        SystemCommand::SetWebhook { webhook, settings } => webhooks::set::run(tables, order, *webhook, settings),
        SystemCommand::RotateWebhook { webhook, secret } => webhooks::set::rotate(tables, order, *webhook, secret),
        SystemCommand::DeleteWebhook { webhook } => webhooks::delete::run(tables, order, *webhook),
        SystemCommand::ReplayWebhook { webhook, event } => webhooks::replay::run(tables, order, *webhook, *event),
        SystemCommand::WebhookStep { webhook } => webhooks::delete::step(tables, *webhook),
        SystemCommand::NoteWebhook { webhook, note } => webhooks::note::run(tables, order, *webhook, note),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of version 7 for a time.
    fn key_at(ms: u64) -> Key {
        Key::new(Timestamp(ms))
    }

    #[test]
    fn a_key_counts_within_its_window_and_nowhere_else() {
        let now = 1_700_000_000_000;
        let mut random = key_at(now);
        random.0[6] = 0x40 | random.0[6] & 0x0f;
        for (key, expected) in [
            (key_at(now), None),
            (key_at(now - limits::KEY_WINDOW_MS), None),
            (key_at(now - limits::KEY_WINDOW_MS - 1), Some(Code::KeyExpired)),
            (key_at(now + limits::KEY_AHEAD_MS), None),
            (key_at(now + limits::KEY_AHEAD_MS + 1), Some(Code::KeyExpired)),
            (random, Some(Code::Invalid)),
        ] {
            let got = match check_key(&key, Timestamp(now)) {
                Ok(()) => None,
                Err(Stop::Refused(refusal)) => Some(refusal.code),
                Err(Stop::Fault(fault)) => panic!("{fault}"),
            };
            assert_eq!(got, expected, "{key}");
        }
    }
}
