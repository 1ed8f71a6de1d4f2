//! The local copy of the user's conversations: what is applied, what is missing, what is stale. Plain data, no clock, no I/O.
//!
//! What must stay true of every conversation in it: the entries it keeps are contiguous and end at `head`; what came above a
//! hole waits in `ahead`; an entry is replaced only by one with a higher `changed`; nothing is kept below `floor`.

use super::notices;
use super::state::Backlog;
use crate::model::{
    Conversation, ConversationId, ConversationKind, Cursor, Entry, Inbox, Lsn, Ordinal, Role, Seq, UserId,
};
use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

/// Entries above a hole that are kept until it is filled; more are fetched again later.
const AHEAD_MAX: usize = 2_000;
/// Entries that are fetched when a conversation is known by its head alone.
const NEWEST: u64 = 20;
/// Unread mentions are counted up to here, as the server does.
const MENTIONS_COUNTED_MAX: u32 = 100;

/// What changed in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The entry after the head was added.
    Appended(Arc<Entry>),
    /// An entry that was there was replaced by a newer version.
    Rewritten(Arc<Entry>),
}

/// The local copy of every conversation of one user.
#[derive(Debug, Default)]
pub struct Replica {
    me: Option<UserId>,
    conversations: BTreeMap<ConversationId, Local>,
}

impl Replica {
    /// Whose copy this is, once it is known.
    pub const fn me(&self) -> Option<&UserId> {
        self.me.as_ref()
    }

    pub(super) fn set_me(&mut self, me: UserId) {
        self.me = Some(me);
    }

    /// Whether `user` is the one whose copy this is.
    pub fn is_me(&self, user: &UserId) -> bool {
        self.me.as_ref().is_some_and(|me| same(me, user))
    }

    /// One conversation.
    pub fn get(&self, id: ConversationId) -> Option<&Local> {
        self.conversations.get(&id)
    }

    /// Every conversation, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Local> {
        self.conversations.values()
    }

    /// The conversations that a list shows: pinned first, then by last entry, newest first; hidden ones, those that are not known
    /// yet and the user's feed are left out.
    pub fn listed(&self) -> Vec<&Local> {
        let mut listed: Vec<_> = self.iter().filter(|local| local.about().is_some_and(is_listed)).collect();
        listed.sort_by_key(|local| {
            (!local.inbox().is_some_and(|inbox| inbox.pinned), std::cmp::Reverse((local.changed_at(), local.id())))
        });
        listed
    }

    /// The direct chat with `peer`, if there is one.
    pub fn direct_with(&self, peer: &UserId) -> Option<&Local> {
        self.iter().find(|local| local.about().and_then(|about| about.peer.as_ref()).is_some_and(|id| same(id, peer)))
    }

    pub(super) fn get_mut(&mut self, id: ConversationId) -> Option<&mut Local> {
        self.conversations.get_mut(&id)
    }

    pub(super) fn get_or_insert(&mut self, id: ConversationId) -> &mut Local {
        self.conversations.entry(id).or_insert_with(|| Local::new(id))
    }

    pub(super) fn remove(&mut self, id: ConversationId) {
        self.conversations.remove(&id);
    }

    pub(super) fn clear(&mut self) {
        self.conversations.clear();
    }
}

/// A feed is no chat.
fn is_listed(about: &Conversation) -> bool {
    about.kind != ConversationKind::Feed && !about.inbox.hidden
}

/// User ids compare without regard to case.
pub(super) fn same(a: &UserId, b: &UserId) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}

/// What is to be fetched for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// All about it.
    Conversation,
    /// Entries between what is applied and what is known to exist.
    Hole {
        /// The lowest.
        from: Seq,
        /// The highest.
        to: Seq,
    },
    /// Entries that were rewritten since they were fetched.
    Stale {
        /// The lowest.
        from: Seq,
        /// The highest.
        to: Seq,
    },
}

/// The local copy of one conversation.
#[derive(Debug)]
pub struct Local {
    id: ConversationId,
    about: Option<Conversation>,
    /// `about` reflects everything up to this lsn; newer notices were applied on top.
    about_as_of: Lsn,
    /// `about` is to be asked for again if it is older than this: the user came back to the group, or a notice said that it says
    /// something else of itself.
    about_wanted: Lsn,
    /// `about.inbox` reflects everything up to this lsn; newer messages were counted on top.
    inbox_as_of: Lsn,
    /// Everything up to here is applied, or was left out on purpose.
    head: Seq,
    /// The highest entry that is known to exist for this user.
    known_head: Seq,
    /// Since when that is known.
    known_lsn: Lsn,
    floor: Seq,
    entries: BTreeMap<Seq, Arc<Entry>>,
    ahead: BTreeMap<Seq, Arc<Entry>>,
    /// Entries whose notice of a rewrite is newer than they are, with the lsn of that notice.
    stale: BTreeMap<Seq, Lsn>,
    /// How far this device asked to have read; the server may not know yet.
    read_wanted: Seq,
    /// The ordinal of that entry, if it was here.
    read_ordinal: Option<Ordinal>,
    keep: usize,
}

