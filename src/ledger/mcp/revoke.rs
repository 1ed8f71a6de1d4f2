//! Make a token for MCP useless: from this command on it opens nothing.

use super::{own, remove};
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, McpTokenId, UserActor};
use crate::store::records::McpTokenRow;
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    by: &UserActor,
    token: McpTokenId,
) -> Result<CommandResult, Stop> {
    own(tables, by)?;
    if tables.get::<McpTokenRow>(&(by.user, token))?.is_none() {
        return refuse(
            Code::NotFound,
            "You have no token for MCP of this number; GET /api/v1/mcp-tokens lists those you have.",
        );
    }
    remove(tables, by.user, token)?;
    Ok(CommandResult::Done {})
}
