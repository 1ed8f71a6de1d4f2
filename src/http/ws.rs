//! `/ws`: the session protocol over a WebSocket. One message is one frame; the subprotocol names the encoding.

use super::api::{cookie, origins};
use super::{Peer, Site, refuse};
use crate::gateway::{ForeignPage, Gateway, HELLO_BYTES_MAX, Inbox, Received, Transport, drive};
use crate::hub::{Outbox, Piece, next_payload};
use crate::model::{Code, Refusal, Secret};
use crate::protocol::{DecodeError, Encoding};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Sink, Stream, StreamExt};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio_tungstenite::tungstenite;

/// The subprotocols, the preferred one first.
const SUBPROTOCOLS: [(&str, Encoding); 2] =
    [("tidings.v1.postcard", Encoding::Postcard), ("tidings.v1.json", Encoding::Json)];
/// The library keeps both buffers for the whole life of a connection, so they are small.
const BUFFER_BYTES: usize = 4 * 1024;
/// Messages read at once.
const READ_MESSAGES: usize = 256;
/// Bytes read at once, roughly.
const READ_BYTES: usize = 256 * 1024;
/// How long the last words to a peer may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Turns a request into a session.
pub async fn upgrade(
    State(site): State<Site>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return refuse(rejection.status(), Refusal::new(Code::Invalid, rejection.body_text())),
    };
    if site.gateway.is_draining() {
        let refusal = Refusal::new(Code::Overloaded, "The server is stopping; try again shortly.");
        return refuse(StatusCode::SERVICE_UNAVAILABLE, refusal.retry_after_ms(1_000));
    }
    let place = peer.place(&site.gateway);
    if !site.gateway.has_room(peer.address) {
        let words = "There are too many connections, or too many from your address; try again later.";
        let refusal = Refusal::new(Code::Overloaded, words).retry_after_ms(10_000);
        return refuse(StatusCode::SERVICE_UNAVAILABLE, refusal);
    }
    let upgrade = upgrade.protocols(SUBPROTOCOLS.map(|(name, _)| name));
    let chosen = upgrade.selected_protocol().and_then(|chosen| chosen.to_str().ok());
    let Some((_, encoding)) = SUBPROTOCOLS.into_iter().find(|(name, _)| Some(*name) == chosen) else {
        let words = "The WebSocket must ask for the subprotocol tidings.v1.postcard or tidings.v1.json.";
        return refuse(StatusCode::BAD_REQUEST, Refusal::new(Code::ProtocolVersion, words));
    };
    let page = browser(&site.gateway, &headers, peer.tls);
    if let Page::Foreign(page) = &page {
        // Whose page it is takes a look at all apps, which nobody has done as often as they like.
        if let Some(response) = site.limits.turned_away(peer.address) {
            return response;
        }
        if let Err(refusal) = site.gateway.check_any(page) {
            return refuse(StatusCode::FORBIDDEN, refusal);
        }
    }
    let max_frame = site.gateway.options().max_frame;
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(256 * 1024 + max_frame)
        .max_message_size(max_frame)
        .max_frame_size(max_frame)
        // The callback runs in a task of the library's own, so it hands the socket to one of ours and is done.
        .on_upgrade(move |socket| async move {
            site.tasks.spawn("websocket", async move {
                let _place = place;
                run(site.gateway, socket, encoding, peer, page).await;
            });
        })
}

/// The page that opens a WebSocket.
enum Page {
    /// None, or one of our own without a session; or no browser, which says in `hello` who it is.
    Nobodys,
    /// One of our own, with the session token of its cookie.
    Own(Secret),
    /// One of another system, whose app has to list its origin.
    Foreign(ForeignPage),
}

/// What a browser says of its page. A cookie that another system's page sends along (its browser does so by itself) is no session of
/// anybody; where no app lists the page's origin the upgrade is to be refused.
fn browser(gateway: &Gateway, headers: &HeaderMap, tls: bool) -> Page {
    let Some(origin) = headers.get(header::ORIGIN) else { return Page::Nobodys };
    let token = cookie::token(headers, tls);
    if cookie::has_own_origin(headers) {
        return token.map_or(Page::Nobodys, Page::Own);
    }
    let origin = origin.to_str().unwrap_or("null");
    // A proxy in front may send another `Host` than browsers see.
    if token.is_none() && origins::is_at(origin, &gateway.options().url) {
        return Page::Nobodys;
    }
    Page::Foreign(ForeignPage::new(origin))
}

async fn run(gateway: Gateway, socket: WebSocket, encoding: Encoding, peer: Peer, page: Page) {
    let max_frame = gateway.options().max_frame;
    let mut connection = gateway.connect(peer.address, peer.admission);
    match page {
        Page::Nobodys => {}
        Page::Own(token) => connection.set_cookie(token),
        Page::Foreign(page) => connection.set_page(page),
    }
    connection.set_encoding(encoding);
    let transport = Mutex::new(Ws::new(socket, encoding, max_frame));
    let ended = drive(&mut connection, &transport).await;
    drop(connection);
    if ended.is_ok() {
        let mut socket = transport.into_inner().socket;
        let parting = async {
            let words = CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::from_static("") };
            socket.send(Message::Close(Some(words))).await?;
            while let Some(message) = socket.next().await {
                message?;
            }
            Ok::<_, axum::Error>(())
        };
        // Whether the peer listens is its own affair.
        drop(Box::pin(tokio::time::timeout(FAREWELL, parting)).await);
    }
}

