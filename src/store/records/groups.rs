//! Rows of groups: their cards, requests to join, and invite links.

use crate::model::{AppId, ConversationId, GroupCard, InviteCode, Line, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What a group says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCardRow {
    /// All of it.
    pub card: GroupCard,
}

/// Somebody who asked to join a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequestRow {
    /// Who.
    pub id: UserId,
    /// What they said.
    pub greeting: Option<Line>,
    /// When.
    pub asked: Timestamp,
}

/// What an invite leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InviteTo {
    /// Into a group.
    Group(ConversationId),
    /// To an account of an app.
    App(AppId),
}

/// The key of [`InviteRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteKey(pub InviteCode);

/// The key of [`InviteListRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteListKey {
    /// What it leads to.
    pub to: InviteTo,
    /// Its code; none stands for the place before the first.
    pub code: Option<InviteCode>,
}

/// An invite link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRow {
    /// What it leads to.
    pub to: InviteTo,
    /// Who made it; none: the operator.
    pub by: Option<UserId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// How often it can be used.
    pub uses_max: Option<u32>,
    /// How often it was used.
    pub uses: u32,
}

/// That there is an invite link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteListRow {}
