//! Delete a webhook: at once nothing is posted any more, and its rows go in steps of a bounded number.

use super::{find, of_app};
use crate::ledger::{Order, Stop};
use crate::model::{AppId, CommandResult, ConversationId, EventPosition, Lsn, WebhookId, WebhookOf, limits};
use crate::store::records::{
    DeadLetterKey, DeadLetterRow, OutboxKey, OutboxRow, WebhookFailureRow, WebhookPlaceRow, WebhookRow,
};
use crate::store::{Fault, Read, Tables};

const FIRST: EventPosition = EventPosition { lsn: Lsn(0), nth: 0 };
const LAST: EventPosition = EventPosition { lsn: Lsn(u64::MAX), nth: u32::MAX };

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookOf,
) -> Result<CommandResult, Stop> {
    let row = find(tables, webhook)?;
    tables.put(&webhook, WebhookRow { deleting: true, secrets: Vec::new(), changed: order.lsn, ..(*row).clone() })?;
    Ok(CommandResult::Done {})
}

/// The next part; nothing happens when it was not deleted.
pub(in crate::ledger) fn step(tables: &mut Tables<'_>, webhook: WebhookOf) -> Result<CommandResult, Stop> {
    if tables.get::<WebhookRow>(&webhook)?.is_none_or(|row| !row.deleting) {
        return Ok(CommandResult::Removed { count: 0, more: false });
    }
    let count = some_of(tables, webhook.1)?;
    if count == 0 {
        itself(tables, webhook)?;
    }
    Ok(CommandResult::Removed { count, more: count > 0 })
}

/// Takes away some of what belongs to the webhooks of an app that is deleted; how much, 0 when nothing is left.
pub(in crate::ledger) fn some_of_app(tables: &mut Tables<'_>, app: AppId) -> Result<u32, Fault> {
    let Some((webhook, _)) = of_app(tables, app)?.into_iter().next() else { return Ok(0) };
    let count = some_of(tables, webhook)?;
    if count == 0 {
        itself(tables, (app, webhook))?;
        return Ok(1);
    }
    Ok(count)
}

fn itself(tables: &mut Tables<'_>, webhook: WebhookOf) -> Result<(), Fault> {
    tables.remove::<WebhookFailureRow>(&webhook.1)?;
    tables.remove::<WebhookPlaceRow>(&webhook.1)?;
    tables.remove::<WebhookRow>(&webhook)
}

/// Takes away some of the events that wait, then of those that were given up; how many.
fn some_of(tables: &mut Tables<'_>, webhook: WebhookId) -> Result<u32, Fault> {
    let (from, to) = (
        OutboxKey { webhook, conversation: ConversationId(0), position: FIRST },
        OutboxKey { webhook, conversation: ConversationId(u64::MAX), position: LAST },
    );
    let waiting = tables.range::<OutboxRow>(&from, &to, limits::WEBHOOK_STEP_MAX)?;
    for (key, _) in &waiting {
        tables.remove::<OutboxRow>(key)?;
    }
    if !waiting.is_empty() {
        return Ok(waiting.len() as u32);
    }
    let (from, to) = (DeadLetterKey { webhook, position: FIRST }, DeadLetterKey { webhook, position: LAST });
    let dead = tables.range::<DeadLetterRow>(&from, &to, limits::WEBHOOK_STEP_MAX)?;
    for (key, _) in &dead {
        tables.remove::<DeadLetterRow>(key)?;
    }
    Ok(dead.len() as u32)
}
