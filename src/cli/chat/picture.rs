//! What the screen needs of the local copy, taken in one look, so that nothing is drawn under the client's lock.

use crate::client::Local;
use crate::client::state::State;
use crate::model::{Body, Command, Conversation, ConversationId, ConversationKind, Entry, Key, Seq, Target, UserId};
use std::sync::Arc;

/// A copy of what is shown.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Who this is, once logged in.
    pub me: Option<UserId>,
    /// The conversations of the list, in its order.
    pub chats: Vec<Chat>,
    /// The conversation that is open.
    pub opened: Option<Opened>,
    /// What waits in the outbox for its outcome, oldest first.
    pub pending: Vec<(Key, Command)>,
}

/// A conversation as the list shows it.
#[derive(Clone, Debug)]
pub struct Chat {
    /// What it is; without entries.
    pub about: Conversation,
    /// Its newest entry that is worth a line.
    pub newest: Option<Arc<Entry>>,
}

/// The conversation that is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it is, once that is known.
    pub chat: Option<Chat>,
    /// Which.
    pub id: ConversationId,
    /// Its entries that are here: without gaps, oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// The newest one.
    pub head: Seq,
    /// Whether the server has older ones.
    pub has_older: bool,
}

impl Picture {
    /// Takes a copy, with the entries of the conversation `open`.
    pub fn take(state: &State, open: Option<ConversationId>) -> Self {
        let replica = state.replica();
        Self {
            me: replica.me().cloned(),
            chats: replica.listed().into_iter().filter_map(Chat::of).collect(),
            opened: open.and_then(|id| replica.get(id)).map(|local| Opened {
                chat: Chat::of(local),
                id: local.id(),
                entries: local.entries().cloned().collect(),
                head: local.head(),
                has_older: local.has_older(),
            }),
            pending: state.pending().map(|(key, command)| (key, command.clone())).collect(),
        }
    }

    /// Whether `user` is the one who sits here.
    pub fn is_me(&self, user: &UserId) -> bool {
        self.me.as_ref().is_some_and(|me| same(me, user))
    }

    /// What is known of a conversation.
    pub fn chat(&self, id: ConversationId) -> Option<&Chat> {
        let opened = self.opened.as_ref().filter(|opened| opened.id == id);
        opened.and_then(|opened| opened.chat.as_ref()).or_else(|| self.chats.iter().find(|chat| chat.about.id == id))
    }

    /// The direct chat with `peer`, if it is in the list.
    pub fn direct_with(&self, peer: &UserId) -> Option<&Chat> {
        self.chats.iter().find(|chat| chat.about.peer.as_ref().is_some_and(|user| same(user, peer)))
    }

    /// Messages to the open conversation that are not decided yet.
    pub fn waiting(&self) -> impl Iterator<Item = (Key, &Command)> {
        let opened = self.opened.as_ref().map(|opened| opened.id);
        self.pending
            .iter()
            .filter(move |(_, command)| sent_to(command).is_some_and(|id| Some(id) == opened))
            .map(|(key, command)| (*key, command))
    }
}

impl Chat {
    fn of(local: &Local) -> Option<Self> {
        let about = local.about()?.clone();
        Some(Self { about, newest: local.entries().rev().find(|entry| is_shown(&entry.body)).cloned() })
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match (&self.about.kind, &self.about.title, &self.about.peer) {
            (ConversationKind::Direct, _, Some(peer)) => peer.to_string(),
            (_, Some(title), _) => super::text::one_line(title.as_str()),
            (_, None, _) => format!("conversation {}", self.about.id),
        }
    }

    /// Whether it counts as unread.
    pub const fn is_unread(&self) -> bool {
        self.about.inbox.unread > 0 || self.about.inbox.marked_unread
    }
}

/// Where a message in the outbox goes. Everything written here goes to a conversation that is known.
fn sent_to(command: &Command) -> Option<ConversationId> {
    match command {
        Command::Send { to: Target::Conversation(id), .. } => Some(*id),
        _ => None,
    }
}

/// Whether an entry has a place of its own on the screen. What a rewrite did shows on the entry that it rewrote.
pub const fn is_shown(body: &Body) -> bool {
    body.target().is_none()
}

/// User ids compare without regard to case.
pub fn same(a: &UserId, b: &UserId) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}
