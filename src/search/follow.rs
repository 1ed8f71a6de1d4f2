//! Keeping up: the index follows the log, and walks through all entries when it has to be made anew.
//!
//! Each piece of work is bounded and done on a blocking thread; between two pieces there is a pause as long as the last one took, so
//! that indexing never takes more than one core's half from those who chat. What the index does not have yet, searches read from the
//! log themselves.

use super::index::{Found, Index, Progress, Walk, Writer};
use super::{Shared, document};
use crate::engine::Engine;
use crate::model::clock::monotonic;
use crate::model::{Body, ConversationId, Entry, Lsn, Seq, limits};
use crate::shutdown::Shutdown;
use crate::store::records::ConversationRow;
use crate::store::{Fault, LogItem, LogKind, Read, View};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tantivy::TantivyError;

/// Items of the log that are taken at once.
const ITEMS: usize = 512;
/// Entries that are walked through at once.
const WALKED: usize = 256;
/// The index is committed when so many messages wait, …
const COMMIT_MESSAGES: usize = 5_000;
/// … or this long after the first of them came, …
const COMMIT_AFTER: Duration = Duration::from_secs(5);
/// … or when so many items of the log were passed that are no messages.
const COMMIT_ITEMS: usize = 50_000;
/// While there is news, it is taken this often at most.
const NEWS_EVERY: Duration = Duration::from_millis(200);
/// Without work for this long, the memory of the writer is given back, …
const REST_AFTER: Duration = Duration::from_mins(5);
/// … and at once after the index was made, when it has no more messages than this and so nothing to merge.
const SMALL: u64 = 10_000;
/// After an error it is tried again this late, …
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// … later each time, up to this.
const AGAIN_AFTER_MAX: Duration = Duration::from_mins(5);
/// After so many errors in a row the index is made anew.
const FAILURES_MAX: u32 = 3;
/// Longest pause between two pieces of work.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// Why a piece of work failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the index: {0}")]
    Index(#[from] TantivyError),
    #[error("the data: {0}")]
    Data(#[from] Fault),
}

/// What comes after a piece of work.
enum Next {
    /// More work, after a pause.
    Pause(Duration),
    /// Nothing before there is news, or this time has passed.
    News(Duration),
    /// It has ended.
    Ended,
}

/// What keeps the index up to date.
struct Follower {
    engine: Engine,
    folder: PathBuf,
    shared: Arc<Shared>,
    open: Option<Open>,
    failures: u32,
}

/// An index that is open.
struct Open {
    index: Index,
    writer: Option<Writer>,
    /// With what is written and not committed.
    progress: Progress,
    /// Messages that are written and not committed.
    messages: usize,
    /// Items of the log since the last commit.
    items: usize,
    /// When the first of them was written.
    since: Option<Instant>,
    /// When the writer was last used.
    used: Instant,
}

/// Keeps the index up to date until `shutdown`.
pub async fn run(engine: Engine, folder: PathBuf, shared: Arc<Shared>, shutdown: Shutdown) {
    let mut news = engine.news();
    let mut follower = Follower { engine, folder, shared, open: None, failures: 0 };
    loop {
        let last = shutdown.is_triggered();
        let (engine, folder) = (follower.engine.clone(), follower.folder.clone());
        let shared = Arc::clone(&follower.shared);
        let failures = follower.failures;
        news.borrow_and_update();
        let work = tokio::task::spawn_blocking(move || {
            let next = follower.work(last);
            (follower, next)
        });
        let next = if let Ok((back, next)) = work.await {
            follower = back;
            next
        } else {
            tracing::error!("The search index panicked; it is opened again.");
            follower = Follower { engine, folder, shared: Arc::clone(&shared), open: None, failures: failures + 1 };
            Next::Pause(AGAIN_AFTER)
        };
        match next {
            _ if last => return,
            Next::Ended => return,
            Next::Pause(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.wait() => {}
            },
            Next::News(within) => {
                tokio::select! {
                    changed = news.changed() => {
                        if changed.is_err() {
                            return;
                        }
                    }
                    () = tokio::time::sleep(within) => {}
                    () = shared.wake.notified() => {}
                    () = shutdown.wait() => {}
                }
                tokio::select! {
                    () = tokio::time::sleep(NEWS_EVERY.min(within)) => {}
                    () = shutdown.wait() => {}
                }
            }
        }
    }
}

impl Follower {
    /// One bounded piece of work; with `last` what was done is made durable.
    fn work(&mut self, last: bool) -> Next {
        let began = monotonic();
        match self.step(last) {
            Ok(Next::Pause(_)) => Next::Pause(monotonic().duration_since(began).min(PAUSE_MAX)),
            Ok(next) => next,
            Err(error) => {
                self.open = None;
                self.failures += 1;
                let wait = AGAIN_AFTER.saturating_mul(1 << self.failures.min(10)).min(AGAIN_AFTER_MAX);
                tracing::error!(%error, wait_s = wait.as_secs(), "The search index cannot be kept up to date now.");
                Next::Pause(wait)
            }
        }
    }

    fn step(&mut self, last: bool) -> Result<Next, Failed> {
        if self.shared.take_damaged() {
            self.give_up();
        }
        if self.open.is_none() {
            if last {
                return Ok(Next::Ended);
            }
            self.open = Some(self.opened()?);
        }
        let Self { engine, shared, open: Some(open), .. } = self else { return Ok(Next::Pause(Duration::ZERO)) };
        let (view, batch) = engine.log_after(open.progress.lsn, ITEMS)?;
        if batch.gap || open.progress.epoch != view.epoch() {
            tracing::warn!("The search index is older than the log.");
            self.give_up();
            return Ok(Next::Pause(Duration::ZERO));
        }
        open.follow(engine, &view, &batch.items)?;
        open.progress.lsn = batch.upto;
        let behind = batch.upto < view.lsn();
        if !behind && open.progress.walk.is_some() && !last {
            open.walk(engine)?;
        }
        let walking = open.progress.walk.is_some();
        if open.is_due(last) || (!walking && !shared.is_complete() && !behind) {
            open.commit()?;
            self.failures = 0;
            let found = open.index.newest()?;
            if !shared.is_complete() && !walking && found.messages() <= SMALL {
                open.rest();
            }
            shared.show(found, &open.progress);
        } else if open.messages == 0 {
            // Nothing of what was passed is a message.
            shared.followed(&open.progress);
        }
        if last {
            open.rest();
            return Ok(Next::Ended);
        }
        if behind || walking {
            return Ok(Next::Pause(Duration::ZERO));
        }
        if open.writer.is_some() && open.used.elapsed() >= REST_AFTER {
            open.rest();
        }
        let due = open.since.map(|since| COMMIT_AFTER.saturating_sub(since.elapsed()));
        Ok(Next::News(due.unwrap_or(REST_AFTER)))
    }

    /// Lets go of the index, so that it is made anew.
    fn give_up(&mut self) {
        self.open = None;
        self.failures = FAILURES_MAX;
    }

    /// Opens the index that is there, or an empty one.
    fn opened(&mut self) -> Result<Open, Failed> {
        let view = self.engine.view();
        if self.failures < FAILURES_MAX
            && let Some((index, progress)) = Index::open(&self.folder)
            && progress.epoch == view.epoch()
            && progress.lsn <= view.lsn()
        {
            self.shared.show(index.newest()?, &progress);
            return Ok(Open::new(index, progress));
        }
        if view.lsn() > Lsn(1) {
            tracing::info!("The search index is made anew; until that is done searches may not find everything.");
        }
        self.failures = 0;
        let open = Open::anew(&self.folder, &view)?;
        self.shared.show(open.index.newest()?, &open.progress);
        Ok(open)
    }
}

impl Open {
    fn new(index: Index, progress: Progress) -> Self {
        Self { index, writer: None, progress, messages: 0, items: 0, since: None, used: monotonic() }
    }

    fn anew(folder: &std::path::Path, view: &View) -> Result<Self, Failed> {
        Ok(Self::new(Index::create(folder)?, Progress::anew(view.epoch(), view.lsn())))
    }

    fn writer(&mut self) -> Result<&mut Writer, Failed> {
        self.used = monotonic();
        if self.writer.is_none() {
            self.writer = Some(self.index.writer()?);
        }
        match &mut self.writer {
            Some(writer) => Ok(writer),
            None => Err(TantivyError::SystemError("there is no writer".to_owned()).into()),
        }
    }

    /// Takes in what the log says.
    fn follow(&mut self, engine: &Engine, view: &Arc<View>, items: &[LogItem]) -> Result<(), Failed> {
        for (at, item) in items.iter().enumerate() {
            self.items += 1;
            match item.kind {
                LogKind::Appended => {
                    if let Some(entry) = engine.entry(view, item)?
                        && document::is_searchable(&entry)
                    {
                        self.add(item.conversation, &entry)?;
                    }
                }
                LogKind::Rewritten => {
                    if Self::is_reaction(engine, view, item, items.get(at + 1))? {
                        continue;
                    }
                    self.remove(item.conversation, item.seq)?;
                    if let Some(entry) = engine.entry(view, item)?
                        && document::is_searchable(&entry)
                    {
                        self.add(item.conversation, &entry)?;
                    }
                }
                LogKind::UserCreated | LogKind::UserChanged | LogKind::UserDeleted => {}
                // What one command trims lies directly below the first that is kept.
                LogKind::Trimmed => {
                    for seq in item.seq.0.saturating_sub(limits::TRIM_ENTRIES_MAX as u64)..item.seq.0 {
                        self.remove(item.conversation, Seq(seq))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether an entry was rewritten for a reaction, as the notice says that comes with it: its words are as they were.
    fn is_reaction(engine: &Engine, view: &Arc<View>, item: &LogItem, next: Option<&LogItem>) -> Result<bool, Failed> {
        let notice = next.filter(|next| next.lsn == item.lsn && next.conversation == item.conversation);
        let Some(notice) = notice.filter(|next| next.kind == LogKind::Appended) else { return Ok(false) };
        let entry = engine.entry(view, notice)?;
        Ok(entry.is_some_and(|entry| matches!(entry.body, Body::Reacted { target, .. } if target == item.seq)))
    }

    fn add(&mut self, conversation: ConversationId, entry: &Entry) -> Result<(), Failed> {
        self.writer()?.add(conversation, entry)?;
        self.wrote();
        Ok(())
    }

    fn remove(&mut self, conversation: ConversationId, seq: Seq) -> Result<(), Failed> {
        self.writer()?.remove(conversation, seq);
        self.wrote();
        Ok(())
    }

    fn wrote(&mut self) {
        self.messages += 1;
        self.since.get_or_insert_with(monotonic);
    }

    /// Walks through the next entries. Those that were changed since the walk began come with the log.
    fn walk(&mut self, engine: &Engine) -> Result<(), Failed> {
        let Some(mut walk) = self.progress.walk else { return Ok(()) };
        let mut left = WALKED;
        while left > 0 {
            let next = engine
                .view()
                .range::<ConversationRow>(&walk.conversation, &ConversationId(u64::MAX), 1)
                .map_err(Failed::Data)?;
            let Some((conversation, _)) = next.first() else {
                self.progress.walk = None;
                tracing::info!("The search index is complete.");
                return Ok(());
            };
            if *conversation != walk.conversation {
                walk = Walk { conversation: *conversation, seq: Seq(0), ..walk };
            }
            let entries = engine.fresh(|view| view.entries(walk.conversation, walk.seq, Seq(u64::MAX), left))?;
            for entry in &entries {
                if entry.changed <= walk.began && document::is_searchable(entry) {
                    self.add(walk.conversation, entry)?;
                }
            }
            match entries.last() {
                Some(last) if entries.len() == left => walk.seq = last.seq.next(),
                Some(_) | None => walk = Walk { conversation: walk.conversation.next(), seq: Seq(0), ..walk },
            }
            left -= entries.len().max(1);
            self.progress.walk = Some(walk);
        }
        Ok(())
    }

    /// Whether it is time to commit.
    fn is_due(&self, last: bool) -> bool {
        let aged = self.since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER);
        aged || self.messages >= COMMIT_MESSAGES || self.items >= COMMIT_ITEMS || last && self.items + self.messages > 0
    }

    fn commit(&mut self) -> Result<(), Failed> {
        let progress = self.progress.clone();
        self.writer()?.commit(&progress)?;
        (self.messages, self.items, self.since) = (0, 0, None);
        Ok(())
    }

    /// Gives the writer's memory back. What is written is committed; merges that run are given up, and begun again later.
    fn rest(&mut self) {
        self.writer = None;
    }
}

impl Shared {
    /// Shows searches a newer state of the index.
    fn show(&self, found: Found, progress: &Progress) {
        let state = super::State { found: Arc::new(found), lsn: progress.lsn, complete: progress.walk.is_none() };
        self.state.store(Some(Arc::new(state)));
    }

    /// The index as it is has everything up to a higher lsn.
    fn followed(&self, progress: &Progress) {
        if let Some(state) = self.state.load_full()
            && state.lsn < progress.lsn
        {
            let newer = super::State { lsn: progress.lsn, ..(*state).clone() };
            self.state.store(Some(Arc::new(newer)));
        }
    }

    fn is_complete(&self) -> bool {
        self.state.load().as_ref().is_some_and(|state| state.complete)
    }
}
