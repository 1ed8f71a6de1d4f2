//! What is read of the newest state, for users, administrators and the rooms around: on the reader threads, or by callers that may
//! block.

use super::stale::{MayBeStale, retry};
use super::submit::{overloaded, stopped};
use super::{Engine, ReadJob, Searcher, Shared, SyncState, changes, events};
use crate::ledger::Stop;
use crate::ledger::read::{self, Expired, MemberWindow, Peer, ProfileNews, Sight};
use crate::model::{
    Actor, AdminAnswer, AdminQuery, Answer, AppEvent, AppEvents, AppId, Code, ConversationId, EventRef, HookInfo, Lsn,
    McpTokenInfo, OwnPresence, Query, Refusal, UserActor, UserHandle, UserId,
};
use crate::protocol::Changes;
use crate::store::{Fault, View};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a query waits for a place in the readers' queue.
const READER_WAIT: Duration = Duration::from_secs(5);

impl Engine {
    /// Answers a query on one of the reader threads; `overloaded` when there was no place for 5 s.
    pub async fn query(&self, actor: UserActor, query: Query) -> Result<Answer, Refusal> {
        if let Query::Search(search) = query {
            let searcher = self.0.searcher.lock().as_ref().and_then(Weak::upgrade);
            return match searcher {
                Some(searcher) => searcher.search(actor, *search).await,
                None => Err(Refusal::new(Code::Unavailable, "The search is not running; try again a little later.")),
            };
        }
        self.read_fresh(move |shared, view| read::answer(&**view, view.lsn(), shared.clock.now(), &actor, &query)).await
    }

    /// Answers those who run the server, on one of the reader threads: administrators, the operator, the server itself.
    pub async fn administer(&self, actor: Actor, query: AdminQuery) -> Result<AdminAnswer, Refusal> {
        self.read_fresh(move |_, view| read::administration::answer(view, &actor, &query)).await
    }

    /// One page of changes since `cursor`; `state` is kept by the caller between pages of one sync (start with the default).
    /// `before_last` is called just before the View of the last page is taken, so that the caller starts taking pushes again; it is
    /// called once per sync.
    pub async fn changes(
        &self,
        actor: UserActor,
        cursor: Lsn,
        limit: u32,
        state: SyncState,
        before_last: Box<dyn FnOnce() + Send>,
    ) -> Result<(Changes, SyncState), Refusal> {
        let shared = Arc::clone(&self.0.shared);
        self.read(move || {
            let mut before_last = Some(before_last);
            let mut state = Some(state);
            retry(|| {
                let newest = || shared.view.load_full();
                let call = || {
                    if let Some(before_last) = before_last.take() {
                        before_last();
                    }
                };
                changes::page(&newest, &actor, cursor, limit, state.take().unwrap_or_default(), call)
            })
        })
        .await
    }

