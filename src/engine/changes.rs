//! Pages of changes: what a device that was away has to learn.

use crate::ledger::read;
use crate::model::{Conversation, ConversationId, Lsn, UserActor, limits};
use crate::protocol::Changes;
use crate::store::{Fault, View};
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of entries in one page, roughly; the first conversation of a page is always whole.
const PAGE_BYTES: usize = 512 * 1024;

/// State of a sync in progress, kept with the session.
#[derive(Debug, Default)]
pub struct SyncState {
    /// What is still to be sent, by lsn; listed anew for each page once pushes go.
    pending: Option<VecDeque<(Lsn, ConversationId)>>,
    /// Pushes were started again for the last page.
    pushing: bool,
}

/// Builds the next page. `newest` gives the newest View; `before_last` is called just before the View of a page that may be the last
/// is taken, so that what is committed after it is pushed.
pub fn page(
    newest: &dyn Fn() -> Arc<View>,
    actor: &UserActor,
    cursor: Lsn,
    limit: u32,
    mut state: SyncState,
    before_last: impl FnOnce(),
) -> Result<(Changes, SyncState), Fault> {
    let limit = (limit as usize).clamp(1, limits::CHANGES_CONVERSATIONS_MAX);
    let mut view = newest();
    let mut pending = match state.pending.take() {
        Some(pending) => pending,
        None => read::changed_since(&*view, actor.user, cursor)?.into(),
    };
    if pending.len() <= limit && !state.pushing {
        before_last();
        state.pushing = true;
        view = newest();
        pending = read::changed_since(&*view, actor.user, cursor)?.into();
    }
    let mut conversations: Vec<Conversation> = Vec::new();
    let mut bytes = 0;
    let mut reached = None;
    while let Some((lsn, conversation)) = pending.front().copied() {
        // A page never ends inside one lsn.
        let full = conversations.len() >= limit || bytes >= PAGE_BYTES;
        if full && reached != Some(lsn) {
            break;
        }
        pending.pop_front();
        reached = Some(lsn);
        // One `Cursors` command can give up to 256 conversations of a user the same lsn: those over the page come with one entry.
        let entries = if full { 1 } else { limits::CHANGES_ENTRIES };
        if let Some(found) = read::conversation(&*view, actor.user, conversation, entries)? {
            bytes += read::conversation_bytes(&found);
            conversations.push(found);
        }
    }
    let more = !pending.is_empty();
    let cursor = if more { reached.map_or(cursor, Lsn::next) } else { view.lsn().next() };
    let as_of = view.lsn();
    state.pending = (more && !state.pushing).then_some(pending);
    Ok((Changes { request: 0, conversations, users: Vec::new(), cursor, more, as_of }, state))
}
