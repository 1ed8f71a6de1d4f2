//! Frames on a socket, both ways, and nothing else: no log-in, no memory, no retries. For the client's own task, for load
//! generators and for tests.
//!
//! One read of the socket hands over every whole frame in it, one write sends every frame that was pushed before it. A
//! [`Connection`] has no read buffer of its own: the caller lends one, so that thousands of connections of one task share it.

use super::tls::{Connector, Encrypted, TrustError};
use super::{Scheme, ServerUrl, Trust};
use crate::protocol::{ClientFrame, DecodeError, Deframer, Encoding, LENGTH_BYTES, MAX_FRAME_DEFAULT, ServerFrame};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{Sink, Stream};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message, Utf8Bytes};

/// Bytes that one read takes at most when the caller lends a buffer of the usual size.
pub const READ_BYTES: usize = 64 * 1024;
/// Messages of a WebSocket that one turn hands over at most, so that writing gets its turn too.
const MESSAGES_PER_TURN: usize = 256;
/// Buffers of a WebSocket; small, because a load generator has many.
const WEBSOCKET_BUFFER_BYTES: usize = 4 * 1024;

/// Why a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Nobody answers there.
    #[error("cannot connect to {url}: {cause}. Is the server running, and is this its address?")]
    Connect {
        /// Where.
        url: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It took too long.
    #[error("{url} did not answer within {within:?}. Is this the right port?")]
    TimedOut {
        /// Where.
        url: String,
        /// How long was waited.
        within: Duration,
    },
    /// The certificate is not believed, or TLS is not spoken there.
    #[error(
        "no encrypted connection to {url}: {cause}. For a self-signed server give its fingerprint or its certificate file"
    )]
    Tls {
        /// Where.
        url: String,
        /// What rustls said.
        cause: io::Error,
    },
    /// There is no trust to begin with.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The WebSocket was not opened, or broke.
    #[error("the WebSocket failed: {0}")]
    WebSocket(#[from] Box<WebSocketError>),
    /// The other side closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The server sent something that is no frame.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Where to connect and how; made once, used for every attempt.
#[derive(Clone)]
pub struct Endpoint {
    url: ServerUrl,
    encoding: Encoding,
    connector: Option<Connector>,
    source: Option<IpAddr>,
    within: Duration,
    max_frame: usize,
}

impl Endpoint {
    /// Prepares connections to `url`. The certificate is checked as `trust` says; it is not looked at on a plain connection.
    pub fn new(url: &ServerUrl, encoding: Encoding, trust: &Trust) -> Result<Self, WireError> {
        let connector = match url.scheme {
            Scheme::Tls | Scheme::Wss => Some(Connector::new(trust, &url.host)?),
            Scheme::Tcp | Scheme::Ws => None,
        };
        let within = Duration::from_secs(10);
        Ok(Self { url: url.clone(), encoding, connector, source: None, within, max_frame: MAX_FRAME_DEFAULT })
    }

    /// Connects from this address of this computer.
    #[must_use]
    pub const fn from_address(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// Gives up connecting after this time (10 s unless said otherwise).
    #[must_use]
    pub const fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Where it connects to.
    pub const fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Result<Connection, WireError> {
        tokio::time::timeout(self.within, self.connect_without_limit())
            .await
            .unwrap_or_else(|_| Err(WireError::TimedOut { url: self.url.to_string(), within: self.within }))
    }

    async fn connect_without_limit(&self) -> Result<Connection, WireError> {
        let failed = |cause| WireError::Connect { url: self.url.to_string(), cause };
        let stream = self.connect_tcp().await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let stream = match &self.connector {
            None => ByteStream::Plain(stream),
            Some(connector) => ByteStream::Tls(Box::new(
                connector.connect(stream).await.map_err(|cause| WireError::Tls { url: self.url.to_string(), cause })?,
            )),
        };
        let transport = if self.url.scheme.is_websocket() {
            Transport::WebSocket(Box::new(self.upgrade(stream).await?), VecDeque::new())
        } else {
            let mut out = BytesMut::new();
            out.put_slice(&self.encoding.preface());
            Transport::Bytes { stream, deframer: Deframer::new(self.max_frame), out }
        };
        Ok(Connection { transport, encoding: self.encoding, received: VecDeque::new(), scratch: Vec::new() })
    }

    /// Tries every address of the host in turn.
    async fn connect_tcp(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in tokio::net::lookup_host((self.url.host.as_str(), self.url.port)).await? {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            if let Some(source) = self.source {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            match socket.connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn upgrade(&self, stream: ByteStream) -> Result<WebSocketStream<ByteStream>, WireError> {
        // The transport is open already, so the library is told the plain scheme in every case.
        let host = if self.url.host.contains(':') { format!("[{}]", self.url.host) } else { self.url.host.clone() };
        let address = format!("ws://{host}:{}{}", self.url.port, self.url.path);
        let mut request = address.into_client_request().map_err(Box::new)?;
        request.headers_mut().insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(match self.encoding {
                Encoding::Postcard => "tidings.v1.postcard",
                Encoding::Json => "tidings.v1.json",
            }),
        );
        let config = WebSocketConfig::default()
            .read_buffer_size(WEBSOCKET_BUFFER_BYTES)
            .write_buffer_size(WEBSOCKET_BUFFER_BYTES)
            .max_message_size(Some(self.max_frame))
            .max_frame_size(Some(self.max_frame));
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await.map_err(Box::new)?;
        Ok(socket)
    }
}

/// An open connection.
pub struct Connection {
    transport: Transport,
    encoding: Encoding,
    received: VecDeque<ServerFrame>,
    scratch: Vec<u8>,
}

enum Transport {
    Bytes { stream: ByteStream, deframer: Deframer, out: BytesMut },
    WebSocket(Box<WebSocketStream<ByteStream>>, VecDeque<Message>),
}

impl Connection {
    /// Opens a connection in one call, with the default trust and limits.
    pub async fn open(url: &ServerUrl, encoding: Encoding) -> Result<Self, WireError> {
        Endpoint::new(url, encoding, &Trust::default())?.connect().await
    }

    /// The encoding that was agreed.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Queues a frame. It is written by the next [`Connection::turn`] or [`Connection::flush`].
    pub fn push(&mut self, frame: &ClientFrame) {
        match &mut self.transport {
            Transport::Bytes { out, .. } => self.encoding.encode_framed_into(frame, out),
            Transport::WebSocket(_, out) => out.push_back(message(self.encoding, self.encoding.encode(frame))),
        }
    }

    /// Queues one frame that `fill` appends, encoded already, without a length before it.
    pub fn push_encoded(&mut self, fill: impl FnOnce(&mut BytesMut)) {
        match &mut self.transport {
            Transport::Bytes { out, .. } => {
                let start = out.len();
                out.put_u32(0);
                fill(out);
                let length = (out.len() - start - LENGTH_BYTES) as u32;
                out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
            }
            Transport::WebSocket(_, queue) => {
                let mut out = BytesMut::new();
                fill(&mut out);
                queue.push_back(message(self.encoding, out.freeze()));
            }
        }
    }

    /// Writes what is queued while it waits for something to read, reads once, and gives each whole frame to `each`, encoded.
    /// Safe to drop at any point: nothing is lost.
    pub async fn turn(&mut self, scratch: &mut [u8], mut each: impl FnMut(&[u8])) -> Result<(), WireError> {
        poll_fn(|cx| self.poll_turn(cx, scratch, &mut each)).await
    }

    /// [`Connection::turn`] for callers that poll.
    pub fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
        mut each: impl FnMut(&[u8]),
    ) -> Poll<Result<(), WireError>> {
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            // What the server said before it closed is worth more than the news that it closed.
            return match self.poll_read(cx, scratch, &mut each) {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
                _ => Poll::Ready(Err(error)),
            };
        }
        self.poll_read(cx, scratch, each)
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
        mut each: impl FnMut(&[u8]),
    ) -> Poll<Result<(), WireError>> {
        match &mut self.transport {
            Transport::Bytes { stream, deframer, .. } => {
                let mut buffer = ReadBuf::new(scratch);
                ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
                if buffer.filled().is_empty() {
                    return Poll::Ready(Err(WireError::Closed));
                }
                deframer.feed(buffer.filled(), |frame| {
                    each(frame);
                    true
                })?;
                Poll::Ready(Ok(()))
            }
            Transport::WebSocket(socket, _) => {
                let mut some = false;
                for _ in 0..MESSAGES_PER_TURN {
                    match Pin::new(&mut **socket).poll_next(cx) {
                        Poll::Pending | Poll::Ready(None) if some => break,
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(None) => return Poll::Ready(Err(WireError::Closed)),
                        Poll::Ready(Some(Ok(Message::Binary(bytes)))) => {
                            each(&bytes);
                            some = true;
                        }
                        Poll::Ready(Some(Ok(Message::Text(text)))) => {
                            each(text.as_bytes());
                            some = true;
                        }
                        Poll::Ready(Some(Ok(
                            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_),
                        ))) => {}
                        Poll::Ready(Some(Err(WebSocketError::ConnectionClosed | WebSocketError::AlreadyClosed))) => {
                            return Poll::Ready(Err(WireError::Closed));
                        }
                        Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Box::new(error).into())),
                    }
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Writes all that is queued.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match &mut self.transport {
            Transport::Bytes { stream, out, .. } => {
                if out.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                while !out.is_empty() {
                    let written = ready!(Pin::new(&mut *stream).poll_write(cx, out))?;
                    if written == 0 {
                        return Poll::Ready(Err(WireError::Closed));
                    }
                    out.advance(written);
                }
                // Plain TCP has nothing to flush; TLS may hold a record back.
                if let ByteStream::Tls(stream) = stream {
                    ready!(Pin::new(&mut **stream).poll_flush(cx))?;
                }
                Poll::Ready(Ok(()))
            }
            Transport::WebSocket(socket, queue) => {
                let mut socket = Pin::new(&mut **socket);
                while !queue.is_empty() {
                    ready!(socket.as_mut().poll_ready(cx)).map_err(Box::new)?;
                    if let Some(message) = queue.pop_front() {
                        socket.as_mut().start_send(message).map_err(Box::new)?;
                    }
                }
                socket.poll_flush(cx).map_err(|error| Box::new(error).into())
            }
        }
    }

    /// Says goodbye: writes what is queued, closes this direction and reads until the server has closed the other one, so that
    /// nothing on its way is thrown away. The caller bounds the time.
    pub async fn finish(mut self) {
        if self.flush().await.is_err() {
            return;
        }
        let closed = match &mut self.transport {
            Transport::Bytes { stream, .. } => poll_fn(|cx| Pin::new(&mut *stream).poll_shutdown(cx)).await.is_ok(),
            Transport::WebSocket(socket, _) => socket.close(None).await.is_ok(),
        };
        let mut scratch = [0; 1024];
        while closed && self.turn(&mut scratch, |_| {}).await.is_ok() {}
    }

    /// The next frame, decoded; writes what is queued meanwhile. Frames of unknown kinds are passed over, as the protocol asks.
    pub async fn receive(&mut self) -> Result<ServerFrame, WireError> {
        loop {
            if let Some(frame) = self.received.pop_front() {
                return Ok(frame);
            }
            let mut scratch = std::mem::take(&mut self.scratch);
            scratch.resize(READ_BYTES, 0);
            let mut received = std::mem::take(&mut self.received);
            let done = self.receive_into(&mut scratch, &mut received).await;
            self.scratch = scratch;
            self.received = received;
            done?;
        }
    }

    /// One turn whose frames are decoded and appended to `frames`; those of unknown kinds are passed over.
    pub async fn receive_into(
        &mut self,
        scratch: &mut [u8],
        frames: &mut VecDeque<ServerFrame>,
    ) -> Result<(), WireError> {
        let encoding = self.encoding;
        let mut wrong = None;
        let turned = self
            .turn(scratch, |bytes| match encoding.decode::<ServerFrame>(bytes) {
                Ok(frame) if wrong.is_none() => frames.push_back(frame),
                Ok(_) | Err(DecodeError::UnknownFrame(_)) => {}
                Err(error) => wrong = wrong.take().or(Some(error)),
            })
            .await;
        wrong.map_or(turned, |error| Err(error.into()))
    }

    /// Pushes a frame and writes it.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<(), WireError> {
        self.push(frame);
        self.flush().await
    }
}

fn message(encoding: Encoding, bytes: Bytes) -> Message {
    match encoding {
        Encoding::Postcard => Message::Binary(bytes),
        // JSON that we encoded is UTF-8; if it were not, the server would refuse the binary message, nothing worse.
        Encoding::Json => Utf8Bytes::try_from(bytes.clone()).map_or(Message::Binary(bytes), Message::Text),
    }
}

/// A stream of bytes, plain or encrypted.
enum ByteStream {
    Plain(TcpStream),
    Tls(Box<Encrypted>),
}

impl AsyncRead for ByteStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}
