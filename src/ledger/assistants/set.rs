//! Set an assistant up, or change all of how it is.

use super::find;
use crate::ledger::accounts::add_user::{self, NewUser};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, directory};
use crate::model::{
    Actor, AppId, AssistantSettings, Code, CommandResult, ContactPolicy, Effect, LogKind, Name, UserHandle, UserId,
    UserKind, UserSettings, limits,
};
use crate::store::records::{AppRow, AssistantRow, CardRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Read, Tables};

/// What is asked for.
pub(in crate::ledger) struct NewAssistant<'a> {
    pub app: AppId,
    pub id: &'a UserId,
    pub name: Option<&'a Name>,
    pub settings: &'a AssistantSettings,
}

struct Plan {
    user: User,
    row: AssistantRow,
}

enum User {
    New(Box<add_user::Plan>),
    There(UserHandle),
    Renamed { user: UserHandle, before: Box<UserRow>, after: Box<UserRow> },
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    new: &NewAssistant<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, new)?;
    apply(tables, new.app, plan, effects)
}

fn decide(state: &impl Read, order: &Order, new: &NewAssistant<'_>) -> Result<Plan, Stop> {
    let &NewAssistant { app, id, name, settings } = new;
    if state.get::<AppRow>(&app)?.is_none() {
        return refuse(Code::NotFound, format!("There is no app {app}; `tidings app list` shows those there are."));
    }
    let by_operator = match order.actor {
        Actor::Operator | Actor::Server => true,
        Actor::User(_) | Actor::App(_) => false,
    };
    settings.check(by_operator).or_else(|words| refuse(Code::Invalid, words))?;
    let found = state.get::<UserIdRow>(&UserIdKey::new(app, id))?.map(|row| row.user);
    let before = match found {
        Some(user) => find(state, app, user)?,
        None => None,
    };
    if before.is_none() {
        let all =
            state.range::<AssistantRow>(&(app, UserHandle(0)), &(app, UserHandle(u64::MAX)), limits::ASSISTANTS_MAX)?;
        if all.len() >= limits::ASSISTANTS_MAX {
            let most = limits::ASSISTANTS_MAX;
            return refuse(
                Code::Full,
                format!("There are {most} assistants, as many as an app may have; remove one first."),
            );
        }
    }
    let user = if let Some(user) = found {
        there(state, order, user, new)?
    } else {
        let kind = UserKind::Assistant;
        let new = NewUser { app, id, name, password: None, administrator: false, kind };
        let settings = UserSettings { contact_policy: ContactPolicy::Closed, ..UserSettings::default() };
        User::New(Box::new(add_user::decide(state, order, &new)?.with_settings(settings)))
    };
    let created = before.map_or(order.at, |row| row.created);
    Ok(Plan { user, row: AssistantRow { settings: settings.clone(), created, changed: order.lsn } })
}

/// The user of the id, when it is an assistant.
fn there(state: &impl Read, order: &Order, user: UserHandle, new: &NewAssistant<'_>) -> Result<User, Stop> {
    let id = new.id;
    let Some(before) = state.get::<UserRow>(&user)? else { return crate::ledger::refuse::no_such_user(id) };
    if before.kind != UserKind::Assistant || before.deleted {
        return refuse(
            Code::Conflict,
            format!("`{id}` is or was somebody else's id; choose another for the assistant."),
        );
    }
    Ok(match new.name.filter(|name| **name != before.name) {
        None => User::There(user),
        Some(name) => {
            let after = UserRow { name: name.clone(), changed: order.lsn, ..(*before).clone() };
            User::Renamed { user, before: Box::new((*before).clone()), after: Box::new(after) }
        }
    })
}

fn apply(tables: &mut Tables<'_>, app: AppId, plan: Plan, effects: &mut Vec<Effect>) -> Result<CommandResult, Stop> {
    let user = match plan.user {
        User::There(user) => user,
        User::New(new) => match add_user::apply(tables, *new)? {
            CommandResult::User { user } => user,
            _ => return Err(crate::store::Fault::Misuse("a user was made and has no handle").into()),
        },
        User::Renamed { user, before, after } => {
            let card = tables.get::<CardRow>(&user)?.map(|row| (*row).clone()).unwrap_or_default();
            directory::rewrite(tables, user, Some((&before, &card)), Some((&after, &card)))?;
            tables.log_user(&after, LogKind::UserChanged);
            tables.put(&user, *after)?;
            effects.push(Effect::Profile { user });
            user
        }
    };
    tables.put(&(app, user), plan.row)?;
    Ok(CommandResult::User { user })
}
