//! What retention has to do, found a bounded slice of conversations at a time.

use crate::ledger::retention::{Keeps, first_kept};
use crate::model::{ConversationId, Seq, Timestamp};
use crate::store::records::{AppRow, ConversationRow};
use crate::store::{Fault, Read};

/// Conversations that are looked at in one slice.
const SLICE_CONVERSATIONS: usize = 500;

/// Of a slice of conversations those that keep more than they should.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Each with the first entry that it keeps.
    pub conversations: Vec<(ConversationId, Seq)>,
    /// Where the next slice begins; none: this was the last.
    pub next: Option<ConversationId>,
}

/// Looks at the slice of conversations that begins with `from`.
pub fn expired(state: &impl Read, now: Timestamp, from: ConversationId) -> Result<Expired, Fault> {
    let rows = state.range::<ConversationRow>(&from, &ConversationId(u64::MAX), SLICE_CONVERSATIONS)?;
    let last = rows.last().filter(|_| rows.len() == SLICE_CONVERSATIONS).map(|(id, _)| id.next());
    let mut found = Expired { conversations: Vec::new(), next: last };
    for (id, row) in rows {
        let Some(app) = state.get::<AppRow>(&row.app)? else { continue };
        if let Some(first) = first_kept(state, id, &Keeps::of(&app, &row), now)? {
            found.conversations.push((id, first));
        }
    }
    Ok(found)
}
