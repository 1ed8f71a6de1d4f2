//! Reads every acknowledged message back.

use super::super::{Failure, unexpected};
use super::peer::Peer;
use super::sender::{Record, read_mark};
use crate::model::limits::PAGE_ENTRIES_MAX;
use crate::model::{Answer, Body, ConversationId, Entry, Query, Seq};
use crate::protocol::{ClientFrame, ServerFrame};
use std::collections::BTreeMap;

/// Queries in flight while reading back.
const PIPELINE: u64 = 4;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    pub read_back: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
}

impl Findings {
    pub(super) const fn add(&mut self, other: Self) {
        self.read_back += other.read_back;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
    }
}

/// Compares a conversation, read back entry by entry, with what its senders know.
struct Check<'a> {
    senders: BTreeMap<u32, (&'a Record, Vec<bool>, Option<u32>)>,
    next: u64,
    found: Findings,
}

impl<'a> Check<'a> {
    fn new(records: &'a [&'a Record]) -> Self {
        let sender = |record: &&'a Record| (record.sender, (*record, vec![false; record.acked.len()], None));
        Self { senders: records.iter().map(sender).collect(), next: 1, found: Findings::default() }
    }

    fn take(&mut self, entry: &Entry) {
        if entry.seq.0 < self.next {
            return;
        }
        // A gap in the seqs is as bad as a message out of its place.
        self.found.reordered += entry.seq.0 - self.next;
        self.next = entry.seq.0 + 1;
        let Body::Text(text) = &entry.body else { return };
        let Some((_, sender, number)) = read_mark(text.text.as_bytes()) else { return };
        let Some((record, seen, last)) = self.senders.get_mut(&sender) else { return };
        self.found.read_back += 1;
        if last.is_some_and(|last| number < last) {
            self.found.reordered += 1;
        }
        *last = Some(number);
        match seen.get_mut(number as usize) {
            // Not acknowledged before the end; it may be there.
            None => {}
            Some(true) => self.found.duplicated += 1,
            Some(seen) => {
                *seen = true;
                let acked = u64::from(record.acked[number as usize]);
                if acked != 0 && acked != entry.seq.0 {
                    self.found.reordered += 1;
                }
            }
        }
    }

    fn finish(mut self) -> Findings {
        for (record, seen, _) in self.senders.values() {
            let missing = record.acked.iter().zip(seen).filter(|(acked, seen)| **acked != 0 && !**seen).count();
            self.found.lost += missing as u64;
        }
        self.found
    }
}

/// Reads a conversation from its first entry to `head` and compares.
pub(super) async fn read_back(
    peer: &mut Peer,
    conversation: ConversationId,
    head: u64,
    records: &[&Record],
) -> Result<Findings, Failure> {
    let mut check = Check::new(records);
    let mut asked = 0;
    let mut waiting = BTreeMap::new();
    while asked < head || !waiting.is_empty() {
        while asked < head && (waiting.len() as u64) < PIPELINE {
            let last = (asked + PAGE_ENTRIES_MAX as u64).min(head);
            ask(peer, &mut waiting, conversation, asked + 1, last);
            asked = last;
        }
        match peer.receive().await? {
            ServerFrame::Answer { request, answer: Answer::Entries { entries, .. } } => {
                let Some((from, to)) = waiting.remove(&request) else { continue };
                for entry in &entries {
                    check.take(entry);
                }
                // A page ends early when its entries are large.
                let last = entries.last().map_or(to, |entry| entry.seq.0.max(from));
                if last < to {
                    ask(peer, &mut waiting, conversation, last + 1, to);
                    // The answers to the later ones came in between; what they hold would be taken for a gap.
                    while waiting.len() > 1 {
                        let later = waiting.pop_last();
                        asked = later.map_or(asked, |(_, (from, _))| asked.min(from - 1));
                    }
                    asked = asked.min(to);
                }
            }
            ServerFrame::Answer { .. } => return Err(unexpected()),
            ServerFrame::Refused(refused) if refused.request.is_some() => {
                return Err(Failure::new(super::super::exit::TEMPORARY, refused.message));
            }
            _ => {}
        }
    }
    Ok(check.finish())
}

fn ask(peer: &mut Peer, waiting: &mut BTreeMap<u32, (u64, u64)>, conversation: ConversationId, from: u64, to: u64) {
    let request = peer.request();
    let query =
        Query::Entries { conversation, from: Some(Seq(from)), to: Some(Seq(to)), limit: PAGE_ENTRIES_MAX as u32 };
    peer.connection.push(&ClientFrame::Query { request, query });
    waiting.insert(request, (from, to));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Lsn, Ordinal, Text, Timestamp, UserId};

    fn entry(seq: u64, number: u32) -> Entry {
        Entry {
            seq: Seq(seq),
            lsn: Lsn(seq),
            changed: Lsn(seq),
            ordinal: Ordinal(seq),
            at: Timestamp(0),
            author: UserId::new("p0").unwrap(),
            key: None,
            body: Body::Text(Text::plain(format!("{:016x}{:08x}{number:08x}", 0, 7))),
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            origin: None,
        }
    }

    fn findings(acked: &[u32], numbers: &[u32]) -> Findings {
        let record = Record { sender: 7, conversation: ConversationId(1), acked: acked.to_vec() };
        let records = [&record];
        let mut check = Check::new(&records);
        for (at, number) in numbers.iter().enumerate() {
            check.take(&entry(at as u64 + 1, *number));
        }
        check.finish()
    }

    #[test]
    fn what_is_lost_duplicated_or_out_of_order_is_counted() {
        let sound = Findings { read_back: 3, ..Findings::default() };
        assert_eq!(findings(&[1, 2, 3], &[0, 1, 2]), sound);
        assert_eq!(findings(&[1, 2], &[0, 1, 2]), sound, "stored, not acknowledged: nothing was promised");
        assert_eq!(findings(&[1, 2, 3, 4], &[0, 1, 2]).lost, 1);
        assert_eq!(findings(&[1, 2], &[0, 1, 1]).duplicated, 1);
        assert_eq!(findings(&[1, 3, 2], &[0, 2, 1]).reordered, 1);
        assert_eq!(findings(&[1, 3, 2], &[0, 1, 2]).reordered, 2, "not where the acknowledgement said");
    }
}
