//! Who is woken when something happens: the log is read once for all webhooks, and those of the apps it names are told.
//!
//! A worker asks whether anything of its app happened after where it stands. What the bell does not know, from before it began to
//! listen, a worker reads for itself.

use crate::model::{AppId, Lsn, WebhookId};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// What a worker waits for.
#[derive(Debug, Default)]
pub struct Ring {
    news: Notify,
    /// Its webhook is to be looked at, which is more than that something happened.
    look: AtomicBool,
}

impl Ring {
    /// Waits until there is something.
    pub async fn rung(&self) {
        self.news.notified().await;
    }

    /// Whether the webhook is to be looked at; told once.
    pub fn is_to_look(&self) -> bool {
        self.look.swap(false, Ordering::Relaxed)
    }

    fn look(&self) {
        self.look.store(true, Ordering::Relaxed);
        self.news.notify_one();
    }
}

/// A worker that runs.
struct Worker {
    app: AppId,
    ring: Arc<Ring>,
    /// The last change of its row that it was told of.
    changed: Lsn,
}

#[derive(Default)]
struct Heard {
    /// What was before here is not known.
    from: Lsn,
    /// Everything up to here was heard.
    upto: Lsn,
    /// The last command of each app since then.
    latest: BTreeMap<AppId, Lsn>,
    workers: BTreeMap<WebhookId, Worker>,
    /// The workers of each app.
    of_app: BTreeMap<AppId, BTreeSet<WebhookId>>,
}

/// The bell.
#[derive(Default)]
pub struct Bell {
    /// Guards what was heard and who is told.
    heard: Mutex<Heard>,
}

impl Bell {
    /// A new worker, unless there is one: it is told of what happens from here on. Gives what it waits for.
    pub fn enter(&self, app: AppId, webhook: WebhookId, changed: Lsn, now: Lsn) -> Option<Arc<Ring>> {
        let mut heard = self.heard.lock();
        if heard.workers.contains_key(&webhook) {
            return None;
        }
        if heard.workers.is_empty() {
            (heard.from, heard.upto) = (now, now);
            heard.latest.clear();
        }
        let ring = Arc::new(Ring::default());
        heard.of_app.entry(app).or_default().insert(webhook);
        heard.workers.insert(webhook, Worker { app, ring: Arc::clone(&ring), changed });
        Some(ring)
    }

    /// A worker is gone.
    pub fn leave(&self, webhook: WebhookId) {
        let mut heard = self.heard.lock();
        let Some(Worker { app, .. }) = heard.workers.remove(&webhook) else { return };
        if let Some(of_app) = heard.of_app.get_mut(&app) {
            of_app.remove(&webhook);
            if of_app.is_empty() {
                heard.of_app.remove(&app);
            }
        }
    }

    /// How many there are.
    pub fn workers(&self) -> usize {
        self.heard.lock().workers.len()
    }

    /// Wakes a worker whose row changed, or that is to end.
    pub fn look(&self, webhook: WebhookId, changed: Option<Lsn>) {
        if let Some(worker) = self.heard.lock().workers.get_mut(&webhook)
            && changed != Some(worker.changed)
        {
            worker.changed = changed.unwrap_or(worker.changed);
            worker.ring.look();
        }
    }

    /// Wakes one worker, to look at its webhook whatever there is.
    pub fn ring(&self, webhook: WebhookId) {
        if let Some(worker) = self.heard.lock().workers.get(&webhook) {
            worker.ring.look();
        }
    }

    /// The workers that run.
    pub fn running(&self) -> Vec<WebhookId> {
        self.heard.lock().workers.keys().copied().collect()
    }

    /// From where to listen on; none while there is nobody to tell.
    pub fn place(&self) -> Option<Lsn> {
        let heard = self.heard.lock();
        (!heard.workers.is_empty()).then_some(heard.upto)
    }

    /// The log has these commands of these apps, and nothing else up to there.
    pub fn heard(&self, items: impl Iterator<Item = (AppId, Lsn)>, upto: Lsn) {
        let heard = &mut *self.heard.lock();
        let mut rung = BTreeSet::new();
        for (app, lsn) in items {
            let latest = heard.latest.entry(app).or_default();
            *latest = lsn.max(*latest);
            rung.insert(app);
        }
        heard.upto = heard.upto.max(upto);
        for webhook in rung.iter().filter_map(|app| heard.of_app.get(app)).flatten() {
            if let Some(worker) = heard.workers.get(webhook) {
                worker.ring.news.notify_one();
            }
        }
    }

    /// Where a worker stands that has read up to a place, when it is known that nothing of its app came after it.
    pub fn quiet(&self, app: AppId, read: Lsn) -> Option<Lsn> {
        let heard = self.heard.lock();
        let latest = heard.latest.get(&app).copied().unwrap_or_default();
        (read >= heard.from && latest <= read).then(|| read.max(heard.upto))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_called_quiet() {
        let (bell, one, other) = (Bell::default(), AppId(2), AppId(3));
        assert!(bell.place().is_none());
        let ring = bell.enter(one, WebhookId(7), Lsn(7), Lsn(10)).unwrap();
        assert!(bell.enter(one, WebhookId(7), Lsn(7), Lsn(10)).is_none(), "there is one");
        assert_eq!(
            (bell.place(), bell.quiet(one, Lsn(9)), bell.quiet(one, Lsn(10))),
            (Some(Lsn(10)), None, Some(Lsn(10)))
        );
        bell.heard([(other, Lsn(11))].into_iter(), Lsn(12));
        assert_eq!(bell.quiet(one, Lsn(10)), Some(Lsn(12)));
        bell.heard([(one, Lsn(13))].into_iter(), Lsn(14));
        assert_eq!((bell.quiet(one, Lsn(12)), bell.quiet(one, Lsn(13))), (None, Some(Lsn(14))));
        assert_eq!(bell.quiet(one, Lsn(20)), Some(Lsn(20)), "it has read on by itself");
        drop(ring);
        bell.leave(WebhookId(7));
        assert_eq!(bell.workers(), 0);
        bell.enter(other, WebhookId(8), Lsn(8), Lsn(30)).unwrap();
        assert_eq!(bell.quiet(one, Lsn(14)), None, "nobody listened meanwhile");
    }
}
