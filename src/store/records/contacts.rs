//! Rows of contacts: cards, presence, requests, labels, and the directory.

use crate::model::{
    AppId, Card, ConversationId, Extra, LabelId, Line, Lsn, Name, OwnPresence, RequestState, Seq, Timestamp, UserHandle,
};
use serde::{Deserialize, Serialize};

/// What a user says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRow {
    /// All of it.
    pub card: Card,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// What a user says about being there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceRow {
    /// All of it.
    pub presence: OwnPresence,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// One user's own side of another one: a contact, somebody blocked, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    /// Since when they are a contact; none: they are not.
    pub since: Option<Timestamp>,
    /// Blocked by the owner of the row.
    pub blocked: bool,
    /// The owner's own name for them.
    pub remark: Option<Name>,
    /// The labels they are under.
    pub labels: Vec<LabelId>,
    /// Whatever an integrator wants to keep.
    pub extra: Extra,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// How many contacts and open requests a user has, so that limits need no counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTotalRow {
    /// Rows of contacts or blocked users.
    pub contacts: u32,
    /// Contact requests to them that are pending.
    pub pending: u32,
}

/// A contact request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Where it stands.
    pub state: RequestState,
    /// What the applicant said.
    pub greeting: Option<Line>,
    /// The applicant's own name for the other, once they are a contact.
    pub remark: Option<Name>,
    /// How they found them.
    pub source: Option<Line>,
    /// When it was (last) asked.
    pub asked: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// Where it stands in the feed of the one who is asked: read when that feed is.
    pub seq: Seq,
    /// The last command that changed this row.
    pub changed: Lsn,
}

/// That a user has asked another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSentRow {}

/// A label of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRow {
    /// Its name.
    pub name: Name,
}

/// What a directory row leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listed {
    /// A user, by the beginning of their id or of a word of their name.
    User(UserHandle),
    /// A user, by something that counts only whole: phone number, e-mail address.
    UserExactly(UserHandle),
    /// A public group, by the beginning of a word of its title.
    Group(ConversationId),
}

/// Longest term of the directory, in bytes; longer ones are cut.
pub const TERM_BYTES_MAX: usize = 48;

/// The key of [`DirectoryRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryKey {
    /// The app.
    pub app: AppId,
    /// What kind of thing: 0 users, 1 users exactly, 2 groups; as in `listed`, but before the term, so that a search walks over one
    /// kind only.
    pub kind: u8,
    /// The term, folded, at most [`TERM_BYTES_MAX`] bytes without a zero byte.
    pub term: String,
    /// The handle or conversation.
    pub id: u64,
}

impl DirectoryKey {
    /// The key of a term for something.
    pub fn new(app: AppId, term: &str, listed: Listed) -> Self {
        let end = (0..=TERM_BYTES_MAX.min(term.len())).rev().find(|end| term.is_char_boundary(*end)).unwrap_or(0);
        let term = term[..end].replace('\0', "");
        let (kind, id) = match listed {
            Listed::User(user) => (0, user.0),
            Listed::UserExactly(user) => (1, user.0),
            Listed::Group(group) => (2, group.0),
        };
        Self { app, kind, term, id }
    }

    /// What it leads to.
    pub const fn listed(&self) -> Option<Listed> {
        match self.kind {
            0 => Some(Listed::User(UserHandle(self.id))),
            1 => Some(Listed::UserExactly(UserHandle(self.id))),
            2 => Some(Listed::Group(ConversationId(self.id))),
            _ => None,
        }
    }
}

/// That somebody or something is found by a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRow {}
