//! What the state machine tells: events, replies and verdicts.

use crate::model::{
    Answer, ConversationId, Cursor, EndReason, Entry, Key, Name, Outcome, PresenceOf, Profile, PushedData, PushedKind,
    Refusal, UserId,
};
use std::sync::Arc;

/// How the client stands to its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// An attempt to connect is under way.
    Connecting,
    /// Logged in; what happened meanwhile is being fetched.
    Online,
    /// Everything that the server has is here.
    Synced,
    /// No connection; the next attempt comes by itself.
    Offline {
        /// What happened, in words.
        reason: String,
        /// When the next attempt comes.
        retry_in_ms: u64,
    },
    /// No connection, and none will come.
    Over,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection changed.
    Link(Link),
    /// An entry was added to a conversation or replaced by a newer version of itself.
    Entry {
        /// Where.
        conversation: ConversationId,
        /// The entry as it is now.
        entry: Arc<Entry>,
        /// Replaced, not added.
        rewritten: bool,
    },
    /// Title, members or this user's own side of a conversation changed.
    Conversation(ConversationId),
    /// Members have received or read more.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Who, and up to where.
        moved: Vec<Cursor>,
    },
    /// Somebody is typing or has stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// Typing or not.
        active: bool,
    },
    /// Whether somebody is there.
    Presence(PresenceOf),
    /// A contact changed their profile.
    User(Profile),
    /// A piece of what an assistant is writing.
    Draft {
        /// Where.
        conversation: ConversationId,
        /// The assistant.
        author: UserId,
        /// Which draft.
        draft: u64,
        /// Where `text` belongs, in bytes.
        offset: u32,
        /// The piece.
        text: String,
        /// Whether the draft is complete.
        done: bool,
    },
    /// An event of the app's own, told by its backend. It is not kept: what comes while there is no connection is lost.
    Pushed {
        /// What kind of event.
        kind: PushedKind,
        /// What it carries.
        data: PushedData,
    },
    /// A command of the outbox is done.
    Done {
        /// Its key.
        key: Key,
        /// What it gave.
        outcome: Outcome,
    },
    /// A command of the outbox was refused. With the code `key_expired` it may be sent again under a new key.
    Refused {
        /// Its key.
        key: Key,
        /// Why.
        refusal: Refusal,
    },
    /// Everything that the server was known to have is here now, and every event of it came before this one.
    CaughtUp,
    /// The server's data is another one: the local copy was dropped and is fetched anew.
    Reset,
    /// The session is over.
    Kicked {
        /// Why.
        reason: EndReason,
        /// The device that caused it.
        by: Option<Name>,
    },
    /// The server does not let this client in.
    Fatal(Refusal),
    /// Events were dropped because nobody took them; look at the local copy.
    Missed,
}

/// The answer to something that a caller asked for.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`State::submit`].
    Outcome(Key, Result<Outcome, Refusal>),
    /// To [`State::query`].
    Answer(u64, Result<Answer, Refusal>),
    /// To [`State::load_older`]: how many entries were added.
    Older(u64, Result<usize, Refusal>),
}

/// What is to happen with the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Close it and come back, not before this many milliseconds have passed.
    Reconnect {
        /// Why, in words.
        reason: String,
        /// The shortest wait.
        after_ms: u64,
    },
    /// The token or password is not accepted (any more).
    LogIn(Refusal),
    /// Close it and do not come back.
    Over,
}

/// Something cannot be taken on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more requests are waiting for the server than this client keeps; wait for some of them")]
pub struct Full;
