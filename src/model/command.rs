//! Commands: everything that changes state is one. [`Command`] is what a person asks for, the same from the socket, REST and the
//! command line. [`SystemCommand`] is what the server or its operator asks for; no client can express one.

use super::growing::{Unreadable, growing};
use super::{
    AppId, AppSettings, Content, ConversationId, Device, Emoji, Epoch, Name, PasswordHash, Seq, SessionId, Timestamp,
    TokenHash, UserFlags, UserHandle, UserId,
};
use serde::{Deserialize, Serialize};

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The direct chat with this user; made when it is not there yet.
    User(UserId),
    /// A conversation the sender belongs to.
    Conversation(ConversationId),
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Command {
    /// Send a message. Result: `appended`. From a device it also moves the sender's `read` up to itself.
    Send {
        /// Where to.
        to: Target,
        /// What.
        content: Content,
    },
    /// Replace the words of an own text, within the app's edit window. Result: `appended` (the notice).
    Edit {
        /// Where it is.
        conversation: ConversationId,
        /// The text to edit.
        seq: Seq,
        /// The new words.
        text: String,
    },
    /// Take back a message: an own one within the app's recall window; in groups the owner anyone's, a manager a member's.
    /// Result: `appended` (the notice).
    Recall {
        /// Where it is.
        conversation: ConversationId,
        /// The message.
        seq: Seq,
    },
    /// Put a reaction on a message or take it away; asking for what is already so changes nothing. Result: `appended` or `done`.
    React {
        /// Where it is.
        conversation: ConversationId,
        /// The message.
        seq: Seq,
        /// The reaction.
        emoji: Emoji,
        /// Put there or taken away.
        on: bool,
    },
    /// Have a direct chat with a user without sending anything yet. Result: `conversation`.
    OpenDirect {
        /// The other one.
        user: UserId,
    },
    /// Create a group, with the caller as owner. Result: `conversation`.
    CreateGroup {
        /// Its title.
        title: Name,
        /// Its first members besides the caller.
        #[serde(deserialize_with = "super::list::read")]
        members: Vec<UserId>,
    },
    /// Add users to a group; those who are in it already are passed over. Result: `appended` or `done`.
    AddMembers {
        /// The group.
        conversation: ConversationId,
        /// Who joins, at most [`super::limits::MEMBERS_PER_COMMAND_MAX`].
        #[serde(deserialize_with = "super::list::read")]
        users: Vec<UserId>,
    },
    /// Remove a member: the owner anyone, a manager members. Result: `appended`.
    RemoveMember {
        /// The group.
        conversation: ConversationId,
        /// Who goes.
        user: UserId,
    },
    /// Leave a group. The owner cannot, unless alone. Result: `appended`.
    Leave {
        /// The group.
        conversation: ConversationId,
    },
    /// Give a group another title. Result: `appended`.
    Rename {
        /// The group.
        conversation: ConversationId,
        /// The new title.
        title: Name,
    },
    /// Keep a conversation at the top of the caller's list, or not. Result: `done`.
    Pin {
        /// The conversation.
        conversation: ConversationId,
        /// At the top or not.
        pinned: bool,
    },
    /// Silence a conversation for the caller. Result: `done`.
    Mute {
        /// The conversation.
        conversation: ConversationId,
        /// Until when; a time far away is for ever; none ends the silence.
        until: Option<Timestamp>,
    },
    /// Take a conversation out of the caller's list until its next message. Result: `done`.
    Hide {
        /// The conversation.
        conversation: ConversationId,
        /// Out of the list or back.
        hidden: bool,
    },
    /// Show a conversation as unread until it is read again. Result: `done`.
    MarkUnread {
        /// The conversation.
        conversation: ConversationId,
    },
    /// End one of the caller's sessions. Result: `done`.
    EndSession {
        /// The session, as `sessions` lists it.
        session: SessionId,
    },
    /// End the caller's own session. Result: `done`; then the connection is closed.
    LogOut {},
    /// A command that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Command);

/// What the server itself or its operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemCommand {
    /// The first command of every log: draws the epoch and creates the app `home`.
    Found {
        /// The epoch of this data.
        epoch: Epoch,
        /// Settings of the app `home`.
        settings: AppSettings,
    },
    /// Create an app. Result: `app`.
    CreateApp {
        /// Its name, unique on this server.
        name: Name,
        /// Its settings.
        settings: AppSettings,
    },
    /// Replace the settings of an app. Result: `done`.
    SetApp {
        /// The app.
        app: AppId,
        /// All settings.
        settings: AppSettings,
    },
    /// Create a user. Result: `user`.
    AddUser {
        /// In which app.
        app: AppId,
        /// Their id.
        id: UserId,
        /// Their display name; the id when absent.
        name: Option<Name>,
        /// The hash of their password; without one they cannot log in with a password.
        password: Option<PasswordHash>,
        /// Whether they are an administrator (app `home` only).
        administrator: bool,
    },
    /// Set a password. All sessions of the user end. Result: `done`.
    SetPassword {
        /// Whose.
        user: UserHandle,
        /// The hash of the new password.
        password: PasswordHash,
    },
    /// Set the flags of a user. `suspended` ends all sessions. Result: `done`.
    SetFlags {
        /// Whose.
        user: UserHandle,
        /// All flags.
        flags: UserFlags,
    },
    /// Make a user an administrator or end that. Result: `done`.
    SetAdministrator {
        /// Who.
        user: UserHandle,
        /// Make or end.
        administrator: bool,
    },
    /// Open a session. Sessions that the app's login policy does not allow beside it end. Result: `session`.
    LogIn {
        /// Whose.
        user: UserHandle,
        /// The version of the credential that was checked; refused when it has changed since.
        credential: u32,
        /// On which device.
        device: Device,
        /// The hash of the token that the device gets.
        token: TokenHash,
        /// Where it came from, for the list of sessions.
        address: String,
    },
    /// Note that a session was used, so that it does not count as idle. Sent at most once a day. Result: `done`.
    TouchSession {
        /// The session.
        session: SessionId,
    },
    /// End every session of a user. Result: `done`.
    EndSessions {
        /// Whose.
        user: UserHandle,
    },
    /// Cursor moves of many users, merged. Moves that are not allowed (not a member, beyond the head, backwards) are passed over.
    /// Result: `done`.
    Cursors {
        /// At most [`super::limits::CURSOR_MOVES_MAX`].
        moves: Vec<CursorMove>,
    },
}

