//! Who is woken when something happens: the log is read once for all webhooks, and those of the apps it names are told.
//!
//! A worker asks whether anything of its app happened after where it stands. What the bell does not know, from before it began to
//! listen, a worker reads for itself.

use crate::model::{AppId, Lsn, WebhookId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// A worker that runs.
struct Worker {
    app: AppId,
    ring: Arc<Notify>,
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
}

/// The bell.
#[derive(Default)]
pub struct Bell {
    /// Guards what was heard and who is told.
    heard: Mutex<Heard>,
}

impl Bell {
    /// A new worker, unless there is one: it is told of what happens from here on. Gives what it waits for.
    pub fn enter(&self, app: AppId, webhook: WebhookId, changed: Lsn, now: Lsn) -> Option<Arc<Notify>> {
        let mut heard = self.heard.lock();
        if heard.workers.contains_key(&webhook) {
            return None;
        }
        if heard.workers.is_empty() {
            (heard.from, heard.upto) = (now, now);
            heard.latest.clear();
        }
        let ring = Arc::new(Notify::new());
        heard.workers.insert(webhook, Worker { app, ring: Arc::clone(&ring), changed });
        Some(ring)
    }

    /// A worker is gone.
    pub fn leave(&self, webhook: WebhookId) {
        self.heard.lock().workers.remove(&webhook);
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
            worker.ring.notify_one();
        }
    }

    /// Wakes one worker, whatever there is.
    pub fn ring(&self, webhook: WebhookId) {
        if let Some(worker) = self.heard.lock().workers.get(&webhook) {
            worker.ring.notify_one();
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
        let mut heard = self.heard.lock();
        let mut rung: Vec<AppId> = Vec::new();
        for (app, lsn) in items {
            let latest = heard.latest.entry(app).or_default();
            *latest = lsn.max(*latest);
            if !rung.contains(&app) {
                rung.push(app);
            }
        }
        heard.upto = heard.upto.max(upto);
        for worker in heard.workers.values().filter(|worker| rung.contains(&worker.app)) {
            worker.ring.notify_one();
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
