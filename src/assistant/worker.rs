//! Carrying turns out. What is open stands in rows, so this keeps nothing that a restart could lose: it looks at the rows, begins with
//! those that may begin, and ends those that are to stop. One question of a conversation at a time, so many of an assistant as its
//! provider can take, so many in all; the others wait as rows and cost nothing.

use super::answering;
use super::{Assistants, DraftId, Wake};
use crate::auth;
use crate::model::{AppId, CommandResult, ConversationId, ConversationKind, Seq, SystemCommand, TurnState, UserHandle};
use crate::shutdown::Shutdown;
use crate::store::records::{AssistantRow, ConversationRow, TurnRow};
use crate::store::{Fault, Read, Rows};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Turns that are looked at.
const TURNS_MAX: usize = 100_000;
/// It is looked at least this often: a look that failed is made up for.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// And at most this often.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// A turn that is being carried out.
struct Running {
    assistant: UserHandle,
    /// Told `true` when it is to stop.
    stop: watch::Sender<bool>,
}

/// What a look at the rows comes to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    start: Vec<(DraftId, Arc<TurnRow>)>,
    stop: Vec<DraftId>,
}

impl Assistants {
    /// Carries turns out until `shutdown`. What is being written then is ended with what has come.
    pub async fn run(self, shutdown: Shutdown) {
        let mut running: BTreeMap<DraftId, Running> = BTreeMap::new();
        let ended: Arc<Mutex<Vec<DraftId>>> = Arc::default();
        while !shutdown.is_triggered() {
            self.empty_deleted(&shutdown).await;
            match self.look(&running).await {
                Ok(Look { start, stop }) => {
                    for id in stop {
                        if let Some(running) = running.get(&id) {
                            running.stop.send_replace(true);
                        }
                    }
                    for (id, turn) in start {
                        let (stop, stopped) = watch::channel(false);
                        running.insert(id, Running { assistant: turn.assistant, stop });
                        let (assistants, shutdown) = (self.clone(), shutdown.clone());
                        let ended = Ended { id, list: Arc::clone(&ended), wake: self.0.wake.clone() };
                        self.0.tasks.spawn("answer", async move {
                            Box::pin(answering::carry_out(&assistants, id, turn, stopped, shutdown)).await;
                            drop(ended);
                        });
                    }
                }
                Err(fault) => {
                    tracing::error!(%fault, "the questions to assistants could not be read; it is tried again");
                }
            }
            self.note_running(running.len());
            tokio::select! {
                () = self.0.wake.wait() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = shutdown.wait() => {}
            }
            tokio::time::sleep(LOOK_PAUSE).await;
            forget(&mut running, &ended);
        }
        // They end by themselves; whoever stops the server waits for every task.
    }

