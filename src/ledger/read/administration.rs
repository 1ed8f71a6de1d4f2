//! What those who run the server may read: apps, accounts, codes, the audit log. No conversation.

use crate::ledger::accounts::sessions_of;
use crate::ledger::apps::{self, invites};
use crate::ledger::refuse::{no_such_user, refuse};
use crate::ledger::{Stop, administration, webhooks};
use crate::model::{
    AccountInfo, Actor, AdminAnswer, AdminQuery, AppId, AppInfo, AppKeyInfo, AppRef, AppUse, AssistantInfo, AuditLine,
    BeforeHookInfo, Code, ConversationId, Invite, Lsn, Retention, SessionInfo, UserHandle, UserId, limits,
};
use crate::store::records::{
    AdministratorRow, AppRow, AssistantRow, AuditRow, BeforeHookRow, ConversationRow, RetentionRow, UserIdKey,
    UserIdRow, UserRow,
};
use crate::store::{Fault, Read, View};
use std::sync::Arc;

/// Apps that are listed at most; there are never more.
pub(in crate::ledger) const APPS_MAX: usize = 1_000;

/// Answers what an administrator, the operator or the server itself asks, as of one state.
pub fn answer(view: &View, actor: &Actor, query: &AdminQuery) -> Result<AdminAnswer, Stop> {
    let own = match actor {
        Actor::User(actor) => {
            administration::admit(view, actor)?;
            None
        }
        Actor::App(actor) => {
            apps::scope::admit_query(view, *actor, query)?;
            Some(actor.app)
        }
        Actor::Operator | Actor::Server => None,
    };
    let find_app = |view: &View, wanted: &AppRef| find_app(view, own, wanted);
    let find = |view: &View, app: &AppRef, id: &UserId| find(view, own, app, id);
    match query {
        AdminQuery::Apps => {
            let apps = all_apps(view)?.into_iter().map(|found| app_info(view, found));
            Ok(AdminAnswer::Apps { apps: apps.collect::<Result<_, Fault>>()? })
        }
        AdminQuery::AppUse { app } => app_use(view, find_app(view, app)?.0),
        AdminQuery::AppOrigins { app } => {
            Ok(AdminAnswer::AppOrigins { origins: apps::origins::of_app(view, find_app(view, app)?.0)? })
        }
        AdminQuery::AppFramers { app } => {
            Ok(AdminAnswer::AppOrigins { origins: apps::origins::in_use(view, find_app(view, app)?.0)? })
        }
        AdminQuery::App { app } => Ok(AdminAnswer::Apps { apps: vec![app_info(view, find_app(view, app)?)?] }),
        AdminQuery::Accounts { app, prefix, after, limit } => {
            accounts(view, find_app(view, app)?.0, prefix.as_ref(), after.as_ref(), *limit)
        }
        AdminQuery::Administrators => administrators(view, limits::ADMINISTRATORS_MAX),
        AdminQuery::AnyAdministrator => administrators(view, 1),
        AdminQuery::Account { app, id } => {
            let (handle, row) = find(view, app, id)?;
            Ok(AdminAnswer::Account { account: Box::new(account(view, handle, &row)?) })
        }
        AdminQuery::Sessions { app, id } => sessions(view, find(view, app, id)?.0),
        AdminQuery::Invites { app } => {
            let found = invites::of_app(view, find_app(view, app)?.0)?.into_iter();
            let invites = found.map(|(code, row)| Invite {
                code,
                by: row.by.clone(),
                created: row.created,
                expires: row.expires,
                uses_max: row.uses_max,
                uses: row.uses,
            });
            Ok(AdminAnswer::Invites { invites: invites.collect() })
        }
        AdminQuery::Assistants { app, id } => assistants(view, find_app(view, app)?.0, id.as_ref()),
        AdminQuery::Retention { conversation } => retention(view, *conversation),
        AdminQuery::Audit { before, limit } => audit(view, *before, *limit),
        AdminQuery::BeforeHook { app } => before_hook(view, find_app(view, app)?.0),
        AdminQuery::Webhooks { app, webhook } => {
            Ok(AdminAnswer::Webhooks { webhooks: webhooks::read::list(view, find_app(view, app)?.0, *webhook)? })
        }
        AdminQuery::DeadLetters { app, webhook, after, limit } => {
            let webhook = (find_app(view, app)?.0, *webhook);
            let (letters, more) = webhooks::read::dead_letters(view, webhook, *after, page_limit(*limit))?;
            Ok(AdminAnswer::DeadLetters { letters, more })
        }
    }
}

