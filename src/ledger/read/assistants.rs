//! Assistants as users see them, and what an assistant may be given of a conversation.

use super::own::Own;
use super::window::Window;
use crate::ledger::assistants::{left, may_use, turns};
use crate::ledger::caller::admit;
use crate::ledger::{Stop, apps};
use crate::model::{
    Answer, AssistantView, ConversationId, DraftView, Entry, Lsn, Seq, Timestamp, UserActor, UserHandle, limits,
};
use crate::store::records::{AssistantRow, CardRow, MemberRow, UserRow};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// The assistants that the caller may use, by id.
pub(super) fn usable(state: &impl Read, (as_of, now): (Lsn, Timestamp), actor: &UserActor) -> Result<Answer, Stop> {
    let (_, caller) = admit(state, actor, apps::scope::READING)?;
    let (first, last) = ((actor.app, UserHandle(0)), (actor.app, UserHandle(u64::MAX)));
    let mut assistants = Vec::new();
    for ((_, handle), row) in state.range::<AssistantRow>(&first, &last, limits::ASSISTANTS_MAX)? {
        let Some(user) = state.get::<UserRow>(&handle)?.filter(|user| !user.deleted) else { continue };
        if !may_use(&row, &caller) {
            continue;
        }
        let (questions_left, tokens_left) = left(state, &row, handle, actor.user, now)?;
        assistants.push(AssistantView {
            user: user.id.clone(),
            name: user.name.clone(),
            avatar: state.get::<CardRow>(&handle)?.and_then(|row| row.card.avatar),
            model: row.settings.model.clone(),
            images: row.settings.images,
            questions_left,
            tokens_left,
        });
    }
    assistants.sort_by_key(|one| one.user.folded());
    Ok(Answer::Assistants { assistants, as_of })
}

/// The open turns of a conversation whose questions the caller sees.
pub(super) fn drafts(state: &impl Read, as_of: Lsn, own: &Own) -> Result<Answer, Stop> {
    let window = own.window();
    let mut drafts = Vec::new();
    for (question, turn) in turns(state, own.id)? {
        let asker = state.get::<UserRow>(&turn.asker)?;
        let assistant = state.get::<UserRow>(&turn.assistant)?;
        let (Some(asker), Some(assistant)) = (asker, assistant) else { continue };
        if window.holds(question) {
            drafts.push(DraftView {
                question,
                asker: asker.id.clone(),
                assistant: assistant.id.clone(),
                state: turn.state,
                replaces: turn.replaces,
                text: String::new(),
            });
        }
    }
    Ok(Answer::Drafts { conversation: own.id, drafts, as_of })
}

/// What a user may see of a conversation now: the first entry, the newest, and how far they have read; `None` when they do not belong
/// to it.
pub fn visible(
    state: &impl Read,
    user: UserHandle,
    conversation: ConversationId,
) -> Result<Option<(Seq, Seq, Seq)>, Fault> {
    let Some(member) = state.get::<MemberRow>(&(conversation, user))?.filter(|member| member.until.is_none()) else {
        return Ok(None);
    };
    let window = Window::new(&state.head(conversation)?, &member);
    Ok(Some((window.floor, window.head, member.read.seq)))
}

/// The entries with `from` ≤ seq ≤ `to`, at most `limit`, the newest, in the order of the log. The range is to be one that [`visible`]
/// gave.
pub fn newest(
    state: &impl Read,
    conversation: ConversationId,
    (from, to): (Seq, Seq),
    limit: usize,
) -> Result<Vec<Arc<Entry>>, Fault> {
    let from = from.max(Seq((to.0 + 1).saturating_sub(limit as u64)));
    if from > to {
        return Ok(Vec::new());
    }
    state.entries(conversation, from, to, limit)
}
