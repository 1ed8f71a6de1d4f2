//! Forget files that nothing has referred to for a day. Others are passed over: what they were asked for may have changed since.

use super::UNUSED_MS;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::limits::MEDIA_PER_COMMAND_MAX;
use crate::model::{AppId, Code, CommandResult, MediaId, UserHandle};
use crate::store::records::{AppRow, MediaRow, MediaTotalRow, UserRow};
use crate::store::{Read, Tables};
use std::collections::BTreeMap;

struct Plan {
    forgotten: Vec<MediaId>,
    totals: BTreeMap<UserHandle, MediaTotalRow>,
    /// Bytes that the files of apps take less.
    apps: BTreeMap<AppId, i64>,
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
    let mut plan = Plan { forgotten: Vec::new(), totals: BTreeMap::new(), apps: BTreeMap::new() };
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
        let bytes = i64::try_from(row.info.bytes).unwrap_or(i64::MAX);
        let freed = plan.apps.entry(row.app).or_insert(0_i64);
        *freed = freed.saturating_add(bytes);
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
        // Of a deleted app nothing is left to be counted.
        if tables.get::<UserRow>(&owner)?.is_some() {
            tables.put(&owner, total)?;
        }
    }
    for (app, freed) in plan.apps {
        if tables.get::<AppRow>(&app)?.is_some() {
            apps::totals::count(tables, app, 0, -freed)?;
        }
    }
    Ok(CommandResult::Removed { count, more: false })
}