impl Local {
    const fn new(id: ConversationId) -> Self {
        Self {
            id,
            about: None,
            about_as_of: Lsn(0),
            about_wanted: Lsn(0),
            inbox_as_of: Lsn(0),
            head: Seq(0),
            known_head: Seq(0),
            known_lsn: Lsn(0),
            floor: Seq(1),
            entries: BTreeMap::new(),
            ahead: BTreeMap::new(),
            stale: BTreeMap::new(),
            read_wanted: Seq(0),
            read_ordinal: None,
            keep: usize::MAX,
        }
    }

    /// Its id.
    pub const fn id(&self) -> ConversationId {
        self.id
    }

    /// What it is, with this user's side of it; its `entries` are empty. Absent until it was fetched.
    pub const fn about(&self) -> Option<&Conversation> {
        self.about.as_ref()
    }

    /// This user's side of it.
    pub fn inbox(&self) -> Option<&Inbox> {
        self.about.as_ref().map(|about| &about.inbox)
    }

    /// The entries that are kept: contiguous, oldest first, the last one has seq [`Local::head`].
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// One entry, if it is kept.
    pub fn entry(&self, seq: Seq) -> Option<&Arc<Entry>> {
        self.entries.get(&seq)
    }

    /// How many entries are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest applied entry.
    pub const fn head(&self) -> Seq {
        self.head
    }

    /// The lowest entry that this user may see.
    pub const fn floor(&self) -> Seq {
        self.floor
    }

    /// The lowest entry that is kept; above `head` when none is.
    pub fn lowest(&self) -> Seq {
        self.entries.first_key_value().map_or(self.head.next(), |(seq, _)| *seq)
    }

    /// Whether there are older entries that could be loaded.
    pub fn has_older(&self) -> bool {
        self.lowest() > self.floor
    }

    /// Whether everything that is known to exist above the lowest kept entry is here in its newest known version.
    pub fn is_complete(&self) -> bool {
        self.about.is_some() && self.head >= self.known_head && self.stale.is_empty()
    }

    /// How many messages are unread.
    pub fn unread(&self) -> u64 {
        self.inbox().map_or(0, |inbox| inbox.unread)
    }

    /// When its newest entry was accepted.
    fn changed_at(&self) -> crate::model::Timestamp {
        let newest = self.entries.last_key_value().map(|(_, entry)| entry.at);
        newest.max(self.about.as_ref().map(|about| about.at)).unwrap_or_default()
    }

    /// What to fetch next. A hole comes before stale entries, because it may bring them.
    pub(super) fn missing(&self) -> Option<Missing> {
        if self.about.is_none() || self.about_as_of < self.about_wanted {
            return Some(Missing::Conversation);
        }
        if self.head < self.known_head {
            let to = self.ahead.first_key_value().map_or(self.known_head, |(seq, _)| Seq(seq.0.saturating_sub(1)));
            return Some(Missing::Hole { from: self.head.next(), to: to.max(self.head.next()) });
        }
        let (from, _) = self.stale.first_key_value()?;
        let (to, _) = self.stale.last_key_value()?;
        Some(Missing::Stale { from: *from, to: (*to).min(Seq(from.0 + 199)) })
    }

    /// Takes one entry, new or rewritten. Says what changed.
    pub(super) fn offer(&mut self, me: Option<&UserId>, entry: Arc<Entry>, changes: &mut Vec<Change>) {
        let seq = entry.seq;
        if seq < self.floor {
            return;
        }
        self.exists(seq, entry.lsn);
        if seq <= self.head {
            if let btree_map::Entry::Occupied(mut slot) = self.entries.entry(seq)
                && entry.changed > slot.get().changed
            {
                if self.stale.get(&seq).is_some_and(|lsn| *lsn <= entry.changed) {
                    self.stale.remove(&seq);
                }
                slot.insert(Arc::clone(&entry));
                changes.push(Change::Rewritten(entry));
            }
            return;
        }
        match self.ahead.entry(seq) {
            btree_map::Entry::Occupied(mut slot) => {
                if entry.changed > slot.get().changed {
                    slot.insert(entry);
                }
            }
            btree_map::Entry::Vacant(slot) => {
                slot.insert(entry);
            }
        }
        self.drain(me, changes);
        while self.ahead.len() > AHEAD_MAX {
            self.ahead.pop_last();
        }
    }

