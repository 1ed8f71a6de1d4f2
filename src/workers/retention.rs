//! Retention: walks over all conversations again and again, a bounded slice at a time, and asks for the trimming of those that keep
//! more than they should. The ledger decides each step anew, so a legal hold or a longer time takes effect in the middle of a round.

use crate::auth;
use crate::engine::Engine;
use crate::model::{Code, CommandResult, ConversationId, Refusal, Seq, SystemCommand};
use crate::shutdown::Shutdown;
use std::time::Duration;

/// Time between two rounds of a server.
pub const EVERY: Duration = Duration::from_mins(10);
/// Pause before a round goes on after the engine had no room, or was not there.
const PAUSE: Duration = Duration::from_secs(1);

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Conversations of which something was deleted.
    pub conversations: u64,
    /// Entries that were deleted.
    pub entries: u64,
}

/// One round after another until `shutdown`.
pub async fn run(engine: Engine, every: Duration, shutdown: Shutdown) {
    while !shutdown.is_triggered() {
        let trimmed = round(&engine, &shutdown).await;
        if trimmed != Trimmed::default() {
            let Trimmed { conversations, entries } = trimmed;
            tracing::info!(conversations, entries, "retention has deleted old entries");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = shutdown.wait() => {}
        }
    }
}

/// Goes once over all conversations.
pub async fn round(engine: &Engine, shutdown: &Shutdown) -> Trimmed {
    let mut trimmed = Trimmed::default();
    let mut from = ConversationId(0);
    while !shutdown.is_triggered() {
        let slice = match engine.expired(from).await {
            Ok(slice) => slice,
            Err(refusal) if passes(&refusal) => {
                pause(shutdown).await;
                continue;
            }
            Err(refusal) => {
                tracing::error!(%refusal, "retention could not read which conversations keep too much");
                return trimmed;
            }
        };
        for (conversation, first) in slice.conversations {
            let entries = trim(engine, conversation, first, shutdown).await;
            trimmed.entries += entries;
            trimmed.conversations += u64::from(entries > 0);
        }
        match slice.next {
            Some(next) => from = next,
            None => break,
        }
    }
    trimmed
}

/// Trims one conversation, step by step. Gives the number of entries that went.
async fn trim(engine: &Engine, conversation: ConversationId, first: Seq, shutdown: &Shutdown) -> u64 {
    let mut entries = 0;
    while !shutdown.is_triggered() {
        let command = SystemCommand::Trim { conversation, first };
        match engine.execute(auth::server(), None, command.into()).await.map(|accepted| accepted.result) {
            Ok(CommandResult::Removed { count, more }) => {
                entries += u64::from(count);
                if !more {
                    break;
                }
            }
            Ok(_) => break,
            Err(refusal) if passes(&refusal) => pause(shutdown).await,
            // A hold that came meanwhile, or a conversation that went.
            Err(refusal) => {
                tracing::debug!(%refusal, %conversation, "retention leaves a conversation as it is");
                break;
            }
        }
    }
    entries
}

/// Whether asking again later helps.
fn passes(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::Overloaded | Code::Unavailable)
}

async fn pause(shutdown: &Shutdown) {
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => {}
        () = shutdown.wait() => {}
    }
}
