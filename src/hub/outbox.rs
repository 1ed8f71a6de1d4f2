//! What waits to be written to one connection.
//!
//! Frames stand in it as they travel on TCP: length, then content, encoded once. A WebSocket takes the same bytes and leaves the
//! lengths out. Two kinds of frames wait here: *replies* are never dropped (the window, and one query at a time, bound them);
//! *pushes* are dropped all together when they would exceed the limit, and the client is told once, with `lagging`.
//!
//! An outbox belongs to one connection task, the only one that takes from it. Anybody may put into it. The engine's publisher
//! thread wakes the tasks once a batch ([`super::Hub::flush`]), whoever else puts something in wakes the task at once.

use super::broadcast::Broadcast;
use crate::model::clock::monotonic;
use crate::model::{Code, Refusal};
use crate::protocol::{Encoding, Frame, LENGTH_BYTES, ServerFrame};
use bytes::{Buf, Bytes, BytesMut};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Frames up to this size are copied into the connection's own buffer; larger ones are shared.
pub(super) const COPY_BYTES_MAX: usize = 1_024;
/// First size of a connection's buffer.
const BUFFER_BYTES: usize = 1_024;
/// Larger buffers are given back to the system instead of being used again.
const POOLED_BYTES_MAX: usize = 64 * 1024;
/// Buffers that are kept for use by whichever connection needs one next.
const POOLED_MAX: usize = 256;
/// What may wait for one connection while all connections together hold too much.
const PRESSED_BYTES: usize = 64 * 1024;

/// What all outboxes of a server share.
#[derive(Debug)]
pub(super) struct Common {
    /// Tasks that the publisher wakes when its batch is over. Guards nothing else.
    wakes: Mutex<Vec<Waker>>,
    give: crossbeam_channel::Sender<BytesMut>,
    take: crossbeam_channel::Receiver<BytesMut>,
    /// All connections together hold too much.
    pub pressed: AtomicBool,
    /// How often a connection began to lag.
    pub lagging: AtomicU64,
}

impl Common {
    pub fn new() -> Self {
        let (give, take) = crossbeam_channel::bounded(POOLED_MAX);
        Self { wakes: Mutex::new(Vec::new()), give, take, pressed: AtomicBool::new(false), lagging: AtomicU64::new(0) }
    }

    /// Wakes every task that has something to write since the last call.
    pub fn flush(&self) {
        let mut wakes = std::mem::take(&mut *self.wakes.lock());
        for waker in wakes.drain(..) {
            waker.wake();
        }
        let mut slot = self.wakes.lock();
        if slot.is_empty() {
            *slot = wakes;
        }
    }

    fn buffer(&self) -> BytesMut {
        self.take.try_recv().unwrap_or_else(|_| BytesMut::with_capacity(BUFFER_BYTES))
    }

    fn give_back(&self, mut buffer: BytesMut) {
        buffer.clear();
        if (BUFFER_BYTES..=POOLED_BYTES_MAX).contains(&buffer.capacity()) {
            // A full pool lets the buffer go.
            drop(self.give.try_send(buffer));
        }
    }
}

/// A stretch of whole frames.
#[derive(Debug)]
pub enum Piece {
    /// Written for this connection alone.
    Own(BytesMut),
    /// One frame, shared with other connections.
    Shared(Bytes),
}

impl Piece {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }

    /// The bytes, to be cut into messages without copying.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Own(bytes) => bytes.freeze(),
            Self::Shared(bytes) => bytes,
        }
    }
}

/// A refusal that holds back what comes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The number of the refused request.
    pub request: u32,
    /// Its refusal.
    pub refusal: Refusal,
    /// When it was refused; the time to wait counts from here.
    pub at: Instant,
}

