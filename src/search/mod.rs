//! Full-text search over a user's own conversations. The only room that names tantivy.
//!
//! It promises: a search finds what is committed at its beginning (what the index does not have yet is read from the log); whatever
//! it shows is looked up in the newest state first, so nothing is shown that the asker may not see, that was recalled or that has
//! other words by now; a search costs a bounded amount of time and work. The index holds words and places, no text, and can be
//! deleted at any time: it is made anew from the entries while the server runs.
//!
//! In reading order: `words` (how texts are taken apart), `document` (what of an entry can be searched), `asked` (what a search
//! means), `index` (what is on disk), `follow` (how it keeps up with the log), `find` (how an answer is made).

mod asked;
mod document;
mod find;
mod follow;
mod index;
mod words;

use crate::engine::{Engine, Searcher, Searching};
use crate::model::{Answer, Code, Lsn, Refusal, UserActor};
use crate::shutdown::Shutdown;
use arc_swap::ArcSwapOption;
use index::Found;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Searches that run at the same time.
const RUNNING_MAX: usize = 2;
/// Searches that wait for that.
const WAITING_MAX: usize = 64;
/// How long a search waits for its turn.
const WAIT: Duration = Duration::from_secs(5);

/// What answering and following share.
struct Shared {
    /// What of the index is committed; none before it was opened.
    state: ArcSwapOption<State>,
    /// Something in it could not be read.
    damaged: AtomicBool,
    /// Wakes the follower for that.
    wake: Notify,
}

/// A committed state of the index.
#[derive(Clone)]
struct State {
    found: Arc<Found>,
    /// It has everything up to here.
    lsn: Lsn,
    /// It has everything from before it was made, too.
    complete: bool,
}

impl Shared {
    /// Something could not be read: the index is made anew.
    fn note_damaged(&self) {
        self.damaged.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    fn take_damaged(&self) -> bool {
        self.damaged.swap(false, Ordering::SeqCst)
    }
}

/// How far the index has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchStatus {
    /// Messages in it.
    pub messages: u64,
    /// It has everything up to here.
    pub lsn: Lsn,
    /// False while older messages are still missing.
    pub complete: bool,
}

struct Inner {
    engine: Engine,
    folder: PathBuf,
    shared: Arc<Shared>,
    waiting: Semaphore,
    running: Arc<Semaphore>,
}

/// The search; cheap to clone.
#[derive(Clone)]
pub struct Search(Arc<Inner>);

impl Search {
    /// The search of an engine, with its index in `folder`. From now on, and as long as this is there, the engine hands its searches
    /// over; that they find anything needs [`Search::run`].
    pub fn new(engine: &Engine, folder: PathBuf) -> Self {
        let shared = Shared { state: ArcSwapOption::empty(), damaged: AtomicBool::new(false), wake: Notify::new() };
        let inner = Arc::new(Inner {
            engine: engine.clone(),
            folder,
            shared: Arc::new(shared),
            waiting: Semaphore::new(WAITING_MAX),
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
        });
        let searcher: Arc<dyn Searcher> = Arc::<Inner>::clone(&inner);
        engine.set_searcher(Arc::downgrade(&searcher));
        Self(inner)
    }

    /// Keeps the index up to date until `shutdown`.
    pub async fn run(self, shutdown: Shutdown) {
        follow::run(self.0.engine.clone(), self.0.folder.clone(), Arc::clone(&self.0.shared), shutdown).await;
    }

    /// How far the index has got; none before it was opened.
    pub fn status(&self) -> Option<SearchStatus> {
        let state = self.0.shared.state.load_full()?;
        Some(SearchStatus { messages: state.found.messages(), lsn: state.lsn, complete: state.complete })
    }
}

impl Inner {
    async fn answer(&self, actor: UserActor, search: crate::model::Search) -> Result<Answer, Refusal> {
        let asked = asked::Asked::read(&search)?;
        let Ok(_waiting) = self.waiting.try_acquire() else { return Err(overloaded()) };
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.running).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(overloaded()) };
        let (engine, shared) = (self.engine.clone(), Arc::clone(&self.shared));
        let found = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            find::answer(&engine, &shared, &actor, &asked)
        });
        found.await.unwrap_or_else(|_| {
            tracing::error!("A search panicked; the index is made anew.");
            self.shared.note_damaged();
            Err(unavailable())
        })
    }
}

impl Searcher for Inner {
    fn search(self: Arc<Self>, actor: UserActor, search: crate::model::Search) -> Searching {
        Box::pin(async move { self.answer(actor, search).await })
    }
}

fn overloaded() -> Refusal {
    Refusal::new(Code::Overloaded, "Too many people are searching now; search again a little later.")
        .retry_after_ms(1_000)
}

fn unavailable() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        "The search could not read what it needs; try again a little later, and tell the operator if it stays so.",
    )
    .retry_after_ms(5_000)
}
