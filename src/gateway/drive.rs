//! The loop around a connection: one task that reads, handles and writes. Generic over how bytes travel.
//!
//! Reading and handling are one future, writing is another; both are polled by the same task, so a slow query does not hold up
//! outcomes and pushes. Nothing is allocated while a connection is idle.

use super::Connection;
use crate::hub::Outbox;
use crate::protocol::{ClientFrame, DecodeError};
use parking_lot::Mutex;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Frames that were read and not handled yet.
pub type Inbox = VecDeque<Result<ClientFrame, DecodeError>>;

/// A queue that once held more frames than this is not kept for later use.
const SPARE_FRAMES_MAX: usize = 512;

thread_local! {
    /// A queue for whichever connection reads next on this thread, so that reading allocates nothing.
    static SPARE: RefCell<Inbox> = const { RefCell::new(VecDeque::new()) };
}

/// What reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes came; whole frames are in the inbox.
    Some,
    /// The peer says nothing more.
    End,
}

/// How bytes travel.
pub trait Transport: Send {
    /// Reads what is there, a bounded amount, and appends whole frames to `inbox`. Keeps no memory when nothing is there.
    fn poll_receive(&mut self, cx: &mut Context<'_>, outbox: &Outbox, inbox: &mut Inbox) -> Poll<io::Result<Received>>;

    /// Writes what waits in the outbox. Ready when nothing is left, pending when the peer takes no more; sets `progress` when
    /// the peer took something.
    fn poll_send(&mut self, cx: &mut Context<'_>, outbox: &Outbox, progress: &mut bool) -> Poll<io::Result<()>>;
}

/// What the two halves of the task tell each other.
struct Shared<'a, T> {
    /// Guards the transport between the halves; they never run at once, and neither holds it across a wait.
    transport: &'a Mutex<T>,
    /// The reading half waits for the writing half.
    waiting: AtomicBool,
    /// A deadline has passed.
    tick: AtomicBool,
}

/// Runs a connection until everything that had to be said is written, or the peer is gone. `Ok`: part politely.
pub async fn drive<T: Transport>(connection: &mut Connection, transport: &Mutex<T>) -> io::Result<()> {
    let outbox = Arc::clone(connection.outbox());
    let gateway = connection.gateway().clone();
    let shared = Shared { transport, waiting: AtomicBool::new(false), tick: AtomicBool::new(false) };
    let mut reading = pin!(read(connection, &outbox, &shared));
    let mut reads = true;
    poll_fn(|cx| {
        loop {
            if reads && let Poll::Ready(result) = reading.as_mut().poll(cx) {
                reads = false;
                if result.is_err() {
                    return Poll::Ready(result);
                }
            }
            let mut progress = false;
            let sent = shared.transport.lock().poll_send(cx, &outbox, &mut progress)?;
            let blocked = sent.is_pending();
            if (progress || !blocked) && outbox.stalled_ms() != 0 {
                outbox.set_stalled_ms(0);
            }
            if blocked && outbox.stalled_ms() == 0 {
                outbox.set_stalled_ms(gateway.now_ms());
            }
            if progress && reads && shared.waiting.load(Ordering::Relaxed) {
                continue;
            }
            let Poll::Ready(due) = outbox.poll_due(cx, blocked) else { return Poll::Pending };
            if due.poked {
                // It was told to end and does not take what is left, or it has not taken anything for too long.
                if outbox.is_ended() || gateway.is_stuck(&outbox) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                shared.tick.store(true, Ordering::Relaxed);
                continue;
            }
            if due.ended && !due.write {
                return Poll::Ready(Ok(()));
            }
        }
    })
    .await
}

/// The reading half: reads, handles, and waits where the protocol says so.
async fn read<T: Transport>(
    connection: &mut Connection,
    outbox: &Arc<Outbox>,
    shared: &Shared<'_, T>,
) -> io::Result<()> {
    let held_max = connection.gateway().options().queue_bytes;
    loop {
        // Whoever does not read what they asked for is not listened to either.
        wait(connection, outbox, shared, |_| outbox.held_bytes() <= held_max).await;
        let mut inbox = SPARE.with(RefCell::take);
        let received = poll_fn(|cx| {
            if shared.tick.swap(false, Ordering::Relaxed) {
                connection.tick();
            }
            if !outbox.is_open() {
                return Poll::Ready(Ok(Received::End));
            }
            shared.transport.lock().poll_receive(cx, outbox, &mut inbox)
        })
        .await?;
        connection.heard(inbox.len());
        while outbox.is_open()
            && let Some(frame) = inbox.pop_front()
        {
            if let Some(later) = connection.handle(frame) {
                // In a box, so that the many connections without such work keep no room for it.
                Box::pin(connection.finish(later)).await;
            }
            wait(connection, outbox, shared, Connection::is_ready).await;
        }
        connection.rest();
        inbox.clear();
        if inbox.capacity() <= SPARE_FRAMES_MAX {
            SPARE.with(|spare| spare.replace(inbox));
        }
        if !outbox.is_open() {
            return Ok(());
        }
        if received == Received::End {
            outbox.end(None);
            return Ok(());
        }
    }
}

/// Waits until a condition holds that the writing half brings about, or the connection ends.
async fn wait<T: Transport>(
    connection: &mut Connection,
    outbox: &Outbox,
    shared: &Shared<'_, T>,
    holds: impl Fn(&mut Connection) -> bool,
) {
    poll_fn(|_| {
        if shared.tick.swap(false, Ordering::Relaxed) {
            connection.tick();
        }
        let done = holds(connection) || !outbox.is_open();
        shared.waiting.store(!done, Ordering::Relaxed);
        // No waker: the writing half runs in the same task and comes back here when it has made progress.
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
