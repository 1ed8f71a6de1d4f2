//! Pages of changes: what a device that was away has to learn.

use crate::ledger::read;
use crate::model::{Conversation, ConversationId, Lsn, Profile, UserActor, UserHandle, limits};
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
    pending: Option<VecDeque<(Lsn, Changed)>>,
    /// Pushes were started again for the last page.
    pushing: bool,
}

/// What changed for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Changed {
    /// A conversation of theirs.
    Conversation(ConversationId),
    /// The profile of a contact, or their own.
    User(UserHandle),
}

/// Everything that changed at or after `cursor`, by lsn. A device that has nothing yet asks for contacts itself.
fn changed_since(view: &View, user: UserHandle, cursor: Lsn) -> Result<VecDeque<(Lsn, Changed)>, Fault> {
    let conversations = read::changed_since(view, user, cursor)?.into_iter();
    let mut changed: Vec<_> = conversations.map(|(lsn, id)| (lsn, Changed::Conversation(id))).collect();
    if cursor > Lsn(0) {
        let users = read::changed_profiles(view, user, cursor)?.into_iter();
        changed.extend(users.map(|(lsn, user)| (lsn, Changed::User(user))));
        changed.sort_unstable();
    }
    Ok(changed.into())
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
        None => changed_since(&view, actor.user, cursor)?,
    };
    if pending.len() <= limit && !state.pushing {
        before_last();
        state.pushing = true;
        view = newest();
        pending = changed_since(&view, actor.user, cursor)?;
    }
    let (mut conversations, mut users): (Vec<Conversation>, Vec<Profile>) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut reached = None;
    while let Some((lsn, changed)) = pending.front().copied() {
        // A page never ends inside one lsn.
        let full = conversations.len() + users.len() >= limit || bytes >= PAGE_BYTES;
        if full && reached != Some(lsn) {
            break;
        }
        pending.pop_front();
        reached = Some(lsn);
        match changed {
            Changed::Conversation(id) => {
                // One `Cursors` command can give up to 256 conversations of a user the same lsn: those over the page come with
                // one entry.
                let entries = if full { 1 } else { limits::CHANGES_ENTRIES };
                if let Some(found) = read::conversation(&*view, actor.user, id, entries)? {
                    bytes += read::conversation_bytes(&found);
                    conversations.push(found);
                }
            }
            Changed::User(user) => {
                if let Some((profile, size)) = read::changed_profile(&*view, actor.user, user)? {
                    bytes += size;
                    users.push(profile);
                }
            }
        }
    }
    let more = !pending.is_empty();
    let cursor = if more { reached.map_or(cursor, Lsn::next) } else { view.lsn().next() };
    let as_of = view.lsn();
    state.pending = (more && !state.pushing).then_some(pending);
    Ok((Changes { request: 0, conversations, users, cursor, more, as_of }, state))
}
