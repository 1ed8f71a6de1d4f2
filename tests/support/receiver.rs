//! What webhooks post to: a server of a test's own on the loopback, which answers as it is told and keeps what came.

use crate::support::requests::{Request, answer};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tidings::shutdown::{Shutdown, Tasks, Trigger};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it answers.
#[derive(Clone, Debug)]
pub enum Say {
    /// This status, without a body.
    Status(u16),
    /// A redirect to this address.
    Redirect(String),
    /// 200 with a body that has no end.
    Giant,
    /// Nothing, for ever.
    Nothing,
    /// It closes the connection.
    Close,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Got {
    pub request: Request,
    pub body: Value,
    /// It was answered with 200.
    pub taken: bool,
}

impl std::ops::Deref for Got {
    type Target = Request;
    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Got {
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }

    pub fn kind(&self) -> String {
        self.body["type"].as_str().unwrap_or_default().to_owned()
    }

    pub fn conversation(&self) -> u64 {
        self.body["conversation"]["id"].as_u64().unwrap_or_default()
    }

    pub fn text(&self) -> String {
        self.body["entry"]["body"]["text"]["text"].as_str().unwrap_or_default().to_owned()
    }

    pub fn signatures(&self) -> usize {
        self.headers["webhook-signature"].split(' ').count()
    }
}

type Script = Box<dyn FnMut(&Got) -> Say + Send>;

struct Inner {
    got: Mutex<Vec<Got>>,
    script: Mutex<Script>,
}

/// The server; it is gone when this is dropped, and what came stays with [`Receiver::again`].
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    trigger: Option<Trigger>,
    tasks: Tasks,
}

impl Receiver {
    /// One that takes everything.
    pub async fn start() -> Self {
        let inner = Inner { got: Mutex::default(), script: Mutex::new(Box::new(|_| Say::Status(200))) };
        Self::on("127.0.0.1:0".parse().unwrap(), Arc::new(inner)).await
    }

    async fn on(address: SocketAddr, inner: Arc<Inner>) -> Self {
        let listener = bind(address).await;
        let (trigger, shutdown) = Shutdown::new();
        let receiver =
            Self { address: listener.local_addr().unwrap(), inner, trigger: Some(trigger), tasks: Tasks::new() };
        let (inner, connections, ends) = (Arc::clone(&receiver.inner), receiver.tasks.clone(), shutdown);
        receiver.tasks.spawn("receiver", async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = ends.wait() => return,
                };
                let Ok((stream, _)) = accepted else { return };
                let (inner, ends) = (Arc::clone(&inner), ends.clone());
                connections.spawn("connection", async move {
                    tokio::select! {
                        _ = serve(&inner, stream) => {}
                        () = ends.wait() => {}
                    }
                });
            }
        });
        receiver
    }

    /// Ends it, with every connection.
    pub async fn stop(mut self) -> Stopped {
        self.trigger.take().unwrap().fire();
        assert!(self.tasks.finish(Duration::from_secs(10)).await);
        Stopped { address: self.address, inner: Arc::clone(&self.inner) }
    }

    /// The address of a webhook at it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Says what it answers from now on.
    pub fn script(&self, script: impl FnMut(&Got) -> Say + Send + 'static) {
        *self.inner.script.lock() = Box::new(script);
    }

    /// It answers everything with a status from now on.
    pub fn say(&self, status: u16) {
        self.script(move |_| Say::Status(status));
    }

    /// What came so far, in its order.
    pub fn got(&self) -> Vec<Got> {
        self.inner.got.lock().clone()
    }

    /// What was answered with 200, each event when it was first.
    pub fn taken(&self) -> Vec<Got> {
        let mut known = BTreeSet::new();
        self.got().into_iter().filter(|got| got.taken && known.insert(got.id())).collect()
    }

    /// Waits until what came is as it should be.
    pub async fn until(&self, what: &str, mut is_so: impl FnMut(&[Got]) -> bool) -> Vec<Got> {
        for _ in 0..3_000 {
            let got = self.got();
            if is_so(&got) {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let came: Vec<_> = self.got().iter().map(|got| format!("{} {} {}", got.id(), got.kind(), got.taken)).collect();
        panic!("not in time: {what}; there came {} posts:\n{}", came.len(), came.join("\n"));
    }

    /// Waits until so many events were taken.
    pub async fn until_taken(&self, count: usize) -> Vec<Got> {
        self.until(&format!("{count} events"), |_| self.taken().len() >= count).await;
        self.taken()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(trigger) = self.trigger.take() {
            trigger.fire();
        }
    }
}

/// One that is not there at the moment.
pub struct Stopped {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Stopped {
    /// Starts it again at the same address.
    pub async fn again(self) -> Receiver {
        Receiver::on(self.address, self.inner).await
    }
}

/// The address may be in use by somebody's outgoing connection for a moment.
async fn bind(address: SocketAddr) -> TcpListener {
    let mut tries = 0..500;
    loop {
        match TcpListener::bind(address).await {
            Err(_) if tries.next().is_some() => tokio::time::sleep(Duration::from_millis(20)).await,
            bound => return bound.unwrap(),
        }
    }
}

async fn serve(inner: &Inner, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream).await? {
        let mut got = Got { body: request.json(), request, taken: false };
        let said = (inner.script.lock())(&got);
        got.taken = matches!(said, Say::Status(200..=299) | Say::Giant);
        inner.got.lock().push(got);
        match said {
            Say::Status(status) => answer(&mut stream, status, "", b"").await?,
            Say::Redirect(to) => answer(&mut stream, 302, &format!("location: {to}\r\n"), b"").await?,
            Say::Giant => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
                loop {
                    stream.write_all(chunk.as_bytes()).await?;
                }
            }
            Say::Nothing => return std::future::pending().await,
            Say::Close => return Ok(()),
        }
    }
    Ok(())
}
