//! Forget files that nothing has referred to for a day. Others are passed over: what they were asked for may have changed since.

use super::UNUSED_MS;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::limits::MEDIA_PER_COMMAND_MAX;
use crate::model::{Code, CommandResult, MediaId, UserHandle};
use crate::store::records::{MediaRow, MediaTotalRow};
use crate::store::{Read, Tables};
use std::collections::BTreeMap;

struct Plan {
    forgotten: Vec<MediaId>,
    totals: BTreeMap<UserHandle, MediaTotalRow>,
}

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, order: &Order, media: &[MediaId]) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, media)?;
    apply(tables, plan)
}

fn decide(state: &impl Read, order: &Order, media: &[MediaId]) -> Result<Plan, Stop> {
    if media.len() > MEDIA_PER_COMMAND_MAX {
        return refuse(
            Code::TooLarge,
            format!("One command forgets at most {MEDIA_PER_COMMAND_MAX} files; ask in parts."),
        );
    }
    let mut plan = Plan { forgotten: Vec::new(), totals: BTreeMap::new() };
    for id in media {
        let Some(row) = state.get::<MediaRow>(id)? else { continue };
        let old = row.unused_since.is_some_and(|since| order.at.since_ms(since) >= UNUSED_MS);
        if row.references > 0 || !old || plan.forgotten.contains(id) {
            continue;
        }
        let total = match plan.totals.get(&row.owner) {
            Some(total) => *total,
            None => state.get::<MediaTotalRow>(&row.owner)?.map_or_else(MediaTotalRow::default, |total| *total),
        };
        let total =
            MediaTotalRow { bytes: total.bytes.saturating_sub(row.info.bytes), files: total.files.saturating_sub(1) };
        plan.totals.insert(row.owner, total);
        plan.forgotten.push(*id);
    }
    Ok(plan)
}

fn apply(tables: &mut Tables<'_>, plan: Plan) -> Result<CommandResult, Stop> {
    let count = plan.forgotten.len() as u32;
    for id in plan.forgotten {
        tables.remove::<MediaRow>(&id)?;
    }
    for (owner, total) in plan.totals {
        tables.put(&owner, total)?;
    }
    Ok(CommandResult::Removed { count, more: false })
}
