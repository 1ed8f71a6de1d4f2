//! Who belongs to a conversation, kept for fan-out.

use super::hash::IdHasher;
use crate::model::{ConversationId, Seq, UserHandle};
use lru::LruCache;
use parking_lot::Mutex;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

/// A member and the entries they may see: those with `from` < seq ≤ `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Who.
    pub user: UserHandle,
    /// They see what is above this.
    pub from: Seq,
    /// And nothing above this, when they have left.
    pub until: Option<Seq>,
}

impl Window {
    /// Whether the window holds an entry.
    pub fn holds(&self, seq: Seq) -> bool {
        seq > self.from && self.until.is_none_or(|until| seq <= until)
    }
}

/// Everybody who is or was in a conversation, by user.
pub type Windows = Arc<[Window]>;

/// The members of the conversations that were written to last.
#[derive(Debug)]
pub(super) struct Members(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    conversations: LruCache<ConversationId, Windows, BuildHasherDefault<IdHasher>>,
    /// Windows in all of them.
    windows: usize,
    windows_max: usize,
    /// How often something was forgotten because it changed.
    changes: u64,
}

impl Members {
    pub fn new(windows_max: usize) -> Self {
        Self(Mutex::new(Kept {
            conversations: LruCache::unbounded_with_hasher(BuildHasherDefault::default()),
            windows: 0,
            windows_max,
            changes: 0,
        }))
    }

    /// The members of a conversation; what is not kept is loaded. `load` sees a state at least as new as every change that was
    /// forgotten before the call.
    pub fn get(
        &self,
        conversation: ConversationId,
        load: impl FnOnce(ConversationId) -> Option<Vec<Window>>,
    ) -> Option<Windows> {
        let changes = {
            let mut kept = self.0.lock();
            if let Some(windows) = kept.conversations.get(&conversation) {
                return Some(Arc::clone(windows));
            }
            kept.changes
        };
        let mut windows = load(conversation)?;
        windows.sort_unstable_by_key(|window| window.user);
        let windows: Windows = windows.into();
        let mut kept = self.0.lock();
        // What was loaded before a change that was told meanwhile must not stay.
        if kept.changes == changes {
            kept.put(conversation, Arc::clone(&windows));
        }
        Some(windows)
    }

    /// The members of a conversation have changed.
    pub fn forget(&self, conversation: ConversationId) {
        let mut kept = self.0.lock();
        kept.changes += 1;
        if let Some(windows) = kept.conversations.pop(&conversation) {
            kept.windows -= windows.len();
        }
    }
}

impl Kept {
    fn put(&mut self, conversation: ConversationId, windows: Windows) {
        // An empty conversation counts too: it takes a place in the table.
        self.windows += windows.len();
        if let Some(old) = self.conversations.put(conversation, windows) {
            self.windows -= old.len();
        }
        while (self.windows > self.windows_max || self.conversations.len() > self.windows_max)
            && let Some((_, windows)) = self.conversations.pop_lru()
        {
            self.windows -= windows.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(users: std::ops::Range<u64>) -> Vec<Window> {
        users.map(|user| Window { user: UserHandle(user), from: Seq(0), until: None }).collect()
    }

    #[test]
    fn a_window_holds_what_is_above_from_and_not_above_until() {
        let window = Window { user: UserHandle(1), from: Seq(3), until: Some(Seq(5)) };
        let held: Vec<u64> = (0..10).filter(|seq| window.holds(Seq(*seq))).collect();
        assert_eq!(held, [4, 5]);
    }

    #[test]
    fn members_are_loaded_once_until_they_change_and_no_more_are_kept_than_allowed() {
        let members = Members::new(10);
        let loads = std::cell::Cell::new(0);
        let get = |id: u64| {
            members.get(ConversationId(id), |_| {
                loads.set(loads.get() + 1);
                Some(windows(0..4))
            })
        };
        assert_eq!(get(1).unwrap().len(), 4);
        assert_eq!(get(1).unwrap().len(), 4);
        assert_eq!(loads.get(), 1);
        members.forget(ConversationId(1));
        get(1);
        assert_eq!(loads.get(), 2);
        get(2);
        get(1);
        get(3);
        assert_eq!(loads.get(), 4);
        get(1);
        assert_eq!(loads.get(), 4, "used last but one, so still there");
        get(2);
        assert_eq!(loads.get(), 5, "longest unused, so gone");
        assert_eq!(members.0.lock().windows, 8);
    }

    #[test]
    fn what_changed_while_it_was_loaded_is_not_kept() {
        let members = Members::new(10);
        members.get(ConversationId(1), |id| {
            members.forget(id);
            Some(windows(0..1))
        });
        let again = members.get(ConversationId(1), |_| Some(windows(0..2)));
        assert_eq!(again.unwrap().len(), 2);
        assert!(members.get(ConversationId(2), |_| None).is_none());
    }
}
