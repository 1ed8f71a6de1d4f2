//! Replace the settings of an app.

use super::check_settings;
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, AppSettings, Code, CommandResult};
use crate::store::records::AppRow;
use crate::store::{Read, Tables};

struct Plan(AppRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    app: AppId,
    settings: &AppSettings,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, app, settings)?;
    apply(tables, app, plan)
}

fn decide(state: &impl Read, app: AppId, settings: &AppSettings) -> Result<Plan, Stop> {
    let Some(row) = state.get::<AppRow>(&app)? else {
        return refuse(Code::NotFound, format!("There is no app {app}; `tidings app list` shows those there are."));
    };
    check_settings(settings)?;
    Ok(Plan(AppRow { settings: settings.clone(), ..(*row).clone() }))
}

fn apply(tables: &mut Tables<'_>, app: AppId, Plan(row): Plan) -> Result<CommandResult, Stop> {
    tables.put(&app, row)?;
    Ok(CommandResult::Done {})
}