/// What waits to be written to one connection.
#[derive(Debug)]
pub struct Outbox {
    common: Arc<Common>,
    /// Submits whose outcome has not come yet.
    in_flight: AtomicU32,
    /// When the connection's task wants to be woken, in milliseconds of the gateway's own time.
    deadline_ms: AtomicU64,
    /// Since when the peer takes nothing, in the same time; 0 while it does.
    stalled_ms: AtomicU64,
    /// The stage, once more: whether the connection goes on is asked for every frame.
    stage: AtomicU8,
    /// There is something in `held_back`; asked for every submit.
    holds_back: AtomicBool,
    /// `welcome` was put in.
    welcomed: AtomicBool,
    /// Guards everything that waits and who waits for it. Held for a few copies, never across anything that waits.
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    encoding: Encoding,
    /// Older than `open`, in order.
    sealed: VecDeque<Piece>,
    /// Where frames are appended.
    open: BytesMut,
    /// Bytes in `sealed` and `open`.
    queued_bytes: usize,
    /// Bytes that the task took and has not written.
    taken_bytes: usize,
    bytes_max: usize,
    /// All bytes that were ever put in.
    total_bytes: u64,
    stage: Stage,
    /// Pushes were dropped: no more of them until the client has synchronised.
    lagging: bool,
    poked: bool,
    held_back: Option<HeldBack>,
    /// The last refusal with a time to wait, whoever has taken notice of it.
    last_held_back: Option<Box<HeldBack>>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Everything goes.
    Open,
    /// The server goes away: outcomes of what is in flight still go.
    Draining,
    /// Nothing more is put in; what is there is written, then the connection is closed.
    Ended,
}

/// What the connection's task has to see to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// There are bytes to take.
    pub write: bool,
    /// A deadline has passed.
    pub poked: bool,
    /// Nothing more will be put in.
    pub ended: bool,
}

impl Due {
    const fn any(self) -> bool {
        self.write || self.poked || self.ended
    }
}

impl Outbox {
    pub(super) fn new(common: Arc<Common>, bytes_max: usize) -> Self {
        Self {
            common,
            in_flight: AtomicU32::new(0),
            deadline_ms: AtomicU64::new(u64::MAX),
            stalled_ms: AtomicU64::new(0),
            stage: AtomicU8::new(Stage::Open as u8),
            holds_back: AtomicBool::new(false),
            welcomed: AtomicBool::new(false),
            queue: Mutex::new(Queue {
                encoding: Encoding::Json,
                sealed: VecDeque::new(),
                open: BytesMut::new(),
                queued_bytes: 0,
                taken_bytes: 0,
                bytes_max,
                total_bytes: 0,
                stage: Stage::Open,
                lagging: false,
                poked: false,
                held_back: None,
                last_held_back: None,
                waker: None,
            }),
        }
    }

    /// Sets how frames are written; JSON until then.
    pub fn set_encoding(&self, encoding: Encoding) {
        self.queue.lock().encoding = encoding;
    }

    // Putting in: the connection's own task.

    /// Puts in a frame that is never dropped. For the connection's own task, which looks here again before it sleeps.
    pub fn reply(&self, frame: &ServerFrame) {
        self.queue.lock().append_frame(&self.common, frame);
    }

    /// Puts in a page of changes. When it is the last one and pushes were dropped meanwhile, `lagging` follows it, because the
    /// client takes the last page as the end of its lag.
    pub fn reply_page(&self, page: &ServerFrame, last: bool) {
        let mut queue = self.queue.lock();
        queue.append_frame(&self.common, page);
        if last && queue.lagging {
            queue.append_frame(&self.common, &ServerFrame::Lagging {});
        }
    }

    /// Puts in `welcome`, before whatever was pushed since the session was registered.
    pub fn welcome(&self, frame: &ServerFrame) {
        let mut queue = self.queue.lock();
        let queue = &mut *queue;
        let later = std::mem::take(&mut queue.open);
        queue.queued_bytes -= later.len();
        let older = std::mem::take(&mut queue.sealed);
        queue.append_frame(&self.common, frame);
        if !later.is_empty() || !older.is_empty() {
            let welcome = std::mem::take(&mut queue.open);
            queue.sealed.push_back(Piece::Own(welcome));
            queue.sealed.extend(older);
            queue.queued_bytes += later.len();
            queue.open = later;
        }
        self.welcomed.store(true, Ordering::Release);
    }

    /// Whether the peer was let in.
    pub fn is_welcomed(&self) -> bool {
        self.welcomed.load(Ordering::Acquire)
    }

