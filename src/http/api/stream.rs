//! `/stream`: the pushes of the socket as server-sent events, for those who want no socket.
//!
//! It is a connection of the gateway like any other: the same session machine, the same bounded queue, the same end when the
//! session is revoked. What a socket's client would say is said here: `hello` with the caller's token, `sync` for the next page
//! and after a lag, `ping`.

use super::ApiState;
use super::caller::Caller;
use super::extract::{Find, invalid};
use super::problem::Problem;
use super::sessions::nameless_device;
use super::sse;
use crate::gateway::{Gateway, Inbox, Received, Transport, drive};
use crate::http::Peer;
use crate::hub::{Outbox, Piece, next_payload};
use crate::model::growing::json_tag;
use crate::model::{Code, Epoch, Lsn, Refusal};
use crate::protocol::{Auth, ClientFrame, Encoding, Hello, Resume, Sync};
use axum::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use parking_lot::Mutex;
use serde::Deserialize;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt, AsyncWrite, DuplexStream};
use tokio::sync::oneshot;
use tokio::time::{Interval, MissedTickBehavior};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What may wait between the connection's task and the answer's body.
const PIPE_BYTES: usize = 16 * 1024;
/// Conversations in one page of changes.
const PAGE_LIMIT: u32 = 100;
/// A client that lost the stream comes back after so many milliseconds.
const RETRY_MS: u64 = 2_000;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(stream))
}

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The id of the last event that was processed, where `Last-Event-ID` cannot be sent.
    #[serde(default)]
    #[param(example = "4503599627370496.17")]
    after: Option<String>,
}

/// Follow everything as server-sent events
///
/// Each event is a frame of the socket in JSON (`entry`, `inbox`, `receipt`, `presence`, …), its name the frame's kind. With
/// `Last-Event-ID` it begins with `changes`: what was missed. A session has one connection; a new one ends the last.
#[utoipa::path(get, path = "/stream", tag = "stream",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was processed.")),
    responses((status = 200, description = "Events, until either side ends them.", body = String,
        content_type = "text/event-stream")))]
async fn stream(
    caller: Caller,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Find(from): Find<From>,
) -> Result<Response, Problem> {
    caller.check_session()?;
    let resume = sse::last_id(&headers, from.after).map(|id| resume(&id)).transpose()?;
    let gateway = caller.api().gateway.clone();
    if gateway.is_draining() {
        let refusal = Refusal::new(Code::Overloaded, "The server is stopping; try again shortly.");
        return Err(refusal.retry_after_ms(1_000).into());
    }
    let place = peer.place(&gateway);
    if !gateway.has_room(peer.address) {
        let words = "There are too many connections, or too many from your address; try again later.";
        return Err(Refusal::new(Code::Overloaded, words).retry_after_ms(10_000).into());
    }
    let hello = Hello {
        auth: Auth::Token(caller.token.clone()),
        device: nameless_device()?,
        resume,
        client: "server-sent events".to_owned(),
    };
    let (writer, reader) = tokio::io::duplex(PIPE_BYTES);
    let (gone, closed) = oneshot::channel();
    let events = Events::new(writer, closed, hello);
    caller.api().tasks.spawn("stream", async move {
        let _place = place;
        run(gateway, peer, events).await;
    });
    Ok(sse::answer(pieces(reader, gone)))
}

/// Reads the id of an event.
fn resume(id: &str) -> Result<Resume, Problem> {
    let parts = id.split_once('.').and_then(|(epoch, cursor)| Some((epoch.parse().ok()?, cursor.parse().ok()?)));
    let (epoch, cursor) = parts.ok_or_else(|| {
        invalid(
            "`Last-Event-ID` must be the id of an event of this stream, for example 4503599627370496.17.".to_owned(),
        )
    })?;
    Ok(Resume { epoch, cursor })
}

/// What the answer is made of; dropping it tells the task that nobody reads any more.
fn pieces(reader: DuplexStream, gone: oneshot::Sender<()>) -> impl Stream<Item = io::Result<Bytes>> {
    futures_util::stream::unfold((reader, gone), |(mut reader, gone)| async move {
        let mut chunk = BytesMut::with_capacity(PIPE_BYTES);
        match reader.read_buf(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(chunk.freeze()), (reader, gone))),
            Err(error) => Some((Err(error), (reader, gone))),
        }
    })
}

