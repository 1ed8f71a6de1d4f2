//! Sends messages with a window of them in flight, and remembers what was acknowledged.

use super::super::{Failure, exit};
use super::glance::Glance;
use super::peer::{Peer, Phase, Shared, add};
use crate::model::{Command, Content, ConversationId, Key, Refusal, Target, Text};
use crate::protocol::{ClientFrame, Encoding};
use bytes::BufMut;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// Request numbers start here, so that all have the same length in both encodings.
const FIRST_REQUEST: u32 = 1_000_000_000;
/// What stands in a template where the time, the sender and the number of the message go: 32 hexadecimal digits.
const MARK: &str = "0123456789abcdef0123456789abcdef";
/// Bytes of one number.
const WORD: usize = 8;

/// What a sender knows in the end.
#[derive(Debug)]
pub(super) struct Record {
    pub sender: u32,
    pub conversation: ConversationId,
    /// The seq of each message by its number; 0: not acknowledged.
    pub acked: Vec<u32>,
}

impl Record {
    pub(super) fn new(sender: u32, conversation: ConversationId) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { sender, conversation, acked: Vec::new() }))
    }

    /// The highest acknowledged seq.
    pub(super) fn head(&self) -> u64 {
        self.acked.iter().copied().max().unwrap_or_default().into()
    }
}

/// A submit frame in which only the numbers change.
struct Template {
    encoding: Encoding,
    bytes: Vec<u8>,
    request_at: usize,
    key_at: usize,
    mark_at: usize,
    nonce: [u8; 3],
    sender: u32,
}

impl Template {
    fn new(encoding: Encoding, sender: u32, to: Target, text_bytes: usize) -> Result<Self, Failure> {
        let nonce = {
            let random = Key::new(crate::model::Timestamp(0)).0;
            [random[13], random[14], random[15]]
        };
        // No byte of this key can be taken for anything else in the frame.
        let key = Key([0xEE; 16]);
        let text = format!("{MARK}{}", "x".repeat(text_bytes.saturating_sub(MARK.len())));
        let command = Command::Send { to, content: Content::Text(Text::plain(text)) };
        let bytes = encoding.encode(&ClientFrame::Submit { request: FIRST_REQUEST, key, command }).to_vec();
        let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
        let (request_at, key_at) = match encoding {
            // The kind is one byte.
            Encoding::Postcard => (Some(1), find(&key.0)),
            Encoding::Json => (find(FIRST_REQUEST.to_string().as_bytes()), find(key.to_string().as_bytes())),
        };
        match (request_at, key_at, find(MARK.as_bytes())) {
            (Some(request_at), Some(key_at), Some(mark_at)) => {
                Ok(Self { encoding, bytes, request_at, key_at, mark_at, nonce, sender })
            }
            _ => Err(Failure::new(exit::DATA, "The frames of this protocol are not what the generator expects.")),
        }
    }

    /// The frame of message `number`, first sent at `sent_us`.
    fn fill(&mut self, shared: &Shared, number: u32, sent_us: u64) -> &[u8] {
        let key = self.key(shared.wall_ms(sent_us), number);
        let request = FIRST_REQUEST + number;
        match self.encoding {
            Encoding::Postcard => {
                let mut rest = request;
                for at in 0..5 {
                    self.bytes[self.request_at + at] = (rest & 0x7f) as u8 | if at < 4 { 0x80 } else { 0 };
                    rest >>= 7;
                }
                self.bytes[self.key_at..self.key_at + 16].copy_from_slice(&key.0);
            }
            Encoding::Json => {
                let request = request.to_string();
                self.bytes[self.request_at..self.request_at + request.len()].copy_from_slice(request.as_bytes());
                let key = key.to_string();
                self.bytes[self.key_at..self.key_at + key.len()].copy_from_slice(key.as_bytes());
            }
        }
        let mark = &mut self.bytes[self.mark_at..self.mark_at + MARK.len()];
        hex(sent_us, &mut mark[..2 * WORD]);
        hex(u64::from(self.sender), &mut mark[2 * WORD..3 * WORD]);
        hex(u64::from(number), &mut mark[3 * WORD..]);
        &self.bytes
    }

    /// A UUID of version 7: the time, a number drawn for this run, the number of the message.
    fn key(&self, ms: u64, number: u32) -> Key {
        let ([_, _, time @ ..], nonce) = (ms.to_be_bytes(), self.nonce);
        let mut key = [0; 16];
        key[..6].copy_from_slice(&time);
        (key[6], key[7], key[8]) = (0x70, nonce[0], 0x80);
        key[9..11].copy_from_slice(&nonce[1..]);
        key[12..].copy_from_slice(&number.to_be_bytes());
        Key(key)
    }
}

fn hex(mut value: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

/// What stands in the text of a message: when it was first sent (microseconds), by whom, and its number.
pub(super) fn read_mark(text: &[u8]) -> Option<(u64, u32, u32)> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
    };
    let mark = text.get(..MARK.len())?;
    let (time, rest) = mark.split_at(2 * WORD);
    let (sender, message) = rest.split_at(WORD);
    Some((number(time)?, number(sender)? as u32, number(message)? as u32))
}