    async fn look(&self, running: &BTreeMap<DraftId, Running>) -> Result<Look, Fault> {
        let engine = self.0.engine.clone();
        let at_once = self.0.options.at_once;
        let busy: BTreeMap<DraftId, UserHandle> = running.iter().map(|(id, one)| (*id, one.assistant)).collect();
        let reading = tokio::task::spawn_blocking(move || {
            let view = engine.view();
            let (first, last) = ((ConversationId(0), Seq(0)), (ConversationId(u64::MAX), Seq(u64::MAX)));
            let rows = view.range::<TurnRow>(&first, &last, TURNS_MAX)?;
            let mut parallel: BTreeMap<(AppId, UserHandle), usize> = BTreeMap::new();
            for (_, turn) in &rows {
                let key = (turn.app, turn.assistant);
                if let std::collections::btree_map::Entry::Vacant(free) = parallel.entry(key) {
                    // Of one that was removed, each turn ends at once.
                    let row = view.get::<AssistantRow>(&key)?;
                    free.insert(row.map_or(usize::MAX, |row| row.settings.parallel.into()));
                }
            }
            Ok((rows, parallel))
        });
        let (rows, parallel) = reading.await.unwrap_or(Err(Fault::Misuse("looking at the questions panicked")))?;
        self.0.waiting.store(rows.len() as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(decide(&rows, &busy, &parallel, at_once))
    }

    /// Takes away the text of chats that their users have deleted. Retention does the same, later; this is for those who do not want
    /// to wait.
    async fn empty_deleted(&self, shutdown: &Shutdown) {
        for conversation in self.0.wake.touched() {
            let view = self.0.engine.view();
            let row = view.get::<ConversationRow>(&conversation).ok().flatten();
            if !row.is_some_and(|row| row.kind == ConversationKind::Assistant && row.members == 0) {
                continue;
            }
            loop {
                let command = SystemCommand::Trim { conversation, first: Seq(u64::MAX) };
                match self.0.engine.execute(auth::server(), None, command.into()).await.map(|done| done.result) {
                    Ok(CommandResult::Removed { more: true, .. }) if !shutdown.is_triggered() => {}
                    Ok(_) => break,
                    Err(refusal) => {
                        tracing::debug!(%refusal, "the text of a deleted chat is left to retention");
                        break;
                    }
                }
            }
        }
    }
}

/// Those that have ended are not carried out any more.
fn forget(running: &mut BTreeMap<DraftId, Running>, ended: &Mutex<Vec<DraftId>>) {
    for id in std::mem::take(&mut *ended.lock()) {
        running.remove(&id);
    }
}

/// Tells that an answer has ended, however it did.
struct Ended {
    id: DraftId,
    /// Guards those that have ended since the last look; never more than were begun.
    list: Arc<Mutex<Vec<DraftId>>>,
    wake: Wake,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.list.lock().push(self.id);
        self.wake.wake();
    }
}

