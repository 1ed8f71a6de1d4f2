//! Give a label another name.

use super::super::find_label;
use super::check_name;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::feed;
use crate::model::{Body, CommandResult, Effect, LabelId, Name};
use crate::store::records::LabelRow;
use crate::store::{Read, Tables};

struct Plan(Option<LabelRow>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    label: LabelId,
    name: &Name,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, label, name)?;
    apply(tables, caller, label, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, label: LabelId, name: &Name) -> Result<Plan, Stop> {
    if find_label(state, caller, label)?.name == *name {
        return Ok(Plan(None));
    }
    check_name(state, caller, name, Some(label))?;
    Ok(Plan(Some(LabelRow { name: name.clone() })))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    label: LabelId,
    Plan(row): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(row) = row else { return Ok(CommandResult::Done {}) };
    tables.put(&(caller.handle(), label), row)?;
    Ok(feed::tell(tables, caller, &caller.user, Body::LabelsChanged {}, effects)?)
}
