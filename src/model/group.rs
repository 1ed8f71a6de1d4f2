//! Groups: the rules they are under, what they say of themselves, and the ways in.

use super::{ConversationId, Extra, InviteCode, Line, MediaId, Name, Paragraph, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Whether a group is found in the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// Known to its members only; one joins by being invited.
    #[default]
    Private,
    /// Found in the directory; `join` says how one joins.
    Public,
}

/// How one joins a public group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinPolicy {
    /// At once.
    Free,
    /// When the owner or a manager approves.
    #[default]
    Approval,
    /// Only by invitation or link.
    Closed,
}

/// Who of a group may do something: a role and those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Everybody in it.
    Members,
    /// Its managers and owner.
    Managers,
}

/// What new members see of what was said before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewMemberHistory {
    /// Nothing.
    #[default]
    FromJoining,
    /// Everything that is kept.
    All,
}

/// The rules of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct GroupRules {
    /// Private or public.
    pub kind: GroupKind,
    /// Who adds members and makes invite links: in a private group, and in a public one that is free to join. (In a public one with
    /// approval, or closed: its managers, whatever this says.)
    pub invite: Who,
    /// How one joins a public group.
    pub join: JoinPolicy,
    /// Who changes title, picture, introduction, notice and extra of a private group. (Of a public one: its managers.)
    pub edit: Who,
    /// Who pins messages.
    pub pin: Who,
    /// What new members see.
    pub history: NewMemberHistory,
    /// Whether those who left or were removed keep reading what they saw.
    pub keep_reading: bool,
    /// Most members, 2 up to the app's limit; none: the app's limit.
    pub members_max: Option<u32>,
}

impl Default for GroupRules {
    fn default() -> Self {
        Self {
            kind: GroupKind::Private,
            invite: Who::Members,
            join: JoinPolicy::Approval,
            edit: Who::Managers,
            pin: Who::Managers,
            history: NewMemberHistory::FromJoining,
            keep_reading: true,
            members_max: None,
        }
    }
}

/// What a group says of itself, besides its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct GroupCard {
    /// Its picture.
    pub avatar: Option<MediaId>,
    /// What it is about.
    pub introduction: Option<Paragraph>,
    /// What its members should know now.
    pub notice: Option<Paragraph>,
    /// Whatever an integrator wants to keep with it.
    pub extra: Extra,
}

/// What only groups have, as a member sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupView {
    /// Its owner.
    pub owner: UserId,
    /// Its rules.
    pub rules: GroupRules,
    /// What it says of itself.
    pub card: GroupCard,
    /// Only the owner and managers may speak.
    pub muted: bool,
    /// Since when it can only be read.
    pub dissolved: Option<Timestamp>,
    /// The reader's own alias in it.
    pub alias: Option<Name>,
    /// Until when the reader is silenced in it.
    pub silenced_until: Option<Timestamp>,
}

/// A group as somebody sees it who is not in it: found in the directory, or behind a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupPreview {
    /// Its id.
    pub conversation: ConversationId,
    /// Its title.
    pub title: Name,
    /// Its picture.
    pub avatar: Option<MediaId>,
    /// What it is about.
    pub introduction: Option<Paragraph>,
    /// How many are in it.
    pub members: u32,
    /// How one joins.
    pub join: JoinPolicy,
    /// Whether the reader is in it.
    pub joined: bool,
    /// Whether the reader has asked to join and waits.
    pub asked: bool,
}

/// A link into a group or an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invite {
    /// The secret part of the link.
    pub code: InviteCode,
    /// Who made it; none: the operator.
    pub by: Option<UserId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// How often it can be used in all.
    pub uses_max: Option<u32>,
    /// How often it was used.
    pub uses: u32,
}

/// Somebody who wants to join a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinRequest {
    /// Who.
    pub user: UserId,
    /// What they said.
    pub greeting: Option<Line>,
    /// When.
    pub asked: Timestamp,
}
