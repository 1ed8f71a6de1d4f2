//! Walking through many rows, a bounded piece at a time.

use crate::model::{ConversationId, UserHandle};
use crate::store::records::{InboxRow, MemberRow};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// Rows read at once.
const PIECE: usize = 1_000;

/// Every conversation of a user, those they left included.
pub fn conversations_of(state: &impl Read, user: UserHandle) -> Result<Vec<ConversationId>, Fault> {
    let mut found = Vec::new();
    let mut from = ConversationId(0);
    loop {
        let piece = state.range::<InboxRow>(&(user, from), &(user, ConversationId(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        found.extend(piece.into_iter().map(|((_, conversation), _)| conversation));
        match found.last() {
            Some(conversation) if !last => from = conversation.next(),
            Some(_) | None => return Ok(found),
        }
    }
}

/// Every member row of a conversation, in the order of handles, until `each` says that it has enough.
pub(in crate::ledger) fn members_of(
    state: &impl Read,
    conversation: ConversationId,
    mut each: impl FnMut(UserHandle, Arc<MemberRow>) -> bool,
) -> Result<(), Fault> {
    let mut from = UserHandle(0);
    loop {
        let piece = state.range::<MemberRow>(&(conversation, from), &(conversation, UserHandle(u64::MAX)), PIECE)?;
        let last = piece.len() < PIECE;
        for ((_, user), member) in piece {
            from = user.next();
            if !each(user, member) {
                return Ok(());
            }
        }
        if last {
            return Ok(());
        }
    }
}
