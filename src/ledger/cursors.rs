//! Cursor moves of many users, merged by the engine. A move that is not allowed is passed over: nobody waits for an answer.

use super::refuse::refuse;
use super::{Order, Stop, read};
use crate::model::{
    Code, CommandResult, ConversationId, ConversationKind, Cursor, CursorMove, Effect, Lsn, Seq, UserHandle, limits,
};
use crate::store::records::{ConversationRow, Head, InboxRow, Mark, MemberRow, MentionRow, SessionRow};
use crate::store::{Fault, Read, Tables};
use read::window::Window;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Mention rows that one command takes away; what is left is below `read` and not counted, and goes with a later one.
const MENTIONS_REMOVED_MAX: usize = 128;

/// One user's place in one conversation, before and after.
struct Place {
    row: Arc<ConversationRow>,
    head: Head,
    before: Arc<MemberRow>,
    member: MemberRow,
    /// A `read` came that takes the unread mark away.
    looked: bool,
}

/// The rows as they shall be.
#[derive(Default)]
struct Plan {
    members: BTreeMap<(ConversationId, UserHandle), MemberRow>,
    inboxes: BTreeMap<(UserHandle, ConversationId), InboxRow>,
    mentions: Vec<(UserHandle, ConversationId, Seq)>,
    receipts: BTreeMap<ConversationId, Vec<Cursor>>,
    /// Whose own side changed.
    told: BTreeSet<(UserHandle, ConversationId)>,
}

pub(super) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    moves: &[CursorMove],
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order.lsn, moves)?;
    Ok(apply(tables, plan, effects)?)
}

fn decide(state: &impl Read, lsn: Lsn, moves: &[CursorMove]) -> Result<Plan, Stop> {
    if moves.len() > limits::CURSOR_MOVES_MAX {
        let limit = limits::CURSOR_MOVES_MAX;
        return refuse(Code::TooLarge, format!("One command moves at most {limit} cursors; send them in parts."));
    }
    let mut places: BTreeMap<(ConversationId, UserHandle), Place> = BTreeMap::new();
    for moved in moves {
        let key = (moved.conversation, moved.user);
        if let Some(session) = &moved.session
            && state.get::<SessionRow>(session)?.is_none_or(|session| session.user != moved.user)
        {
            continue;
        }
        let place = match places.entry(key) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => match find(state, key)? {
                Some(place) => free.insert(place),
                None => continue,
            },
        };
        advance(state, place, moved)?;
    }
    let mut plan = Plan::default();
    for (key, place) in places {
        plan.add(state, lsn, key, place)?;
    }
    Ok(plan)
}

fn find(state: &impl Read, key: (ConversationId, UserHandle)) -> Result<Option<Place>, Fault> {
    let Some(before) = state.get::<MemberRow>(&key)? else { return Ok(None) };
    let Some(row) = state.get::<ConversationRow>(&key.0)? else { return Ok(None) };
    let member = (*before).clone();
    Ok(Some(Place { row, head: state.head(key.0)?, before, member, looked: false }))
}

/// Moves forward what may move.
fn advance(state: &impl Read, place: &mut Place, moved: &CursorMove) -> Result<(), Fault> {
    let window = Window::new(&place.head, &place.member);
    if let Some(read) = moved.read.map(|seq| seq.min(window.head)) {
        // Whoever says again what is read has looked; what the server says again of a message is no news.
        place.looked |= read > place.member.read.seq || (read == place.member.read.seq && moved.session.is_some());
        if read > place.member.read.seq && window.holds(read) {
            let ordinal = if read == window.head {
                Some(window.ordinal)
            } else {
                state.entry(moved.conversation, read)?.map(|entry| entry.ordinal)
            };
            if let Some(ordinal) = ordinal {
                place.member.read = Mark { seq: read, ordinal };
            }
        }
    }
    // What was read was delivered. On its own it is kept in direct chats only, where both sides see it.
    let delivered = match place.row.kind {
        ConversationKind::Direct => moved.delivered.map_or(Seq(0), |seq| seq.min(window.head)),
        ConversationKind::Group | ConversationKind::Feed | ConversationKind::Assistant => Seq(0),
    };
    place.member.delivered = place.member.delivered.max(place.member.read.seq).max(delivered);
    Ok(())
}

impl Plan {
    /// Adds what changed for one user in one conversation.
    fn add(
        &mut self,
        state: &impl Read,
        lsn: Lsn,
        (conversation, user): (ConversationId, UserHandle),
        place: Place,
    ) -> Result<(), Fault> {
        let Place { row, head: _, before, mut member, looked } = place;
        let own = (user, conversation);
        if looked {
            let inbox = state.get::<InboxRow>(&own)?.filter(|inbox| inbox.marked_unread);
            if let Some(inbox) = inbox {
                self.inboxes.insert(own, InboxRow { marked_unread: false, changed: lsn, ..(*inbox).clone() });
                self.told.insert(own);
            }
        }
        if member == *before {
            return Ok(());
        }
        member.changed = lsn;
        if member.read > before.read {
            self.told.insert(own);
            let room = MENTIONS_REMOVED_MAX.saturating_sub(self.mentions.len());
            if room > 0 {
                let (first, last) = ((user, conversation, Seq(0)), (user, conversation, member.read.seq));
                self.mentions.extend(state.range::<MentionRow>(&first, &last, room)?.into_iter().map(|(key, _)| key));
            }
        }
        if let Some(cursor) = receipt(&row, &before, &member) {
            self.receipts.entry(conversation).or_default().push(cursor);
        }
        self.members.insert((conversation, user), member);
        Ok(())
    }
}

/// What the others are told: in direct chats both cursors, in small groups `read`, in larger ones nothing. Who has left is not
/// told of any more.
pub(super) fn receipt(row: &ConversationRow, before: &MemberRow, after: &MemberRow) -> Option<Cursor> {
    if after.until.is_some() {
        return None;
    }
    let cursor = |delivered| Cursor { user: after.id.clone(), delivered, read: after.read.seq };
    match row.kind {
        ConversationKind::Direct => Some(cursor(Some(after.delivered))),
        ConversationKind::Feed | ConversationKind::Assistant => None,
        ConversationKind::Group => {
            let told = row.members as usize <= limits::RECEIPTS_MEMBERS_MAX && after.read > before.read;
            told.then(|| cursor(None))
        }
    }
}

fn apply(tables: &mut Tables<'_>, plan: Plan, effects: &mut Vec<Effect>) -> Result<CommandResult, Fault> {
    for (key, member) in plan.members {
        tables.put(&key, member)?;
    }
    for (key, inbox) in plan.inboxes {
        tables.put(&key, inbox)?;
    }
    for key in &plan.mentions {
        tables.remove::<MentionRow>(key)?;
    }
    for (conversation, moved) in plan.receipts {
        effects.push(Effect::Receipt { conversation, moved });
    }
    for (user, conversation) in plan.told {
        super::place::tell_inbox(tables, user, conversation, effects)?;
    }
    Ok(CommandResult::Done {})
}
