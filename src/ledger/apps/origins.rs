//! From where pages of other systems may use an app: the list of its origins, and whether one is on it.

use super::{find, state_of};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::origin::ORIGINS_MAX;
use crate::model::{AppId, AppState, Code, CommandResult, WebOrigin};
use crate::store::records::AppOriginsRow;
use crate::store::{Fault, Read, Tables};

/// Apps that are looked through; there are never more.
const APPS_MAX: usize = 1_000;

struct Plan(AppOriginsRow);

/// Replaces the list.
pub(in crate::ledger) fn set(
    tables: &mut Tables<'_>,
    app: AppId,
    origins: &[WebOrigin],
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, app, origins)?;
    if row.origins.is_empty() {
        tables.remove::<AppOriginsRow>(&app)?;
    } else {
        tables.put(&app, row)?;
    }
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, app: AppId, origins: &[WebOrigin]) -> Result<Plan, Stop> {
    find(state, app)?;
    let mut origins = origins.to_vec();
    origins.sort_unstable();
    origins.dedup();
    if origins.len() > ORIGINS_MAX {
        return refuse(
            Code::Full,
            format!("An app lists at most {ORIGINS_MAX} origins; take those away that are not used any more."),
        );
    }
    Ok(Plan(AppOriginsRow { origins }))
}

/// The list of an app, whether or not it is in use.
pub fn of_app(state: &impl Read, app: AppId) -> Result<Vec<WebOrigin>, Fault> {
    Ok(state.get::<AppOriginsRow>(&app)?.map(|row| row.origins.clone()).unwrap_or_default())
}

/// The same, empty while the app is not in use.
pub fn in_use(state: &impl Read, app: AppId) -> Result<Vec<WebOrigin>, Fault> {
    if state_of(state, app)?.state == AppState::Active { of_app(state, app) } else { Ok(Vec::new()) }
}

/// Whether an app that is in use lists an origin.
pub fn is_listed(state: &impl Read, app: AppId, origin: &WebOrigin) -> Result<bool, Fault> {
    let listed = state.get::<AppOriginsRow>(&app)?.is_some_and(|row| row.origins.contains(origin));
    Ok(listed && state_of(state, app)?.state == AppState::Active)
}

/// Whether any app that is in use lists an origin: all that can be said before it is known who asks.
pub fn is_listed_by_any(state: &impl Read, origin: &WebOrigin) -> Result<bool, Fault> {
    for (app, row) in state.range::<AppOriginsRow>(&AppId(0), &AppId(u32::MAX), APPS_MAX)? {
        if row.origins.contains(origin) && state_of(state, app)?.state == AppState::Active {
            return Ok(true);
        }
    }
    Ok(false)
}
