//! Receives messages as they are pushed, and checks that none is missing.

use super::super::Failure;
use super::glance::Glance;
use super::peer::{Peer, Phase, add};
use super::sender::read_mark;
use crate::model::{ConversationId, Lsn, Seq};
use crate::protocol::{ClientFrame, ServerFrame, Sync};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Receipts are told after so many messages …
const RECEIPT_MESSAGES: u64 = 32;
/// … or this long after the first.
const RECEIPT_WAIT: Duration = Duration::from_millis(50);

/// What one receiver has seen of one conversation.
#[derive(Debug)]
pub(super) struct Seen {
    pub conversation: ConversationId,
    /// Everything up to here has come.
    pub last: u64,
    /// Messages that came.
    pub delivered: u64,
    /// Messages that did not come although a later one did.
    pub gaps: u64,
    /// Messages that came again, or after a later one.
    pub again: u64,
}

impl Seen {
    pub(super) fn new(conversation: ConversationId, last: u64) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { conversation, last, delivered: 0, gaps: 0, again: 0 }))
    }

    fn take(&mut self, seq: u64) {
        if seq == self.last + 1 {
            self.delivered += 1;
        } else if seq > self.last {
            self.gaps += seq - self.last - 1;
            self.delivered += 1;
        } else {
            self.again += 1;
        }
        self.last = self.last.max(seq);
    }

    /// What a sync brought: everything up to `head`, whether its entries are in the page or not.
    fn take_sync(&mut self, head: u64) {
        if head > self.last {
            self.delivered += head - self.last;
            self.last = head;
        }
    }
}

/// Receives until it is dropped. Other conversations of the same user are passed over.
pub(super) async fn receive(mut peer: Peer, seen: Rc<RefCell<Seen>>, receipts: bool) -> Result<(), Failure> {
    let shared = Rc::clone(&peer.shared);
    let conversation = seen.borrow().conversation;
    let (mut unsaid, mut due) = (0, None);
    let mut syncing = false;
    loop {
        let mut sync_from = None;
        let turn = peer.turn(|now_us, glance| match glance {
            Glance::Message { conversation: place, seq, text } if place == conversation => {
                seen.borrow_mut().take(seq.0);
                unsaid += 1;
                if shared.phase.get() == Phase::Counted {
                    add(&shared.deliveries, 1);
                    if let Some((sent_us, _, _)) = read_mark(text) {
                        shared.delivery_latencies.borrow_mut().saturating_record(now_us.saturating_sub(sent_us));
                    }
                }
            }
            Glance::Other(ServerFrame::Lagging {}) => {
                add(&shared.lagging, 1);
                sync_from = sync_from.or((!syncing).then_some(Lsn(0)));
            }
            Glance::Other(ServerFrame::Changes(changes)) => {
                for found in changes.conversations.iter().filter(|found| found.id == conversation) {
                    seen.borrow_mut().take_sync(found.head.0);
                }
                syncing = changes.more;
                sync_from = changes.more.then_some(changes.cursor);
            }
            Glance::Message { .. } | Glance::Appended { .. } | Glance::Refused { .. } | Glance::Other(_) => {}
        });
        match due {
            None => turn.await?,
            Some(due) => tokio::select! {
                turned = turn => turned?,
                () = tokio::time::sleep_until(due) => {}
            },
        }
        if let Some(cursor) = sync_from {
            syncing = true;
            let (request, epoch) = (peer.request(), peer.welcome.epoch);
            peer.connection.push(&ClientFrame::Sync(Sync { request, epoch, cursor, limit: 100 }));
        }
        if receipts && unsaid > 0 {
            let now = tokio::time::Instant::now();
            if unsaid >= RECEIPT_MESSAGES || now >= *due.get_or_insert(now + RECEIPT_WAIT) {
                let seq = Seq(seen.borrow().last);
                peer.connection.push(&ClientFrame::Delivered { conversation, seq });
                (unsaid, due) = (0, None);
            }
        }
    }
}
