//! A client that is nothing but frames on a socket: what it sends and gets is what stands in the protocol.

use super::in_process::device;
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::time::Duration;
use tidings::model::{Answer, AppId};
use tidings::model::{
    Command, CommandResult, Content, ConversationId, Entry, Key, Query, Secret, Seq, Target, Text, Timestamp, UserId,
};
use tidings::protocol::{
    Auth, ClientFrame, Encoding, Hello, LENGTH_BYTES, Refused, Resume, ServerFrame, Sync, Welcome,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Everything a test waits for comes within this time, or the test has failed.
pub const SOON: Duration = Duration::from_secs(10);

/// How a peer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Tcp(Encoding),
    WebSocket(Encoding),
}

impl Way {
    pub const ALL: [Self; 4] = [
        Self::Tcp(Encoding::Postcard),
        Self::Tcp(Encoding::Json),
        Self::WebSocket(Encoding::Postcard),
        Self::WebSocket(Encoding::Json),
    ];

    pub fn encoding(self) -> Encoding {
        match self {
            Self::Tcp(encoding) | Self::WebSocket(encoding) => encoding,
        }
    }
}

/// Where a server is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub tcp: SocketAddr,
    pub http: SocketAddr,
}

impl From<&super::in_process::Server> for Place {
    fn from(server: &super::in_process::Server) -> Self {
        Self { tcp: server.tcp, http: server.http }
    }
}

impl From<&crate::server::Server> for Place {
    fn from(server: &crate::server::Server) -> Self {
        Self { tcp: server.tcp, http: server.http }
    }
}

/// A connection of the test.
pub struct Peer {
    socket: Socket,
    encoding: Encoding,
    next: u32,
    /// Frames that came while something else was waited for.
    pub early: Vec<ServerFrame>,
}

enum Socket {
    Tcp(TcpStream),
    WebSocket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

impl Peer {
    /// Connects without saying anything but the preface.
    pub async fn connect(server: impl Into<Place>, way: Way) -> Self {
        let server = server.into();
        let encoding = way.encoding();
        let socket = match way {
            Way::Tcp(_) => {
                let mut stream = tcp(server.tcp).await;
                stream.write_all(&encoding.preface()).await.unwrap();
                Socket::Tcp(stream)
            }
            Way::WebSocket(_) => {
                let mut request = format!("ws://{}/ws", server.http).into_client_request().unwrap();
                let name = if encoding == Encoding::Json { "tidings.v1.json" } else { "tidings.v1.postcard" };
                request.headers_mut().insert("Sec-WebSocket-Protocol", name.parse().unwrap());
                let (stream, _) = tokio_tungstenite::connect_async(request).await.unwrap();
                Socket::WebSocket(Box::new(stream))
            }
        };
        Self { socket, encoding, next: 1, early: Vec::new() }
    }

    /// Takes a socket that is connected already and has said nothing.
    pub async fn over(mut stream: TcpStream, encoding: Encoding) -> Self {
        stream.write_all(&encoding.preface()).await.unwrap();
        Self { socket: Socket::Tcp(stream), encoding, next: 1, early: Vec::new() }
    }

    /// Connects and logs in with a token.
    pub async fn log_in(server: impl Into<Place>, way: Way, token: &Secret) -> (Self, Welcome) {
        Self::resume(server, way, token, None).await
    }

    pub async fn resume(server: impl Into<Place>, way: Way, token: &Secret, resume: Option<Resume>) -> (Self, Welcome) {
        let mut peer = Self::connect(server, way).await;
        peer.send(&hello(Auth::Token(token.clone()), resume)).await;
        match peer.frame().await {
            ServerFrame::Welcome(welcome) => (peer, *welcome),
            other => panic!("{other:?}"),
        }
    }

    pub async fn send(&mut self, frame: &ClientFrame) {
        match &mut self.socket {
            Socket::Tcp(stream) => stream.write_all(&self.encoding.encode_framed(frame)).await.unwrap(),
            Socket::WebSocket(stream) => {
                let payload: Bytes = self.encoding.encode(frame);
                let message = match self.encoding {
                    Encoding::Postcard => Message::Binary(payload),
                    Encoding::Json => Message::Text(std::str::from_utf8(&payload).unwrap().into()),
                };
                stream.send(message).await.unwrap();
            }
        }
    }

    /// Sends bytes as they are. False when the server has hung up meanwhile.
    pub async fn raw(&mut self, bytes: &[u8]) -> bool {
        match &mut self.socket {
            Socket::Tcp(stream) => stream.write_all(bytes).await.is_ok(),
            Socket::WebSocket(stream) => stream.send(Message::Binary(Bytes::copy_from_slice(bytes))).await.is_ok(),
        }
    }

    /// Sends a JSON text as one frame.
    pub async fn raw_json(&mut self, text: &str) {
        let mut framed = (text.len() as u32).to_be_bytes().to_vec();
        framed.extend_from_slice(text.as_bytes());
        self.raw(&framed).await;
    }

