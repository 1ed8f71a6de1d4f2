//! The frames: what a client and a server say to each other. One enum a direction; variants are only ever appended.

use crate::model::{
    Answer, AppId, Code, Command, CommandResult, Conversation, ConversationId, Cursor, Device, EndReason, Entry, Epoch,
    Inbox, Key, Lsn, Name, PresenceOf, Profile, PushedData, PushedKind, Query, Secret, Seq, SessionId, Timestamp,
    UserId,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame: who this is. Answered by `welcome` or a fatal `refused`.
    Hello(Hello),
    /// Ask for a change. Answered by `outcome` or `refused` with the same `request`.
    Submit {
        /// The client's number for this request.
        request: u32,
        /// The idempotency key.
        key: Key,
        /// What is asked for.
        command: Command,
    },
    /// Ask to read. Answered by `answer` or `refused` with the same `request`.
    Query {
        /// The client's number for this request.
        request: u32,
        /// What is asked for.
        query: Query,
    },
    /// Ask what has changed. Answered by one `changes` page, or `restart`.
    Sync(Sync),
    /// This device has everything up to `seq`. No answer.
    Delivered {
        /// Where.
        conversation: ConversationId,
        /// Up to here.
        seq: Seq,
    },
    /// The user has read everything up to `seq`. No answer.
    Read {
        /// Where.
        conversation: ConversationId,
        /// Up to here.
        seq: Seq,
    },
    /// The user is typing, or has stopped. No answer.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Typing or not.
        active: bool,
    },
    /// Tell the presence of these users, now and on change. Answered by `presence` frames.
    Watch {
        /// Whom (1–100).
        #[serde(deserialize_with = "crate::model::list::read")]
        users: Vec<UserId>,
        /// For how long (0: only now; at most 3,600).
        seconds: u32,
    },
    /// Are you there? Answered by `pong`.
    Ping {
        /// Comes back in the `pong`.
        nonce: u32,
    },
}

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// How the client proves who it is.
    pub auth: Auth,
    /// The device it runs on.
    pub device: Device,
    /// Where the device stopped last time; counts as the first `sync`, with request 0.
    pub resume: Option<Resume>,
    /// Name and version of the client software, for the operator.
    pub client: String,
}

/// How a client proves who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// The session token of an earlier `welcome`.
    Token(Secret),
    /// A JWT signed by an app's own backend.
    Signed(Secret),
    /// A user's password. Opens a session; `welcome` carries its token.
    Password {
        /// The app; 1 is the server's own.
        app: AppId,
        /// The user.
        user: UserId,
        /// The password.
        password: Secret,
    },
    /// WebSocket only: the session cookie of the upgrade request.
    Cookie {},
}

/// Where a device stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resume {
    /// The epoch of the data it has.
    pub epoch: Epoch,
    /// Everything with a lower lsn is processed.
    pub cursor: Lsn,
}

/// Ask what has changed since `cursor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sync {
    /// The client's number for this request.
    pub request: u32,
    /// The epoch of the data the client has.
    pub epoch: Epoch,
    /// Everything with a lower lsn is processed; 0 for everything there is.
    pub cursor: Lsn,
    /// Conversations in one page (1–100).
    pub limit: u32,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// The client is in.
    Welcome(Box<Welcome>),
    /// A command was accepted and is durable.
    Outcome {
        /// The client's number.
        request: u32,
        /// The command's place in the one order.
        lsn: Lsn,
        /// The same key came before; this is the first outcome.
        duplicate: bool,
        /// What it gave.
        result: CommandResult,
    },
    /// No.
    Refused(Refused),
    /// The answer to a `query`.
    Answer {
        /// The client's number.
        request: u32,
        /// The answer.
        answer: Answer,
    },
    /// One page of what has changed.
    Changes(Changes),
    /// An entry was appended or rewritten.
    Entry {
        /// Where.
        conversation: ConversationId,
        /// The entry as it is now.
        #[schema(value_type = Entry)]
        entry: Arc<Entry>,
    },
    /// Cursors of members moved.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// The command's place in the one order.
        lsn: Lsn,
        /// Who moved, and where to.
        moved: Vec<Cursor>,
    },
    /// The user's own side of a conversation changed elsewhere.
    Inbox(Inbox),
    /// The profile of a contact, or the user's own, changed.
    User(Profile),
    /// How a user is.
    Presence(PresenceOf),
    /// Somebody is typing.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// Typing or not.
        active: bool,
    },
    /// A piece of an answer that an assistant is writing.
    Draft {
        /// Where.
        conversation: ConversationId,
        /// The assistant.
        author: UserId,
        /// Which draft: the seq of the question that is answered.
        draft: u64,
        /// Where `text` belongs, in bytes.
        offset: u32,
        /// The piece.
        text: String,
        /// Whether the draft is complete.
        done: bool,
    },
    /// Pushes were dropped because this connection was too slow: `sync` from your cursor.
    Lagging {},
    /// The server's data is another: drop the cache, keep the outbox, `sync` from 0.
    Restart {
        /// The epoch of the data.
        epoch: Epoch,
    },
    /// This session is over; the connection is closed.
    Kicked {
        /// Why.
        reason: EndReason,
        /// The device that caused it.
        by: Option<Name>,
    },
    /// The server is going away; the connection is closed.
    Closing {
        /// Why, in words.
        reason: String,
        /// Come back after so many milliseconds.
        retry_after_ms: u64,
    },
    /// Here I am.
    Pong {
        /// Of the `ping`.
        nonce: u32,
        /// The server's time.
        time: Timestamp,
    },
    /// An event of the app's own, told by its backend to those who are connected. Nothing of it is kept.
    Pushed {
        /// What kind of event.
        kind: PushedKind,
        /// What it carries.
        data: PushedData,
    },
}

/// The client is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Welcome {
    /// The protocol version: 1.
    pub protocol: u16,
    /// The server's name.
    pub server: String,
    /// The server's time.
    pub time: Timestamp,
    /// Which data this is.
    pub epoch: Epoch,
    /// A device without any data may start from here once it has synchronised.
    pub cursor: Lsn,
    /// The user's app.
    pub app: AppId,
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The session's token, sent once, when `hello` carried something else.
    pub token: Option<Secret>,
    /// What this connection may do.
    pub limits: Limits,
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Largest frame, in bytes.
    pub max_frame: u32,
    /// Submits in flight.
    pub window: u32,
    /// Submits per second, on average; 0: not limited.
    pub rate: u32,
}

/// No, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// The client's number, when it is about one request.
    pub request: Option<u32>,
    /// What kind of no.
    pub code: Code,
    /// A sentence for people.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
    /// Try again after so many milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The connection is closed after this.
    pub fatal: bool,
}

/// One page of what has changed for a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// The client's number (0 for `hello.resume`).
    pub request: u32,
    /// The conversations that changed, by lsn.
    pub conversations: Vec<Conversation>,
    /// Contacts whose profile changed.
    pub users: Vec<Profile>,
    /// Everything with a lower lsn is processed once this page is.
    pub cursor: Lsn,
    /// Ask for another page.
    pub more: bool,
    /// As of this lsn.
    pub as_of: Lsn,
}
