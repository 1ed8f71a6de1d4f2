//! Note what became of events of a webhook: which wait, which were taken, which are given up; and how far its worker has got.

use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{
    Code, CommandResult, EventPosition, EventRef, Lsn, WebhookChange, WebhookFailure, WebhookId, WebhookNote,
    WebhookOf, WebhookStop, limits,
};
use crate::store::records::{
    DeadLetterKey, DeadLetterRow, OutboxKey, OutboxRow, WebhookFailureRow, WebhookPlaceRow, WebhookRow,
};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// Dead letters that make room with each new one.
const EVICTED_AT_ONCE: usize = 1;

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookOf,
    note: &WebhookNote,
) -> Result<CommandResult, Stop> {
    let Some((row, mut place)) = decide(tables, webhook, note)? else { return Ok(CommandResult::Done {}) };
    let before = place;
    for change in &note.changes {
        apply(tables, order, webhook.1, change, &mut place)?;
    }
    place.upto = place.upto.max(note.upto.unwrap_or_default());
    place.delivered = place.delivered.max(note.delivered);
    place.gap = place.gap.max(note.gap);
    if place != before {
        tables.put(&webhook.1, place)?;
    }
    if let Some(WebhookFailure { at, why }) = &note.failed {
        tables.put(&webhook.1, WebhookFailureRow { at: *at, why: cut(why) })?;
    }
    if let Some(why) = stops(&row, note) {
        let mut row = (*row).clone();
        (row.settings.enabled, row.stopped, row.changed) = (false, Some(why), order.lsn);
        tables.put(&webhook, row)?;
    }
    Ok(CommandResult::Done {})
}

/// Why a note turns a webhook off, if it does: it is about the webhook as it is now, and it is on.
pub(in crate::ledger) fn stops(row: &WebhookRow, note: &WebhookNote) -> Option<WebhookStop> {
    let (why, changed) = note.stop?;
    (changed == row.changed && row.settings.enabled && !row.deleting).then_some(why)
}

/// None when the webhook is not there any more.
fn decide(
    state: &impl Read,
    webhook: WebhookOf,
    note: &WebhookNote,
) -> Result<Option<(Arc<WebhookRow>, WebhookPlaceRow)>, Stop> {
    if note.changes.len() > limits::WEBHOOK_CHANGES_MAX {
        return refuse(Code::Invalid, "Too many changes of a webhook in one command.");
    }
    let Some(row) = state.get::<WebhookRow>(&webhook)?.filter(|row| !row.deleting) else { return Ok(None) };
    let place = state.get::<WebhookPlaceRow>(&webhook.1)?.map(|row| *row).unwrap_or_default();
    let more = note.changes.iter().filter(|change| matches!(change, WebhookChange::Waits { .. })).count() as u32;
    if more > 0 && place.waiting.saturating_add(more) > limits::WEBHOOK_WAITING_MAX {
        return refuse(Code::Full, "Too many events of this webhook wait already.");
    }
    Ok(Some((row, place)))
}

fn apply(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookId,
    change: &WebhookChange,
    place: &mut WebhookPlaceRow,
) -> Result<(), Fault> {
    match change {
        WebhookChange::Waits { event: EventRef { position, conversation, seq, kind }, tries, first, at } => {
            let key = OutboxKey { webhook, conversation: *conversation, position: *position };
            if tables.get::<OutboxRow>(&key)?.is_none() {
                place.waiting += 1;
            } else if *tries == 0 && at.is_none() {
                // The log was read again: what the row knows of its tries stays.
                return Ok(());
            }
            tables.put(&key, OutboxRow { seq: *seq, kind: *kind, tries: *tries, first: *first, at: *at })
        }
        WebhookChange::Done { conversation, position } => {
            over(tables, OutboxKey { webhook, conversation: *conversation, position: *position }, place)
        }
        WebhookChange::Dead { event: EventRef { position, conversation, seq, kind }, tries, why } => {
            over(tables, OutboxKey { webhook, conversation: *conversation, position: *position }, place)?;
            let key = DeadLetterKey { webhook, position: *position };
            if tables.get::<DeadLetterRow>(&key)?.is_none() {
                place.dead += 1;
            }
            let (conversation, seq, kind) = (*conversation, *seq, *kind);
            tables.put(&key, DeadLetterRow { conversation, seq, kind, tries: *tries, at: order.at, why: cut(why) })?;
            evict(tables, webhook, place)
        }
    }
}

fn cut(why: &str) -> String {
    why.chars().take(limits::WEBHOOK_WHY_CHARS_MAX).collect()
}

/// Takes an event out of the outbox; nothing happens when it never was in it.
fn over(tables: &mut Tables<'_>, key: OutboxKey, place: &mut WebhookPlaceRow) -> Result<(), Fault> {
    if tables.get::<OutboxRow>(&key)?.is_some() {
        tables.remove::<OutboxRow>(&key)?;
        place.waiting = place.waiting.saturating_sub(1);
    }
    Ok(())
}

/// The oldest dead letter makes room.
fn evict(tables: &mut Tables<'_>, webhook: WebhookId, place: &mut WebhookPlaceRow) -> Result<(), Fault> {
    if place.dead <= limits::WEBHOOK_DEAD_MAX {
        return Ok(());
    }
    let key = |lsn, nth| DeadLetterKey { webhook, position: EventPosition { lsn, nth } };
    let oldest = tables.range::<DeadLetterRow>(&key(Lsn(0), 0), &key(Lsn(u64::MAX), u32::MAX), EVICTED_AT_ONCE)?;
    for (key, _) in oldest {
        tables.remove::<DeadLetterRow>(&key)?;
        place.dead -= 1;
    }
    Ok(())
}
