//! A tool was called: the token counts as used. The line of the audit log is written where all are.

use crate::ledger::Stop;
use crate::model::{CommandResult, McpTokenId, Timestamp, UserActor, UserHandle};
use crate::store::records::McpTokenRow;
use crate::store::{Fault, Read, Tables};

/// A token that was revoked meanwhile stays so; its call is in the audit log nevertheless.
pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    at: Timestamp,
    (user, token): (UserHandle, McpTokenId),
) -> Result<CommandResult, Stop> {
    note(tables, at, user, token)?;
    Ok(CommandResult::Done {})
}

/// The same after a command that was given through a token; nothing for those of sessions.
pub(in crate::ledger) fn used(tables: &mut Tables<'_>, at: Timestamp, actor: &UserActor) -> Result<(), Fault> {
    actor.session.mcp().map_or(Ok(()), |token| note(tables, at, actor.user, token))
}

fn note(tables: &mut Tables<'_>, at: Timestamp, user: UserHandle, token: McpTokenId) -> Result<(), Fault> {
    match tables.get::<McpTokenRow>(&(user, token))? {
        Some(row) => tables.put(&(user, token), McpTokenRow { used: Some(at), ..(*row).clone() }),
        None => Ok(()),
    }
}
