//! What a search may look at: the caller's conversations, and in each of them the part that they may see.

use super::window::Window;
use super::{own, scan};
use crate::ledger::{Stop, apps, caller, mcp};
use crate::model::{AppId, ConversationId, Entry, Seq, Timestamp, UserActor};
use crate::store::records::{ConversationRow, MemberRow};
use crate::store::{Fault, Read};

/// The conversations in which a user may search: `only` that one, or all they belong or belonged to, by id. With a token for MCP
/// those that it opens.
pub fn conversations(
    state: &impl Read,
    now: Timestamp,
    actor: &UserActor,
    only: Option<ConversationId>,
) -> Result<Vec<ConversationId>, Stop> {
    if actor.session.mcp().is_some() {
        return mcp::scope(state, now, actor, only);
    }
    caller::admit(state, actor, apps::scope::READING)?;
    match only {
        Some(conversation) => Ok(vec![own(state, actor, conversation)?.id]),
        None => Ok(scan::conversations_of(state, actor.user)?),
    }
}

/// The first and the newest entry of a conversation that a user may see; `None` when it is not theirs.
pub fn window(state: &impl Read, actor: &UserActor, conversation: ConversationId) -> Result<Option<(Seq, Seq)>, Fault> {
    let Some(member) = state.get::<MemberRow>(&(conversation, actor.user))? else { return Ok(None) };
    let app: Option<AppId> = state.get::<ConversationRow>(&conversation)?.map(|row| row.app);
    if app != Some(actor.app) {
        return Ok(None);
    }
    let window = Window::new(&state.head(conversation)?, &member);
    Ok(Some((window.floor, window.head)))
}

/// The bytes of an entry as it is shown, at most.
pub fn entry_bytes(entry: &Entry) -> usize {
    super::size::shown_bytes(entry)
}

/// Bytes that the entries of one answer take at most, besides its first.
pub const PAGE_BYTES_MAX: usize = super::size::PAGE_BYTES_MAX;
