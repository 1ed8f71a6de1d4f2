//! Write secrets of an app that were encrypted anew, with the next key of secrets. What was changed meanwhile stays as it is.

use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{
    AppId, AppKeyId, AppKeySecret, Code, CommandResult, Resealed, Sealed, SecretPlace, WebhookId, limits,
};
use crate::store::records::{AppKeyRow, BeforeHookRow, WebhookRow};
use crate::store::{Fault, Read, Tables};

pub(in crate::ledger) fn run(tables: &mut Tables<'_>, app: AppId, secrets: &[Resealed]) -> Result<CommandResult, Stop> {
    if secrets.len() > limits::RESEALED_MAX {
        return refuse(Code::TooLarge, format!("At most {} secrets go with one command.", limits::RESEALED_MAX));
    }
    for Resealed { place, before, after } in secrets {
        let anew = |sealed: &mut Sealed| {
            if sealed == before {
                *sealed = after.clone();
            }
        };
        match place {
            SecretPlace::Key(key) => of_key(tables, app, *key, anew)?,
            SecretPlace::BeforeHook => of_before_hook(tables, app, anew)?,
            SecretPlace::Webhook(webhook) => of_webhook(tables, app, *webhook, anew)?,
        }
    }
    Ok(CommandResult::Done {})
}

fn of_key(tables: &mut Tables<'_>, app: AppId, key: AppKeyId, anew: impl Fn(&mut Sealed)) -> Result<(), Fault> {
    let Some(row) = tables.get::<AppKeyRow>(&(app, key))? else { return Ok(()) };
    let mut row = (*row).clone();
    match &mut row.secret {
        AppKeySecret::Hs256(sealed) => anew(sealed),
        AppKeySecret::Api(_) | AppKeySecret::Eddsa(_) => return Ok(()),
    }
    tables.put(&(app, key), row)
}

fn of_before_hook(tables: &mut Tables<'_>, app: AppId, anew: impl Fn(&mut Sealed)) -> Result<(), Fault> {
    let Some(row) = tables.get::<BeforeHookRow>(&app)? else { return Ok(()) };
    let mut row = (*row).clone();
    anew(&mut row.secret);
    if let Some(old) = &mut row.old {
        anew(&mut old.secret);
    }
    tables.put(&app, row)
}

fn of_webhook(
    tables: &mut Tables<'_>,
    app: AppId,
    webhook: WebhookId,
    anew: impl Fn(&mut Sealed),
) -> Result<(), Fault> {
    let Some(row) = tables.get::<WebhookRow>(&(app, webhook))? else { return Ok(()) };
    let mut row = (*row).clone();
    row.secrets.iter_mut().for_each(|secret| anew(&mut secret.sealed));
    tables.put(&(app, webhook), row)
}
