//! The deterministic ledger: (state, command, lsn, time) → refusal, or new state and effects. It reads no clock, no randomness, no
//! network and no configuration.

pub mod read;

use crate::model::{Actor, AnyCommand, CommandResult, Effect, Key, Lsn, Refusal, Timestamp};
use crate::store::{Fault, Tables};

/// One command in its place.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its place in the one order.
    pub lsn: Lsn,
    /// When it was put there.
    pub at: Timestamp,
    /// Who acts.
    pub actor: Actor,
    /// The caller's idempotency key.
    pub key: Option<Key>,
    /// XXH3-64 of what the caller sent.
    pub hash: u64,
    /// What is asked for.
    pub command: AnyCommand,
}

/// Why a command was not applied.
#[derive(Debug)]
pub enum Stop {
    /// The rules say no; nothing was written.
    Refused(Refusal),
    /// The store failed; the whole batch is void.
    Fault(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What an accepted command gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its lsn; that of the first time for a duplicate.
    pub lsn: Lsn,
    /// The same key came before; nothing was written.
    pub duplicate: bool,
    /// The result.
    pub result: CommandResult,
}

/// Decides and applies one command. Effects are appended to `effects`, in order. A refusal leaves nothing behind.
pub fn execute(_tables: &mut Tables<'_>, _order: &Order, _effects: &mut Vec<Effect>) -> Result<Accepted, Stop> {
    Err(Fault::Misuse("not built yet").into())
}
