//! Create an app.

use super::check_settings;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppId, AppSettings, Code, CommandResult, Name};
use crate::store::records::{AppRow, Counter};
use crate::store::{Read, Tables};

/// Apps on one server. Names are compared one by one, so this bounds the rows that one command touches.
const APPS_MAX: usize = 250;

struct Plan(AppRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    name: &Name,
    settings: &AppSettings,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, name, settings)?;
    apply(tables, plan)
}

fn decide(state: &impl Read, order: &Order, name: &Name, settings: &AppSettings) -> Result<Plan, Stop> {
    check_settings(settings)?;
    if name.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(
            Code::Invalid,
            "The name of an app is no number alone, because apps have numbers; add a letter.",
        );
    }
    let apps = state.range::<AppRow>(&AppId(0), &AppId(u32::MAX), APPS_MAX)?;
    let taken = |row: &AppRow| row.name.as_str().to_lowercase() == name.as_str().to_lowercase();
    if apps.iter().any(|(_, row)| taken(row)) {
        return refuse(Code::Conflict, format!("There is an app named `{name}` already; choose another name."));
    }
    if apps.len() >= APPS_MAX {
        return refuse(Code::Full, format!("This server has {APPS_MAX} apps, which is as many as it may have."));
    }
    Ok(Plan(AppRow { name: name.clone(), settings: settings.clone(), created: order.at }))
}

fn apply(tables: &mut Tables<'_>, Plan(row): Plan) -> Result<CommandResult, Stop> {
    let app = AppId(tables.next_id(Counter::App)? as u32);
    tables.put(&app, row)?;
    Ok(CommandResult::App { app })
}
