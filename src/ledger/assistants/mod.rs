//! Assistants: set up by those who run the server, asked by users. A question opens a *turn*, which is a row; whoever carries turns
//! out (the room `assistant`) begins and finishes each with a command. So what is open is known after any restart, and what an
//! assistant says is an entry like any other, decided here: who may ask, how much, and whether the answer still has a place.
//!
//! What an assistant says opens no turn, so that assistants never talk to themselves or to each other.

pub(super) mod asking;
pub(super) mod begin;
pub(super) mod count;
pub(super) mod finish;
pub(super) mod leave;
pub(super) mod open;
pub(super) mod regenerate;
pub(super) mod remove;
pub(super) mod rename;
pub(super) mod set;
pub(super) mod stop;

use super::Stop;
use super::refuse::refuse;
use crate::model::{
    AppId, AssistantAccess, Code, ConversationId, ConversationKind, Seq, Timestamp, UserHandle, limits,
};
use crate::store::records::{AssistantRow, AssistantUseKey, AssistantUseRow, ConversationRow, TurnRow, UserRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 3_600 * 1_000;
/// Rows of days long past that go with each that is written.
const DAYS_REMOVED_AT_ONCE: usize = 4;

/// Whether a conversation is a chat with an assistant.
pub(super) fn is_chat(state: &impl Read, conversation: ConversationId) -> Result<bool, Fault> {
    let row = state.get::<ConversationRow>(&conversation)?;
    Ok(row.is_some_and(|row| row.kind == ConversationKind::Assistant))
}

/// An assistant that is set up.
pub(super) fn find(state: &impl Read, app: AppId, user: UserHandle) -> Result<Option<Arc<AssistantRow>>, Fault> {
    state.get::<AssistantRow>(&(app, user))
}

/// The same, or the refusal that says what is the matter.
pub(super) fn there(state: &impl Read, app: AppId, user: UserHandle) -> Result<Arc<AssistantRow>, Stop> {
    match find(state, app, user)? {
        Some(row) => Ok(row),
        None => refuse(
            Code::Unsupported,
            "This assistant answers no more: it was removed. `assistants` lists those there are.",
        ),
    }
}

/// Whether a user may ask an assistant at all.
pub(in crate::ledger) fn may_use(row: &AssistantRow, user: &UserRow) -> bool {
    match &row.settings.access {
        AssistantAccess::Everyone => true,
        AssistantAccess::Administrators => user.administrator,
        AssistantAccess::Listed(ids) => {
            let id = user.id.folded();
            user.administrator || ids.iter().any(|listed| listed.folded() == id)
        }
    }
}

/// Somebody who asks an assistant something now.
pub(super) struct Asking<'a> {
    pub assistant: UserHandle,
    pub row: &'a AssistantRow,
    pub user: UserHandle,
    pub user_row: &'a UserRow,
    pub at: Timestamp,
}

impl Asking<'_> {
    /// Refuses those who may not use it, or have asked enough for today.
    pub fn check(&self, state: &impl Read) -> Result<(), Stop> {
        if !may_use(self.row, self.user_row) {
            return refuse(Code::Forbidden, "You may not use this assistant; ask an administrator.");
        }
        let (questions, tokens) = left(state, self.row, self.assistant, self.user, self.at)?;
        if questions == Some(0) {
            let most = self.row.settings.questions_per_day;
            return refuse(
                Code::QuotaExceeded,
                format!(
                    "You have asked this assistant {most} questions today, which is as many as you may; go on tomorrow (UTC)."
                ),
            );
        }
        if tokens == Some(0) {
            return refuse(
                Code::QuotaExceeded,
                "What you may use of this assistant in a day (`tokens_per_day`) is used up; go on tomorrow (UTC).",
            );
        }
        Ok(())
    }
}

/// The day of a time.
fn day(at: Timestamp) -> u32 {
    (at.0 / DAY_MS) as u32
}

/// How many questions and tokens a user has left today; none: no limit.
pub(in crate::ledger) fn left(
    state: &impl Read,
    row: &AssistantRow,
    assistant: UserHandle,
    user: UserHandle,
    at: Timestamp,
) -> Result<(Option<u32>, Option<u64>), Fault> {
    let used = state.get::<AssistantUseRow>(&AssistantUseKey { assistant, user, day: day(at) })?;
    let used = used.map(|row| *row).unwrap_or_default();
    let (questions, tokens) = (row.settings.questions_per_day, row.settings.tokens_per_day);
    let questions = (questions > 0).then(|| questions.saturating_sub(used.questions));
    Ok((questions, (tokens > 0).then(|| tokens.saturating_sub(used.tokens))))
}

/// Counts what a user asked.
pub(super) fn count(
    tables: &mut Tables<'_>,
    (assistant, user): (UserHandle, UserHandle),
    at: Timestamp,
    (questions, tokens): (u32, u64),
) -> Result<(), Fault> {
    let key = AssistantUseKey { assistant, user, day: day(at) };
    let before = tables.get::<AssistantUseRow>(&key)?.map(|row| *row);
    if before.is_none() {
        let from = AssistantUseKey { day: 0, ..key };
        let to = AssistantUseKey { day: key.day.saturating_sub(limits::ASSISTANT_USE_DAYS), ..key };
        for (old, _) in tables.range::<AssistantUseRow>(&from, &to, DAYS_REMOVED_AT_ONCE)? {
            tables.remove::<AssistantUseRow>(&old)?;
        }
    }
    let used = before.unwrap_or_default();
    let row = AssistantUseRow {
        questions: used.questions.saturating_add(questions),
        tokens: used.tokens.saturating_add(tokens),
    };
    tables.put(&key, row)
}

/// The open turns of a conversation, in the order in which they were asked.
pub(in crate::ledger) fn turns(
    state: &impl Read,
    conversation: ConversationId,
) -> Result<Vec<(Seq, Arc<TurnRow>)>, Fault> {
    let (first, last) = ((conversation, Seq(0)), (conversation, Seq(u64::MAX)));
    let rows = state.range::<TurnRow>(&first, &last, limits::TURNS_MAX)?;
    let mut turns: Vec<_> = rows.into_iter().map(|((_, seq), row)| (seq, row)).collect();
    turns.sort_by_key(|(_, row)| row.asked_lsn);
    Ok(turns)
}