fn page_limit(limit: u32) -> usize {
    (limit as usize).clamp(1, limits::ADMINISTRATION_PAGE_MAX)
}

fn all_apps(view: &View) -> Result<Vec<(AppId, Arc<AppRow>)>, Fault> {
    view.range::<AppRow>(&AppId(0), &AppId(u32::MAX), APPS_MAX)
}

fn app_info(view: &View, (app, row): (AppId, Arc<AppRow>)) -> Result<AppInfo, Fault> {
    let (state, settings) = (apps::state_of(view, app)?.state, row.settings.clone());
    Ok(AppInfo { app, name: row.name.clone(), created: row.created, state, settings })
}

/// How an app is used.
fn app_use(view: &View, app: AppId) -> Result<AdminAnswer, Stop> {
    let (row, total) = (apps::state_of(view, app)?, apps::totals::of_app(view, app)?);
    let keys = apps::keys::of_app(view, app)?.into_iter().map(|(key, row)| AppKeyInfo {
        key,
        kind: row.secret.kind(),
        name: row.name.clone(),
        created: row.created,
        used: row.used,
        scopes: if row.secret.kind().signs() { Vec::new() } else { row.scopes.list() },
    });
    let uses = AppUse {
        state: row.state,
        access: row.access.clone(),
        users: total.users,
        media_bytes: total.media_bytes,
        tokens_from: row.tokens_from,
        keys: keys.collect(),
        origins: apps::origins::of_app(view, app)?,
    };
    Ok(AdminAnswer::AppUse { app, uses: Box::new(uses) })
}

/// The before-hook of an app.
fn before_hook(view: &View, app: AppId) -> Result<AdminAnswer, Stop> {
    let hook = view.get::<BeforeHookRow>(&app)?.map(|row| {
        let old_secret_until = row.old.as_ref().map(|old| old.until);
        let (hook, created, changed) = (row.hook.clone(), row.created, row.changed);
        Box::new(BeforeHookInfo { hook, created, changed, old_secret_until })
    });
    Ok(AdminAnswer::BeforeHook { app, hook })
}

/// An app by its name, else by its number; for another system its `own` alone.
fn find_app(view: &View, own: Option<AppId>, wanted: &AppRef) -> Result<(AppId, Arc<AppRow>), Stop> {
    let name = if wanted.0.is_empty() { "home".to_owned() } else { wanted.0.to_lowercase() };
    let mut apps = all_apps(view)?;
    apps.retain(|(app, _)| own.is_none_or(|own| own == *app));
    let by_name = apps.iter().find(|(_, row)| row.name.as_str().to_lowercase() == name);
    let by_number = || apps.iter().find(|(app, _)| app.to_string() == name);
    match by_name.or_else(by_number) {
        Some((app, row)) => Ok((*app, Arc::clone(row))),
        None => {
            refuse(Code::NotFound, format!("There is no app `{}`; `tidings app list` shows those there are.", wanted.0))
        }
    }
}

fn find(view: &View, own: Option<AppId>, app: &AppRef, id: &UserId) -> Result<(UserHandle, Arc<UserRow>), Stop> {
    let (app, _) = find_app(view, own, app)?;
    let Some(found) = view.get::<UserIdRow>(&UserIdKey::new(app, id))? else { return no_such_user(id) };
    match view.get::<UserRow>(&found.user)? {
        Some(row) => Ok((found.user, row)),
        None => no_such_user(id),
    }
}

fn account(view: &View, handle: UserHandle, row: &UserRow) -> Result<AccountInfo, Fault> {
    Ok(AccountInfo {
        handle,
        app: row.app,
        id: row.id.clone(),
        name: row.name.clone(),
        kind: row.kind,
        flags: row.flags,
        administrator: row.administrator,
        password: row.password.is_some(),
        deleted: row.deleted,
        sessions: sessions_of(view, handle)?.len() as u32,
        created: row.created,
    })
}