/// Which turns begin and which stop. `busy`: those that are being carried out, with their assistants.
fn decide(
    rows: &Rows<TurnRow>,
    busy: &BTreeMap<DraftId, UserHandle>,
    parallel: &BTreeMap<(AppId, UserHandle), usize>,
    at_once: usize,
) -> Look {
    let mut look = Look::default();
    let known: BTreeMap<DraftId, &Arc<TurnRow>> = rows.iter().map(|(id, turn)| (*id, turn)).collect();
    // Of more than are looked at, one that is not among them may still be there.
    let all = rows.len() < TURNS_MAX;
    look.stop = busy.keys().filter(|id| known.get(id).map_or(all, |turn| turn.stop)).copied().collect();
    let mut occupied: BTreeSet<ConversationId> = busy.keys().map(|(conversation, _)| *conversation).collect();
    let mut of_assistant: BTreeMap<UserHandle, usize> = BTreeMap::new();
    for assistant in busy.values() {
        *of_assistant.entry(*assistant).or_default() += 1;
    }
    let mut of_asker: BTreeMap<UserHandle, usize> = BTreeMap::new();
    for id in busy.keys() {
        if let Some(turn) = known.get(id) {
            *of_asker.entry(turn.asker).or_default() += 1;
        }
    }
    let mut in_all = busy.len();
    let mut waiting: Vec<(DraftId, &Arc<TurnRow>)> =
        rows.iter().filter(|(id, _)| !busy.contains_key(id)).map(|(id, turn)| (*id, turn)).collect();
    waiting.sort_by_key(|(_, turn)| turn.asked_lsn);
    let mut ranked = Vec::with_capacity(waiting.len());
    for (id, turn) in waiting {
        // What is to stop, or was broken off, asks nobody any more.
        if turn.stop || turn.state == TurnState::Answering {
            look.start.push((id, Arc::clone(turn)));
            continue;
        }
        let before = of_asker.entry(turn.asker).or_default();
        ranked.push((*before, id, turn));
        *before += 1;
    }
    // Everybody's first question goes before anybody's second, however many somebody asks at once.
    ranked.sort_by_key(|(rank, _, turn)| (*rank, turn.asked_lsn));
    for (_, id, turn) in ranked {
        let running = of_assistant.entry(turn.assistant).or_default();
        let most = parallel.get(&(turn.app, turn.assistant)).copied().unwrap_or(1);
        // Whoever is first in a conversation holds its place, even while the assistant is busy elsewhere.
        let first = occupied.insert(id.0);
        if first && *running < most && in_all < at_once {
            *running += 1;
            in_all += 1;
            look.start.push((id, Arc::clone(turn)));
        }
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Lsn;

    fn turn(assistant: u64, asked: u64) -> TurnRow {
        TurnRow {
            app: AppId(1),
            asker: UserHandle(1),
            assistant: UserHandle(assistant),
            state: TurnState::Waiting,
            replaces: None,
            stop: false,
            asked_lsn: Lsn(asked),
        }
    }

    fn id(conversation: u64, question: u64) -> DraftId {
        (ConversationId(conversation), Seq(question))
    }

    fn started(rows: &[(DraftId, TurnRow)], busy: &[(DraftId, u64)], parallel: usize, at_once: usize) -> Look {
        let rows: Rows<TurnRow> = rows.iter().map(|(id, turn)| (*id, Arc::new(turn.clone()))).collect();
        let busy = busy.iter().map(|(id, assistant)| (*id, UserHandle(*assistant))).collect();
        let parallel = [7, 8].map(|assistant| ((AppId(1), UserHandle(assistant)), parallel)).into_iter().collect();
        decide(&rows, &busy, &parallel, at_once)
    }

    fn ids(look: &Look) -> Vec<DraftId> {
        look.start.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn one_question_of_a_conversation_at_a_time_in_the_order_they_were_asked() {
        let rows = [(id(1, 1), turn(7, 5)), (id(1, 3), turn(7, 4)), (id(2, 1), turn(7, 6))];
        assert_eq!(ids(&started(&rows, &[], 9, 9)), [id(1, 3), id(2, 1)]);
        assert_eq!(ids(&started(&rows, &[(id(1, 3), 7)], 9, 9)), [id(2, 1)]);
    }

    #[test]
    fn an_assistant_that_is_busy_holds_up_nobody_elses() {
        let mut rows: Vec<_> = (1..=50).map(|number| (id(number, 1), turn(7, number))).collect();
        rows.push((id(99, 1), turn(8, 1_000)));
        let busy = [(id(1, 1), 7), (id(2, 1), 7)];
        assert_eq!(ids(&started(&rows, &busy, 2, 9)), [id(99, 1)]);
        assert_eq!(ids(&started(&rows, &busy, 4, 3)), [id(3, 1)], "and there are only so many in all");
    }

    #[test]
    fn everybodys_first_question_goes_before_anybodys_second() {
        let mut rows: Vec<_> = (1..=50).map(|number| (id(number, 1), turn(7, number))).collect();
        rows.push((id(99, 1), TurnRow { asker: UserHandle(2), ..turn(7, 1_000) }));
        assert_eq!(ids(&started(&rows, &[], 2, 9)), [id(1, 1), id(99, 1)]);
        assert_eq!(ids(&started(&rows, &[(id(1, 1), 7)], 2, 9)), [id(99, 1)]);
    }

    #[test]
    fn what_was_broken_off_ends_at_once() {
        let broken = TurnRow { state: TurnState::Answering, ..turn(7, 2) };
        let rows = [(id(1, 1), turn(7, 1)), (id(2, 1), broken)];
        assert_eq!(ids(&started(&rows, &[(id(3, 1), 7)], 1, 1)), [id(2, 1)]);
    }

    #[test]
    fn what_is_to_stop_or_has_gone_is_stopped() {
        let stopped = TurnRow { stop: true, ..turn(7, 2) };
        let rows = [(id(1, 1), stopped.clone()), (id(2, 1), turn(7, 3)), (id(3, 1), stopped)];
        let look = started(&rows, &[(id(1, 1), 7), (id(4, 1), 7)], 1, 1);
        assert_eq!(look.stop, [id(1, 1), id(4, 1)]);
        assert_eq!(ids(&look), [id(3, 1)], "its end is told although there is no room");
    }
}
