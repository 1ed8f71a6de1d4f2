//! What those who run an app see of its webhooks: no secret, no words of events.

use super::{find, of_app};
use crate::ledger::Stop;
use crate::model::{AppId, DeadLetter, EventPosition, Lsn, WebhookFailure, WebhookId, WebhookInfo, WebhookOf};
use crate::store::records::{DeadLetterKey, DeadLetterRow, WebhookFailureRow, WebhookPlaceRow, WebhookRow};
use crate::store::{Fault, Read, View};

/// The webhooks of an app, or the one.
pub(in crate::ledger) fn list(view: &View, app: AppId, only: Option<WebhookId>) -> Result<Vec<WebhookInfo>, Stop> {
    if let Some(webhook) = only {
        return Ok(vec![info(view, webhook, &*find(view, (app, webhook))?)?]);
    }
    let there = of_app(view, app)?.into_iter().filter(|(_, row)| !row.deleting);
    Ok(there.map(|(webhook, row)| info(view, webhook, &row)).collect::<Result<_, Fault>>()?)
}

fn info(view: &View, webhook: WebhookId, row: &WebhookRow) -> Result<WebhookInfo, Fault> {
    let place = view.get::<WebhookPlaceRow>(&webhook)?.map(|row| *row).unwrap_or_default();
    let failed = view.get::<WebhookFailureRow>(&webhook)?;
    Ok(WebhookInfo {
        webhook,
        settings: row.settings.clone(),
        stopped: row.stopped,
        created: row.created,
        old_secret_until: row.secrets.get(1).and_then(|old| old.until),
        upto: place.upto,
        waiting: place.waiting,
        dead: place.dead,
        delivered: place.delivered,
        failed: failed.map(|row| WebhookFailure { at: row.at, why: row.why.clone() }),
        gap: place.gap,
    })
}

/// Events that were given up, oldest first, and whether there are more after the last one.
pub(in crate::ledger) fn dead_letters(
    view: &View,
    webhook: WebhookOf,
    after: Option<EventPosition>,
    limit: usize,
) -> Result<(Vec<DeadLetter>, bool), Stop> {
    find(view, webhook)?;
    let key = |position| DeadLetterKey { webhook: webhook.1, position };
    let from = after.map_or(EventPosition { lsn: Lsn(0), nth: 0 }, |after| EventPosition {
        lsn: after.lsn,
        nth: after.nth.saturating_add(1),
    });
    let to = EventPosition { lsn: Lsn(u64::MAX), nth: u32::MAX };
    let mut rows = view.range::<DeadLetterRow>(&key(from), &key(to), limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let epoch = view.epoch();
    let letters = rows.into_iter().map(|(DeadLetterKey { position, .. }, row)| DeadLetter {
        id: format!("{epoch}.{position}"),
        lsn: position.lsn,
        conversation: row.conversation,
        seq: row.seq,
        tries: row.tries,
        at: row.at,
        why: row.why.clone(),
    });
    Ok((letters.collect(), more))
}