    /// The log-in was refused: puts in the refusal, drops every push that came since the session was registered, and ends.
    pub fn turn_away(&self, farewell: &ServerFrame) {
        self.queue.lock().keep_replies();
        self.end(Some(farewell));
    }

    /// Starts taking pushes again after a lag. Called just before the state of the last page is taken.
    pub fn resume_pushes(&self) {
        self.queue.lock().lagging = false;
    }

    /// A submit goes to the engine.
    pub fn started(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// Submits whose outcome has not come yet.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// The first refusal with a time to wait since the last call.
    pub fn take_held_back(&self) -> Option<HeldBack> {
        if !self.holds_back.load(Ordering::Acquire) {
            return None;
        }
        let mut queue = self.queue.lock();
        self.holds_back.store(false, Ordering::Release);
        queue.held_back.take()
    }

    /// The last refusal with a time to wait; its time may be over.
    pub fn last_held_back(&self) -> Option<HeldBack> {
        self.queue.lock().last_held_back.as_deref().cloned()
    }

    // Putting in: anybody.

    /// Puts in the outcome (or refusal) of a submit. The task is woken with the batch.
    pub fn complete(&self, request: u32, refusal: Option<&Refusal>, frame: &ServerFrame) {
        let mut queue = self.queue.lock();
        if let Some(refusal) = refusal
            && refusal.retry_after_ms.is_some()
        {
            let held_back = HeldBack { request, refusal: refusal.clone(), at: monotonic() };
            queue.last_held_back = Some(Box::new(held_back.clone()));
            if queue.held_back.is_none() {
                queue.held_back = Some(held_back);
                self.holds_back.store(true, Ordering::Release);
            }
        }
        queue.append_frame(&self.common, frame);
        let left = self.in_flight.fetch_sub(1, Ordering::AcqRel).saturating_sub(1);
        if left == 0 && queue.stage == Stage::Draining {
            self.set_stage(&mut queue, Stage::Ended);
        }
        self.wake_with_batch(&mut queue);
    }

    /// Puts in a push. The task is woken with the batch.
    pub fn push(&self, frame: &mut Broadcast<'_>) {
        let mut queue = self.queue.lock();
        if queue.stage != Stage::Open || queue.lagging {
            return;
        }
        let bytes_max = self.bytes_max(&queue);
        let (small, shared) = frame.framed(queue.encoding);
        let length = small.len() + shared.map_or(0, Bytes::len);
        if queue.held_bytes() + length > bytes_max {
            queue.drop_pushes(&self.common);
        } else if let Some(shared) = shared {
            queue.append_shared(shared.clone());
        } else {
            queue.append(&self.common, small);
        }
        self.wake_with_batch(&mut queue);
    }

    /// Puts in a push that may be lost at any time (presence, typing): only while there is plenty of room. The task is woken.
    /// Gives whether it was put in.
    pub fn push_ephemeral(&self, frame: &mut Broadcast<'_>) -> bool {
        let mut queue = self.queue.lock();
        if queue.stage != Stage::Open || queue.lagging {
            return false;
        }
        let bytes_max = self.bytes_max(&queue);
        let (small, shared) = frame.framed(queue.encoding);
        let bytes = shared.map_or(small, |shared| &shared[..]);
        let room = queue.held_bytes() + bytes.len() <= bytes_max / 2;
        if room {
            queue.append(&self.common, bytes);
            queue.wake();
        }
        room
    }

    /// Puts in a last frame and ends the outbox: nothing more goes in, the rest is written, the connection is closed. Changes
    /// nothing when it has ended. The task is woken.
    pub fn end(&self, farewell: Option<&ServerFrame>) {
        let mut queue = self.queue.lock();
        if queue.stage == Stage::Ended {
            return;
        }
        if let Some(farewell) = farewell {
            queue.append_frame(&self.common, farewell);
        }
        self.set_stage(&mut queue, Stage::Ended);
        queue.wake();
    }

    /// The server goes away: says so, takes outcomes of what is in flight, then ends. The task is woken.
    pub fn drain(&self, farewell: &ServerFrame) {
        let mut queue = self.queue.lock();
        if queue.stage != Stage::Open {
            return;
        }
        queue.append_frame(&self.common, farewell);
        let stage = if self.in_flight() == 0 { Stage::Ended } else { Stage::Draining };
        self.set_stage(&mut queue, stage);
        queue.wake();
    }

    // Taking out: the connection's own task.

    /// Whether frames are still read from the peer.
    pub fn is_open(&self) -> bool {
        self.stage.load(Ordering::Acquire) == Stage::Open as u8
    }

    /// Whether nothing more is put in.
    pub fn is_ended(&self) -> bool {
        self.stage.load(Ordering::Acquire) == Stage::Ended as u8
    }

    /// Moves everything that waits to `pieces`. False when there was nothing.
    pub fn take(&self, pieces: &mut VecDeque<Piece>) -> bool {
        let mut queue = self.queue.lock();
        if queue.queued_bytes == 0 {
            return false;
        }
        if !queue.sealed.is_empty() {
            pieces.extend(std::mem::take(&mut queue.sealed));
        }
        if !queue.open.is_empty() {
            pieces.push_back(Piece::Own(std::mem::take(&mut queue.open)));
        }
        queue.taken_bytes += queue.queued_bytes;
        queue.queued_bytes = 0;
        true
    }

    /// So many of the taken bytes are written.
    pub fn wrote(&self, bytes: usize) {
        let mut queue = self.queue.lock();
        queue.taken_bytes = queue.taken_bytes.saturating_sub(bytes);
    }

    /// Gives a buffer back whose bytes are written.
    pub fn give_back(&self, piece: Piece) {
        if let Piece::Own(buffer) = piece {
            self.common.give_back(buffer);
        }
    }

    /// What is to be seen to; when nothing is, the task is woken as soon as something is. While the peer takes nothing
    /// (`blocked`) only deadlines count.
    pub fn poll_due(&self, cx: &Context<'_>, blocked: bool) -> Poll<Due> {
        let mut queue = self.queue.lock();
        let due = Due {
            write: !blocked && queue.queued_bytes > 0,
            poked: std::mem::take(&mut queue.poked),
            ended: !blocked && queue.stage == Stage::Ended,
        };
        if due.any() {
            return Poll::Ready(due);
        }
        match &mut queue.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            empty => *empty = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Bytes that wait or are being written.
    pub fn held_bytes(&self) -> usize {
        self.queue.lock().held_bytes()
    }

    /// Where the end of the outbox is now, for [`Outbox::is_written`].
    pub fn mark(&self) -> u64 {
        self.queue.lock().total_bytes
    }

    /// Whether everything up to a mark is written.
    pub fn is_written(&self, mark: u64) -> bool {
        let queue = self.queue.lock();
        queue.total_bytes - queue.held_bytes() as u64 >= mark
    }

    // Deadlines, kept by the gateway's one wheel.

    /// Sets when the task wants to be woken.
    pub fn set_deadline_ms(&self, at_ms: u64) {
        self.deadline_ms.store(at_ms, Ordering::Relaxed);
    }

    /// When the task wants to be woken.
    pub fn deadline_ms(&self) -> u64 {
        self.deadline_ms.load(Ordering::Relaxed)
    }

    /// Notes since when the peer takes nothing; 0: it does.
    pub fn set_stalled_ms(&self, since_ms: u64) {
        self.stalled_ms.store(since_ms, Ordering::Relaxed);
    }

    /// Since when the peer takes nothing; 0: it does.
    pub fn stalled_ms(&self) -> u64 {
        self.stalled_ms.load(Ordering::Relaxed)
    }

    /// Tells the task that a deadline has passed.
    pub fn poke(&self) {
        let mut queue = self.queue.lock();
        queue.poked = true;
        queue.wake();
    }

    fn set_stage(&self, queue: &mut Queue, stage: Stage) {
        queue.stage = stage;
        self.stage.store(stage as u8, Ordering::Release);
    }

    fn bytes_max(&self, queue: &Queue) -> usize {
        if self.common.pressed.load(Ordering::Relaxed) { queue.bytes_max.min(PRESSED_BYTES) } else { queue.bytes_max }
    }

    fn wake_with_batch(&self, queue: &mut Queue) {
        if let Some(waker) = queue.waker.take() {
            self.common.wakes.lock().push(waker);
        }
    }
}

impl Queue {
    const fn held_bytes(&self) -> usize {
        self.queued_bytes + self.taken_bytes
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn append_frame(&mut self, common: &Common, frame: &ServerFrame) {
        if self.stage == Stage::Ended {
            return;
        }
        if self.open.capacity() == 0 {
            self.open = common.buffer();
        }
        let before = self.open.len();
        self.encoding.encode_framed_into(frame, &mut self.open);
        self.count(self.open.len() - before);
    }

    fn append(&mut self, common: &Common, framed: &[u8]) {
        if self.open.capacity() == 0 {
            self.open = common.buffer();
        }
        self.open.extend_from_slice(framed);
        self.count(framed.len());
    }

    fn append_shared(&mut self, framed: Bytes) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.sealed.push_back(Piece::Own(open));
        }
        self.count(framed.len());
        self.sealed.push_back(Piece::Shared(framed));
    }

    const fn count(&mut self, bytes: usize) {
        self.queued_bytes += bytes;
        self.total_bytes += bytes as u64;
    }

    /// Drops every push that waits, and says so once.
    fn drop_pushes(&mut self, common: &Common) {
        self.keep_replies();
        self.lagging = true;
        self.append_frame(common, &ServerFrame::Lagging {});
        common.lagging.fetch_add(1, Ordering::Relaxed);
    }

    /// Drops every push that waits.
    fn keep_replies(&mut self) {
        let sealed = std::mem::take(&mut self.sealed);
        let open = std::mem::take(&mut self.open);
        let mut kept = BytesMut::new();
        for piece in sealed.into_iter().map(Piece::into_bytes).chain([open.freeze()]) {
            for frame in frames(&piece) {
                if !is_push(self.encoding, &frame[LENGTH_BYTES..]) {
                    kept.extend_from_slice(frame);
                }
            }
        }
        // What was dropped counts as written: nobody waits for it.
        self.queued_bytes = kept.len();
        self.open = kept;
    }
}

/// The frames of a stretch, each with its length.
fn frames(mut stretch: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*stretch.first_chunk::<LENGTH_BYTES>()?) as usize;
        let (frame, rest) = stretch.split_at_checked(LENGTH_BYTES + length)?;
        stretch = rest;
        Some(frame)
    })
}

