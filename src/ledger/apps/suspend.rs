//! Suspend an app, or end that. From the commit on nobody of it logs in or acts; its sessions and
//! tokens for MCP end a step at a time.

use super::{check_not_home, find, state_of};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, AppState, Code, CommandResult};
use crate::store::records::{AppJobRow, AppStateRow};
use crate::store::{Read, Tables};

struct Plan(AppStateRow);

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, app: AppId, suspended: bool) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, app, suspended)?;
    if suspended {
        tables.put(&app, AppJobRow::EndSessions { after: String::new() })?;
    } else {
        tables.remove::<AppJobRow>(&app)?;
    }
    tables.put(&app, row)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, app: AppId, suspended: bool) -> Result<Plan, Stop> {
    find(state, app)?;
    check_not_home(app, "suspended")?;
    let before = state_of(state, app)?;
    if before.state == AppState::Deleting {
        return refuse(Code::Conflict, "This app is being deleted, which cannot be stopped.");
    }
    let new = if suspended { AppState::Suspended } else { AppState::Active };
    Ok(Plan(AppStateRow { state: new, ..(*before).clone() }))
}
