//! How much an app has, kept in a row so that limits need no counting.

use super::state_of;
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{AppId, Code};
use crate::store::records::AppTotalRow;
use crate::store::{Fault, Read, Tables};

/// How much an app has.
pub(in crate::ledger) fn of_app(state: &impl Read, app: AppId) -> Result<AppTotalRow, Fault> {
    Ok(state.get::<AppTotalRow>(&app)?.map(|row| *row).unwrap_or_default())
}

/// Refuses one user more than the app may have.
pub(in crate::ledger) fn check_room(state: &impl Read, app: AppId) -> Result<(), Stop> {
    let most = state_of(state, app)?.access.users_max;
    if most > 0 && of_app(state, app)?.users >= u64::from(most) {
        return refuse(
            Code::QuotaExceeded,
            format!("This app has {most} users, as many as it may have (`users_max`); ask whoever runs this server."),
        );
    }
    Ok(())
}

/// Refuses a file for which the app has no room.
pub(in crate::ledger) fn check_storage(state: &impl Read, app: AppId, bytes: u64) -> Result<(), Stop> {
    let most = state_of(state, app)?.access.storage_bytes_max;
    let total = of_app(state, app)?.media_bytes.saturating_add(bytes);
    if most > 0 && total > most {
        return refuse(
            Code::QuotaExceeded,
            format!("With this file those of the app would take {total} of {most} bytes (`storage_bytes_max`)."),
        );
    }
    Ok(())
}

/// Counts a user who came (`1`) or went (`-1`), and bytes of files that came or went.
pub(in crate::ledger) fn count(tables: &mut Tables<'_>, app: AppId, users: i64, bytes: i64) -> Result<(), Fault> {
    let before = of_app(tables, app)?;
    let row = AppTotalRow {
        users: before.users.saturating_add_signed(users),
        media_bytes: before.media_bytes.saturating_add_signed(bytes),
        ..before
    };
    tables.put(&app, row)
}

/// Counts a signed token that is remembered (`1`) or forgotten (`-1`).
pub(super) fn count_signed_once(tables: &mut Tables<'_>, app: AppId, tokens: i64) -> Result<(), Fault> {
    let before = of_app(tables, app)?;
    tables.put(&app, AppTotalRow { signed_once: before.signed_once.saturating_add_signed(tokens), ..before })
}
