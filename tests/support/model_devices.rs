//! What a device that is always there makes of the effects it is told: it must end with what a query gives.

use super::play::same;
use std::collections::BTreeMap;
use tidings::ledger::read::MemberWindow;
use tidings::model::{
    Conversation, ConversationId, ConversationKind, Cursor, Effect, Entry, Inbox, Lsn, Seq, UserHandle, UserId,
};

/// One conversation on one device.
#[derive(Default)]
struct Known {
    entries: BTreeMap<Seq, Entry>,
    /// The last word on the user's own side.
    inbox: Option<Inbox>,
    cursors: BTreeMap<UserId, Cursor>,
    /// The user came back, so that the device asks for what lies between.
    back: bool,
}

/// The devices of everybody.
#[derive(Default)]
pub struct Devices(BTreeMap<(UserHandle, ConversationId), Known>);

impl Devices {
    /// Hands the effects of one command to those whom they concern, as the hub does: members and windows are those of the newest
    /// state, which may be ahead.
    pub fn hear(
        &mut self,
        lsn: Lsn,
        effects: &[Effect],
        members: impl Fn(ConversationId) -> Result<Vec<MemberWindow>, String>,
    ) -> Result<(), String> {
        for effect in effects {
            match effect {
                Effect::Entry { conversation, entry, .. } => {
                    for member in members(*conversation)? {
                        if entry.seq > member.from && member.until.is_none_or(|until| entry.seq <= until) {
                            let known = self.0.entry((member.user, *conversation)).or_default();
                            // Whoever left a group that keeps nothing for them has a window that begins only there.
                            known.back |= member.until.is_some() && entry.seq == member.from.next();
                            known.take(entry).map_err(|error| {
                                format!("lsn {lsn} tells user {} of conversation {conversation}: {error}", member.user)
                            })?;
                        }
                    }
                }
                Effect::Receipt { conversation, moved } => {
                    for member in members(*conversation)? {
                        let known = self.0.entry((member.user, *conversation)).or_default();
                        known.cursors.extend(moved.iter().map(|cursor| (cursor.user.clone(), cursor.clone())));
                    }
                }
                Effect::Inbox { user, inbox } => {
                    let known = self.0.entry((*user, inbox.conversation)).or_default();
                    known.back |= !inbox.gone && known.inbox.as_ref().is_some_and(|before| before.gone);
                    known.inbox = Some(inbox.clone());
                }
                Effect::Members { .. }
                | Effect::SessionEnded { .. }
                | Effect::Profile { .. }
                | Effect::Presence { .. }
                | Effect::Turns { .. }
                | Effect::Relation { .. } => {}
            }
        }
        Ok(())
    }

    /// Compares what a device has with what a query gives.
    /// `from` is the first entry that they were told of; what is below, they ask for.
    pub fn compare(&self, user: UserHandle, expected: &Conversation, from: Seq) -> Result<(), String> {
        let nothing = Known::default();
        let known = self.0.get(&(user, expected.id)).unwrap_or(&nothing);
        let what = |part: &str| format!("{part} of conversation {} on a device", expected.id);
        let from = expected.inbox.floor.max(from);
        let above: Vec<_> = known.entries.range(from..).map(|(_, entry)| entry.clone()).collect();
        let told: Vec<_> = expected.entries.iter().filter(|entry| entry.seq >= from).cloned().collect();
        same(&what("entries"), &told, &above)?;
        // Cursors are told when they move; until then they stand where the conversation had them when the device first saw it.
        for cursor in expected.cursors.iter().filter(|_| expected.kind == ConversationKind::Direct) {
            if cursor.read > Seq(0) || cursor.delivered.is_some_and(|delivered| delivered > Seq(0)) {
                same(&what("a cursor"), &Some(cursor), &known.cursors.get(&cursor.user))?;
            }
        }
        // New messages change these without a word, and what only the other side sees raises the lsn.
        let Inbox { unread, mentions, hidden, lsn, .. } = expected.inbox;
        if let Some(told) = &known.inbox {
            // Who has left hears of what retention does when they synchronise.
            let floor = if expected.inbox.gone { expected.inbox.floor } else { told.floor };
            let told = Inbox { unread, mentions, hidden, lsn, floor, ..told.clone() };
            return same(&what("own side"), &expected.inbox, &told);
        }
        // Nothing of it ever changed.
        let Inbox { pinned, muted_until, marked_unread, gone, .. } = expected.inbox;
        same(&what("own side"), &(false, None, false, false), &(pinned, muted_until, marked_unread, gone))
    }
}

impl Known {
    /// Takes an entry by the rules for clients.
    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        let floor = self.inbox.as_ref().map_or(Seq(1), |inbox| inbox.floor);
        let newest = self.entries.keys().next_back().copied();
        let head = newest.map(|newest| newest.max(Seq(floor.0 - 1)));
        match head {
            Some(head) if entry.seq > head.next() && !std::mem::take(&mut self.back) => {
                Err(format!("entry {} comes, and the head is {head}", entry.seq))
            }
            // The first of a conversation that is not known: the device asks, and has what is there.
            Some(_) | None => {
                let older = self.entries.get(&entry.seq).is_some_and(|known| known.changed > entry.changed);
                if !older {
                    self.entries.insert(entry.seq, entry.clone());
                }
                Ok(())
            }
        }
    }
}
