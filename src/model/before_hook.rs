//! Before-hooks: an app has another system asked before its users' commands are carried out.

use super::{AppId, Body, Command, ConversationId, EventPlace, Line, Name, Seq, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a before-hook is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookAction {
    /// A user sends a message, edits one or forwards one.
    MessageSend,
    /// A user asks another one to be a contact.
    ContactRequest,
    /// Users become members of a group: they are added, come by themselves or by an invite link, or are let in.
    MemberAdd,
}

impl HookAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::MessageSend, Self::ContactRequest, Self::MemberAdd];

    /// Its name, as everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MessageSend => "message_send",
            Self::ContactRequest => "contact_request",
            Self::MemberAdd => "member_add",
        }
    }

    /// What a command is asked about as; none: nobody is asked about it.
    pub fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Send { .. } | Command::Edit { .. } | Command::EditButtons { .. } | Command::Forward { .. } => {
                Some(Self::MessageSend)
            }
            Command::RequestContact { .. } => Some(Self::ContactRequest),
            Command::CreateGroup { members, .. } => (!members.is_empty()).then_some(Self::MemberAdd),
            Command::AddMembers { .. }
            | Command::Join { .. }
            | Command::JoinByCode { .. }
            | Command::AnswerJoin { accept: true, .. } => Some(Self::MemberAdd),
            Command::Recall { .. }
            | Command::React { .. }
            | Command::OpenDirect { .. }
            | Command::RemoveMember { .. }
            | Command::Leave { .. }
            | Command::Rename { .. }
            | Command::Pin { .. }
            | Command::Mute { .. }
            | Command::Hide { .. }
            | Command::MarkUnread { .. }
            | Command::EndSession { .. }
            | Command::LogOut {}
            | Command::PinEntry { .. }
            | Command::ClearHistory { .. }
            | Command::SetProfile { .. }
            | Command::SetSettings { .. }
            | Command::SetPresence { .. }
            | Command::AnswerContact { .. }
            | Command::SetContact { .. }
            | Command::DeleteContacts { .. }
            | Command::DeleteAllContacts {}
            | Command::Block { .. }
            | Command::CreateLabel { .. }
            | Command::RenameLabel { .. }
            | Command::DeleteLabel { .. }
            | Command::LabelContacts { .. }
            | Command::SetGroupRules { .. }
            | Command::SetGroupCard { .. }
            | Command::AnswerJoin { accept: false, .. }
            | Command::CreateInvite { .. }
            | Command::RevokeInvite { .. }
            | Command::SetManager { .. }
            | Command::Transfer { .. }
            | Command::Dissolve { .. }
            | Command::MuteGroup { .. }
            | Command::SilenceMember { .. }
            | Command::SetAlias { .. }
            | Command::SetPush { .. }
            | Command::OpenAssistant { .. }
            | Command::StopAnswer { .. }
            | Command::Regenerate { .. }
            | Command::SetCommands { .. }
            | Command::Press { .. }
            | Command::Unreadable(_) => None,
        }
    }
}

/// What happens when a before-hook does not answer, or not in a way that can be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The command is carried out as if it had been allowed.
    Open,
    /// The command is refused with `hook_refused`.
    #[default]
    Closed,
}

/// How an app's before-hook is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeHook {
    /// Where it is asked.
    #[schema(example = "https://shop.example.org/tidings/before")]
    pub url: String,
    /// What it is asked about.
    pub actions: BTreeSet<HookAction>,
    /// How long an answer may take, waiting for a place and the connection included: 100 to 5000.
    #[serde(default = "BeforeHook::usual_timeout_ms")]
    #[schema(minimum = 100, maximum = 5000, default = 1000)]
    pub timeout_ms: u32,
    /// What happens when there is no answer.
    #[serde(default)]
    pub on_failure: OnFailure,
}

impl BeforeHook {
    /// The shortest that `timeout_ms` can be.
    pub const TIMEOUT_FLOOR_MS: u32 = 100;
    /// The longest that `timeout_ms` can be.
    pub const TIMEOUT_LIMIT_MS: u32 = 5_000;
    /// Longest address, in bytes.
    pub const URL_BYTES_MAX: usize = 2_048;

    const fn usual_timeout_ms() -> u32 {
        1_000
    }
}

/// A before-hook as those who manage it see it; its secret is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BeforeHookInfo {
    /// How it is.
    #[serde(flatten)]
    pub hook: BeforeHook,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
    /// Until when the secret before this one signs, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub old_secret_until: Option<Timestamp>,
}

/// What a before-hook is asked. What does not belong to the command is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// The app.
    pub app: AppId,
    /// Who wants it.
    pub user: UserId,
    /// What they want, as the protocol calls the command: `send`, `edit`, `edit_buttons`, `forward`, `request_contact`, `create_group`, `add_members`,
    /// `join`, `join_by_code` or `answer_join`.
    pub command: &'static str,
    /// Where, by number.
    #[serde(skip)]
    pub place: Option<ConversationId>,
    /// Where; absent while it is not there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<EventPlace>,
    /// The other one: of a direct chat, or of a contact request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<UserId>,
    /// The message that is edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The message as it would be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Who would become members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// The title of the group that is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Name>,
    /// What is said with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Line>,
}

impl Question {
    /// One about a command of a user, of which nothing more is known yet.
    pub const fn new(app: AppId, user: UserId, command: &'static str) -> Self {
        Self {
            app,
            user,
            command,
            place: None,
            conversation: None,
            peer: None,
            seq: None,
            body: None,
            users: Vec::new(),
            title: None,
            greeting: None,
        }
    }
}
