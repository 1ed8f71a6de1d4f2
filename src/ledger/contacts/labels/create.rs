//! Create a label.

use super::check_name;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::feed;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, Effect, LabelId, Name, limits};
use crate::store::records::{Counter, LabelRow};
use crate::store::{Read, Tables};

struct Plan(LabelRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    name: &Name,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, name)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, name: &Name) -> Result<Plan, Stop> {
    let limit = limits::LABELS_MAX;
    if check_name(state, caller, name, None)? >= limit {
        return refuse(Code::Full, format!("You have {limit} labels, as many as there may be; delete one first."));
    }
    Ok(Plan(LabelRow { name: name.clone() }))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(row): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let label = LabelId(tables.next_id(Counter::Label)?);
    tables.put(&(caller.handle(), label), row)?;
    feed::tell(tables, caller, &caller.user, Body::LabelsChanged {}, effects)?;
    Ok(CommandResult::Label { label })
}
