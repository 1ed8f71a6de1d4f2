//! Chats: opened and closed, drafts, marks, typing and presence.

use super::{Action, Model, Pane};
use crate::cli::chat::{transcript, view};
use crate::model::{Command, ConversationId, UserId};
use compact_str::CompactString;
use std::collections::BTreeMap;

/// Own typing is said again after this time, in milliseconds.
const TYPING_SAID_MS: u64 = 3_000;
/// Users whose presence is watched at once; the protocol's limit.
const WATCHED_MAX: usize = 100;
/// How long the server tells presence, in seconds …
const WATCH_SECONDS: u32 = 3_600;
/// … and when it is asked again, in milliseconds.
const WATCH_AGAIN_MS: u64 = 3_000_000;

impl Model {
    /// Opens a conversation; keeps what was being written in the one before.
    pub(super) fn open_chat(&mut self, id: ConversationId, actions: &mut Vec<Action>) {
        self.pane = Pane::Chat;
        self.selected = Some(id);
        self.panel = None;
        if self.open == Some(id) {
            return;
        }
        self.stop_typing(actions);
        self.keep_draft();
        self.editor = self.drafts.remove(&id).unwrap_or_default();
        self.open = Some(id);
        self.scroll = 0;
        self.read_told.remove(&id);
        self.enough = None;
        self.mark_fresh();
        actions.push(Action::Look);
    }

    pub(super) fn close_chat(&mut self, actions: &mut Vec<Action>) {
        self.stop_typing(actions);
        self.keep_draft();
        self.open = None;
        self.pane = Pane::List;
        self.scroll = 0;
        actions.push(Action::Look);
    }

    fn keep_draft(&mut self) {
        let written = std::mem::take(&mut self.editor);
        if let Some(id) = self.open
            && !written.is_empty()
        {
            self.drafts.insert(id, written);
        }
    }

    /// Remembers what is unread now, for the line above it.
    pub(super) fn mark_fresh(&mut self) {
        self.fresh_from =
            self.chat().filter(|chat| chat.about.inbox.unread > 0).map(|chat| chat.about.inbox.read.next());
    }

    /// Goes `by` conversations down the list (up when it is negative), around at its ends.
    pub(super) fn step(&mut self, by: isize, actions: &mut Vec<Action>) {
        let chats = &self.picture.chats;
        let only_select = self.is_narrow() && self.pane == Pane::List;
        let from = if only_select { self.selected } else { self.open };
        let at = chats.iter().position(|chat| Some(chat.about.id) == from);
        let count = chats.len().cast_signed();
        let to = match at {
            _ if count == 0 => return,
            Some(at) => (at.cast_signed() + by).rem_euclid(count),
            None if by < 0 => count - 1,
            None => 0,
        };
        let id = chats[to.cast_unsigned()].about.id;
        if only_select {
            self.selected = Some(id);
        } else {
            self.open_chat(id, actions);
        }
    }

    pub(super) fn tell_read(&mut self, actions: &mut Vec<Action>) {
        if !self.focused || !self.shows_chat() || self.panel.is_some() || self.scroll > 0 {
            return;
        }
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let Some(chat) = &opened.chat else { return };
        let (inbox, head) = (&chat.about.inbox, opened.head);
        if (head > inbox.read || inbox.marked_unread) && self.read_told.get(&opened.id) != Some(&head) {
            actions.push(Action::Read(opened.id, head));
            self.read_told.insert(opened.id, head);
        }
    }

    pub(super) fn tell_typing(&mut self, actions: &mut Vec<Action>) {
        let Some(id) = self.open.filter(|_| self.is_online()) else { return };
        let text = self.editor.text();
        if text.is_empty() || (text.starts_with('/') && !text.starts_with("//")) {
            self.stop_typing(actions);
        } else if self.typing_told.is_none_or(|(told, at)| told != id || self.now.since_ms(at) >= TYPING_SAID_MS) {
            self.typing_told = Some((id, self.now));
            actions.push(Action::Typing(id, true));
        }
    }

    pub(super) fn stop_typing(&mut self, actions: &mut Vec<Action>) {
        if let Some((id, _)) = self.typing_told.take() {
            actions.push(Action::Typing(id, false));
        }
    }

    /// Watches whoever stands at the top of the list.
    pub(super) fn watch(&mut self, actions: &mut Vec<Action>) {
        let open = self.chat().and_then(|chat| chat.about.peer.as_ref());
        let listed = self.picture.chats.iter().filter_map(|chat| chat.about.peer.as_ref());
        let mut users: BTreeMap<CompactString, &UserId> = BTreeMap::new();
        for user in open.into_iter().chain(listed).filter(|user| !self.picture.is_me(user)) {
            if users.len() >= WATCHED_MAX {
                break;
            }
            users.insert(user.folded(), user);
        }
        let stale = self.watched.as_ref().is_none_or(|(watched, since)| {
            self.now.since_ms(*since) >= WATCH_AGAIN_MS || users.keys().any(|user| !watched.contains(user))
        });
        if stale && !users.is_empty() && self.is_online() {
            actions.push(Action::Watch(users.values().map(|user| (*user).clone()).collect(), WATCH_SECONDS));
            self.watched = Some((users.into_keys().collect(), self.now));
        }
    }

    /// Loads what fits on the screen besides what is there.
    pub(super) fn fill(&mut self, actions: &mut Vec<Action>) {
        let Some(opened) = self.picture.opened.as_ref().filter(|opened| Some(opened.id) == self.open) else { return };
        let (id, height) = (opened.id, usize::from(view::transcript_size(self).1));
        let wanted = opened.has_older && self.loading.is_none() && self.enough != Some(id);
        if wanted && self.is_online() && transcript::tail(self, height).len() < height {
            self.loading = Some(id);
            actions.push(Action::LoadOlder(id));
        }
    }

    /// Whoever asks for a conversation that is hidden wants it back.
    pub(super) fn bring_back(&mut self, actions: &mut Vec<Action>) {
        let Some(conversation) = self.wanted.filter(|id| self.open == Some(*id)) else { return };
        let Some(hidden) = self.chat().map(|chat| chat.about.inbox.hidden) else { return };
        self.wanted = None;
        if hidden {
            self.other(Command::Hide { conversation, hidden: false }, "", actions);
        }
    }
}
