//! Connections over TCP and TLS: the accept loop, and frames on a byte stream.

use super::accept::accept;
use super::drive::{Inbox, Received, Transport, drive};
use super::{Admission, Connection, Gateway, Purpose};
use crate::hub::{Outbox, Piece, refused};
use crate::model::Refusal;
use crate::net::{Incoming, Listener, Stream};
use crate::protocol::{ClientFrame, DecodeError, Deframer, Encoding, PREFACE_BYTES};
use crate::shutdown::Shutdown;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// Frames taken at once; what else was read waits in its bytes, which are smaller.
const READ_FRAMES: usize = 512;
/// Largest frame before `welcome`: whoever is not known yet is not believed much.
pub const HELLO_BYTES_MAX: usize = 32 * 1024;
/// Stretches written with one call.
const WRITE_SLICES: usize = 32;
/// A list of stretches longer than this is not kept.
const PIECES_KEPT_MAX: usize = 64;
/// How long the last words to a peer may take.
const FAREWELL: Duration = Duration::from_secs(1);

thread_local! {
    /// Where this thread reads to, whichever connection it is.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// Accepts connections until `shutdown`.
pub async fn serve(gateway: Gateway, listener: Listener, shutdown: Shutdown) {
    accept(&listener, &shutdown, |incoming, peer| admit(&gateway, incoming, peer)).await;
}

fn admit(gateway: &Gateway, incoming: Incoming, peer: SocketAddr) {
    match gateway.admit(peer.ip(), Purpose::Session) {
        Ok(admission) => {
            let task = run(gateway.clone(), incoming, peer, Arc::new(admission));
            gateway.tasks().spawn("tcp connection", task);
        }
        Err(refusal) => turn_away(gateway, incoming, refusal),
    }
}

/// Tells a peer why there is no place for it: a few at a time, and only where no handshake is needed first.
fn turn_away(gateway: &Gateway, incoming: Incoming, refusal: Refusal) {
    let Some(place) = gateway.farewell_place() else { return };
    let Some(mut stream) = incoming.plain() else { return };
    gateway.tasks().spawn("turned away", async move {
        let words = Encoding::Json.encode_framed(&refused(None, refusal, true));
        let parting = async {
            stream.write_all(&words).await?;
            part(&mut stream).await
        };
        // Whether the peer listens is its own affair.
        drop(tokio::time::timeout(FAREWELL, parting).await);
        drop(place);
    });
}

async fn run(gateway: Gateway, incoming: Incoming, peer: SocketAddr, admission: Arc<Admission>) {
    let within = Duration::from_millis(gateway.options().hello_timeout_ms);
    let stream = match incoming.handshake(within).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%peer, %error, "a connection did not get through its handshake");
            return;
        }
    };
    let max_frame = gateway.options().max_frame;
    let mut connection = Connection::new(gateway, peer.ip(), admission);
    let transport = Mutex::new(Tcp::new(stream, max_frame));
    let ended = drive(&mut connection, &transport).await;
    // The user is offline from here on, not after the farewell.
    drop(connection);
    if ended.is_ok() {
        let parting =
            Box::pin(async { tokio::time::timeout(FAREWELL, part(&mut transport.into_inner().stream)).await });
        drop(parting.await);
    }
}

/// Closes a stream so that the peer reads the last words: what it has sent meanwhile is read and thrown away, because a socket
/// that is closed with unread bytes takes back what was written.
async fn part(stream: &mut Stream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 512];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Frames on a byte stream.
struct Tcp {
    stream: Stream,
    /// The first bytes, until they are complete.
    preface: [u8; PREFACE_BYTES],
    preface_bytes: usize,
    encoding: Encoding,
    deframer: Deframer,
    max_frame: usize,
    /// The deframer may hold whole frames.
    more: bool,
    /// What is being written.
    pieces: VecDeque<Piece>,
    /// Bytes of the first piece that are written.
    written: usize,
    flushed: bool,
}

