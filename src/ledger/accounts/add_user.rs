//! Create a user.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, administration, apps, directory, feed};
use crate::model::{
    AppId, Code, CommandResult, ContactPolicy, ConversationId, LogKind, Name, PasswordHash, Strangers, UserFlags,
    UserHandle, UserId, UserKind, UserSettings,
};
use crate::store::records::{AdministratorRow, AppRow, CardRow, Counter, UserIdKey, UserIdRow, UserRow};
use crate::store::{Read, Tables};

/// Ids that the server keeps for itself in the app `home`, those that the audit log uses for itself included. Other apps bring ids
/// of their own.
const RESERVED: [&str; 5] = ["system", "admin", "assistant", "operator", "server"];

/// Who speaks for an app itself.
const SYSTEM: &str = "system";

/// What is asked for.
pub(in crate::ledger) struct NewUser<'a> {
    pub app: AppId,
    pub id: &'a UserId,
    pub name: Option<&'a Name>,
    pub password: Option<&'a PasswordHash>,
    pub administrator: bool,
    pub kind: UserKind,
}

pub(in crate::ledger) struct Plan {
    key: UserIdKey,
    row: UserRow,
}

impl Plan {
    /// The same user with other settings than those of everybody new.
    pub fn with_settings(self, settings: UserSettings) -> Self {
        Self { row: UserRow { settings, ..self.row }, ..self }
    }
}

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, order: &Order, new: &NewUser<'_>) -> Result<CommandResult, Stop> {
    if new.kind == UserKind::Assistant {
        return refuse(
            Code::Invalid,
            "An assistant is set up together with where it asks: `tidings assistant add`, or PUT /admin/assistants/{id}.",
        );
    }
    let plan = decide(tables, order, new)?;
    apply(tables, plan)
}

pub(in crate::ledger) fn decide(state: &impl Read, order: &Order, new: &NewUser<'_>) -> Result<Plan, Stop> {
    let &NewUser { app, id, name, password, administrator, kind } = new;
    if state.get::<AppRow>(&app)?.is_none() {
        return refuse(Code::NotFound, format!("There is no app {app}; `tidings app list` shows those there are."));
    }
    // Two ids are kept for what they say.
    let is_its_own = (kind == UserKind::Assistant && id.folded() == "assistant")
        || (kind == UserKind::Service && id.folded() == SYSTEM);
    if app == AppId::HOME && !is_its_own && RESERVED.contains(&id.folded().as_str()) {
        return refuse(Code::Invalid, format!("The id `{id}` is kept for the server itself; choose another."));
    }
    if administrator && app != AppId::HOME {
        return refuse(Code::Invalid, "Administrators are users of the app 1 (`home`); leave `administrator` out.");
    }
    if kind == UserKind::Bot && (administrator || password.is_some()) {
        return refuse(
            Code::Invalid,
            "A bot has no password and is no administrator; it comes with a token: leave `password` and `administrator` out.",
        );
    }
    if administrator {
        administration::check_room(state)?;
    }
    let key = UserIdKey::new(app, id);
    if state.get::<UserIdRow>(&key)?.is_some() {
        return refuse(Code::Conflict, format!("There is a user `{id}` already; choose another id."));
    }
    apps::check_active(state, app)?;
    apps::totals::check_room(state, app)?;
    let name = match name {
        Some(name) => name.clone(),
        None => Name::new(id.as_str()).or_else(|error| refuse(Code::Invalid, error.0))?,
    };
    let row = UserRow {
        app,
        id: id.clone(),
        name,
        password: password.cloned(),
        credential: 1,
        flags: UserFlags::default(),
        administrator,
        kind,
        settings: settings_of(kind),
        feed: ConversationId(0),
        deleted: false,
        created: order.at,
        changed: order.lsn,
    };
    Ok(Plan { key, row })
}

/// How somebody new may be reached. Bots are there to be talked to.
fn settings_of(kind: UserKind) -> UserSettings {
    match kind {
        UserKind::Bot => UserSettings {
            contact_policy: ContactPolicy::Open,
            strangers: Some(Strangers::Anyone),
            ..UserSettings::default()
        },
        UserKind::Person | UserKind::Assistant | UserKind::Service => UserSettings::default(),
    }
}

pub(in crate::ledger) fn apply(tables: &mut Tables<'_>, plan: Plan) -> Result<CommandResult, Stop> {
    let user = UserHandle(tables.next_id(Counter::User)?);
    if plan.row.administrator {
        tables.put(&user, AdministratorRow {})?;
    }
    let UserRow { app, changed, created, .. } = plan.row;
    let feed = feed::found(tables, app, user, &plan.row.id, (changed, created))?;
    let row = UserRow { feed, ..plan.row };
    directory::rewrite(tables, user, None, Some((&row, &CardRow::default())))?;
    tables.log_user(&row, LogKind::UserCreated);
    tables.put(&user, row)?;
    tables.put(&plan.key, UserIdRow { user })?;
    apps::totals::count(tables, app, 1, 0)?;
    Ok(CommandResult::User { user })
}
