//! The rows that stand beside an entry and name it: who is mentioned, whether it is pinned, which file it shows. They go with what
//! they name, be it recalled or trimmed.

use crate::ledger::media;
use crate::model::{AppId, ConversationId, Entry, Seq, Timestamp, UserHandle};
use crate::store::records::{GalleryRow, MentionAllRow, MentionRow, PinRow, UserIdKey, UserIdRow};
use crate::store::{Fault, Read, Tables};

/// The rows beside one entry that are there.
pub(in crate::ledger) struct Beside {
    at: (ConversationId, Seq),
    mentioned: Vec<UserHandle>,
    all: bool,
    pinned: bool,
    shows: bool,
}

impl Beside {
    /// Finds them.
    pub fn find(state: &impl Read, app: AppId, conversation: ConversationId, entry: &Entry) -> Result<Self, Fault> {
        let at = (conversation, entry.seq);
        let (mut mentioned, mut all) = (Vec::new(), false);
        if let Some(text) = entry.body.text() {
            for id in &text.mentions {
                let Some(user) = state.get::<UserIdRow>(&UserIdKey::new(app, id))?.map(|row| row.user) else {
                    continue;
                };
                if !mentioned.contains(&user) && state.get::<MentionRow>(&(user, conversation, entry.seq))?.is_some() {
                    mentioned.push(user);
                }
            }
            all = text.mention_all && state.get::<MentionAllRow>(&at)?.is_some();
        }
        // Notices are neither pinned nor do they show files.
        let message = entry.body.is_message();
        let pinned = message && state.get::<PinRow>(&at)?.is_some();
        let shows = message && state.get::<GalleryRow>(&at)?.is_some();
        Ok(Self { at, mentioned, all, pinned, shows })
    }

    /// How many rows there are, those of the file included.
    pub fn rows(&self) -> usize {
        self.mentioned.len() + usize::from(self.all) + usize::from(self.pinned) + if self.shows { 3 } else { 0 }
    }

    /// Takes them away.
    pub fn remove(self, tables: &mut Tables<'_>, now: Timestamp) -> Result<(), Fault> {
        let (conversation, seq) = self.at;
        for user in self.mentioned {
            tables.remove::<MentionRow>(&(user, conversation, seq))?;
        }
        if self.all {
            tables.remove::<MentionAllRow>(&self.at)?;
        }
        if self.pinned {
            tables.remove::<PinRow>(&self.at)?;
        }
        if self.shows {
            media::detach(tables, self.at, now)?;
        }
        Ok(())
    }
}
