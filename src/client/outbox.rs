//! What was asked for and is not decided yet, in the order in which it was asked. Plain data.
//!
//! What must stay true: commands reach the server in this order, also when some are refused "for now" in between. So after such a
//! refusal nothing is sent until everything in flight was answered.

use crate::model::{Code, Command, Key, Refusal};
use std::collections::VecDeque;

/// How long to wait after "not now" when the server names no time, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// One command on its way.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub key: Key,
    pub command: Command,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    InFlight(u32),
    /// The server does not know the key any more; whether the command took effect shows once the sync is through.
    Expired,
}

/// What a refusal means for a command.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it lives for a moment on the stack, and is made once a command")]
pub(super) enum Refused {
    /// It stays and is sent again.
    Later,
    /// It is over.
    Final(Item),
    /// It stays until [`Outbox::take_expired`].
    Expired,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    items: VecDeque<Item>,
    in_flight: usize,
    /// Not before this time (milliseconds).
    gate_ms: u64,
    /// Not before everything in flight was answered.
    draining: bool,
}

impl Outbox {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn put(&mut self, key: Key, command: Command) {
        self.items.push_back(Item { key, command, stage: Stage::Waiting });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.items.iter().any(|item| item.key == key)
    }

    /// The connection is gone: whatever was in flight is sent again.
    pub(super) fn lost(&mut self) {
        for item in &mut self.items {
            if matches!(item.stage, Stage::InFlight(_)) {
                item.stage = Stage::Waiting;
            }
        }
        self.in_flight = 0;
        self.draining = false;
    }

    /// Marks the next command that may go as sent under `request`.
    pub(super) fn send_next(&mut self, now_ms: u64, window: usize, request: u32) -> Option<&Item> {
        if self.in_flight >= window || now_ms < self.gate_ms || (self.draining && self.in_flight > 0) {
            return None;
        }
        self.draining = false;
        let item = self.items.iter_mut().find(|item| item.stage == Stage::Waiting)?;
        item.stage = Stage::InFlight(request);
        self.in_flight += 1;
        Some(item)
    }

    /// When something may be sent that waits only for the time.
    pub(super) fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let waits = self.items.iter().any(|item| item.stage == Stage::Waiting);
        (waits && self.gate_ms > now_ms).then_some(self.gate_ms)
    }

    /// The server has accepted: the command is over.
    pub(super) fn accepted(&mut self, request: u32) -> Option<Item> {
        let at = self.position(request)?;
        self.in_flight -= 1;
        self.items.remove(at)
    }

    /// The server has refused. `None`: `request` is none of ours.
    pub(super) fn refused(&mut self, request: u32, refusal: &Refusal, now_ms: u64) -> Option<Refused> {
        let at = self.position(request)?;
        self.in_flight -= 1;
        let later = refusal.retry_after_ms.is_some()
            || matches!(refusal.code, Code::RateLimited | Code::Overloaded | Code::Unavailable | Code::WindowExceeded);
        if later {
            let wait_ms = match (refusal.retry_after_ms, refusal.code) {
                (Some(ms), _) => ms,
                // "Wait for answers": they are waited for below.
                (None, Code::WindowExceeded) => 0,
                (None, _) => RETRY_MS,
            };
            self.gate_ms = self.gate_ms.max(now_ms + wait_ms);
            self.draining = true;
            self.items[at].stage = Stage::Waiting;
            return Some(Refused::Later);
        }
        if refusal.code == Code::KeyExpired {
            self.items[at].stage = Stage::Expired;
            return Some(Refused::Expired);
        }
        self.items.remove(at).map(Refused::Final)
    }

    /// Takes out everything whose key the server does not know any more.
    pub(super) fn take_expired(&mut self) -> Vec<Item> {
        if !self.items.iter().any(|item| item.stage == Stage::Expired) {
            return Vec::new();
        }
        let (expired, rest): (Vec<_>, Vec<_>) = self.items.drain(..).partition(|item| item.stage == Stage::Expired);
        self.items = rest.into();
        expired
    }

    fn position(&self, request: u32) -> Option<usize> {
        self.items.iter().position(|item| item.stage == Stage::InFlight(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn outbox(commands: u64) -> (Outbox, Vec<Key>) {
        let mut outbox = Outbox::default();
        let keys: Vec<_> = (0..commands).map(|n| Key::new(Timestamp(n))).collect();
        for key in &keys {
            outbox.put(*key, Command::LogOut {});
        }
        (outbox, keys)
    }

    #[test]
    fn after_a_refusal_for_now_everything_goes_again_in_order_once_all_in_flight_is_answered() {
        let (mut outbox, keys) = outbox(4);
        assert_eq!(outbox.send_next(0, 3, 1).unwrap().key, keys[0]);
        assert_eq!(outbox.send_next(0, 3, 2).unwrap().key, keys[1]);
        assert_eq!(outbox.send_next(0, 3, 3).unwrap().key, keys[2]);
        assert!(outbox.send_next(0, 3, 4).is_none(), "the window is full");
        assert_eq!(outbox.accepted(1).unwrap().key, keys[0]);
        let later = Refusal::new(Code::RateLimited, "").retry_after_ms(500);
        assert!(matches!(outbox.refused(2, &later, 10), Some(Refused::Later)));
        assert_eq!(outbox.deadline_ms(10), Some(510));
        assert!(outbox.send_next(600, 3, 5).is_none(), "command 3 is not answered yet");
        assert!(matches!(outbox.refused(3, &later, 20), Some(Refused::Later)));
        assert!(outbox.send_next(519, 3, 5).is_none());
        assert_eq!(outbox.send_next(520, 3, 5).unwrap().key, keys[1]);
        assert_eq!(outbox.send_next(520, 3, 6).unwrap().key, keys[2]);
        assert_eq!(outbox.send_next(520, 3, 7).unwrap().key, keys[3]);
    }

    #[test]
    fn what_was_in_flight_when_the_connection_broke_goes_again_under_its_key() {
        let (mut outbox, keys) = outbox(2);
        outbox.send_next(0, 8, 1).unwrap();
        outbox.send_next(0, 8, 2).unwrap();
        outbox.lost();
        assert!(outbox.accepted(1).is_none(), "an answer of the old connection is not an answer");
        assert_eq!(outbox.send_next(0, 8, 3).unwrap().key, keys[0]);
        assert_eq!(outbox.send_next(0, 8, 4).unwrap().key, keys[1]);
    }

    #[test]
    fn a_final_refusal_removes_the_command_and_an_expired_key_keeps_it_aside() {
        let (mut outbox, keys) = outbox(2);
        outbox.send_next(0, 8, 1).unwrap();
        outbox.send_next(0, 8, 2).unwrap();
        let no = Refusal::new(Code::Forbidden, "");
        assert!(matches!(outbox.refused(1, &no, 0), Some(Refused::Final(item)) if item.key == keys[0]));
        let expired = Refusal::new(Code::KeyExpired, "");
        assert!(matches!(outbox.refused(2, &expired, 0), Some(Refused::Expired)));
        assert!(outbox.send_next(0, 8, 3).is_none());
        assert_eq!(outbox.take_expired().len(), 1);
        assert_eq!(outbox.len(), 0);
    }
}