/// Sends until `Phase::Drain` (or `limit` messages), then waits for what is in flight. Gives the connection back.
pub(super) async fn send(
    mut peer: Peer,
    record: Rc<RefCell<Record>>,
    window: u32,
    text_bytes: u32,
    limit: u32,
) -> Result<Peer, Failure> {
    let shared = Rc::clone(&peer.shared);
    let (sender, conversation) = {
        let record = record.borrow();
        (record.sender, record.conversation)
    };
    let to = Target::Conversation(conversation);
    let mut template = Template::new(shared.encoding, sender, to, text_bytes as usize)?;
    let mut state = Window { size: window, sent_us: vec![0; window as usize], ..Window::default() };
    loop {
        let wait = state.hold_until_us.map(|until_us| until_us.saturating_sub(shared.now_us()));
        if wait.is_none_or(|wait_us| wait_us == 0) {
            state.hold_until_us = None;
            let may_start = shared.phase.get() != Phase::Drain;
            while let Some((number, first)) = state.next(may_start, limit) {
                let slot = (number % window) as usize;
                if first {
                    state.sent_us[slot] = shared.now_us();
                }
                let frame = template.fill(&shared, number, state.sent_us[slot]);
                peer.connection.push_encoded(|out| out.put_slice(frame));
            }
            if state.in_flight == 0 && state.again.is_empty() {
                return Ok(peer);
            }
        }
        let mut failure = None;
        let turn = peer.turn(|now_us, glance| match glance {
            Glance::Appended { request, seq, .. } => {
                let number = request - FIRST_REQUEST;
                state.in_flight -= 1;
                let mut record = record.borrow_mut();
                if record.acked.len() <= number as usize {
                    record.acked.resize(number as usize + 1, 0);
                }
                record.acked[number as usize] = seq.0 as u32;
                if shared.phase.get() == Phase::Counted {
                    add(&shared.acks, 1);
                    let latency_us = now_us.saturating_sub(state.sent_us[(number % window) as usize]);
                    shared.ack_latencies.borrow_mut().saturating_record(latency_us);
                }
            }
            Glance::Refused { request: Some(request), refusal, .. } if refusal.retry_after_ms.is_some() => {
                add(&shared.refused, 1);
                state.refused(request - FIRST_REQUEST, &refusal, now_us);
            }
            Glance::Refused { refusal, .. } => failure = Some(refusal),
            Glance::Message { .. } | Glance::Other(_) => {}
        });
        match wait.filter(|wait_us| *wait_us > 0) {
            None => turn.await?,
            Some(wait_us) => tokio::select! {
                turned = turn => turned?,
                () = tokio::time::sleep(Duration::from_micros(wait_us)) => {}
            },
        }
        if let Some(refusal) = failure {
            return Err(refusal.into());
        }
    }
}

/// What is in flight, and what must go again.
#[derive(Default)]
struct Window {
    size: u32,
    next: u32,
    in_flight: u32,
    /// Refused for now; sent again, in order, once nothing is in flight.
    again: VecDeque<u32>,
    resending: bool,
    hold_until_us: Option<u64>,
    /// When each message in flight was first sent, by its number modulo the window.
    sent_us: Vec<u64>,
}

impl Window {
    /// The next message to send, if one may go, and whether it goes for the first time.
    fn next(&mut self, may_start: bool, limit: u32) -> Option<(u32, bool)> {
        if !self.again.is_empty() && !self.resending {
            if self.in_flight > 0 {
                return None;
            }
            self.resending = true;
        }
        if self.in_flight >= self.size {
            return None;
        }
        let chosen = match self.again.pop_front() {
            Some(number) => (number, false),
            None if may_start && self.next < limit => {
                self.next += 1;
                (self.next - 1, true)
            }
            None => return None,
        };
        if self.again.is_empty() {
            self.resending = false;
        }
        self.in_flight += 1;
        Some(chosen)
    }

    fn refused(&mut self, number: u32, refusal: &Refusal, now_us: u64) {
        self.in_flight -= 1;
        self.again.push_back(number);
        self.resending = false;
        self.hold_until_us = Some(now_us + refusal.retry_after_ms.unwrap_or(100) * 1_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_filled_template_is_the_frame_that_the_codec_would_make() {
        let shared = Shared::new(Encoding::Postcard);
        for encoding in [Encoding::Postcard, Encoding::Json] {
            let to = Target::Conversation(ConversationId(300));
            let mut template = Template::new(encoding, 7, to.clone(), 100).unwrap();
            let frame: ClientFrame = encoding.decode(template.fill(&shared, 12_345, 999_999)).unwrap();
            let ClientFrame::Submit { request, key, command: Command::Send { to: sent, content } } = frame else {
                panic!("{frame:?}")
            };
            assert_eq!((request, sent), (FIRST_REQUEST + 12_345, to));
            assert!(key.is_version_7());
            assert_eq!(key.time(), Timestamp(shared.wall_ms(999_999)));
            let Content::Text(text) = content else { panic!("{content:?}") };
            assert_eq!(text.text.len(), 100);
            assert_eq!(read_mark(text.text.as_bytes()), Some((999_999, 7, 12_345)));
        }
    }

    #[test]
    fn refused_messages_go_again_in_order_once_nothing_is_in_flight() {
        let mut window = Window { size: 3, sent_us: vec![0; 3], ..Window::default() };
        let first = |number| Some((number, true));
        assert_eq!([window.next(true, 9), window.next(true, 9), window.next(true, 9)], [first(0), first(1), first(2)]);
        assert_eq!(window.next(true, 9), None);
        window.in_flight -= 1; // 0 is acknowledged
        let refusal = Refusal::new(crate::model::Code::RateLimited, "").retry_after_ms(1);
        window.refused(1, &refusal, 0);
        assert_eq!(window.next(true, 9), None, "2 is still in flight");
        window.refused(2, &refusal, 0);
        let again = |number| Some((number, false));
        assert_eq!([window.next(true, 9), window.next(true, 9), window.next(true, 9)], [again(1), again(2), first(3)]);
    }
}
