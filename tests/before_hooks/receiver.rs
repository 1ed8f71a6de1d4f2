//! The other system: an HTTP server of the test that answers questions as it is told.

use crate::support::requests::{Request, answer};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Of what kind its answers are.
const JSON: &str = "content-type: application/json\r\n";

/// What it answers.
#[derive(Clone, Debug)]
pub enum Act {
    /// A status and a body.
    Says(u16, String),
    /// That the question is elsewhere.
    Redirects(String),
    /// Nothing, until [`Receiver::release`] has let so many go; then it allows.
    Holds(usize),
}

pub fn allow() -> Act {
    Act::Says(200, json!({"decision": "allow"}).to_string())
}

pub fn refuse(reason: &str) -> Act {
    Act::Says(200, json!({"decision": "refuse", "reason": reason}).to_string())
}

/// Puts something else in its place: `{"text": …}`.
pub fn replace(mut with: Value) -> Act {
    with["decision"] = json!("replace");
    Act::Says(200, with.to_string())
}

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: Request,
    pub body: Value,
}

impl std::ops::Deref for Asked {
    type Target = Request;
    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Asked {
    /// The words of the message that it is about.
    pub fn words(&self) -> &str {
        self.body["data"]["body"]["text"]["text"].as_str().unwrap_or_default()
    }
}

type Rule = Arc<dyn Fn(&Asked) -> Act + Send + Sync>;

struct State {
    rule: Mutex<Rule>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
    released: watch::Sender<usize>,
}

/// It, on a port of its own; gone when this is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    state: Arc<State>,
    /// Dropping it ends all connections.
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub async fn start(rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            rule: Mutex::new(Arc::new(rule)),
            asked: Mutex::default(),
            connections: AtomicUsize::new(0),
            released: watch::Sender::new(0),
        });
        let serving = Arc::clone(&state);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&serving);
                connections.spawn(async move { drop(serve(stream, &state).await) });
            }
        });
        Self { address, state, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("http://{}/before", self.address)
    }

    /// Answers otherwise from now on.
    pub fn answers(&self, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) {
        *self.state.rule.lock() = Arc::new(rule);
    }

    /// Lets those go that are held: of them, those with a lower number.
    pub fn release(&self, below: usize) {
        self.state.released.send_replace(below);
    }

    /// Every question that has come.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().clone()
    }

    /// How many have come.
    pub fn count(&self) -> usize {
        self.state.asked.lock().len()
    }

    /// Connections that were made.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream).await? {
        let asked = Asked { body: request.json(), request };
        state.asked.lock().push(asked.clone());
        let rule = Arc::clone(&state.rule.lock());
        match rule(&asked) {
            Act::Says(status, body) => answer(&mut stream, status, JSON, body.as_bytes()).await?,
            Act::Redirects(to) => answer(&mut stream, 307, &format!("location: {to}\r\n"), b"").await?,
            Act::Holds(number) => {
                let mut released = state.released.subscribe();
                if released.wait_for(|below| *below > number).await.is_err() {
                    return Ok(());
                }
                answer(&mut stream, 200, JSON, json!({"decision": "allow"}).to_string().as_bytes()).await?;
            }
        }
    }
    Ok(())
}
