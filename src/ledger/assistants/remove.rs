//! Let an assistant answer no more. Its user stays, and with it what it said; set up again, it goes on.

use crate::ledger::Stop;
use crate::ledger::accounts::user;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, Code, CommandResult, UserHandle};
use crate::store::records::AssistantRow;
use crate::store::{Read, Tables};

struct Plan(AppId);

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, assistant: UserHandle) -> Result<CommandResult, Stop> {
    let Plan(app) = decide(tables, assistant)?;
    tables.remove::<AssistantRow>(&(app, assistant))?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, assistant: UserHandle) -> Result<Plan, Stop> {
    let row = user(state, assistant)?;
    if super::find(state, row.app, assistant)?.is_none() {
        return refuse(
            Code::NotFound,
            format!("`{}` is no assistant; `tidings assistant list` shows those there are.", row.id),
        );
    }
    Ok(Plan(row.app))
}
