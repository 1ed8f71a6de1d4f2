//! The part of a conversation that one user may see.

use crate::model::{Lsn, Ordinal, Seq};
use crate::store::records::{Head, MemberRow};

/// A member's window, capped to what is there: entries with `floor` ≤ seq ≤ `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct Window {
    /// The first entry they may see.
    pub floor: Seq,
    /// How many messages there are below `floor`.
    pub floor_ordinal: Ordinal,
    /// The newest entry they may see.
    pub head: Seq,
    /// Its ordinal.
    pub ordinal: Ordinal,
    /// Its lsn.
    pub lsn: Lsn,
    /// They have left.
    pub gone: bool,
}

impl Window {
    pub fn new(head: &Head, member: &MemberRow) -> Self {
        let joined = member.from.seq.next();
        let floor = joined.max(head.first);
        let floor_ordinal = if floor == joined { member.from.ordinal } else { head.first_ordinal };
        match member.until {
            None => Self { floor, floor_ordinal, head: head.seq, ordinal: head.ordinal, lsn: head.lsn, gone: false },
            Some(until) => {
                Self { floor, floor_ordinal, head: until.seq, ordinal: until.ordinal, lsn: until.lsn, gone: true }
            }
        }
    }

    /// Whether an entry is in it.
    pub fn holds(&self, seq: Seq) -> bool {
        self.floor <= seq && seq <= self.head
    }

    /// How many messages are above what was read.
    pub fn unread(&self, read: Ordinal) -> u64 {
        self.ordinal.0.saturating_sub(read.max(self.floor_ordinal).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Role, Timestamp, UserId};
    use crate::store::records::{Mark, Until};

    #[test]
    fn a_window_is_what_lies_above_from_and_not_above_until() {
        let head = Head { seq: Seq(20), lsn: Lsn(90), ordinal: Ordinal(15), at: Timestamp(5), ..Head::EMPTY };
        let member = |until: Option<(u64, u64)>, first_read: u64| MemberRow {
            id: UserId::new("ada").unwrap(),
            role: Role::Member,
            from: Mark { seq: Seq(4), ordinal: Ordinal(3) },
            until: until.map(|(seq, ordinal)| Until { seq: Seq(seq), lsn: Lsn(40), ordinal: Ordinal(ordinal) }),
            read: Mark { seq: Seq(0), ordinal: Ordinal(first_read) },
            delivered: Seq(0),
            alias: None,
            silenced_until: None,
            joined: Timestamp(1),
            changed: Lsn(1),
        };
        for (until, read, (first, trimmed), floor, top, unread) in [
            (None, 0, (1, 0), 5, 20, 12),
            (None, 3, (1, 0), 5, 20, 12),
            (None, 14, (1, 0), 5, 20, 1),
            (None, 15, (1, 0), 5, 20, 0),
            (None, 3, (9, 7), 9, 20, 8),
            (None, 9, (9, 7), 9, 20, 6),
            (None, 3, (3, 2), 5, 20, 12),
            (Some((10, 8)), 3, (1, 0), 5, 10, 5),
            (Some((10, 8)), 9, (1, 0), 5, 10, 0),
        ] {
            let head = Head { first: Seq(first), first_ordinal: Ordinal(trimmed), ..head };
            let window = Window::new(&head, &member(until, read));
            assert_eq!((window.floor, window.head), (Seq(floor), Seq(top)));
            assert_eq!(window.unread(Ordinal(read)), unread);
            assert!(window.holds(Seq(floor)) && window.holds(Seq(top)));
            assert!(!window.holds(Seq(floor - 1)) && !window.holds(Seq(top + 1)));
        }
    }
}