    /// The next frame; `None` when the server has closed.
    pub async fn next_frame(&mut self) -> Option<ServerFrame> {
        let encoding = self.encoding;
        let next = async {
            match &mut self.socket {
                Socket::Tcp(stream) => {
                    let mut length = [0; LENGTH_BYTES];
                    stream.read_exact(&mut length).await.ok()?;
                    let mut frame = vec![0; u32::from_be_bytes(length) as usize];
                    stream.read_exact(&mut frame).await.ok()?;
                    Some(encoding.decode(&frame).unwrap())
                }
                Socket::WebSocket(stream) => loop {
                    match stream.next().await?.ok()? {
                        Message::Binary(payload) => break Some(encoding.decode(&payload).unwrap()),
                        Message::Text(text) => break Some(encoding.decode(text.as_bytes()).unwrap()),
                        Message::Close(_) => break None,
                        _ => {}
                    }
                },
            }
        };
        tokio::time::timeout(SOON, next).await.expect("a frame comes soon")
    }

    pub async fn frame(&mut self) -> ServerFrame {
        self.next_frame().await.expect("the server has closed the connection")
    }

    /// The next frame that `wanted` takes; others are kept in `early`.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        if let Some(place) = self.early.iter().position(|frame| wanted(frame).is_some()) {
            return wanted(&self.early.remove(place)).unwrap();
        }
        loop {
            let frame = self.frame().await;
            if let Some(found) = wanted(&frame) {
                return found;
            }
            self.early.push(frame);
        }
    }

    /// Whether nothing has come by the time a ping is answered.
    pub async fn hears_nothing(&mut self) -> bool {
        self.ping(4_242).await;
        std::mem::take(&mut self.early).is_empty()
    }

    pub async fn ping(&mut self, nonce: u32) -> Timestamp {
        self.send(&ClientFrame::Ping { nonce }).await;
        self.until(|frame| match frame {
            ServerFrame::Pong { nonce: answer, time } if *answer == nonce => Some(*time),
            _ => None,
        })
        .await
    }

    pub async fn submit(&mut self, key: Key, command: Command) -> u32 {
        let request = self.next;
        self.next += 1;
        self.send(&ClientFrame::Submit { request, key, command }).await;
        request
    }

    pub async fn outcome(&mut self, request: u32) -> Result<(CommandResult, bool), Refused> {
        self.until(|frame| match frame {
            ServerFrame::Outcome { request: answer, duplicate, result, .. } if *answer == request => {
                Some(Ok((result.clone(), *duplicate)))
            }
            ServerFrame::Refused(refused) if refused.request == Some(request) => Some(Err(refused.clone())),
            _ => None,
        })
        .await
    }

    pub async fn execute(&mut self, command: Command) -> Result<CommandResult, Refused> {
        let request = self.submit(fresh_key(), command).await;
        self.outcome(request).await.map(|(result, _)| result)
    }

    /// Sends a text to a user and gives where it landed.
    pub async fn say(&mut self, to: &UserId, text: &str) -> (ConversationId, Seq) {
        match self.execute(text_to(to, text)).await.unwrap() {
            CommandResult::Appended { conversation, seq, .. } => (conversation, seq),
            other => panic!("{other:?}"),
        }
    }

    pub async fn query(&mut self, query: Query) -> Result<Answer, Refused> {
        let request = self.next;
        self.next += 1;
        self.send(&ClientFrame::Query { request, query }).await;
        self.until(|frame| match frame {
            ServerFrame::Answer { request: answer, answer: found } if *answer == request => Some(Ok(found.clone())),
            ServerFrame::Refused(refused) if refused.request == Some(request) => Some(Err(refused.clone())),
            _ => None,
        })
        .await
    }

    pub async fn sync(&mut self, sync: Sync) -> ServerFrame {
        self.send(&ClientFrame::Sync(sync)).await;
        self.until(|frame| match frame {
            ServerFrame::Changes(changes) if changes.request == sync.request => Some(frame.clone()),
            ServerFrame::Restart { .. } => Some(frame.clone()),
            _ => None,
        })
        .await
    }

    pub async fn entry(&mut self) -> (ConversationId, Entry) {
        self.until(|frame| match frame {
            ServerFrame::Entry { conversation, entry } => Some((*conversation, Entry::clone(entry))),
            _ => None,
        })
        .await
    }

    /// The last words, and nothing after them.
    pub async fn closed_with(&mut self) -> Option<ServerFrame> {
        let mut last = None;
        while let Some(frame) = self.next_frame().await {
            last = Some(frame);
        }
        last
    }

    /// The code of the fatal refusal with which the server closes.
    pub async fn fatal(&mut self) -> tidings::model::Code {
        match self.closed_with().await {
            Some(ServerFrame::Refused(Refused { code, fatal: true, .. })) => code,
            other => panic!("{other:?}"),
        }
    }
}

/// A plain socket to a server.
pub async fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub fn hello(auth: Auth, resume: Option<Resume>) -> ClientFrame {
    ClientFrame::Hello(Hello { auth, device: device("test-device"), resume, client: "tests".to_owned() })
}

pub fn password(user: &str, password: &str) -> Auth {
    Auth::Password { app: AppId::HOME, user: UserId::new(user).unwrap(), password: Secret::new(password) }
}

pub fn text_to(to: &UserId, text: &str) -> Command {
    Command::Send { to: Target::User(to.clone()), content: Content::Text(Text::plain(text)) }
}

pub fn fresh_key() -> Key {
    Key::new(tidings::model::Clock::system().now())
}

/// The text of an entry.
pub fn text(entry: &Entry) -> &str {
    match &entry.body {
        tidings::model::Body::Text(text) => &text.text,
        other => panic!("{other:?}"),
    }
}

/// Waits until something holds.
pub async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + SOON;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
