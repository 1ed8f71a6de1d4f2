//! Labels: named groups of contacts. A contact's row may name a label that was deleted; it is left out wherever the row is read.

pub(in crate::ledger) mod create;
pub(in crate::ledger) mod delete;
pub(in crate::ledger) mod put;
pub(in crate::ledger) mod rename;

use super::labels_of;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, LabelId, Name};
use crate::store::Read;

/// Refuses a name that another label of the caller has, without regard to case; gives how many labels there are.
fn check_name(state: &impl Read, caller: &Caller<'_>, name: &Name, but: Option<LabelId>) -> Result<usize, Stop> {
    let labels = labels_of(state, caller.handle())?;
    let folded = name.as_str().to_lowercase();
    let same = labels.iter().any(|(label, row)| Some(*label) != but && row.name.as_str().to_lowercase() == folded);
    if same {
        return refuse(Code::Conflict, format!("You have a label `{name}` already; choose another name."));
    }
    Ok(labels.len())
}
