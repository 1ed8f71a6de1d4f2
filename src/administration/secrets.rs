//! Another key of secrets takes the place of the one there is, and every secret is encrypted anew: of keys that sign, of before-hooks
//! and of webhooks. Whatever ends it in between, both keys are there until it was asked for again and is done.

use super::{Administration, unread};
use crate::auth::{BEFORE_HOOK, SIGNING, webhook};
use crate::model::{
    Actor, AppId, AppKeyId, AppKeySecret, Code, Line, Refusal, Resealed, Sealed, SecretPlace, SystemCommand, WebhookId,
    limits,
};
use crate::store::records::{AppKeyRow, AppRow, BeforeHookRow, WebhookRow};
use crate::store::{Fault, Read, View};
use serde::{Deserialize, Serialize};
use std::io;

/// Apps that are looked at with one state.
const APPS_AT_ONCE: usize = 64;
/// Rounds over all apps; after the first one there is only what was changed meanwhile.
const ROUNDS_MAX: usize = 8;
/// Rows of one sort that an app may have; more than it can.
const ROWS_MAX: usize = 256;

/// What a rotation has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedSecrets {
    /// The number of the key that counts now.
    pub number: u32,
    /// Secrets that were encrypted anew.
    pub changed: u64,
    /// Secrets that could be read with no key, and stay as they are: what they sign or check is refused, now as before.
    pub unreadable: u64,
}

/// What a look at some apps has found.
#[derive(Default)]
struct Found {
    stale: Vec<(AppId, Vec<Resealed>)>,
    unreadable: u64,
    next: Option<AppId>,
}

impl Administration {
    /// Makes another key of secrets and encrypts everything with it, or finishes what was begun before.
    pub async fn rotate_secrets(&self, by: &Actor) -> Result<RotatedSecrets, Refusal> {
        let _alone = self.auth.vault.rotating().await;
        let number = self.auth.vault.begin().await.map_err(|error| unwritten(&error))?;
        // Whoever was encrypting may be gone, and their command still in the queue: with this one all before it are written.
        let barrier = SystemCommand::Reseal { app: AppId::HOME, secrets: Vec::new() };
        self.carry_out(&crate::auth::server(), barrier).await?;
        let mut rotated = RotatedSecrets { number, ..RotatedSecrets::default() };
        for _ in 0..ROUNDS_MAX {
            let (changed, unreadable) = self.reseal_all().await?;
            rotated.changed += changed;
            rotated.unreadable = unreadable;
            if changed == 0 {
                self.auth.vault.finish(number).map_err(|error| unwritten(&error))?;
                if let Err(refusal) = self.note_rotation(by, rotated).await {
                    tracing::warn!(%refusal, number, "the key of secrets was replaced, and that could not be written into the audit log");
                }
                return Ok(rotated);
            }
        }
        let words = "Secrets changed all the time, so that the old key is still needed; run it again to finish it.";
        Err(Refusal::new(Code::Unavailable, words))
    }

    /// One round over all apps: how many secrets were encrypted anew, and how many cannot be read.
    async fn reseal_all(&self) -> Result<(u64, u64), Refusal> {
        let (mut changed, mut unreadable, mut next) = (0, 0, Some(AppId(0)));
        while let Some(from) = next {
            let office = self.clone();
            let look = move || office.stale(&office.engine.view(), from);
            let found = tokio::task::spawn_blocking(look).await.map_err(|_| unread())?.map_err(|_| unread())?;
            for (app, secrets) in found.stale {
                for some in secrets.chunks(limits::RESEALED_MAX) {
                    let command = SystemCommand::Reseal { app, secrets: some.to_vec() };
                    self.carry_out(&crate::auth::server(), command).await?;
                    changed += some.len() as u64;
                }
            }
            unreadable += found.unreadable;
            next = found.next;
        }
        Ok((changed, unreadable))
    }

    /// The secrets of some apps that are not encrypted with the newest key, encrypted with it.
    fn stale(&self, view: &View, from: AppId) -> Result<Found, Fault> {
        let apps = view.range::<AppRow>(&from, &AppId(u32::MAX), APPS_AT_ONCE)?;
        let mut found = Found::default();
        if apps.len() == APPS_AT_ONCE {
            found.next = apps.last().and_then(|(app, _)| app.0.checked_add(1)).map(AppId);
        }
        for (app, _) in apps {
            let mut stale = Vec::new();
            for (place, purpose, sealed) in secrets_of(view, app)? {
                if self.auth.vault.is_newest(&sealed) {
                    continue;
                }
                let secret = self.auth.vault.open_sealed(app, purpose, &sealed);
                match secret.and_then(|secret| self.auth.vault.seal(app, purpose, &secret)) {
                    Some(after) => stale.push(Resealed { place, before: sealed, after }),
                    None => found.unreadable += 1,
                }
            }
            if !stale.is_empty() {
                found.stale.push((app, stale));
            }
        }
        Ok(found)
    }

    async fn note_rotation(&self, by: &Actor, rotated: RotatedSecrets) -> Result<(), Refusal> {
        let RotatedSecrets { number, changed, .. } = rotated;
        let Ok(subject) = Line::new(format!("key {number}: {changed} secrets")) else { return Ok(()) };
        self.carry_out(by, SystemCommand::Note { action: "secrets.rotate", subject }).await.map(drop)
    }
}

/// Every secret of an app that has to be read back, with where it stands and what for.
fn secrets_of(view: &View, app: AppId) -> Result<Vec<(SecretPlace, &'static str, Sealed)>, Fault> {
    let mut secrets = Vec::new();
    for ((_, key), row) in view.range::<AppKeyRow>(&(app, AppKeyId(0)), &(app, AppKeyId(u64::MAX)), ROWS_MAX)? {
        if let AppKeySecret::Hs256(sealed) = &row.secret {
            secrets.push((SecretPlace::Key(key), SIGNING, sealed.clone()));
        }
    }
    if let Some(row) = view.get::<BeforeHookRow>(&app)? {
        let old = row.old.as_ref().map(|old| old.secret.clone());
        let both = [Some(row.secret.clone()), old].into_iter().flatten();
        secrets.extend(both.map(|sealed| (SecretPlace::BeforeHook, BEFORE_HOOK, sealed)));
    }
    for ((_, number), row) in view.range::<WebhookRow>(&(app, WebhookId(0)), &(app, WebhookId(u64::MAX)), ROWS_MAX)? {
        let of_it = row.secrets.iter();
        secrets.extend(of_it.map(|one| (SecretPlace::Webhook(number), webhook::PURPOSE, one.sealed.clone())));
    }
    Ok(secrets)
}

fn unwritten(error: &io::Error) -> Refusal {
    let words = format!(
        "The key of secrets could not be replaced: {error}. Mend that and run it again; it goes on where it was."
    );
    Refusal::new(Code::Unavailable, words)
}