async fn run(gateway: Gateway, peer: Peer, events: Events) {
    let mut connection = gateway.connect(peer.address, peer.admission);
    connection.set_encoding(Encoding::Json);
    let transport = Mutex::new(events);
    if let Err(error) = drive(&mut connection, &transport).await {
        tracing::debug!(%error, "a stream of events ended badly");
    }
}

/// Frames as server-sent events.
struct Events {
    writer: DuplexStream,
    closed: oneshot::Receiver<()>,
    alive: Interval,
    /// What is to be said next in the client's name.
    say: Option<ClientFrame>,
    place: Place,
    /// What is to be written.
    pieces: VecDeque<Piece>,
    /// What is left of the piece that is being written.
    stretch: Bytes,
    /// What is left of the event that is being written, and what its frame held in the outbox.
    event: Bytes,
    event_held: usize,
}

/// How far the client is once it has processed the last event.
#[derive(Debug, Default)]
struct Place {
    epoch: Epoch,
    cursor: Lsn,
    /// Pages of changes are on their way: live frames do not move the cursor.
    syncing: bool,
}

/// What an event says about the place: the one of these that is there.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    welcome: Option<WelcomeMark>,
    entry: Option<EntryMark>,
    inbox: Option<LsnMark>,
    receipt: Option<LsnMark>,
    changes: Option<PageMark>,
    restart: Option<RestartMark>,
    lagging: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct WelcomeMark {
    epoch: Epoch,
    cursor: Lsn,
}

#[derive(Deserialize)]
struct EntryMark {
    entry: ChangedMark,
}

#[derive(Deserialize)]
struct ChangedMark {
    changed: Lsn,
}

#[derive(Deserialize)]
struct LsnMark {
    lsn: Lsn,
}

#[derive(Deserialize)]
struct PageMark {
    cursor: Lsn,
    more: bool,
}

#[derive(Deserialize)]
struct RestartMark {
    epoch: Epoch,
}

impl Place {
    /// Notes what an event says; gives whether the event has an id, and what to ask for next.
    fn note(&mut self, marks: &Marks) -> (bool, Option<ClientFrame>) {
        if let Some(welcome) = &marks.welcome {
            self.epoch = welcome.epoch;
            if self.syncing {
                return (false, None);
            }
            self.cursor = welcome.cursor;
            return (true, None);
        }
        if let Some(page) = &marks.changes {
            self.cursor = page.cursor;
            self.syncing = page.more;
            return (true, page.more.then(|| self.sync()));
        }
        if let Some(restart) = &marks.restart {
            (self.epoch, self.cursor, self.syncing) = (restart.epoch, Lsn(0), true);
            return (false, Some(self.sync()));
        }
        if marks.lagging.is_some() {
            self.syncing = true;
            return (false, Some(self.sync()));
        }
        let lsn = marks.entry.as_ref().map(|mark| mark.entry.changed);
        let lsn = lsn.or(marks.inbox.as_ref().or(marks.receipt.as_ref()).map(|mark| mark.lsn));
        match lsn {
            Some(lsn) if !self.syncing => {
                self.cursor = self.cursor.max(lsn);
                (true, None)
            }
            Some(_) | None => (false, None),
        }
    }

    const fn sync(&self) -> ClientFrame {
        ClientFrame::Sync(Sync { request: 0, epoch: self.epoch, cursor: self.cursor, limit: PAGE_LIMIT })
    }
}

impl Events {
    fn new(writer: DuplexStream, closed: oneshot::Receiver<()>, hello: Hello) -> Self {
        let mut alive = tokio::time::interval(sse::ALIVE_EVERY);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        alive.reset();
        let place = match hello.resume {
            Some(Resume { epoch, cursor }) => Place { epoch, cursor, syncing: true },
            None => Place::default(),
        };
        Self {
            writer,
            closed,
            alive,
            say: Some(ClientFrame::Hello(hello)),
            place,
            pieces: VecDeque::new(),
            stretch: Bytes::new(),
            event: Bytes::from(format!("retry: {RETRY_MS}\n\n")),
            event_held: 0,
        }
    }