fn accounts(
    view: &View,
    app: AppId,
    prefix: Option<&UserId>,
    after: Option<&UserId>,
    limit: u32,
) -> Result<AdminAnswer, Stop> {
    // Ids are ASCII below `~`, so that a `~` stands after all of them.
    let key = |folded: String| UserIdKey { app, folded };
    let prefix = prefix.map(|prefix| prefix.folded().to_string()).unwrap_or_default();
    let after = after.map(|after| format!("{}\0", after.folded())).unwrap_or_default();
    let (from, to) = (key(after.max(prefix.clone())), key(format!("{prefix}~")));
    let limit = page_limit(limit);
    let mut rows = view.range::<UserIdRow>(&from, &to, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut accounts = Vec::with_capacity(rows.len());
    for (_, found) in rows {
        if let Some(row) = view.get::<UserRow>(&found.user)? {
            accounts.push(account(view, found.user, &row)?);
        }
    }
    Ok(AdminAnswer::Accounts { accounts, more })
}

fn administrators(view: &View, limit: usize) -> Result<AdminAnswer, Stop> {
    let mut accounts = Vec::new();
    for (user, _) in view.range::<AdministratorRow>(&UserHandle(0), &UserHandle(u64::MAX), limit)? {
        if let Some(row) = view.get::<UserRow>(&user)? {
            accounts.push(account(view, user, &row)?);
        }
    }
    accounts.sort_by_key(|one| one.id.folded());
    Ok(AdminAnswer::Accounts { accounts, more: false })
}

fn sessions(view: &View, user: UserHandle) -> Result<AdminAnswer, Stop> {
    let sessions = sessions_of(view, user)?.into_iter().map(|(session, row)| SessionInfo {
        session,
        device: row.device.clone(),
        created: row.created,
        seen: row.seen,
        address: row.address.clone(),
        current: false,
    });
    Ok(AdminAnswer::Sessions { sessions: sessions.collect() })
}

fn retention(view: &View, conversation: ConversationId) -> Result<AdminAnswer, Stop> {
    let Some(row) = view.get::<ConversationRow>(&conversation)? else {
        return refuse(Code::NotFound, format!("There is no conversation {conversation}; check its id."));
    };
    let RetentionRow { keep_ms, keep_entries, hold } = row.retention.unwrap_or_default();
    Ok(AdminAnswer::Retention { retention: Retention { keep_ms, keep_entries, hold } })
}

/// All assistants of an app by id, or the one of an id.
fn assistants(view: &View, app: AppId, id: Option<&UserId>) -> Result<AdminAnswer, Stop> {
    let (first, last) = ((app, UserHandle(0)), (app, UserHandle(u64::MAX)));
    let mut found = Vec::new();
    for ((_, handle), row) in view.range::<AssistantRow>(&first, &last, limits::ASSISTANTS_MAX)? {
        let Some(user) = view.get::<UserRow>(&handle)? else { continue };
        if id.is_none_or(|id| id.folded() == user.id.folded()) {
            found.push(AssistantInfo {
                handle,
                app,
                id: user.id.clone(),
                name: user.name.clone(),
                settings: row.settings.clone(),
                created: row.created,
            });
        }
    }
    if let (Some(id), true) = (id, found.is_empty()) {
        return refuse(
            Code::NotFound,
            format!("There is no assistant `{id}`; `tidings assistant list` shows those there are."),
        );
    }
    found.sort_by_key(|one| one.id.folded());
    Ok(AdminAnswer::Assistants { assistants: found })
}

fn audit(view: &View, before: Option<Lsn>, limit: u32) -> Result<AdminAnswer, Stop> {
    let last = before.map_or(Lsn(u64::MAX), |before| Lsn(before.0.saturating_sub(1)));
    let limit = page_limit(limit);
    let mut rows = view.range_back::<AuditRow>(&Lsn(0), &last, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let lines = rows.into_iter().map(|(lsn, row)| AuditLine {
        lsn,
        at: row.at,
        actor: row.actor.clone(),
        action: row.action.clone(),
        subject: row.subject.clone(),
    });
    Ok(AdminAnswer::Audit { lines: lines.collect(), more })
}
