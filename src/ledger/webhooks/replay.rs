//! Put events that were given up back among those that wait, to be posted at once. They come before whatever else of their
//! conversation waits.

use super::find;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::{Code, CommandResult, EventPosition, Lsn, WebhookOf, limits};
use crate::store::records::{DeadLetterKey, DeadLetterRow, OutboxKey, OutboxRow, WebhookPlaceRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

struct Plan {
    place: WebhookPlaceRow,
    letters: Vec<(DeadLetterKey, Arc<DeadLetterRow>)>,
    more: bool,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookOf,
    event: Option<EventPosition>,
) -> Result<CommandResult, Stop> {
    let Plan { mut place, letters, more } = decide(tables, webhook, event)?;
    let count = letters.len() as u32;
    for (key, row) in letters {
        tables.remove::<DeadLetterRow>(&key)?;
        place.dead = place.dead.saturating_sub(1);
        let key = OutboxKey { webhook: webhook.1, conversation: row.conversation, position: key.position };
        if tables.get::<OutboxRow>(&key)?.is_none() {
            place.waiting += 1;
        }
        tables.put(&key, OutboxRow { seq: row.seq, kind: row.kind, tries: 0, first: None, at: None })?;
    }
    if count > 0 {
        place.replayed = order.lsn;
        tables.put(&webhook.1, place)?;
    }
    Ok(CommandResult::Removed { count, more })
}

fn decide(state: &impl Read, webhook: WebhookOf, event: Option<EventPosition>) -> Result<Plan, Stop> {
    apps::check_there(state, webhook.0)?;
    find(state, webhook)?;
    let place = state.get::<WebhookPlaceRow>(&webhook.1)?.map(|row| *row).unwrap_or_default();
    let key = |position| DeadLetterKey { webhook: webhook.1, position };
    let (letters, more) = if let Some(position) = event {
        let Some(row) = state.get::<DeadLetterRow>(&key(position))? else {
            return refuse(Code::NotFound, "This webhook has not given up such an event; list those it has.");
        };
        (vec![(key(position), row)], false)
    } else {
        let first = EventPosition { lsn: Lsn(0), nth: 0 };
        let last = EventPosition { lsn: Lsn(u64::MAX), nth: u32::MAX };
        let mut rows = state.range::<DeadLetterRow>(&key(first), &key(last), limits::WEBHOOK_STEP_MAX + 1)?;
        let more = rows.len() > limits::WEBHOOK_STEP_MAX;
        rows.truncate(limits::WEBHOOK_STEP_MAX);
        (rows, more)
    };
    if place.waiting.saturating_add(letters.len() as u32) > limits::WEBHOOK_WAITING_MAX {
        return refuse(Code::Full, "Too many events of this webhook wait already; replay these once they are posted.");
    }
    Ok(Plan { place, letters, more })
}
