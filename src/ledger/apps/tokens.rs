//! Refuse signed tokens that were issued before a time, of one user or of a whole app. Sessions that were opened with them stay;
//! they are ended apart.

use super::{find, state_of};
use crate::ledger::refuse::refuse;
use crate::ledger::{Stop, accounts};
use crate::model::{AppId, Code, CommandResult, Timestamp, UserHandle};
use crate::store::records::{AppStateRow, SignedUserRow};
use crate::store::{Fault, Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    app: AppId,
    user: Option<UserHandle>,
    before: Timestamp,
) -> Result<CommandResult, Stop> {
    find(tables, app)?;
    if let Some(user) = user {
        if accounts::user(tables, user)?.app != app {
            return refuse(Code::NotFound, "There is no such user in this app; check the spelling of the id.");
        }
        tables.put(&user, SignedUserRow { tokens_from: before })?;
    } else {
        let row = AppStateRow { tokens_from: before, ..(*state_of(tables, app)?).clone() };
        tables.put(&app, row)?;
    }
    Ok(CommandResult::Done {})
}

/// From when on the tokens of a user count; of one who is not there yet, those of their app.
pub(super) fn from(state: &impl Read, app: AppId, user: Option<UserHandle>) -> Result<Timestamp, Fault> {
    let all = state_of(state, app)?.tokens_from;
    let own = match user {
        Some(user) => state.get::<SignedUserRow>(&user)?.map_or(Timestamp(0), |row| row.tokens_from),
        None => Timestamp(0),
    };
    Ok(all.max(own))
}
