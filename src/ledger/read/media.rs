//! Who may see a file: who uploaded it, who sees an entry that shows it, and, while it is the picture of a user or a group,
//! everybody of the app. For all others it is not there.

use super::own::Own;
use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{Answer, Code, ConversationId, MediaId, Seq, UserActor, UserHandle};
use crate::store::records::{MediaRefRow, MediaRow};
use crate::store::{Fault, Read};

/// Conversations that are looked through for one file. A file in more of them than that is the picture that went round; whoever
/// sees it only in one beyond asks for the message instead.
const CONVERSATIONS_MAX: usize = 10_000;

/// What is known of a file.
pub(super) fn media(state: &impl Read, actor: &UserActor, media: MediaId) -> Result<Answer, Stop> {
    let row = state.get::<MediaRow>(&media)?.filter(|row| row.app == actor.app);
    let Some(row) = row else { return no_such_file() };
    if row.owner != actor.user && row.avatars == 0 && !is_shown(state, actor.user, media)? {
        return no_such_file();
    }
    Ok(Answer::Media { media: Box::new(row.info.clone()) })
}

fn no_such_file() -> Result<Answer, Stop> {
    refuse(Code::NotFound, "There is no such file, or you may not see it.")
}

/// Whether a user sees an entry that shows a file: from conversation to conversation, with one look at the member's row and one
/// into their window for each.
fn is_shown(state: &impl Read, user: UserHandle, media: MediaId) -> Result<bool, Fault> {
    let last = (media, ConversationId(u64::MAX), Seq(u64::MAX));
    let mut conversation = ConversationId(0);
    for _ in 0..CONVERSATIONS_MAX {
        let next = state.range::<MediaRefRow>(&(media, conversation, Seq(0)), &last, 1)?;
        let Some(((_, found, _), _)) = next.first() else { return Ok(false) };
        if let Some(own) = Own::find(state, user, *found)? {
            let window = own.window();
            let (from, to) = ((media, *found, window.floor), (media, *found, window.head));
            if from <= to && !state.range::<MediaRefRow>(&from, &to, 1)?.is_empty() {
                return Ok(true);
            }
        }
        if found.0 == u64::MAX {
            return Ok(false);
        }
        conversation = found.next();
    }
    Ok(false)
}