    /// Applies what now follows the head. Nothing is applied before it is known what the conversation is.
    fn drain(&mut self, me: Option<&UserId>, changes: &mut Vec<Change>) {
        if self.about.is_none() {
            return;
        }
        while let Some(slot) = self.ahead.first_entry() {
            if *slot.key() > self.head.next() {
                break;
            }
            let entry = slot.remove();
            if entry.seq <= self.head {
                continue;
            }
            self.head = entry.seq;
            self.follow(me, &entry, self.about_as_of, self.inbox_as_of);
            self.note_target(&entry);
            self.entries.insert(entry.seq, Arc::clone(&entry));
            changes.push(Change::Appended(entry));
        }
        while self.entries.len() > self.keep {
            if let Some((seq, _)) = self.entries.pop_first() {
                self.stale.remove(&seq);
            }
        }
    }

    /// A notice says that its target was rewritten: is ours older?
    fn note_target(&mut self, notice: &Entry) {
        if let Some(target) = notice.body.target()
            && let Some(ours) = self.entries.get(&target)
            && ours.changed < notice.lsn
        {
            let lsn = self.stale.entry(target).or_default();
            *lsn = (*lsn).max(notice.lsn);
        }
    }

    /// Takes over into `about` what a notice says and into `inbox` what a message counts, unless they know it already.
    fn follow(&mut self, me: Option<&UserId>, entry: &Entry, about_as_of: Lsn, inbox_as_of: Lsn) {
        let Some(about) = &mut self.about else { return };
        let mine = me.is_some_and(|me| same(me, &entry.author));
        about.head = about.head.max(entry.seq);
        about.head_ordinal = about.head_ordinal.max(entry.ordinal);
        about.at = about.at.max(entry.at);
        about.changed = about.changed.max(entry.changed);
        if entry.lsn > about_as_of && notices::follow(about, me, entry) {
            self.about_wanted = self.about_wanted.max(entry.lsn);
        }
        if entry.lsn > inbox_as_of && entry.body.is_message() {
            let inbox = &mut about.inbox;
            inbox.hidden = false;
            if mine {
                inbox.read = inbox.read.max(entry.seq);
                inbox.unread = 0;
                inbox.mentions = 0;
                inbox.marked_unread = false;
            } else if entry.seq > inbox.read {
                inbox.unread = inbox.unread.saturating_add(1);
                if let (Some(text), Some(me)) = (entry.body.text(), me)
                    && (text.mention_all || text.mentions.iter().any(|user| same(user, me)))
                {
                    inbox.mentions = (inbox.mentions + 1).min(MENTIONS_COUNTED_MAX);
                }
            }
        }
    }

    /// Takes a whole conversation as it was at `as_of`.
    pub(super) fn snapshot(
        &mut self,
        me: Option<&UserId>,
        mut conversation: Conversation,
        as_of: Lsn,
        backlog: Backlog,
        keep: usize,
        changes: &mut Vec<Change>,
    ) {
        let entries = std::mem::take(&mut conversation.entries);
        let head = conversation.head;
        self.set_floor(conversation.inbox.floor);
        let fresh = self.about.is_none();
        if fresh {
            self.head = self.head.max(first_head(&conversation, &entries, backlog)).max(Seq(self.floor.0 - 1));
            self.keep = keep;
        }
        if fresh || as_of >= self.about_as_of {
            self.lower_floor(conversation.inbox.floor);
            self.take_about(me, conversation, as_of);
        }
        self.exists(head, as_of);
        for entry in entries {
            self.offer(me, Arc::new(entry), changes);
        }
        self.drain(me, changes);
    }

    fn take_about(&mut self, me: Option<&UserId>, mut new: Conversation, as_of: Lsn) {
        self.about_as_of = as_of;
        let mut inbox_kept = false;
        if let Some(old) = self.about.take() {
            new.cursors = merged(old.cursors, new.cursors);
            inbox_kept = self.inbox_as_of > as_of;
            if inbox_kept {
                new.inbox = old.inbox;
            }
        }
        if !inbox_kept {
            self.inbox_as_of = as_of;
        }
        self.about = Some(new);
        // Entries that are newer than the snapshot, or than the inbox row, say what has changed since.
        let since = self.about_as_of.min(self.inbox_as_of);
        let newer: Vec<_> = self.entries.values().rev().take_while(|entry| entry.lsn > since).cloned().collect();
        for entry in newer.iter().rev() {
            // A kept inbox row has counted them already.
            let inbox_as_of = if inbox_kept { Lsn(u64::MAX) } else { self.inbox_as_of };
            self.follow(me, entry, self.about_as_of, inbox_as_of);
        }
        self.mark_read(self.read_wanted);
    }

