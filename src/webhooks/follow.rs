//! Who runs: a worker for each webhook that is on, of an app that is in use; and the steps of those that were deleted. The log is
//! listened to while there is a worker.

use super::Inner;
use super::worker;
use crate::auth;
use crate::engine::Engine;
use crate::model::{AppId, AppState, CommandResult, Lsn, SystemCommand, WebhookId, WebhookOf};
use crate::shutdown::{Shutdown, Tasks};
use crate::store::records::{AppStateRow, WebhookRow};
use crate::store::{Fault, Read};
use crate::workers::follow::read;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;

/// How often webhooks are looked at when nobody said that they changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Webhooks of all apps: 20 of each of 1,000.
const WEBHOOKS_MAX: usize = 20_000;
/// Items of the log that are listened to at once, about, …
const ITEMS: usize = 512;
/// … and a pause after news, in which more of it gathers.
const PACE: Duration = Duration::from_millis(20);
/// After a fault it is tried again so much later.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Steps of one deleted webhook in one round.
const STEPS_AT_ONCE: usize = 256;

/// What is to be done about one webhook.
enum Todo {
    Run(Lsn),
    Delete,
}

/// Runs them until `shutdown`.
pub(super) async fn run(inner: Arc<Inner>, shutdown: Shutdown, tasks: Tasks) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut news = inner.engine.news();
    let mut looked_at = None;
    loop {
        tokio::select! {
            _ = look.tick() => {
                if inner.left.swap(false, Ordering::Relaxed) {
                    looked_at = None;
                }
            }
            () = inner.poked.notified() => looked_at = None,
            changed = news.changed(), if inner.bell.place().is_some() => {
                if changed.is_err() {
                    return;
                }
                tokio::time::sleep(PACE).await;
                listen(&inner, &shutdown).await;
                continue;
            }
            () = shutdown.wait() => return,
        }
        let lsn = inner.engine.view().lsn();
        if looked_at != Some(lsn) && look_at_all(&inner, &shutdown, &tasks).await.is_ok() {
            looked_at = Some(lsn);
        }
    }
}

/// Reads what is new in the log, and wakes those whom it is for.
async fn listen(inner: &Arc<Inner>, shutdown: &Shutdown) {
    while let Some(place) = inner.bell.place().filter(|_| !shutdown.is_triggered()) {
        match read(&inner.engine, move |engine| engine.log_after(place, ITEMS)).await {
            Ok((view, batch)) => {
                inner.bell.heard(batch.items.iter().map(|item| (item.app, item.lsn)), batch.upto);
                if batch.upto >= view.lsn() {
                    return;
                }
            }
            Err(fault) => {
                tracing::error!(%fault, "webhooks cannot read the log now");
                pause(AGAIN_AFTER, shutdown).await;
            }
        }
    }
}

/// Starts and wakes workers, and deletes what is to be deleted.
async fn look_at_all(inner: &Arc<Inner>, shutdown: &Shutdown, tasks: &Tasks) -> Result<(), ()> {
    let all = read(&inner.engine, todo).await.map_err(|fault| {
        tracing::error!(%fault, "webhooks could not be read");
    })?;
    let run = all.iter().filter(|(_, todo)| matches!(todo, Todo::Run(_)));
    let run: BTreeSet<_> = run.map(|((_, webhook), _)| *webhook).collect();
    for running in inner.bell.running().into_iter().filter(|running| !run.contains(running)) {
        inner.bell.look(running, None);
    }
    for (webhook, todo) in all {
        match todo {
            Todo::Run(changed) => start(inner, webhook, changed, shutdown, tasks),
            Todo::Delete => delete(inner, webhook).await,
        }
    }
    Ok(())
}

fn todo(engine: &Engine) -> Result<Vec<(WebhookOf, Todo)>, Fault> {
    let view = engine.view();
    let (first, last) = ((AppId(0), WebhookId(0)), (AppId(u32::MAX), WebhookId(u64::MAX)));
    let mut found = Vec::new();
    for (webhook, row) in view.range::<WebhookRow>(&first, &last, WEBHOOKS_MAX)? {
        let state = view.get::<AppStateRow>(&webhook.0)?.map(|row| row.state).unwrap_or_default();
        match state {
            AppState::Active | AppState::Suspended if row.deleting => found.push((webhook, Todo::Delete)),
            AppState::Active if row.settings.enabled => found.push((webhook, Todo::Run(row.changed))),
            // The rows of an app that is deleted go with it.
            AppState::Active | AppState::Suspended | AppState::Deleting => {}
        }
    }
    Ok(found)
}

/// Starts a worker; one that runs is told when its webhook has changed.
fn start(inner: &Arc<Inner>, webhook: WebhookOf, changed: Lsn, shutdown: &Shutdown, tasks: &Tasks) {
    let now = inner.engine.view().lsn();
    let Some(ring) = inner.bell.enter(webhook.0, webhook.1, changed, now) else {
        inner.bell.look(webhook.1, Some(changed));
        return;
    };
    let leaves = Leaves { inner: Arc::clone(inner), webhook: webhook.1 };
    let (inner, shutdown, readers) = (Arc::clone(inner), shutdown.clone(), Handle::current());
    tasks.spawn("webhook", async move {
        let working = worker::run(Arc::clone(&inner), webhook, ring, readers, shutdown);
        if inner.posters.run(working).await.is_none() {
            tracing::error!(app = %webhook.0, webhook = %webhook.1, "the worker of a webhook came to a bad end; another one goes on");
        }
        drop(leaves);
    });
}

/// Says that a worker is gone, however it ended.
struct Leaves {
    inner: Arc<Inner>,
    webhook: WebhookId,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        self.inner.bell.leave(self.webhook);
        // It may be wanted again by now; but not at once, in case it came to a bad end.
        self.inner.left.store(true, Ordering::Relaxed);
    }
}

async fn delete(inner: &Arc<Inner>, webhook: WebhookOf) {
    for _ in 0..STEPS_AT_ONCE {
        let command = SystemCommand::WebhookStep { webhook }.into();
        match inner.engine.execute(auth::server(), None, command).await.map(|accepted| accepted.result) {
            Ok(CommandResult::Removed { more: true, .. }) => {}
            Ok(_) => break,
            Err(refusal) => {
                tracing::warn!(%refusal, "a step of deleting a webhook could not be done; it is tried again");
                break;
            }
        }
    }
    inner.deliveries.forget(webhook.1);
}

/// Waits a little; not at all when the server stops.
pub(super) async fn pause(wait: Duration, shutdown: &Shutdown) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = shutdown.wait() => {}
    }
}
