//! What changes the local copy: snapshots, entries, and the user's own side.

use super::events::Event;
use super::sending::note;
use super::{Moment, STALE_WAIT_MS, State};
use crate::client::replica::{Change, Missing};
use crate::model::{Conversation, ConversationId, Entry, Inbox, Lsn, Seq};
use std::sync::Arc;

impl State {
    pub(super) fn snapshot(&mut self, now: Moment, conversation: Conversation, as_of: Lsn) {
        let Some(backlog) = self.options.follow else { return };
        let (id, inbox_read) = (conversation.id, conversation.inbox.read);
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        let local = self.replica.get_or_insert(id);
        local.snapshot(me.as_ref(), conversation, as_of, backlog, self.options.entries_kept, &mut changes);
        let wanted = local.read_wanted();
        if wanted > inbox_read {
            note(&mut self.read, id, wanted, 1, now.ms);
        }
        self.events.push_back(Event::Conversation(id));
        self.changed(now, id, changes);
    }

    pub(super) fn entry(&mut self, now: Moment, conversation: ConversationId, entry: Arc<Entry>) {
        let me = self.replica.me().cloned();
        let mut changes = Vec::new();
        self.replica.get_or_insert(conversation).offer(me.as_ref(), entry, &mut changes);
        self.changed(now, conversation, changes);
    }

    /// Tells what changed in a conversation and notes what is missing there now.
    pub(super) fn changed(&mut self, now: Moment, id: ConversationId, changes: Vec<Change>) {
        let Some(local) = self.replica.get_mut(id) else { return };
        let mut received = None;
        for change in changes {
            let (entry, rewritten) = match change {
                Change::Appended(entry) => (entry, false),
                Change::Rewritten(entry) => (entry, true),
            };
            if !rewritten && local.is_direct() && self.options.tell_delivered {
                received = Some((entry.seq, received.map_or(1, |(_, entries)| entries + 1)));
            }
            self.events.push_back(Event::Entry { conversation: id, entry, rewritten });
        }
        let wait_ms = match local.missing() {
            None => None,
            Some(Missing::Conversation | Missing::Hole { .. }) => Some(0),
            Some(Missing::Stale { .. }) => Some(STALE_WAIT_MS),
        };
        match wait_ms {
            None => {
                self.needs.remove(&id);
            }
            Some(wait_ms) if !self.fetching.contains(&id) => {
                let at = self.needs.entry(id).or_insert(now.ms + wait_ms);
                *at = (*at).min(now.ms + wait_ms);
            }
            Some(_) => {}
        }
        if let Some((seq, entries)) = received
            && self.is_news(id, seq)
        {
            note(&mut self.delivered, id, seq, entries, now.ms);
        }
    }

    /// Whether the server does not know yet that entry `seq` was delivered to this user.
    fn is_news(&self, id: ConversationId, seq: Seq) -> bool {
        let Some(local) = self.replica.get(id) else { return false };
        let from_others = local.entry(seq).is_some_and(|entry| !self.replica.is_me(&entry.author));
        let known = local.about().and_then(|about| {
            about.cursors.iter().find(|cursor| self.replica.is_me(&cursor.user)).and_then(|cursor| cursor.delivered)
        });
        from_others && known.is_none_or(|known| known < seq)
    }

    pub(super) fn inbox(&mut self, now: Moment, inbox: Inbox) {
        if self.options.follow.is_none() {
            return;
        }
        let (id, lsn) = (inbox.conversation, inbox.lsn);
        let me = self.replica.me().cloned();
        self.replica.get_or_insert(id).take_inbox(me.as_ref(), inbox);
        self.events.push_back(Event::Conversation(id));
        self.changed(now, id, Vec::new());
        self.move_cursor(lsn);
    }
}