/// One user's cursors in one conversation moving forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Who.
    pub user: UserHandle,
    /// Through which session; none when the server itself says so of a message they sent.
    pub session: Option<SessionId>,
    /// Where.
    pub conversation: ConversationId,
    /// A device has everything up to here.
    pub delivered: Option<Seq>,
    /// Everything up to here is read.
    pub read: Option<Seq>,
}

/// Either kind of command, as the queue carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyCommand {
    /// A person's.
    User(Command),
    /// The server's or operator's.
    System(SystemCommand),
}

impl From<Command> for AnyCommand {
    fn from(command: Command) -> Self {
        Self::User(command)
    }
}
impl From<SystemCommand> for AnyCommand {
    fn from(command: SystemCommand) -> Self {
        Self::System(command)
    }
}

/// What an accepted command gave back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum CommandResult {
    /// It is so now (or was so already).
    Done {},
    /// An entry was appended.
    Appended {
        /// Where.
        conversation: ConversationId,
        /// Its seq.
        seq: Seq,
        /// Its ordinal.
        ordinal: super::Ordinal,
        /// When.
        at: Timestamp,
    },
    /// A conversation is there; query it for the rest.
    Conversation {
        /// Its id.
        conversation: ConversationId,
    },
    /// An app was created.
    App {
        /// Its id.
        app: AppId,
    },
    /// A user was created.
    User {
        /// Their handle.
        user: UserHandle,
    },
    /// A session was opened.
    Session {
        /// Its id.
        session: SessionId,
    },
    /// A result that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(CommandResult);

/// The answer to an accepted command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its place in the one order.
    pub lsn: super::Lsn,
    /// True when the same key came before; `result` and `lsn` are then those of the first time.
    pub duplicate: bool,
    /// What it gave.
    pub result: CommandResult,
}
