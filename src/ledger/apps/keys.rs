//! Keys of an app: those that open the server API, each as far as its scopes go, and those that sign tokens of its users. Of each
//! sort several count at once, so that one takes the place of another without a gap.

use super::find;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppActor, AppId, AppKeyId, AppKeyKind, AppKeySecret, AppScopes, Code, CommandResult, Name, limits};
use crate::store::records::{AppKeyRow, AppKeyTokenRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Most keys of one app.
const MOST: usize = limits::API_KEYS_MAX + limits::SIGNING_KEYS_MAX;

struct New {
    row: AppKeyRow,
}

/// The keys of an app, oldest first. There are never more than the limit.
pub(in crate::ledger) fn of_app(state: &impl Read, app: AppId) -> Result<Vec<(AppKeyId, Arc<AppKeyRow>)>, Fault> {
    let rows = state.range::<AppKeyRow>(&(app, AppKeyId(0)), &(app, AppKeyId(u64::MAX)), MOST)?;
    Ok(rows.into_iter().map(|((_, key), row)| (key, row)).collect())
}

/// A key that opens the API, refused when it is gone, or of an app of which nobody acts. Whoever comes with it is the app itself.
pub(in crate::ledger) fn admit(state: &impl Read, actor: AppActor) -> Result<Arc<AppKeyRow>, Stop> {
    let row = state.get::<AppKeyRow>(&(actor.app, actor.key))?;
    let Some(row) = row.filter(|row| row.secret.kind() == AppKeyKind::Api) else {
        return refuse(Code::SessionRevoked, "This key was revoked; use another key of the app.");
    };
    super::check_active(state, actor.app)?;
    Ok(row)
}

/// Makes one; its number is the lsn.
pub(in crate::ledger) fn create(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    name: Option<&Name>,
    (secret, scopes): (&AppKeySecret, &AppScopes),
) -> Result<CommandResult, Stop> {
    let New { row } = decide_new(tables, order, app, name, (secret, scopes))?;
    let key = AppKeyId(order.lsn.0);
    if let AppKeySecret::Api(hash) = &row.secret {
        tables.put(hash, AppKeyTokenRow { app, key })?;
    }
    tables.put(&(app, key), row)?;
    Ok(CommandResult::Done {})
}

fn decide_new(
    state: &impl Read,
    order: &Order,
    app: AppId,
    name: Option<&Name>,
    (secret, scopes): (&AppKeySecret, &AppScopes),
) -> Result<New, Stop> {
    find(state, app)?;
    super::check_active(state, app)?;
    let signs = secret.kind().signs();
    let same = of_app(state, app)?.into_iter().filter(|(_, row)| row.secret.kind().signs() == signs).count();
    if signs && *scopes != AppScopes::All {
        return refuse(
            Code::Invalid,
            "`scopes` belong to a key of the kind `api` alone; one that signs opens nothing.",
        );
    }
    let most = if signs { limits::SIGNING_KEYS_MAX } else { limits::API_KEYS_MAX };
    if same >= most {
        let what = if signs { "keys that sign" } else { "keys that open the API" };
        return refuse(
            Code::Full,
            format!("This app has {most} {what}, as many as count at once; revoke the old one first."),
        );
    }
    if let AppKeySecret::Api(hash) = secret
        && state.get::<AppKeyTokenRow>(hash)?.is_some()
    {
        return refuse(Code::Conflict, "This key is in use; draw another one.");
    }
    let (secret, scopes) = (secret.clone(), scopes.clone());
    Ok(New { row: AppKeyRow { name: name.cloned(), secret, created: order.at, used: None, scopes } })
}

/// Makes one useless.
pub(in crate::ledger) fn revoke(tables: &mut Tables<'_>, app: AppId, key: AppKeyId) -> Result<CommandResult, Stop> {
    find(tables, app)?;
    if tables.get::<AppKeyRow>(&(app, key))?.is_none() {
        return refuse(Code::NotFound, format!("This app has no key {key}; list its keys to see those it has."));
    }
    remove(tables, app, key)?;
    Ok(CommandResult::Done {})
}

/// Takes its rows away.
pub(super) fn remove(tables: &mut Tables<'_>, app: AppId, key: AppKeyId) -> Result<(), Fault> {
    if let Some(row) = tables.get::<AppKeyRow>(&(app, key))?
        && let AppKeySecret::Api(hash) = &row.secret
    {
        tables.remove::<AppKeyTokenRow>(hash)?;
    }
    tables.remove::<AppKeyRow>(&(app, key))
}

/// Notes that one is used.
pub(in crate::ledger) fn touch(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    key: AppKeyId,
) -> Result<CommandResult, Stop> {
    if let Some(row) = tables.get::<AppKeyRow>(&(app, key))? {
        tables.put(&(app, key), AppKeyRow { used: Some(order.at), ..(*row).clone() })?;
    }
    Ok(CommandResult::Done {})
}