    /// A frame as an event.
    fn event(&mut self, payload: &[u8]) -> Bytes {
        let Some((kind, _)) = json_tag(payload) else { return Bytes::new() };
        if kind == "pong" {
            return Bytes::from_static(sse::ALIVE);
        }
        let marks = serde_json::from_slice::<Marks>(payload).unwrap_or_default();
        let (has_id, say) = self.place.note(&marks);
        if say.is_some() {
            self.say = say;
        }
        let id = has_id.then(|| format!("{}.{}", self.place.epoch, self.place.cursor));
        // What serde wrote as JSON is UTF-8 on one line.
        let data = std::str::from_utf8(payload).unwrap_or("{}");
        Bytes::from(sse::event(&kind, id.as_deref(), data))
    }
}

impl Transport for Events {
    fn poll_receive(&mut self, cx: &mut Context<'_>, _: &Outbox, inbox: &mut Inbox) -> Poll<io::Result<Received>> {
        if let Some(frame) = self.say.take() {
            inbox.push_back(Ok(frame));
            return Poll::Ready(Ok(Received::Some));
        }
        if Pin::new(&mut self.closed).poll(cx).is_ready() {
            return Poll::Ready(Ok(Received::End));
        }
        if self.alive.poll_tick(cx).is_ready() {
            inbox.push_back(Ok(ClientFrame::Ping { nonce: 0 }));
            return Poll::Ready(Ok(Received::Some));
        }
        Poll::Pending
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, outbox: &Outbox, progress: &mut bool) -> Poll<io::Result<()>> {
        loop {
            while !self.event.is_empty() {
                let written = ready!(Pin::new(&mut self.writer).poll_write(cx, &self.event))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.event.advance(written);
                *progress = true;
            }
            outbox.wrote(std::mem::take(&mut self.event_held));
            if self.stretch.is_empty() {
                if self.pieces.is_empty() && !outbox.take(&mut self.pieces) {
                    return Poll::Ready(Ok(()));
                }
                self.stretch = self.pieces.pop_front().map(Piece::into_bytes).unwrap_or_default();
                continue;
            }
            let before = self.stretch.len();
            let Some(payload) = next_payload(&mut self.stretch) else {
                self.stretch.clear();
                continue;
            };
            self.event_held = before - self.stretch.len();
            self.event = self.event(&payload);
            if self.say.is_some() {
                // The reading half has something to hear.
                cx.waker().wake_by_ref();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(place: &mut Place, json: &str) -> (bool, bool) {
        let (has_id, say) = place.note(&serde_json::from_str(json).unwrap());
        (has_id, say.is_some())
    }

    #[test]
    fn the_place_follows_live_frames_and_pages_but_not_frames_in_between() {
        let mut place = Place { epoch: Epoch(7), cursor: Lsn(10), syncing: true };
        assert_eq!(note(&mut place, r#"{"welcome":{"epoch":7,"cursor":30,"user":"ada"}}"#), (false, false));
        assert_eq!(note(&mut place, r#"{"changes":{"cursor":20,"more":true,"users":[]}}"#), (true, true));
        assert_eq!(note(&mut place, r#"{"entry":{"conversation":1,"entry":{"changed":31}}}"#), (false, false));
        assert_eq!(place.cursor, Lsn(20));
        assert_eq!(note(&mut place, r#"{"changes":{"cursor":32,"more":false,"users":[]}}"#), (true, false));
        assert_eq!(note(&mut place, r#"{"inbox":{"lsn":33}}"#), (true, false));
        assert_eq!(note(&mut place, r#"{"typing":{"conversation":1}}"#), (false, false));
        assert_eq!(place.cursor, Lsn(33));
        assert_eq!(note(&mut place, r#"{"lagging":{}}"#), (false, true));
        assert_eq!(note(&mut place, r#"{"restart":{"epoch":8}}"#), (false, true));
        assert_eq!((place.epoch, place.cursor), (Epoch(8), Lsn(0)));
    }

    #[test]
    fn an_id_names_the_data_and_the_place_in_it() {
        assert_eq!(resume("7.30").ok(), Some(Resume { epoch: Epoch(7), cursor: Lsn(30) }));
        for bad in ["7", "7.", ".7", "a.b", "7.30.1"] {
            assert!(resume(bad).is_err(), "{bad}");
        }
    }
}
