//! A provider of the test: speaks the real wire format of chat completions over real HTTP, and misbehaves as it is told.

use super::requests::{self, Request, Stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tidings::model::{AssistantSettings, Line};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What the provider does with a question.
#[derive(Clone, Debug)]
pub enum Act {
    /// Streams these pieces, then what they cost, and ends well.
    Says(Vec<String>),
    /// The first piece; the others once the test says [`Provider::go_on`].
    Waits(Vec<String>),
    /// The pieces as one answer that is not streamed.
    Whole(String),
    /// The pieces, and why the model stops.
    Ends(Vec<String>, &'static str),
    /// Takes the question and never begins.
    HangsBefore,
    /// The pieces, and then nothing for ever.
    HangsAfter(Vec<String>),
    /// The pieces, and then the connection is gone.
    BreaksOff(Vec<String>),
    /// The same piece for ever.
    Endless(String),
    /// A status with a header perhaps, and a body.
    Status(u16, Option<(&'static str, String)>, String),
    /// These bytes as a stream of events.
    Raw(Vec<u8>),
    /// An error in the middle.
    Reports(Vec<String>, String),
}

/// Pieces.
pub fn pieces(text: &[&str]) -> Vec<String> {
    text.iter().map(|piece| (*piece).to_owned()).collect()
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

impl Asked {
    /// Who says what, in order.
    pub fn messages(&self) -> Vec<(String, String)> {
        let messages = self.body["messages"].as_array().cloned().unwrap_or_default();
        let said = |message: &Value| match &message["content"] {
            Value::String(text) => text.clone(),
            parts => parts.to_string(),
        };
        messages.iter().map(|message| (message["role"].as_str().unwrap().to_owned(), said(message))).collect()
    }
}

#[derive(Default)]
struct State {
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Asked>>,
    go: Notify,
}

/// A provider on a port of its own; it is gone when this is dropped.
pub struct Provider {
    pub address: SocketAddr,
    state: Arc<State>,
    /// Dropping it ends all connections.
    _tasks: JoinSet<()>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&serving);
                connections.spawn(async move { drop(serve(stream, &state).await) });
            }
        });
        Self { address, state, _tasks: tasks }
    }

    /// Where it is, for settings.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Settings of an assistant that asks here.
    pub fn settings(&self) -> AssistantSettings {
        AssistantSettings::new(Line::new(self.base_url()).unwrap(), Line::new("test-model").unwrap())
    }

    /// What it does with the next questions; afterwards it says "Hello!".
    pub fn then(&self, act: Act) {
        self.state.acts.lock().push_back(act);
    }

    /// Lets an answer that waits go on.
    pub fn go_on(&self) {
        self.state.go.notify_one();
    }

    /// Forgets what it was told to do and has not done.
    pub fn forget(&self) {
        self.state.acts.lock().clear();
    }

    /// Every question that has come.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().clone()
    }

    /// The last question, once there are so many.
    pub async fn question(&self, number: usize) -> Asked {
        super::peer::soon("the provider is asked", || self.asked().len() >= number).await;
        self.asked()[number - 1].clone()
    }
}

async fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let Some(request) = Request::read(&mut stream).await? else { return Ok(()) };
        let (authorization, body) = (request.headers.get("authorization").cloned(), request.json());
        let path = request.path;
        if path.ends_with("/models") {
            let models = json!({"object": "list", "data": [{"id": "test-model", "object": "model"}]}).to_string();
            whole(&mut stream, 200, None, models.as_bytes()).await?;
            continue;
        }
        state.asked.lock().push(Asked { path, authorization, body });
        let act = state.acts.lock().pop_front().unwrap_or_else(|| Act::Says(pieces(&["Hel", "lo!"])));
        if !answer(&mut stream, state, act).await? {
            return Ok(());
        }
    }
}

/// Does it; false when the connection is over.
async fn answer(stream: &mut Stream, state: &State, act: Act) -> std::io::Result<bool> {
    let never = || std::future::pending::<()>();
    match act {
        Act::Says(pieces) => {
            begin(stream).await?;
            for piece in &pieces {
                event(stream, &delta(piece)).await?;
            }
            end(stream, "stop").await?;
        }
        Act::Waits(pieces) => {
            begin(stream).await?;
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    state.go.notified().await;
                }
                event(stream, &delta(piece)).await?;
            }
            end(stream, "stop").await?;
        }
        Act::Ends(pieces, reason) => {
            begin(stream).await?;
            for piece in &pieces {
                event(stream, &delta(piece)).await?;
            }
            end(stream, reason).await?;
        }
        Act::Whole(text) => {
            let body = json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 2}});
            whole(stream, 200, None, body.to_string().as_bytes()).await?;
        }
        Act::HangsBefore => never().await,
        Act::HangsAfter(pieces) => {
            begin(stream).await?;
            for piece in &pieces {
                event(stream, &delta(piece)).await?;
            }
            never().await;
        }
        Act::BreaksOff(pieces) => {
            begin(stream).await?;
            for piece in &pieces {
                event(stream, &delta(piece)).await?;
            }
            return Ok(false);
        }
        Act::Endless(piece) => {
            begin(stream).await?;
            let event = format!("data: {}\n\n", delta(&piece));
            loop {
                chunk(stream, event.as_bytes()).await?;
            }
        }
        Act::Status(status, header, body) => {
            whole(stream, status, header, body.as_bytes()).await?;
        }
        Act::Raw(bytes) => {
            begin(stream).await?;
            chunk(stream, &bytes).await?;
            stream.write_all(b"0\r\n\r\n").await?;
        }
        Act::Reports(pieces, words) => {
            begin(stream).await?;
            for piece in &pieces {
                event(stream, &delta(piece)).await?;
            }
            event(stream, &json!({"error": {"message": words}})).await?;
            never().await;
        }
    }
    Ok(true)
}

fn delta(piece: &str) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "test-model",
        "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]})
}

async fn begin(stream: &mut Stream) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let role = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]});
    event(stream, &role).await
}

async fn end(stream: &mut Stream, reason: &str) -> std::io::Result<()> {
    event(stream, &json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})).await?;
    event(stream, &json!({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}}))
        .await?;
    chunk(stream, b"data: [DONE]\n\n").await?;
    stream.write_all(b"0\r\n\r\n").await?;
    stream.flush().await
}

async fn event(stream: &mut Stream, data: &Value) -> std::io::Result<()> {
    chunk(stream, format!("data: {data}\n\n").as_bytes()).await
}

async fn chunk(stream: &mut Stream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}

async fn whole(
    stream: &mut Stream,
    status: u16,
    header: Option<(&'static str, String)>,
    body: &[u8],
) -> std::io::Result<()> {
    let header = header.map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
    requests::answer(stream, status, &format!("content-type: application/json\r\n{header}"), body).await
}

/// An address at which nobody listens.
pub async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    tokio::time::sleep(Duration::from_millis(1)).await;
    address
}

/// A picture of four dots.
pub const PNG: [u8; 74] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xfd, 0xd4, 0x9a, 0x73, 0x00, 0x00, 0x00, 0x11, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x44, 0x60, 0xe2, 0x3f, 0x03, 0x00, 0x1d, 0xf0, 0x03,
    0xfd, 0xa0, 0x33, 0x09, 0x89, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
