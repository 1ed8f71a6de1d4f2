//! Answers that assistants are writing: what is there so far, so that whoever comes late can go on where the frames are. Nothing of it
//! is kept; a frame of it may be lost like any other that is ephemeral.

use super::{Hub, Window};
use crate::model::{ConversationId, Seq, UserHandle, UserId};
use crate::protocol::ServerFrame;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Members of a conversation up to which they are told of an answer piece by piece; in larger ones its end tells all.
pub const DRAFT_MEMBERS_MAX: usize = 500;

/// Which draft: its conversation and its question.
pub type DraftId = (ConversationId, Seq);

/// A draft as far as it has come.
#[derive(Debug)]
struct Draft {
    author: UserId,
    text: String,
}

/// The drafts of all conversations. There are never more than answers being written at once.
#[derive(Debug, Default)]
pub(super) struct Drafts(Mutex<BTreeMap<DraftId, Draft>>);

impl Hub {
    /// An assistant begins with an answer: those who see the question are told so by an empty frame.
    pub fn begin_draft(&self, id: DraftId, author: UserId, load: impl FnOnce(ConversationId) -> Option<Vec<Window>>) {
        let frame = draft(id, &author, 0, String::new(), false);
        self.0.drafts.0.lock().insert(id, Draft { author, text: String::new() });
        self.tell_draft(id, &frame, load);
    }

    /// A piece of it came.
    pub fn add_to_draft(&self, id: DraftId, piece: &str, load: impl FnOnce(ConversationId) -> Option<Vec<Window>>) {
        let frame = {
            let mut drafts = self.0.drafts.0.lock();
            let Some(known) = drafts.get_mut(&id) else { return };
            let offset = known.text.len();
            known.text.push_str(piece);
            draft(id, &known.author, offset, piece.to_owned(), false)
        };
        self.tell_draft(id, &frame, load);
    }

    /// It is over: what was said is an entry now, or nothing was said.
    pub fn end_draft(&self, id: DraftId, load: impl FnOnce(ConversationId) -> Option<Vec<Window>>) {
        let Some(known) = self.0.drafts.0.lock().remove(&id) else { return };
        let frame = draft(id, &known.author, known.text.len(), String::new(), true);
        self.tell_draft(id, &frame, load);
    }

    /// What is written so far; none when nobody writes.
    pub fn draft_text(&self, id: DraftId) -> Option<String> {
        self.0.drafts.0.lock().get(&id).map(|draft| draft.text.clone())
    }

    fn tell_draft(
        &self,
        (conversation, question): DraftId,
        frame: &ServerFrame,
        load: impl FnOnce(ConversationId) -> Option<Vec<Window>>,
    ) {
        let Some(windows) = self.members(conversation, load) else { return };
        if windows.len() > DRAFT_MEMBERS_MAX {
            return;
        }
        let there = windows.iter().filter(|window| window.until.is_none() && window.holds(question));
        self.tell(there.map(|window| window.user).collect::<Vec<UserHandle>>().into_iter(), frame);
    }
}

fn draft((conversation, question): DraftId, author: &UserId, offset: usize, text: String, done: bool) -> ServerFrame {
    ServerFrame::Draft {
        conversation,
        author: author.clone(),
        draft: question.0,
        offset: u32::try_from(offset).unwrap_or(u32::MAX),
        text,
        done,
    }
}
