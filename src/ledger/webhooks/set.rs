//! Make a webhook, change how it is, give it another secret.

use super::{find, of_app};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, apps};
use crate::model::{
    AppId, Code, CommandResult, Sealed, SigningSecret, Timestamp, WebhookId, WebhookOf, WebhookSettings, limits,
};
use crate::store::records::{WebhookPlaceRow, WebhookRow};
use crate::store::{Read, Tables};

/// Makes one; its number is the lsn.
pub(in crate::ledger) fn create(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    settings: &WebhookSettings,
    secret: &Sealed,
) -> Result<CommandResult, Stop> {
    decide_new(tables, app, settings)?;
    let webhook = WebhookId(order.lsn.0);
    let row = WebhookRow {
        settings: settings.clone(),
        secrets: vec![SigningSecret { sealed: secret.clone(), until: None }],
        stopped: None,
        deleting: false,
        created: order.at,
        changed: order.lsn,
    };
    tables.put(&(app, webhook), row)?;
    tables.put(&webhook, WebhookPlaceRow { upto: order.lsn, ..WebhookPlaceRow::default() })?;
    Ok(CommandResult::Done {})
}

fn decide_new(state: &impl Read, app: AppId, settings: &WebhookSettings) -> Result<(), Stop> {
    apps::check_there(state, app)?;
    settings.check()?;
    if of_app(state, app)?.len() >= limits::WEBHOOKS_MAX {
        let most = limits::WEBHOOKS_MAX;
        return refuse(Code::Full, format!("An app has at most {most} webhooks; delete one that is not needed."));
    }
    Ok(())
}

/// Changes how one is. Turning it on ends what the server had turned it off for.
pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookOf,
    settings: &WebhookSettings,
) -> Result<CommandResult, Stop> {
    let row = decide_change(tables, order, webhook, settings)?;
    tables.put(&webhook, row)?;
    Ok(CommandResult::Done {})
}

fn decide_change(
    state: &impl Read,
    order: &Order,
    webhook: WebhookOf,
    settings: &WebhookSettings,
) -> Result<WebhookRow, Stop> {
    apps::check_there(state, webhook.0)?;
    let row = find(state, webhook)?;
    settings.check()?;
    let stopped = row.stopped.filter(|_| !settings.enabled);
    Ok(WebhookRow { settings: settings.clone(), stopped, changed: order.lsn, ..(*row).clone() })
}

/// Gives one another secret. The one before it signs too for a time; an older one does not any more.
pub(in crate::ledger) fn rotate(
    tables: &mut Tables<'_>,
    order: &Order,
    webhook: WebhookOf,
    secret: &Sealed,
) -> Result<CommandResult, Stop> {
    let row = decide_rotation(tables, order, webhook, secret)?;
    tables.put(&webhook, row)?;
    Ok(CommandResult::Done {})
}

fn decide_rotation(state: &impl Read, order: &Order, webhook: WebhookOf, secret: &Sealed) -> Result<WebhookRow, Stop> {
    apps::check_there(state, webhook.0)?;
    let row = find(state, webhook)?;
    let until = Timestamp(order.at.0.saturating_add(limits::OLD_SECRET_MS));
    let old = row.secrets.first().map(|old| SigningSecret { sealed: old.sealed.clone(), until: Some(until) });
    let newest = SigningSecret { sealed: secret.clone(), until: None };
    Ok(WebhookRow { secrets: std::iter::once(newest).chain(old).collect(), changed: order.lsn, ..(*row).clone() })
}
