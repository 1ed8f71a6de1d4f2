//! The first command of every log: creates the app `home`. The epoch is the store's to keep.

use super::check_settings;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppId, AppSettings, Code, CommandResult, Name};
use crate::store::records::{AppRow, Counter};
use crate::store::{Fault, Read, Tables};

struct Plan(AppRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    settings: &AppSettings,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, settings)?;
    apply(tables, plan)
}

fn decide(state: &impl Read, order: &Order, settings: &AppSettings) -> Result<Plan, Stop> {
    if state.get::<AppRow>(&AppId::HOME)?.is_some() {
        return refuse(Code::Conflict, "This data folder is founded already; nothing needs to be done.");
    }
    check_settings(settings)?;
    let Ok(name) = Name::new("home") else { return refuse(Code::Invalid, "The name of the first app is not allowed.") };
    Ok(Plan(AppRow { name, settings: settings.clone(), created: order.at }))
}

fn apply(tables: &mut Tables<'_>, Plan(row): Plan) -> Result<CommandResult, Stop> {
    let app = AppId(tables.next_id(Counter::App)? as u32);
    if app != AppId::HOME {
        return Err(Fault::Misuse("a data folder without the app `home` has given out app ids").into());
    }
    tables.put(&app, row)?;
    Ok(CommandResult::App { app })
}
