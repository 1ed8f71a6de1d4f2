//! Commands: everything that changes state is one. [`Command`] is what a person asks for, the same from the socket, REST and the
//! command line. [`super::SystemCommand`] is what the server, its operator or an administrator asks for; no frame can express one.

use super::growing::{Unreadable, growing};
use super::{
    AppId, BotCommand, ButtonId, ButtonRow, Card, Content, ConversationId, Emoji, Extra, GroupCard, GroupRules,
    InviteCode, LabelId, Line, Name, OwnPresence, PushSubscription, Seq, SessionId, SystemCommand, Timestamp,
    UserHandle, UserId, UserSettings,
};
use serde::{Deserialize, Serialize};

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The direct chat with this user; made when it is not there yet.
    User(UserId),
    /// A conversation the sender belongs to.
    Conversation(ConversationId),
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
        #[serde(default, deserialize_with = "super::list::read")]
        members: Vec<UserId>,
        /// Its rules.
        #[serde(default)]
        rules: GroupRules,
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
    /// Leave a group. The owner transfers it first, or dissolves it. Result: `appended`. A chat with an assistant is deleted by
    /// leaving it. Result: `done`.
    Leave {
        /// The group, or the chat with an assistant.
        conversation: ConversationId,
    },
    /// Give a group, or a chat with an assistant, another title. Result: `appended`.
    Rename {
        /// The group, or the chat with an assistant.
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
    /// Send a message that the caller can see to another place, with its origin. Result: `appended`.
    Forward {
        /// Where it is.
        from: ConversationId,
        /// The message.
        seq: Seq,
        /// Where to.
        to: Target,
    },
    /// Pin a message for all members, or take the pin away. Direct chats: both sides; groups: whom the rules name.
    /// Result: `appended` or `done`.
    PinEntry {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        seq: Seq,
        /// Pinned or not.
        on: bool,
    },
    /// Delete a conversation's history up to now for the caller alone. Result: `done`.
    ClearHistory {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Set the caller's name and card. Result: `done`.
    SetProfile {
        /// The display name.
        name: Name,
        /// The rest, replaced whole.
        card: Card,
    },
    /// Set the caller's settings. Result: `done`.
    SetSettings {
        /// All of them.
        settings: UserSettings,
    },
    /// Say how the caller is. Result: `done`.
    SetPresence {
        /// How; the default is simply online.
        presence: OwnPresence,
    },
    /// Ask a user to be a contact. Asking again while it is pending updates it. Result: `appended` (in the caller's feed) or `done`.
    RequestContact {
        /// Whom.
        user: UserId,
        /// What the caller says with it.
        #[serde(default)]
        greeting: Option<Line>,
        /// The caller's own name for them, once they are a contact.
        #[serde(default)]
        remark: Option<Name>,
        /// How the caller found them, in the client's words.
        #[serde(default)]
        source: Option<Line>,
    },
    /// Answer a pending contact request. Accepting twice changes nothing. Result: `appended` or `done`.
    AnswerContact {
        /// Who asked.
        user: UserId,
        /// Yes or no.
        accept: bool,
    },
    /// Set what the caller keeps with a contact. Result: `appended` or `done`.
    SetContact {
        /// Whom.
        user: UserId,
        /// The caller's own name for them.
        #[serde(default)]
        remark: Option<Name>,
        /// The labels they are under, at most [`super::limits::LABELS_PER_CONTACT_MAX`].
        #[serde(default, deserialize_with = "super::list::read")]
        labels: Vec<LabelId>,
        /// Whatever an integrator wants to keep.
        #[serde(default)]
        extra: Extra,
    },
    /// Delete contacts; the other sides keep their rows. Result: `appended` or `done`.
    DeleteContacts {
        /// Whom, at most [`super::limits::USERS_PER_COMMAND_MAX`].
        #[serde(deserialize_with = "super::list::read")]
        users: Vec<UserId>,
    },
    /// Delete all contacts, [`super::limits::USERS_PER_COMMAND_MAX`] at a time. Result: `removed`; ask again while there are more.
    DeleteAllContacts {},
    /// Block a user, or end that. Independent of being a contact; they are not told. Result: `appended` or `done`.
    Block {
        /// Whom.
        user: UserId,
        /// Blocked or not.
        on: bool,
    },
    /// Create a label for contacts. Result: `label`.
    CreateLabel {
        /// Its name, unique among the caller's.
        name: Name,
    },
    /// Give a label another name. Result: `appended` or `done`.
    RenameLabel {
        /// Which.
        label: LabelId,
        /// The new name.
        name: Name,
    },
    /// Delete a label; its contacts stay. Result: `appended`.
    DeleteLabel {
        /// Which.
        label: LabelId,
    },
    /// Put contacts under a label and take others away. Result: `appended` or `done`.
    LabelContacts {
        /// Which.
        label: LabelId,
        /// Whom to put under it.
        #[serde(default, deserialize_with = "super::list::read")]
        add: Vec<UserId>,
        /// Whom to take away; both lists together at most [`super::limits::USERS_PER_COMMAND_MAX`].
        #[serde(default, deserialize_with = "super::list::read")]
        remove: Vec<UserId>,
    },
    /// Set the rules of a group: its owner may. Result: `appended` or `done`.
    SetGroupRules {
        /// The group.
        conversation: ConversationId,
        /// All rules.
        rules: GroupRules,
    },
    /// Set what a group says of itself. Result: `appended` or `done`.
    SetGroupCard {
        /// The group.
        conversation: ConversationId,
        /// All of it.
        card: GroupCard,
    },
    /// Join a public group, or ask to. Result: `appended` (joined) or `done` (asked).
    Join {
        /// The group.
        conversation: ConversationId,
        /// What the caller says to those who approve.
        #[serde(default)]
        greeting: Option<Line>,
    },
    /// Join a group by the code of an invite link. Result: `appended`.
    JoinByCode {
        /// The code.
        code: InviteCode,
    },
    /// Answer somebody who asked to join. Result: `appended` or `done`.
    AnswerJoin {
        /// The group.
        conversation: ConversationId,
        /// Who asked.
        user: UserId,
        /// Yes or no.
        accept: bool,
    },
    /// Make an invite link into a group. Result: `appended`.
    CreateInvite {
        /// The group.
        conversation: ConversationId,
        /// Its secret part, drawn by the caller.
        code: InviteCode,
        /// When it ends.
        #[serde(default)]
        expires: Option<Timestamp>,
        /// How often it can be used.
        #[serde(default)]
        uses_max: Option<u32>,
    },
    /// Make an invite link useless. Result: `appended`.
    RevokeInvite {
        /// The group.
        conversation: ConversationId,
        /// The code.
        code: InviteCode,
    },
    /// Make a member a manager, or end that: the owner may. Result: `appended` or `done`.
    SetManager {
        /// The group.
        conversation: ConversationId,
        /// Whom.
        user: UserId,
        /// Manager or not.
        manager: bool,
    },
    /// Hand a group over: the owner may, and is a manager afterwards. Result: `appended`.
    Transfer {
        /// The group.
        conversation: ConversationId,
        /// To which member.
        user: UserId,
    },
    /// End a group for good: the owner may. It can only be read from then on. Result: `appended`.
    Dissolve {
        /// The group.
        conversation: ConversationId,
    },
    /// Let only the owner and managers speak, or everybody again. Result: `appended` or `done`.
    MuteGroup {
        /// The group.
        conversation: ConversationId,
        /// Muted or not.
        on: bool,
    },
    /// Silence a member for a time, or end that. Result: `appended` or `done`.
    SilenceMember {
        /// The group.
        conversation: ConversationId,
        /// Whom.
        user: UserId,
        /// Until when; none ends it.
        until: Option<Timestamp>,
    },
    /// Set a member's alias in a group: the caller's own, or as owner or manager another's. Result: `appended` or `done`.
    SetAlias {
        /// The group.
        conversation: ConversationId,
        /// Whose.
        user: UserId,
        /// The alias; none takes it away.
        alias: Option<Name>,
    },
    /// Say where the caller's device is reached while nothing of it is open (Web Push), for as long as its session lasts. Result: `done`.
    SetPush {
        /// Where; none: nowhere any more.
        subscription: Option<Box<PushSubscription>>,
    },
    /// Open a chat with an assistant. There can be any number, each with its own title. Result: `conversation`.
    OpenAssistant {
        /// The assistant.
        assistant: UserId,
        /// Its title; the first question gives it one when absent.
        #[serde(default)]
        title: Option<Name>,
    },
    /// Stop the answer that is being written (or the question that is next). What has come stays. In a chat with an assistant its
    /// user; in a group who asked, the owner and managers. Result: `done`.
    StopAnswer {
        /// Where.
        conversation: ConversationId,
    },
    /// Have an answer written again, in place of the one that is there. Whoever asked the question. Result: `done`.
    Regenerate {
        /// Where.
        conversation: ConversationId,
        /// The answer.
        seq: Seq,
    },
    /// Set the commands that the caller offers: a bot may. Result: `done`.
    SetCommands {
        /// All of them, at most [`super::limits::BOT_COMMANDS_MAX`].
        #[serde(deserialize_with = "super::list::read")]
        commands: Vec<BotCommand>,
    },
    /// Press a button of a message. Its author is told in their feed. Result: `done`.
    Press {
        /// Where it is.
        conversation: ConversationId,
        /// The message.
        seq: Seq,
        /// Which of its buttons.
        button: ButtonId,
    },
    /// Replace the words and the buttons of an own message with buttons, at any time. Result: `appended` (the notice).
    EditButtons {
        /// Where it is.
        conversation: ConversationId,
        /// The message.
        seq: Seq,
        /// The new words.
        text: String,
        /// The new buttons; none: it has no buttons from now on.
        #[serde(default, deserialize_with = "super::list::read")]
        rows: Vec<ButtonRow>,
    },
    /// A command that this version cannot read.
    #[serde(skip)]
    Unreadable(Unreadable),
}
growing!(Command);

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// A label was created.
    Label {
        /// Its id.
        label: LabelId,
    },
    /// Some were removed.
    Removed {
        /// How many.
        count: u32,
        /// Whether there are more.
        more: bool,
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
