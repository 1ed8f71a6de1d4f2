//! Keep a newer hash of the same password. Nothing ends, because nothing changes for the user; a password that was changed
//! meanwhile stays as it is.

use crate::ledger::Stop;
use crate::model::{CommandResult, PasswordHash, UserHandle};
use crate::store::Tables;
use crate::store::records::UserRow;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    user: UserHandle,
    credential: u32,
    password: &PasswordHash,
) -> Result<CommandResult, Stop> {
    let row = super::user(tables, user)?;
    if row.credential == credential && row.password.is_some() {
        tables.put(&user, UserRow { password: Some(password.clone()), ..(*row).clone() })?;
    }
    Ok(CommandResult::Done {})
}
