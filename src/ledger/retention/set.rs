//! Set how long a conversation keeps its entries, in place of what its app says.

use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{Code, CommandResult, ConversationId, ConversationKind};
use crate::store::records::{ConversationRow, RetentionRow};
use crate::store::{Read, Tables};

struct Plan(ConversationRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    conversation: ConversationId,
    retention: RetentionRow,
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, conversation, retention)?;
    tables.put(&conversation, row)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, conversation: ConversationId, retention: RetentionRow) -> Result<Plan, Stop> {
    let Some(row) = state.get::<ConversationRow>(&conversation)? else {
        return refuse(Code::NotFound, format!("There is no conversation {conversation}; check its id."));
    };
    if row.kind == ConversationKind::Feed && (retention.keep_ms.is_some() || retention.keep_entries.is_some()) {
        return refuse(Code::Invalid, "A feed keeps its newest entries and nothing else; it can only be put on hold.");
    }
    let own = retention != RetentionRow::default();
    Ok(Plan(ConversationRow { retention: own.then_some(retention), ..(*row).clone() }))
}