/// Cuts the next frame, without its length, off a stretch of whole frames.
pub fn next_payload(stretch: &mut Bytes) -> Option<Bytes> {
    let length = u32::from_be_bytes(*stretch.first_chunk::<LENGTH_BYTES>()?) as usize;
    stretch.advance(LENGTH_BYTES);
    Some(stretch.split_to(length.min(stretch.len())))
}

/// Whether an encoded frame is one that may be dropped: its kind stands at its beginning.
fn is_push(encoding: Encoding, payload: &[u8]) -> bool {
    let kind = match encoding {
        Encoding::Postcard => payload.first().and_then(|kind| ServerFrame::kinds().get(usize::from(*kind)).copied()),
        Encoding::Json => payload
            .strip_prefix(br#"{""#)
            .and_then(|rest| rest.split(|byte| *byte == b'"').next())
            .and_then(|kind| std::str::from_utf8(kind).ok()),
    };
    matches!(kind, Some("entry" | "receipt" | "inbox" | "user" | "presence" | "typing" | "draft" | "pushed"))
}

/// The frame of a refusal.
pub fn refused(request: Option<u32>, refusal: Refusal, fatal: bool) -> ServerFrame {
    let Refusal { code, message, retry_after_ms } = refusal;
    ServerFrame::Refused(crate::protocol::Refused { request, code, message, retry_after_ms, fatal })
}

/// The frame of a fatal refusal.
pub fn fatal(code: Code, message: impl Into<std::borrow::Cow<'static, str>>) -> ServerFrame {
    refused(None, Refusal::new(code, message), true)
}