    /// Takes this user's side of the conversation as it is after `inbox.lsn`.
    pub(super) fn take_inbox(&mut self, me: Option<&UserId>, inbox: Inbox) {
        self.set_floor(inbox.floor);
        let Some(about) = &mut self.about else { return };
        if inbox.lsn < about.inbox.lsn || inbox.lsn < self.inbox_as_of {
            return;
        }
        if about.inbox.gone && !inbox.gone {
            self.about_wanted = self.about_wanted.max(inbox.lsn);
        }
        if inbox.gone {
            // Whoever is out of a group is told nothing of it any more.
            about.group = None;
            about.role = Role::Member;
            about.members = 0;
        }
        self.inbox_as_of = inbox.lsn;
        about.changed = about.changed.max(inbox.lsn);
        let floor = inbox.floor;
        about.inbox = inbox;
        self.lower_floor(floor);
        let since = self.inbox_as_of;
        let newer: Vec<_> = self.entries.values().rev().take_while(|entry| entry.lsn > since).cloned().collect();
        for entry in newer.iter().rev() {
            self.follow(me, entry, Lsn(u64::MAX), since);
        }
        self.mark_read(self.read_wanted);
    }

    /// Takes cursors of members; they only move forward.
    pub(super) fn take_cursors(&mut self, moved: &[Cursor]) {
        if let Some(about) = &mut self.about {
            about.cursors = merged(std::mem::take(&mut about.cursors), moved.to_vec());
        }
    }

    /// The user has read everything up to `seq` on this device.
    pub(super) fn mark_read(&mut self, seq: Seq) {
        if seq > self.read_wanted {
            self.read_wanted = seq;
            self.read_ordinal = self.entries.get(&seq).map(|entry| entry.ordinal);
        }
        let ordinal = self.read_ordinal.filter(|_| seq == self.read_wanted);
        let Some(about) = &mut self.about else { return };
        let inbox = &mut about.inbox;
        if seq <= inbox.read {
            return;
        }
        inbox.read = seq;
        inbox.marked_unread = false;
        // Unread is the difference of two ordinals: own messages move `read`, so there are none above it.
        if seq >= about.head {
            inbox.unread = 0;
        } else if let Some(ordinal) = ordinal {
            inbox.unread = about.head_ordinal.0.saturating_sub(ordinal.0);
        }
        if inbox.unread == 0 {
            inbox.mentions = 0;
        }
    }

    /// How far this device asked to have read, when the server did not know yet at the last snapshot.
    pub(super) const fn read_wanted(&self) -> Seq {
        self.read_wanted
    }

    /// Whether this is a direct chat, where the other side is told what was delivered.
    pub(super) fn is_direct(&self) -> bool {
        self.about.as_ref().is_some_and(|about| about.kind == ConversationKind::Direct)
    }

