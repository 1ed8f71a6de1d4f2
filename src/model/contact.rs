//! Contacts: one side's own list of people, with requests in between. Each side keeps a row of its own.

use super::{Extra, LabelId, Line, Lsn, Name, Profile, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A contact as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// Who.
    pub user: UserId,
    /// What they say of themselves.
    pub profile: Profile,
    /// Whether they are a contact now. Someone who was removed, or is only blocked, is not; such rows are told only to who asks
    /// for changes or for the blocked.
    pub contact: bool,
    /// Whether the owner has blocked them.
    pub blocked: bool,
    /// The owner's own name for them.
    pub remark: Option<Name>,
    /// The labels they are under.
    pub labels: Vec<LabelId>,
    /// Whatever an integrator wants to keep with the contact.
    pub extra: Extra,
    /// Since when they are a contact.
    pub since: Option<Timestamp>,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// Where a contact request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Not answered yet.
    Pending,
    /// Accepted: both are contacts of each other.
    Accepted,
    /// Declined; a new one can be made after the app's cool-down.
    Declined,
}

/// A contact request as one of its two sides sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContactRequest {
    /// Who asked.
    pub from: UserId,
    /// Who was asked.
    pub to: UserId,
    /// What the other side says of themselves.
    pub profile: Profile,
    /// Where it stands.
    pub state: RequestState,
    /// What the applicant said.
    pub greeting: Option<Line>,
    /// How the applicant found them, in the client's words.
    pub source: Option<Line>,
    /// When it was (last) asked.
    pub asked: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// Whether the asked side has not looked at it yet.
    pub unread: bool,
}

/// A label: a group of contacts that their owner named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Label {
    /// Its id.
    pub label: LabelId,
    /// Its name.
    pub name: Name,
}

/// How a user and the asker are related.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Relation {
    /// Who.
    pub user: UserId,
    /// The asker has them as a contact.
    pub contact: bool,
    /// They have the asker as a contact.
    pub contact_of: bool,
    /// The asker has blocked them.
    pub blocked: bool,
    /// They have blocked the asker.
    pub blocked_by: bool,
}
