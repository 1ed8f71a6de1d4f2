//! Webhooks of apps: how they are, how far each has got, which events wait and which were given up. What is posted is made and sent
//! elsewhere (`webhooks`); here is what of it is durable.

pub(super) mod delete;
pub(super) mod note;
pub(super) mod read;
pub(super) mod replay;
pub(super) mod set;

use super::Stop;
use super::refuse::refuse;
use crate::model::{AppId, Code, WebhookId, WebhookOf, limits};
use crate::store::records::WebhookRow;
use crate::store::{Fault, Read};
use std::sync::Arc;

/// The webhooks of an app, oldest first, those that are being deleted too. There are never more than the limit.
fn of_app(state: &impl Read, app: AppId) -> Result<Vec<(WebhookId, Arc<WebhookRow>)>, Fault> {
    let (from, to) = ((app, WebhookId(0)), (app, WebhookId(u64::MAX)));
    let rows = state.range::<WebhookRow>(&from, &to, limits::WEBHOOKS_MAX)?;
    Ok(rows.into_iter().map(|((_, webhook), row)| (webhook, row)).collect())
}

/// A webhook, or the refusal that says that there is none.
fn find(state: &impl Read, webhook: WebhookOf) -> Result<Arc<WebhookRow>, Stop> {
    let row = state.get::<WebhookRow>(&webhook)?.filter(|row| !row.deleting);
    row.map_or_else(
        || {
            refuse(
                Code::NotFound,
                format!("This app has no webhook {}; list its webhooks to see those it has.", webhook.1),
            )
        },
        Ok,
    )
}
