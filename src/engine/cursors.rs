//! Delivered and read marks, merged: of many moves of one user in one conversation only the last counts, so what clients send as
//! often as they like becomes at most a few `Cursors` commands four times a second.

use crate::model::{ConversationId, CursorMove, UserHandle, limits};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Time between two rounds of `Cursors` commands.
pub const EVERY_MS: u64 = 250;
/// Commands in one round; what is left waits for the next.
const COMMANDS_MAX: usize = 16;
/// Users' conversations that can wait; beyond it new moves are dropped (clients send a higher one later).
const WAITING_MAX: usize = 64 * 1024;

/// Whose cursors, where, and whether a session moved them or the server itself: a session that ends takes only its own moves along.
type Place = (UserHandle, ConversationId, bool);

/// Moves that wait for the next round.
#[derive(Debug, Default)]
pub struct Cursors {
    /// Guards the moves; held for one insertion or one round.
    waiting: Mutex<BTreeMap<Place, CursorMove>>,
}

impl Cursors {
    /// Notes a move; true when it is the first one that waits.
    pub fn note(&self, moved: CursorMove) -> bool {
        let mut waiting = self.waiting.lock();
        let first = waiting.is_empty();
        let place = (moved.user, moved.conversation, moved.session.is_some());
        if waiting.len() >= WAITING_MAX && !waiting.contains_key(&place) {
            return false;
        }
        waiting
            .entry(place)
            .and_modify(|known| {
                known.delivered = known.delivered.max(moved.delivered);
                known.read = known.read.max(moved.read);
                known.session = moved.session;
            })
            .or_insert(moved);
        first
    }

    /// Notes moves that come from the writer itself, which looks here before it sleeps.
    pub fn note_all(&self, moves: Vec<CursorMove>) {
        for moved in moves {
            self.note(moved);
        }
    }

    /// Takes what waits, in commands of at most [`limits::CURSOR_MOVES_MAX`] moves.
    pub fn take(&self) -> Vec<Vec<CursorMove>> {
        let mut waiting = self.waiting.lock();
        let mut commands = Vec::new();
        while commands.len() < COMMANDS_MAX && !waiting.is_empty() {
            let mut moves = Vec::with_capacity(waiting.len().min(limits::CURSOR_MOVES_MAX));
            while moves.len() < limits::CURSOR_MOVES_MAX {
                let Some((_, moved)) = waiting.pop_first() else {
                    break;
                };
                moves.push(moved);
            }
            commands.push(moves);
        }
        commands
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.lock().is_empty()
    }
}