/// Frames as messages of a WebSocket.
struct Ws {
    socket: WebSocket,
    encoding: Encoding,
    max_frame: usize,
    /// What is to be sent.
    pieces: VecDeque<Piece>,
    /// What is left of the piece that is being sent.
    stretch: Bytes,
    /// Bytes of frames that were handed to the library and not flushed.
    unflushed_bytes: usize,
    /// There is something to flush, an answer to a ping perhaps.
    unflushed: bool,
    /// Nothing more can be read.
    broken: bool,
}

impl Ws {
    fn new(socket: WebSocket, encoding: Encoding, max_frame: usize) -> Self {
        Self {
            socket,
            encoding,
            max_frame,
            pieces: VecDeque::new(),
            stretch: Bytes::new(),
            unflushed_bytes: 0,
            unflushed: false,
            broken: false,
        }
    }

    /// The message of one encoded frame.
    fn message(&self, payload: Bytes) -> Message {
        match self.encoding {
            Encoding::Postcard => Message::Binary(payload),
            // What serde wrote as JSON is UTF-8.
            Encoding::Json => Message::Text(Utf8Bytes::try_from(payload).unwrap_or_default()),
        }
    }

    /// Puts what a message holds into the inbox; `false` when it was the last one.
    fn take(&mut self, message: Message, welcomed: bool, inbox: &mut Inbox) -> bool {
        let payload = match (self.encoding, message) {
            (Encoding::Postcard, Message::Binary(payload)) => payload,
            (Encoding::Json, Message::Text(text)) => Bytes::from(text),
            (Encoding::Postcard, Message::Text(_)) => return self.fail(inbox, wrong_kind("binary")),
            (Encoding::Json, Message::Binary(_)) => return self.fail(inbox, wrong_kind("text")),
            (_, Message::Ping(_)) => {
                self.unflushed = true;
                return true;
            }
            (_, Message::Pong(_)) => return true,
            (_, Message::Close(_)) => {
                self.unflushed = true;
                self.broken = true;
                return false;
            }
        };
        // Whoever is not known yet is not believed much, as on TCP. The library has the bytes by now, at most `max_frame`.
        let max = if welcomed { self.max_frame } else { HELLO_BYTES_MAX.min(self.max_frame) };
        if payload.len() > max {
            let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            return self.fail(inbox, DecodeError::Length { length, max });
        }
        match self.encoding.decode(&payload) {
            Err(error) if !matches!(error, DecodeError::UnknownFrame(_)) => self.fail(inbox, error),
            frame => {
                inbox.push_back(frame);
                true
            }
        }
    }

    fn fail(&mut self, inbox: &mut Inbox, error: DecodeError) -> bool {
        self.broken = true;
        inbox.push_back(Err(error));
        false
    }

    /// What is wrong when the library cannot read on; `None`: the connection is gone.
    fn broken(&self, error: axum::Error) -> Option<DecodeError> {
        match error.into_inner().downcast_ref::<tungstenite::Error>()? {
            tungstenite::Error::Capacity(tungstenite::error::CapacityError::MessageTooLong { size, .. }) => {
                Some(DecodeError::Length { length: u32::try_from(*size).unwrap_or(u32::MAX), max: self.max_frame })
            }
            tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => None,
            error @ (tungstenite::Error::Capacity(_)
            | tungstenite::Error::Protocol(_)
            | tungstenite::Error::Utf8(_)) => Some(DecodeError::Frame(error.to_string())),
            _ => None,
        }
    }
}

fn wrong_kind(right: &str) -> DecodeError {
    DecodeError::Frame(format!("this subprotocol has {right} messages"))
}

impl Transport for Ws {
    fn poll_receive(&mut self, cx: &mut Context<'_>, outbox: &Outbox, inbox: &mut Inbox) -> Poll<io::Result<Received>> {
        if self.broken {
            return Poll::Ready(Ok(Received::End));
        }
        let mut bytes = 0;
        let mut heard = false;
        while inbox.len() < READ_MESSAGES && bytes < READ_BYTES {
            match Pin::new(&mut self.socket).poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    heard = true;
                    bytes += match &message {
                        Message::Binary(payload) => payload.len(),
                        Message::Text(text) => text.len(),
                        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => 0,
                    };
                    if !self.take(message, outbox.is_welcomed(), inbox) {
                        break;
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    heard = true;
                    self.broken = true;
                    if let Some(error) = self.broken(error) {
                        inbox.push_back(Err(error));
                    }
                    break;
                }
                Poll::Ready(None) => {
                    heard = true;
                    self.broken = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        if heard { Poll::Ready(Ok(Received::Some)) } else { Poll::Pending }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, outbox: &Outbox, progress: &mut bool) -> Poll<io::Result<()>> {
        loop {
            if self.stretch.is_empty() {
                if self.pieces.is_empty() && !outbox.take(&mut self.pieces) {
                    break;
                }
                self.stretch = self.pieces.pop_front().map(Piece::into_bytes).unwrap_or_default();
                continue;
            }
            ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io::Error::other)?;
            let before = self.stretch.len();
            let Some(payload) = next_payload(&mut self.stretch) else {
                self.stretch.clear();
                continue;
            };
            let message = self.message(payload);
            Pin::new(&mut self.socket).start_send(message).map_err(io::Error::other)?;
            self.unflushed_bytes += before - self.stretch.len();
            self.unflushed = true;
            *progress = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(cx)).map_err(io::Error::other)?;
            outbox.wrote(self.unflushed_bytes);
            self.unflushed_bytes = 0;
            self.unflushed = false;
            *progress = true;
        }
        Poll::Ready(Ok(()))
    }
}