    /// Nothing below `floor` may be seen any more.
    pub(super) fn set_floor(&mut self, floor: Seq) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        self.entries = self.entries.split_off(&floor);
        self.ahead = self.ahead.split_off(&floor);
        self.stale = self.stale.split_off(&floor);
        let below = Seq(floor.0 - 1);
        if below > self.head {
            self.head = below;
        }
    }

    /// The user came back to a group that shows everything to those who join: what is older than what is kept can be loaded.
    fn lower_floor(&mut self, floor: Seq) {
        self.floor = self.floor.min(floor);
    }

    /// An answer to a fetch says which entries there are.
    pub(super) fn take_answer(
        &mut self,
        me: Option<&UserId>,
        asked: Missing,
        entries: Vec<Entry>,
        (floor, head, as_of): (Seq, Seq, Lsn),
        changes: &mut Vec<Change>,
    ) {
        self.set_floor(floor);
        let (before, last) = (self.head, entries.last().map(|entry| entry.seq));
        for entry in entries {
            self.offer(me, Arc::new(entry), changes);
        }
        self.drain(me, changes);
        match asked {
            Missing::Conversation => {}
            Missing::Hole { from, to } => {
                // Entries above the head of the answer are not for this user (they left in between).
                if head < self.known_head && as_of >= self.known_lsn && self.ahead.is_empty() {
                    self.known_head = head.max(self.head);
                }
                // No progress although the server has answered: what is missing cannot be had. Leave the hole.
                if self.head == before && before < from {
                    let first = self.ahead.first_key_value().map_or(to, |(seq, _)| Seq(seq.0 - 1));
                    self.leave_hole(me, first, changes);
                }
            }
            Missing::Stale { from, to } => {
                // What the server has just sent is the newest there is, whatever the notice says. A page may end early.
                let to = last.map_or(to, |last| last.min(to));
                self.stale.retain(|seq, lsn| !(from..=to).contains(seq) || *lsn > as_of);
            }
        }
    }

    /// Gives up what is missing up to `to`, and with it everything below, so that what is kept stays contiguous.
    pub(super) fn leave_hole(&mut self, me: Option<&UserId>, to: Seq, changes: &mut Vec<Change>) {
        if to <= self.head {
            return;
        }
        self.entries.clear();
        self.stale.clear();
        self.head = to;
        self.drain(me, changes);
    }

    /// The hole is too long to fetch: goes on with the newest entries.
    pub(super) fn skip_to_newest(&mut self, me: Option<&UserId>, changes: &mut Vec<Change>) {
        let mut first = self.known_head.next();
        for seq in self.ahead.keys().rev() {
            if seq.next() != first {
                break;
            }
            first = *seq;
        }
        if first > self.known_head {
            first = Seq(self.known_head.0.saturating_sub(NEWEST).max(self.head.0) + 1);
        }
        self.leave_hole(me, Seq(first.0 - 1), changes);
    }

    /// Adds older entries below what is kept. Gives the number that was added.
    pub(super) fn take_older(&mut self, entries: Vec<Entry>, (floor, as_of): (Seq, Lsn)) -> usize {
        self.set_floor(floor);
        let mut added = 0;
        for entry in entries.into_iter().rev() {
            // Only what joins what is kept from below; targets of notices further down come when they are reached.
            if entry.seq.next() == self.lowest() && entry.seq >= self.floor {
                self.entries.insert(entry.seq, Arc::new(entry));
                added += 1;
            }
        }
        self.keep = self.keep.saturating_add(added);
        // A rewrite that was told while its target was not kept, and that the answer is too old to know.
        let newer: Vec<_> = self.entries.values().rev().take_while(|entry| entry.lsn > as_of).cloned().collect();
        for notice in newer {
            self.note_target(&notice);
        }
        added
    }

    /// The highest entry that is known to exist.
    pub(super) const fn known_head(&self) -> Seq {
        self.known_head
    }

    /// An entry with this seq exists as of `lsn`.
    pub(super) fn exists(&mut self, seq: Seq, lsn: Lsn) {
        if seq > self.known_head {
            self.known_head = seq;
            self.known_lsn = lsn;
        }
    }

    /// Changes this user's side after the server accepted the change.
    pub(super) fn change_inbox(&mut self, change: impl FnOnce(&mut Inbox)) {
        if let Some(about) = &mut self.about {
            change(&mut about.inbox);
        }
    }

    /// Takes entries as they are, although notices say that they were rewritten.
    pub(super) fn forget_stale(&mut self, from: Seq, to: Seq) {
        self.stale.retain(|seq, _| !(from..=to).contains(seq));
    }

    /// The role of this user in it.
    pub fn role(&self) -> Option<Role> {
        self.about.as_ref().map(|about| about.role)
    }
}

/// Where a conversation that is new here starts.
fn first_head(conversation: &Conversation, entries: &[Entry], backlog: Backlog) -> Seq {
    let floor = conversation.inbox.floor.0.max(1);
    let head = conversation.head.0;
    let newest = {
        let mut first = head + 1;
        for entry in entries.iter().rev() {
            if entry.seq.0 + 1 != first {
                break;
            }
            first = entry.seq.0;
        }
        if first > head { head.saturating_sub(NEWEST) } else { first - 1 }
    };
    Seq(match backlog {
        Backlog::Everything => floor - 1,
        Backlog::Unread => conversation.inbox.read.0.min(head).max(floor - 1),
        Backlog::Newest => newest.max(floor - 1),
    })
}

fn merged(mut cursors: Vec<Cursor>, moved: Vec<Cursor>) -> Vec<Cursor> {
    for new in moved {
        match cursors.iter_mut().find(|cursor| same(&cursor.user, &new.user)) {
            Some(cursor) => {
                cursor.read = cursor.read.max(new.read);
                cursor.delivered = cursor.delivered.max(new.delivered);
            }
            None => cursors.push(new),
        }
    }
    cursors
}
