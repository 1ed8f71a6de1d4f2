//! Whose presence may have changed. The registry and the publisher report only that; the gateway's presence task takes it from
//! here, compares with what was told, and tells. A user who came and went in between costs nothing.

use super::hash::IdHasher;
use crate::model::UserHandle;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::hash::BuildHasherDefault;
use tokio::sync::Notify;

/// Changes that wait to be told; users beyond are told when they change the next time.
const WAITING_MAX: usize = 64 * 1024;

type Map<V> = std::collections::HashMap<UserHandle, V, BuildHasherDefault<IdHasher>>;

/// What may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceChange {
    /// A user came or went.
    Came(UserHandle),
    /// A user says something else about being there, or lets others see it.
    Said(UserHandle),
    /// Who may see whose presence changed between two users.
    Related(UserHandle, UserHandle),
}

/// What may have changed, each user once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<UserHandle>,
    /// Whether the user has said something.
    users: Map<bool>,
    pairs: VecDeque<(UserHandle, UserHandle)>,
}

impl Changes {
    /// A user came or went, or (`said`) says something else.
    pub fn note(&self, user: UserHandle, said: bool) {
        let mut waiting = self.waiting.lock();
        if let Some(before) = waiting.users.get_mut(&user) {
            *before |= said;
        } else if waiting.users.len() < WAITING_MAX {
            waiting.users.insert(user, said);
            waiting.order.push_back(user);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// A contact or a block came or went between two users.
    pub fn relate(&self, user: UserHandle, other: UserHandle) {
        let mut waiting = self.waiting.lock();
        if waiting.pairs.len() < WAITING_MAX {
            waiting.pairs.push_back((user, other));
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// The next change.
    pub async fn next(&self) -> PresenceChange {
        loop {
            let more = self.more.notified();
            {
                let mut waiting = self.waiting.lock();
                if let Some((user, other)) = waiting.pairs.pop_front() {
                    return PresenceChange::Related(user, other);
                }
                while let Some(user) = waiting.order.pop_front() {
                    match waiting.users.remove(&user) {
                        Some(true) => return PresenceChange::Said(user),
                        Some(false) => return PresenceChange::Came(user),
                        None => {}
                    }
                }
            }
            more.await;
        }
    }
}
