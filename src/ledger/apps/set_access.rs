//! Set how another system uses an app, and how much.

use super::{find, state_of};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppAccess, AppId, Code, CommandResult};
use crate::store::records::AppStateRow;
use crate::store::{Read, Tables};

struct Plan(AppStateRow);

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, app: AppId, access: &AppAccess) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, app, access)?;
    tables.put(&app, row)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, app: AppId, access: &AppAccess) -> Result<Plan, Stop> {
    find(state, app)?;
    let (floor, limit) = (AppAccess::SIGNED_AGE_FLOOR_MS, AppAccess::SIGNED_AGE_LIMIT_MS);
    if !(floor..=limit).contains(&access.signed_age_max_ms) {
        return refuse(Code::Invalid, format!("`signed_age_max_ms` must be between {floor} and {limit}."));
    }
    Ok(Plan(AppStateRow { access: access.clone(), ..(*state_of(state, app)?).clone() }))
}
