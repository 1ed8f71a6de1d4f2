//! Set an app's before-hook, give it another secret, take it away.

use crate::ledger::apps::{check_active, find};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppId, BeforeHook, Code, CommandResult, Sealed, Timestamp, limits};
use crate::store::records::{BeforeHookRow, OldSecret};
use crate::store::{Read, Tables};

struct Plan(BeforeHookRow);

/// Makes one, with a secret, or changes the one that is there.
pub(in crate::ledger) fn set(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    hook: &BeforeHook,
    secret: Option<&Sealed>,
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide_set(tables, order, app, hook, secret)?;
    tables.put(&app, row)?;
    Ok(CommandResult::Done {})
}

fn decide_set(
    state: &impl Read,
    order: &Order,
    app: AppId,
    hook: &BeforeHook,
    secret: Option<&Sealed>,
) -> Result<Plan, Stop> {
    find(state, app)?;
    check_active(state, app)?;
    check(hook)?;
    let (hook, changed) = (hook.clone(), order.at);
    Ok(Plan(match (state.get::<BeforeHookRow>(&app)?, secret) {
        (Some(before), None) => BeforeHookRow { hook, changed, ..(*before).clone() },
        (None, Some(secret)) => BeforeHookRow { hook, secret: secret.clone(), old: None, created: order.at, changed },
        (Some(_), Some(_)) => return refuse(Code::Conflict, "This app has a before-hook by now; set it again."),
        (None, None) => return no_hook(),
    }))
}

fn check(hook: &BeforeHook) -> Result<(), Stop> {
    let (floor, limit) = (BeforeHook::TIMEOUT_FLOOR_MS, BeforeHook::TIMEOUT_LIMIT_MS);
    if !(floor..=limit).contains(&hook.timeout_ms) {
        return refuse(Code::Invalid, format!("`timeout_ms` must be between {floor} and {limit}."));
    }
    if hook.actions.is_empty() {
        return refuse(Code::Invalid, "`actions` names at least one; to ask about nothing, delete the before-hook.");
    }
    if hook.url.is_empty() || hook.url.len() > BeforeHook::URL_BYTES_MAX || hook.url.chars().any(char::is_control) {
        let limit = BeforeHook::URL_BYTES_MAX;
        return refuse(Code::Invalid, format!("`url` is an address with https of at most {limit} bytes."));
    }
    Ok(())
}

/// Gives it another secret; the one before it signs, too, for a time.
pub(in crate::ledger) fn rotate(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    secret: &Sealed,
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide_rotate(tables, order, app, secret)?;
    tables.put(&app, row)?;
    Ok(CommandResult::Done {})
}

fn decide_rotate(state: &impl Read, order: &Order, app: AppId, secret: &Sealed) -> Result<Plan, Stop> {
    find(state, app)?;
    check_active(state, app)?;
    let Some(before) = state.get::<BeforeHookRow>(&app)? else { return no_hook() };
    let old =
        OldSecret { secret: before.secret.clone(), until: Timestamp(order.at.0.saturating_add(limits::OLD_SECRET_MS)) };
    Ok(Plan(BeforeHookRow { secret: secret.clone(), old: Some(old), changed: order.at, ..(*before).clone() }))
}

/// Takes it away.
pub(in crate::ledger) fn remove(tables: &mut Tables<'_>, app: AppId) -> Result<CommandResult, Stop> {
    find(tables, app)?;
    if tables.get::<BeforeHookRow>(&app)?.is_none() {
        return no_hook();
    }
    tables.remove::<BeforeHookRow>(&app)?;
    Ok(CommandResult::Done {})
}

fn no_hook<T>() -> Result<T, Stop> {
    refuse(Code::NotFound, "This app has no before-hook; set one first.")
}
