//! Set what the caller keeps with a contact: remark, labels, extra.

use super::{Pair, find_label, labels_of, put_row, tell_changed};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, Effect, Extra, LabelId, Name, UserId, limits};
use crate::store::records::ContactRow;
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

struct Plan(Option<(Pair, ContactRow)>);

/// What is asked for.
pub(in crate::ledger) struct Kept<'a> {
    pub remark: Option<&'a Name>,
    pub labels: &'a [LabelId],
    pub extra: &'a Extra,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    user: &UserId,
    kept: &Kept<'_>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, user, kept)?;
    apply(tables, caller, plan, effects)
}

fn decide(state: &impl Read, caller: &Caller<'_>, user: &UserId, kept: &Kept<'_>) -> Result<Plan, Stop> {
    let pair = Pair::find(state, caller, user, "name")?;
    if pair.mine.since.is_none() {
        return refuse(Code::NotContact, format!("`{user}` is not a contact of yours; ask them first."));
    }
    let limit = limits::LABELS_PER_CONTACT_MAX;
    if kept.labels.len() > limit {
        return refuse(Code::TooLarge, format!("A contact has at most {limit} labels; name fewer."));
    }
    let mut labels = Vec::with_capacity(kept.labels.len());
    for label in kept.labels {
        find_label(state, caller, *label)?;
        if !labels.contains(label) {
            labels.push(*label);
        }
    }
    let row = ContactRow { remark: kept.remark.cloned(), labels, extra: kept.extra.clone(), ..pair.mine.clone() };
    // Labels that were deleted meanwhile are no difference.
    let there: BTreeSet<LabelId> = labels_of(state, caller.handle())?.into_iter().map(|(label, _)| label).collect();
    let kept: Vec<_> = pair.mine.labels.iter().copied().filter(|label| there.contains(label)).collect();
    if row == (ContactRow { labels: kept, ..pair.mine.clone() }) {
        return Ok(Plan(None));
    }
    Ok(Plan(Some((pair, ContactRow { changed: caller.lsn, ..row }))))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(plan): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some((pair, row)) = plan else { return Ok(CommandResult::Done {}) };
    put_row(tables, caller.handle(), pair.other, &pair.mine, row)?;
    Ok(tell_changed(tables, caller, vec![pair.user.id.clone()], effects)?)
}