    /// Runs a read on a reader thread, on the newest View until that holds still.
    pub(super) async fn read_fresh<T, E>(
        &self,
        mut read: impl FnMut(&Shared, &Arc<View>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: MayBeStale + Into<Stop>,
    {
        let shared = Arc::clone(&self.0.shared);
        let read = move || match retry(|| read(&shared, &shared.view.load_full())).map_err(Into::into) {
            Ok(found) => Ok(Ok(found)),
            Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
            Err(Stop::Fault(fault)) => Err(fault),
        };
        self.read(read).await?
    }

    /// Runs a read on a reader thread.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let places = Arc::clone(&self.0.read_places);
        let Ok(Ok(place)) = tokio::time::timeout(READER_WAIT, places.acquire_owned()).await else {
            return Err(overloaded());
        };
        let (sender, answer) = oneshot::channel();
        let job: ReadJob = Box::new(move || {
            let _place = place;
            // Whoever asked may have gone meanwhile.
            drop(sender.send(read()));
        });
        self.0.reads.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(|fault| fault_refusal(&fault))
    }

    /// Says who answers searches from now on, as long as it is there.
    pub fn set_searcher(&self, searcher: Weak<dyn Searcher>) {
        *self.0.searcher.lock() = Some(searcher);
    }

    /// The webhooks of a conversation, for those who manage them.
    pub async fn hooks(&self, actor: UserActor, conversation: ConversationId) -> Result<Vec<HookInfo>, Refusal> {
        self.read_fresh(move |shared, view| read::hooks(&**view, shared.clock.now(), &actor, conversation)).await
    }

    /// The tokens for MCP of the user of a session.
    pub async fn mcp_tokens(&self, actor: UserActor) -> Result<Vec<McpTokenInfo>, Refusal> {
        self.read_fresh(move |shared, view| read::mcp_tokens(&**view, shared.clock.now(), &actor)).await
    }

    /// What happened in an app after `after`, at least `limit` events when there are so many within reach.
    pub async fn events(&self, app: AppId, after: Lsn, limit: usize) -> Result<AppEvents, Refusal> {
        self.read_fresh(move |_, view| events::of_app(view, app, after, limit)).await
    }

    /// The same with what is needed to make each event again, for those who read on and on: a little of the log at once. Blocks.
    pub fn found_events(&self, app: AppId, after: Lsn, limit: usize) -> Result<events::Found, Fault> {
        self.fresh(|view| events::found(view, app, after, limit, limit.saturating_mul(8)))
    }

    /// An event made again, as things are now; none when its conversation went with its app. Blocks.
    pub fn event_again(&self, app: AppId, event: EventRef) -> Result<Option<AppEvent>, Fault> {
        self.fresh(|view| events::again(view, app, event))
    }

    /// Everybody who is or was in a conversation, as of `view`.
    pub fn members(view: &View, conversation: ConversationId) -> Result<Vec<MemberWindow>, Fault> {
        read::members(view, conversation)
    }

    /// Who may see a user's presence, as of the newest state. Blocks.
    pub fn peers(&self, user: UserHandle) -> Result<Vec<Peer>, Fault> {
        self.fresh(|view| read::peers(&**view, user))
    }

    /// Every conversation of a user by id, those they left included: for whoever goes over all of them, with a query for each.
    pub async fn conversations_of(&self, user: UserHandle) -> Result<Vec<ConversationId>, Refusal> {
        self.read_fresh(move |_, view| read::conversations_of(&**view, user)).await
    }

    /// Which of a slice of conversations keep more than retention lets them; the slice begins with `from`.
    pub async fn expired(&self, from: ConversationId) -> Result<Expired, Refusal> {
        self.read_fresh(move |shared, view| read::expired(&**view, shared.clock.now(), from)).await
    }

    /// What one user may see of another one's presence, as of the newest state. Blocks.
    pub fn sight(&self, reader: UserHandle, user: UserHandle) -> Result<Option<Sight>, Fault> {
        self.fresh(|view| read::sight(&**view, self.clock().now(), reader, user))
    }

    /// What a user may see of the presence of others (1–100).
    pub async fn sights(&self, actor: UserActor, users: Vec<UserId>) -> Result<Vec<Sight>, Refusal> {
        self.read_fresh(move |shared, view| read::sights(&**view, shared.clock.now(), &actor, &users)).await
    }

    /// A user's id and what they say about being there now.
    pub fn said(&self, user: UserHandle) -> Result<Option<(UserId, OwnPresence)>, Fault> {
        self.fresh(|view| read::said(&**view, self.clock().now(), user))
    }

    /// What a changed profile is for whom, as of `view`; `is_there` says who could be told at all.
    pub fn profile_news(
        view: &View,
        user: UserHandle,
        is_there: impl Fn(UserHandle) -> bool,
    ) -> Result<Option<ProfileNews>, Fault> {
        read::profile_news(view, user, is_there)
    }
}

fn fault_refusal(fault: &Fault) -> Refusal {
    if matches!(fault, Fault::Stale) {
        return overloaded();
    }
    tracing::error!(%fault, "A read failed.");
    Refusal::new(Code::Unavailable, "The storage could not be read; try again, and tell the operator if it stays so.")
        .retry_after_ms(1_000)
}
