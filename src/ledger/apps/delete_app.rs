//! Delete an app with everything in it. From the commit on nobody of it acts and its keys open nothing; its rows go with each
//! [`super::step`].

use super::{check_not_home, find, keys, state_of};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, AppKeyId, AppState, Code, CommandResult};
use crate::store::records::{AppJobRow, AppStateRow};
use crate::store::{Read, Tables};

struct Plan {
    row: AppStateRow,
    keys: Vec<AppKeyId>,
}

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, app: AppId) -> Result<CommandResult, Stop> {
    let Some(Plan { row, keys }) = decide(tables, app)? else { return Ok(CommandResult::Done {}) };
    for key in keys {
        keys::remove(tables, app, key)?;
    }
    tables.put(&app, row)?;
    tables.put(&app, AppJobRow::DeleteSessions { after: String::new() })?;
    Ok(CommandResult::Done {})
}

/// `None` when that goes on already.
fn decide(state: &impl Read, app: AppId) -> Result<Option<Plan>, Stop> {
    let found = find(state, app)?;
    check_not_home(app, "deleted")?;
    let before = state_of(state, app)?;
    if before.state == AppState::Deleting {
        return Ok(None);
    }
    if found.settings.hold {
        return refuse(
            Code::Conflict,
            "This app is under legal hold, so nothing of it is deleted; end the hold first (`hold`).",
        );
    }
    let keys = keys::of_app(state, app)?.into_iter().map(|(key, _)| key).collect();
    Ok(Some(Plan { row: AppStateRow { state: AppState::Deleting, ..(*before).clone() }, keys }))
}
