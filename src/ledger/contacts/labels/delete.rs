//! Delete a label. Its contacts stay; their rows lose it when they are next read.

use super::super::find_label;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::feed;
use crate::model::{Body, CommandResult, Effect, LabelId};
use crate::store::records::LabelRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    label: LabelId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    decide(tables, caller, label)?;
    tables.remove::<LabelRow>(&(caller.handle(), label))?;
    Ok(feed::tell(tables, caller, &caller.user, Body::LabelsChanged {}, effects)?)
}

fn decide(state: &impl Read, caller: &Caller<'_>, label: LabelId) -> Result<(), Stop> {
    find_label(state, caller, label).map(drop)
}
