//! Who is there. Presence is per user, folded over their devices; whoever is to be told is told once per real change.
//!
//! The registry reports only that something about a user may have changed; the gateway's presence task takes users from here,
//! compares with what was told, and tells. A user who came and went in between costs nothing.

use super::hash::IdHasher;
use crate::model::{Timestamp, UserHandle, UserId};
use lru::LruCache;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::hash::BuildHasherDefault;
use std::num::NonZeroUsize;
use tokio::sync::Notify;

/// Users whose presence waits to be told; more are told when they change the next time.
const WAITING_MAX: usize = 64 * 1024;
/// Users whose last presence is remembered after they have gone.
const LAST_SEEN_MAX: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();

type Map<V> = std::collections::HashMap<UserHandle, V, BuildHasherDefault<IdHasher>>;

/// Users whose presence may have changed, each once.
#[derive(Debug)]
pub(super) struct Changes {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug)]
struct Waiting {
    order: VecDeque<UserHandle>,
    users: Map<UserId>,
    last_seen: LruCache<UserHandle, Timestamp, BuildHasherDefault<IdHasher>>,
}

impl Changes {
    pub fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                order: VecDeque::new(),
                users: Map::default(),
                last_seen: LruCache::with_hasher(LAST_SEEN_MAX, BuildHasherDefault::default()),
            }),
            more: Notify::new(),
        }
    }

    /// A user came (`gone` is `None`) or went.
    pub fn note(&self, user: UserHandle, id: &UserId, gone: Option<Timestamp>) {
        let mut waiting = self.waiting.lock();
        if let Some(at) = gone {
            waiting.last_seen.put(user, at);
        }
        if waiting.users.len() < WAITING_MAX && waiting.users.insert(user, id.clone()).is_none() {
            waiting.order.push_back(user);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// The next user whose presence may have changed.
    pub async fn next(&self) -> (UserHandle, UserId) {
        loop {
            let more = self.more.notified();
            {
                let mut waiting = self.waiting.lock();
                while let Some(user) = waiting.order.pop_front() {
                    if let Some(id) = waiting.users.remove(&user) {
                        return (user, id);
                    }
                }
            }
            more.await;
        }
    }

    pub fn last_seen(&self, user: UserHandle) -> Option<Timestamp> {
        self.waiting.lock().last_seen.peek(&user).copied()
    }
}
