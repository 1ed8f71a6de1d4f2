//! A user's own side of a conversation: nobody else sees it, and it follows them to every device. Whoever has left can still
//! pin, silence and hide what is left to them.

pub(super) mod clear_history;
pub(super) mod hide;
pub(super) mod mark_unread;
pub(super) mod mute;
pub(super) mod pin;

use super::Stop;
use super::caller::Caller;
use super::place::{Place, tell_inbox};
use crate::model::{CommandResult, ConversationId, Effect};
use crate::store::records::InboxRow;
use crate::store::{Read, Tables};

/// The row as it shall be; `None` when it is so already.
struct Plan(Option<InboxRow>);

/// Finds the caller's row and lets `change` say how it shall be.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    change: impl FnOnce(&Place, &mut InboxRow),
) -> Result<Plan, Stop> {
    let place = Place::known(state, caller, conversation)?;
    place.check_no_feed()?;
    let before = state.get::<InboxRow>(&(caller.handle(), conversation))?.map(|row| (*row).clone()).unwrap_or_default();
    let mut row = before.clone();
    change(&place, &mut row);
    if row == before {
        return Ok(Plan(None));
    }
    row.changed = caller.lsn;
    Ok(Plan(Some(row)))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    Plan(row): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if let Some(row) = row {
        tables.put(&(caller.handle(), conversation), row)?;
        tell_inbox(tables, caller.handle(), conversation, effects)?;
    }
    Ok(CommandResult::Done {})
}
