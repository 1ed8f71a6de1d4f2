//! A file was uploaded and lies in its place. Asking again with the same file changes nothing.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::{AppId, Code, CommandResult, MediaInfo, UserHandle};
use crate::store::records::{AppRow, MediaRow, MediaTotalRow, UserRow};
use crate::store::{Read, Tables};

/// What was uploaded.
pub(in crate::ledger) struct NewMedia<'a> {
    pub app: AppId,
    pub owner: UserHandle,
    pub info: &'a MediaInfo,
    pub sha256: [u8; 32],
}

struct Plan {
    row: MediaRow,
    total: MediaTotalRow,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    new: &NewMedia<'_>,
) -> Result<CommandResult, Stop> {
    if let Some(plan) = decide(tables, order, new)? {
        apply(tables, plan)?;
    }
    Ok(CommandResult::Done {})
}

/// `None` when it is there already.
fn decide(state: &impl Read, order: &Order, new: &NewMedia<'_>) -> Result<Option<Plan>, Stop> {
    let &NewMedia { app, owner, info, sha256 } = new;
    if let Some(there) = state.get::<MediaRow>(&info.media)? {
        if there.owner == owner && there.sha256 == sha256 {
            return Ok(None);
        }
        return refuse(Code::Conflict, format!("There is another file with the id {}; upload it again.", info.media));
    }
    let user = state.get::<UserRow>(&owner)?.filter(|user| user.app == app && !user.deleted);
    let (Some(user), Some(app_row)) = (user, state.get::<AppRow>(&app)?) else {
        return refuse(Code::NotFound, "The user who uploaded this file is not there any more.");
    };
    if user.flags.suspended {
        return refuse(Code::Suspended, "Your account is suspended; ask an administrator.");
    }
    let settings = &app_row.settings;
    if info.bytes > settings.media_bytes_max {
        let (bytes, most) = (info.bytes, settings.media_bytes_max);
        return refuse(
            Code::TooLarge,
            format!("The file has {bytes} bytes, and `media_bytes_max` is {most} here; send a smaller one."),
        );
    }
    let total = state.get::<MediaTotalRow>(&owner)?.map_or_else(MediaTotalRow::default, |total| *total);
    let total = MediaTotalRow { bytes: total.bytes.saturating_add(info.bytes), files: total.files + 1 };
    if total.bytes > settings.media_quota_bytes {
        let most = settings.media_quota_bytes;
        return refuse(
            Code::QuotaExceeded,
            format!("With this file yours would take {} of {most} bytes (`media_quota_bytes`).", total.bytes),
        );
    }
    apps::totals::check_storage(state, app, info.bytes)?;
    let row = MediaRow {
        app,
        owner,
        info: MediaInfo { created: order.at, ..info.clone() },
        sha256,
        references: 0,
        unused_since: Some(order.at),
        avatars: 0,
    };
    Ok(Some(Plan { row, total }))
}

fn apply(tables: &mut Tables<'_>, Plan { row, total }: Plan) -> Result<(), Stop> {
    tables.put(&row.owner.clone(), total)?;
    apps::totals::count(tables, row.app, 0, i64::try_from(row.info.bytes).unwrap_or(i64::MAX))?;
    tables.put(&row.info.media.clone(), row)?;
    Ok(())
}
