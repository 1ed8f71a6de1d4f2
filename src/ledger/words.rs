//! Words in place of keys: a caller who cannot make UUIDs of version 7 names a request with a word of their own. For a day it stands
//! for the key that the ledger made for its first command, and that key is remembered as every other one is.

use super::{Accepted, Order, Stop, key_scope, once};
use crate::model::{Effect, Key, Timestamp, UserHandle, limits};
use crate::store::records::{KeyWordAgeRow, KeyWordRow};
use crate::store::{Fault, Read, Tables};

/// Words that are too old go with each new one, so many at most: there are never more than a day brings.
const FORGOTTEN_AT_ONCE: usize = 2;

/// Decides and applies a command whose key is a word.
pub(super) fn execute(
    tables: &mut Tables<'_>,
    order: &Order,
    word: Key,
    effects: &mut Vec<Effect>,
) -> Result<Accepted, Stop> {
    let user = key_scope(&order.actor);
    let (key, known) = meant(tables, order, word)?;
    let accepted = once(tables, &Order { key: Some(key), ..order.clone() }, effects)?;
    if known != Some(key) {
        if let Some(old) = known {
            tables.remove::<KeyWordAgeRow>(&(old, user))?;
        }
        tables.put(&(user, word), KeyWordRow { key })?;
        tables.put(&(key, user), KeyWordAgeRow { word })?;
        forget(tables, order.at)?;
    }
    Ok(accepted)
}

/// The key that a word stands for, and the one that it stood for so far.
pub(super) fn meant(state: &impl Read, order: &Order, word: Key) -> Result<(Key, Option<Key>), Fault> {
    let known = state.get::<KeyWordRow>(&(key_scope(&order.actor), word))?.map(|row| row.key);
    let counts = known.filter(|key| order.at.since_ms(key.time()) <= limits::KEY_WORD_MS);
    Ok((counts.unwrap_or_else(|| word.at(order.at)), known))
}

/// Takes a few of the words away that stand for nothing any more.
fn forget(tables: &mut Tables<'_>, now: Timestamp) -> Result<(), Fault> {
    let first = (Key([0; 16]), UserHandle(0));
    let last = (Key([0; 16]).at(Timestamp(now.0.saturating_sub(limits::KEY_WORD_MS))), UserHandle(0));
    for ((key, user), row) in tables.range::<KeyWordAgeRow>(&first, &last, FORGOTTEN_AT_ONCE)? {
        tables.remove::<KeyWordRow>(&(user, row.word))?;
        tables.remove::<KeyWordAgeRow>(&(key, user))?;
    }
    Ok(())
}