impl Tcp {
    fn new(stream: Stream, max_frame: usize) -> Self {
        Self {
            stream,
            preface: [0; PREFACE_BYTES],
            preface_bytes: 0,
            encoding: Encoding::Json,
            deframer: Deframer::new(max_frame.min(HELLO_BYTES_MAX)),
            max_frame,
            more: false,
            pieces: VecDeque::new(),
            written: 0,
            flushed: true,
        }
    }

    /// Takes what was read: first the preface, then frames.
    fn take(&mut self, mut input: &[u8], outbox: &Outbox, inbox: &mut Inbox) -> Result<(), DecodeError> {
        if self.preface_bytes < PREFACE_BYTES {
            let bytes = input.len().min(PREFACE_BYTES - self.preface_bytes);
            self.preface[self.preface_bytes..self.preface_bytes + bytes].copy_from_slice(&input[..bytes]);
            self.preface_bytes += bytes;
            input = &input[bytes..];
            if self.preface_bytes < PREFACE_BYTES {
                return Ok(());
            }
            self.encoding = Encoding::from_preface(self.preface)?;
            outbox.set_encoding(self.encoding);
        }
        if outbox.is_welcomed() {
            self.deframer.set_max_frame(self.max_frame);
        }
        let encoding = self.encoding;
        let mut more = false;
        let each = |frame: &[u8]| {
            let frame = encoding.decode(frame);
            // `hello` decides how large the frames after it may be.
            let goes_on = matches!(frame, Ok(ref frame) if !matches!(frame, ClientFrame::Hello(_)))
                || matches!(frame, Err(DecodeError::UnknownFrame(_)));
            inbox.push_back(frame);
            more = !goes_on || inbox.len() >= READ_FRAMES;
            !more
        };
        let fed = if input.is_empty() { self.deframer.resume(each) } else { self.deframer.feed(input, each) };
        self.more = more && self.deframer.held_bytes() > 0;
        fed
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        if self.pieces.len() == 1 || !stream.is_write_vectored() {
            let first = self.pieces.front().map_or(&[][..], Piece::bytes);
            return stream.poll_write(cx, &first[self.written..]);
        }
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
        let mut skip = self.written;
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(&piece.bytes()[skip..]);
            skip = 0;
            count += 1;
        }
        stream.poll_write_vectored(cx, &slices[..count])
    }

    fn advance(&mut self, mut bytes: usize, outbox: &Outbox) {
        outbox.wrote(bytes);
        while bytes > 0
            && let Some(first) = self.pieces.front()
        {
            let left = first.bytes().len() - self.written;
            if bytes < left {
                self.written += bytes;
                return;
            }
            bytes -= left;
            self.written = 0;
            if let Some(piece) = self.pieces.pop_front() {
                outbox.give_back(piece);
            }
        }
        if self.pieces.is_empty() && self.pieces.capacity() > PIECES_KEPT_MAX {
            self.pieces = VecDeque::new();
        }
    }
}

impl Transport for Tcp {
    fn poll_receive(&mut self, cx: &mut Context<'_>, outbox: &Outbox, inbox: &mut Inbox) -> Poll<io::Result<Received>> {
        if self.more {
            if let Err(error) = self.take(&[], outbox, inbox) {
                inbox.push_back(Err(error));
            }
            if !inbox.is_empty() {
                return Poll::Ready(Ok(Received::Some));
            }
        }
        READ.with_borrow_mut(|buffer| {
            let mut read = ReadBuf::new(buffer);
            std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(Received::End));
            }
            if let Err(error) = self.take(read.filled(), outbox, inbox) {
                inbox.push_back(Err(error));
            }
            Poll::Ready(Ok(Received::Some))
        })
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, outbox: &Outbox, progress: &mut bool) -> Poll<io::Result<()>> {
        while !self.pieces.is_empty() || outbox.take(&mut self.pieces) {
            let bytes = std::task::ready!(self.poll_write(cx))?;
            if bytes == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *progress = true;
            self.flushed = false;
            self.advance(bytes, outbox);
        }
        if !self.flushed {
            std::task::ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}
