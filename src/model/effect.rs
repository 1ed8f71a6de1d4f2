//! Effects: what an accepted command means for those who are connected, and for everything that follows the log.

use super::{AppId, ConversationId, Cursor, EndReason, Entry, Inbox, Name, SessionId, UserHandle};
use std::sync::Arc;

/// One thing that happened. Published after the commit, in the log's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An entry was appended, or rewritten (`entry.changed` is then above `entry.lsn`).
    Entry {
        /// The app.
        app: AppId,
        /// The conversation.
        conversation: ConversationId,
        /// The entry as it is now.
        entry: Arc<Entry>,
    },
    /// Who belongs to the conversation, or in which window, has changed.
    Members {
        /// The conversation.
        conversation: ConversationId,
    },
    /// One user's own side of a conversation changed: for the devices of that user.
    Inbox {
        /// Whose.
        user: UserHandle,
        /// How it is now.
        inbox: Inbox,
    },
    /// Cursors moved, in a conversation that shows them.
    Receipt {
        /// The conversation.
        conversation: ConversationId,
        /// Who moved, and where to.
        moved: Vec<Cursor>,
    },
    /// A user's profile changed: for their own devices and for those who have them as a contact.
    Profile {
        /// Whose.
        user: UserHandle,
    },
    /// What a user says about being there changed, or who may see it.
    Presence {
        /// Whose.
        user: UserHandle,
    },
    /// Who may see whose presence changed between these two (a contact or a block came or went).
    Relation {
        /// Who did it.
        user: UserHandle,
        /// To whom.
        other: UserHandle,
    },
    /// Questions to assistants came, ended or are to be stopped in a conversation: for whoever carries them out.
    Turns {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A session is over. Nothing with a higher lsn is written to it.
    SessionEnded {
        /// Whose.
        user: UserHandle,
        /// Which.
        session: SessionId,
        /// Why.
        reason: EndReason,
        /// The name of the device that caused it, when one did.
        by: Option<Name>,
    },
}
