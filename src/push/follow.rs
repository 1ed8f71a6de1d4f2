//! The worker: what the log says becomes pushes, and pushes that failed are tried again.
//!
//! A batch of the log waits a moment, so that whoever reads meanwhile is not disturbed; then its pushes go out, a few at the same
//! time. Several batches may be on their way at once; what became of them is noted in the order of the log, so that a restart begins
//! with the first that was not done. Pushes that failed are rows; this file keeps their times in memory.

use super::Inner;
use super::who::{self, Delivery};
use crate::auth;
use crate::engine::Engine;
use crate::model::{
    ConversationId, Follower, Lsn, PushOutcome, PushThen, SessionId, SystemCommand, Timestamp, UserActor, limits,
};
use crate::shutdown::Shutdown;
use crate::store::records::{PushRetryRow, PushRow};
use crate::store::{Fault, LogItem, Read};
use crate::workers::follow::{Follow, Next, read};
use futures_util::stream::{FuturesOrdered, StreamExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Items of the log in one batch, about.
const ITEMS: usize = 256;
/// Batches that wait or are on their way.
const BATCHES_MAX: usize = 8;
/// Pushes of one batch that are on their way at the same time.
const SENDS_MAX: usize = 16;
/// Pushes that wait to be tried again; beyond that they are given up.
const RETRIES_MAX: usize = 10_000;
/// Retries that are taken at once.
const RETRIES_AT_ONCE: usize = 64;
/// How often retries are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A push that is tried again, by its time.
type Due = (Timestamp, SessionId, ConversationId);

/// A push whose time has come, and whether it is tried or given up.
type Ripe = (SessionId, ConversationId, PushRetryRow, bool);

/// What became of a batch.
struct Done {
    upto: Lsn,
    items: usize,
    outcomes: Vec<PushOutcome>,
}

/// Pushes and follows until `shutdown`.
pub(super) async fn run(push: Arc<Inner>, shutdown: Shutdown) {
    let Some(follow) = Follow::start(&push.engine, Follower::Push, &shutdown).await else { return };
    // What comes in a burst is one push.
    let mut follow = follow.gathering(ITEMS, push.options.quiet / 5);
    let mut retries = Retries::load(&push, &shutdown).await;
    let mut batches = FuturesOrdered::new();
    let mut retrying = FuturesOrdered::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut upto = follow.reached();
    loop {
        tokio::select! {
            next = follow.next(&shutdown), if batches.len() < BATCHES_MAX => match next {
                Some(next) => batches.push_back(Arc::clone(&push).batch(next)),
                None => break,
            },
            Some(done) = batches.next() => {
                upto = done.upto;
                // Of what was taken at once there is nothing to note but that; an older push that waits is done with, too.
                let outcomes: Vec<_> = done.outcomes.iter().filter(|one| retries.is_news(one)).cloned().collect();
                if done.outcomes.is_empty() {
                    follow.pass(upto, done.items).await;
                } else if push.note(Some(upto), &outcomes).await {
                    follow.noted(upto);
                }
                retries.take_in(&push, &outcomes);
            }
            _ = look.tick(), if retrying.is_empty() => {
                let ripe = retries.ripe(push.engine.clock().now());
                if !ripe.is_empty() {
                    retrying.push_back(Arc::clone(&push).retry(ripe));
                }
            }
            Some(outcomes) = retrying.next() => {
                // What could not be noted was sent nevertheless: not again a second later.
                push.note(None, &outcomes).await;
                retries.take_in(&push, &outcomes);
            }
            () = shutdown.wait() => break,
        }
    }
    // What is on its way is not waited for: it is pushed again after the next start.
    follow.note(upto).await;
}

impl Inner {
    /// Waits until whoever reads has read, then pushes.
    async fn batch(self: Arc<Self>, next: Next) -> Done {
        let (upto, items) = (next.upto, next.items.len());
        let outcomes = match self.deliveries(next.items).await {
            Ok(deliveries) => self.send_all(deliveries).await,
            Err(fault) => {
                tracing::error!(%fault, "whom to push to could not be read; these messages are not pushed");
                Vec::new()
            }
        };
        Done { upto, items, outcomes }
    }

    async fn deliveries(&self, items: Vec<LogItem>) -> Result<Vec<Delivery>, Fault> {
        let last = items.last().copied();
        let newest = read(&self.engine, move |engine: &Engine| match last {
            Some(item) if who::any(engine)? => engine.entry(&engine.view(), &item),
            Some(_) | None => Ok(None),
        });
        if let Some(entry) = newest.await? {
            let age = Duration::from_millis(self.engine.clock().now().since_ms(entry.at));
            tokio::time::sleep(self.options.quiet.saturating_sub(age)).await;
        }
        read(&self.engine, move |engine: &Engine| who::find(engine, &items)).await
    }

    /// Pushes, a few at the same time. Gives an outcome for each.
    async fn send_all(&self, deliveries: Vec<Delivery>) -> Vec<PushOutcome> {
        let sends = deliveries.into_iter().map(|delivery| async move {
            let then = self.sender.deliver(&delivery, self.engine.clock().now()).await;
            let Delivery { user, session, conversation, .. } = delivery;
            PushOutcome { user, session, conversation, then }
        });
        futures_util::stream::iter(sends).buffer_unordered(SENDS_MAX).collect().await
    }

    /// Tries what failed before once more. What has been read, silenced or ended meanwhile is forgotten.
    async fn retry(self: Arc<Self>, ripe: Vec<Ripe>) -> Vec<PushOutcome> {
        let wanted = ripe.clone();
        let found = read(&self.engine, move |engine: &Engine| {
            let mut found = Vec::new();
            for (session, conversation, row, _) in wanted.into_iter().filter(|(.., tried)| *tried) {
                let delivery = who::again(engine, (row.user, session), conversation, row.seq)?;
                found.extend(delivery.map(|delivery| Delivery { tries: row.tries, ..delivery }));
            }
            Ok(found)
        });
        let found = match found.await {
            Ok(found) => found,
            Err(fault) => {
                tracing::error!(%fault, "the pushes that wait could not be read");
                return Vec::new();
            }
        };
        let mut outcomes = self.send_all(found).await;
        for (session, conversation, PushRetryRow { user, .. }, _) in ripe {
            let known = |one: &PushOutcome| one.session == session && one.conversation == conversation;
            if !outcomes.iter().any(known) {
                outcomes.push(PushOutcome { user, session, conversation, then: PushThen::Done });
            }
        }
        outcomes
    }

    /// Notes what became of pushes; false when that was not possible now.
    async fn note(&self, upto: Option<Lsn>, outcomes: &[PushOutcome]) -> bool {
        if upto.is_none() && outcomes.is_empty() {
            return true;
        }
        let mut parts: Vec<Vec<PushOutcome>> =
            outcomes.chunks(limits::PUSH_OUTCOMES_MAX).map(<[PushOutcome]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let last = parts.len() - 1;
        for (at, outcomes) in parts.into_iter().enumerate() {
            // How far the worker has got is said last, with the rest of what it did.
            let command = SystemCommand::NotePush { upto: upto.filter(|_| at == last), outcomes };
            if let Err(refusal) = self.engine.execute(auth::server(), None, command.into()).await {
                tracing::warn!(%refusal, "what became of pushes could not be noted");
                return false;
            }
        }
        true
    }

    /// Removes a subscription that its push service does not know any more.
    pub(super) async fn forget(&self, actor: &UserActor, device: &PushRow) {
        let (user, session) = (actor.user, actor.session);
        let then = PushThen::Expired { created: device.created };
        self.sender.counters.expired.fetch_add(1, Ordering::Relaxed);
        self.note(None, &[PushOutcome { user, session, conversation: ConversationId(0), then }]).await;
    }
}

/// The pushes that are tried again.
struct Retries {
    due: BTreeMap<Due, PushRetryRow>,
    /// When each is due.
    times: BTreeMap<(SessionId, ConversationId), Timestamp>,
}

impl Retries {
    /// Those that the last stop left.
    async fn load(push: &Inner, shutdown: &Shutdown) -> Self {
        let mut retries = Self { due: BTreeMap::new(), times: BTreeMap::new() };
        let (first, last) = ((SessionId(0), ConversationId(0)), (SessionId(u64::MAX), ConversationId(u64::MAX)));
        loop {
            let rows = read(&push.engine, move |engine: &Engine| {
                engine.view().range::<PushRetryRow>(&first, &last, RETRIES_MAX)
            });
            match rows.await {
                Ok(rows) => {
                    for ((session, conversation), row) in rows {
                        retries.keep(session, conversation, *row);
                    }
                    retries.count(push);
                    return retries;
                }
                Err(fault) => {
                    tracing::error!(%fault, "the pushes that wait could not be read");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                        () = shutdown.wait() => return retries,
                    }
                }
            }
        }
    }

    fn keep(&mut self, session: SessionId, conversation: ConversationId, row: PushRetryRow) {
        self.forget(session, conversation);
        self.times.insert((session, conversation), row.at);
        self.due.insert((row.at, session, conversation), row);
    }

    fn forget(&mut self, session: SessionId, conversation: ConversationId) {
        if let Some(at) = self.times.remove(&(session, conversation)) {
            self.due.remove(&(at, session, conversation));
        }
    }

    /// Whether an outcome changes any row.
    fn is_news(&self, outcome: &PushOutcome) -> bool {
        outcome.then != PushThen::Done || self.times.contains_key(&(outcome.session, outcome.conversation))
    }

    /// What became of pushes, as it was noted.
    fn take_in(&mut self, push: &Inner, outcomes: &[PushOutcome]) {
        for PushOutcome { user, session, conversation, then } in outcomes {
            match *then {
                PushThen::Again { seq, at, tries } => {
                    self.keep(*session, *conversation, PushRetryRow { user: *user, seq, at, tries });
                }
                PushThen::Done | PushThen::Expired { .. } => self.forget(*session, *conversation),
            }
        }
        self.count(push);
    }

    fn count(&self, push: &Inner) {
        push.sender.counters.waiting.store(self.due.len() as u64, Ordering::Relaxed);
    }

    /// Some of those whose time has come; of too many also the next ones, without a try.
    fn ripe(&self, now: Timestamp) -> Vec<Ripe> {
        let over = self.due.len() > RETRIES_MAX;
        let due = self.due.iter().take_while(|((at, ..), _)| *at <= now || over).take(RETRIES_AT_ONCE);
        let ripe = due.map(|((_, session, conversation), row)| (*session, *conversation, *row, !over));
        ripe.collect()
    }
}
