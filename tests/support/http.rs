//! A client that is nothing but HTTP/1.1 on a socket: one request, one connection.

use super::peer::SOON;
use serde_json::Value;
use std::net::SocketAddr;
use tidings::model::Secret;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as JSON, of an answer with this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The status and the code of problem details, whose shape is checked.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status);
        let code = json["code"].as_str().unwrap();
        assert_eq!(json["type"], format!("urn:tidings:problem:{code}"));
        assert!(json["title"].as_str().is_some_and(|title| !title.is_empty()));
        let detail = json["detail"].as_str().unwrap();
        assert!(detail.ends_with(['.', '?', '!']), "{detail}");
        (self.status, code.to_owned())
    }
}

/// Somebody who asks over HTTP.
#[derive(Clone, Debug)]
pub struct Api {
    address: SocketAddr,
    /// Where it comes from, when that matters: any 127.x.y.z.
    source: Option<std::net::Ipv4Addr>,
    headers: Vec<(String, String)>,
    /// An answer comes within this time.
    within: std::time::Duration,
}

impl Api {
    /// Nobody yet.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, source: None, headers: Vec::new(), within: SOON }
    }

    /// With a session token.
    pub fn with_token(address: SocketAddr, token: &Secret) -> Self {
        Self::at(address).header("authorization", &format!("Bearer {}", token.reveal()))
    }

    /// The same from another address of the loopback network.
    #[must_use]
    pub fn from(&self, source: std::net::Ipv4Addr) -> Self {
        Self { source: Some(source), ..self.clone() }
    }

    /// The same for what takes a while: an answer comes within a minute.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { within: std::time::Duration::from_mins(1), ..self.clone() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut with = self.clone();
        with.headers.push((name.to_owned(), value.to_owned()));
        with
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    /// A request with a body in JSON, or without one; `path` is below `/api/v1` unless it begins with `/api` or is another root.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let body = body.map(|body| body.to_string().into_bytes());
        let with = if body.is_some() { self.header("content-type", "application/json") } else { self.clone() };
        with.raw(method, path, body.as_deref().unwrap_or_default()).await
    }

    /// A request with any body.
    pub async fn raw(&self, method: &str, path: &str, body: &[u8]) -> Reply {
        self.exchange(method, &address(path), body).await
    }

    /// A request without a body at exactly this address.
    pub async fn at_root(&self, method: &str, address: &str) -> Reply {
        self.exchange(method, address, b"").await
    }

    /// A request with a body at exactly this address.
    pub async fn at_root_with(&self, method: &str, address: &str, body: &[u8]) -> Reply {
        self.exchange(method, address, body).await
    }

    async fn exchange(&self, method: &str, address: &str, body: &[u8]) -> Reply {
        let exchange = async {
            let mut stream = self.begin(method, address, body).await;
            let (status, headers) = read_head(&mut stream).await;
            let mut rest = Vec::new();
            // A server that refused a large body may close before it is read to its end.
            drop(stream.read_to_end(&mut rest).await);
            let chunked = headers.iter().any(|(key, value)| key == "transfer-encoding" && value == "chunked");
            Reply { status, headers, body: if chunked { dechunked(&rest) } else { rest } }
        };
        tokio::time::timeout(self.within, exchange).await.expect("an answer comes soon")
    }

    async fn begin(&self, method: &str, address: &str, body: &[u8]) -> BufReader<TcpStream> {
        self.begin_on(tokio::net::TcpSocket::new_v4().unwrap(), method, address, body).await
    }

    async fn begin_on(
        &self,
        socket: tokio::net::TcpSocket,
        method: &str,
        address: &str,
        body: &[u8],
    ) -> BufReader<TcpStream> {
        let host = self.address;
        let mut head = format!("{method} {address} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            head += &format!("content-length: {}\r\n", body.len());
        }
        head += "\r\n";
        if let Some(source) = self.source {
            socket.bind(SocketAddr::new(source.into(), 0)).unwrap();
        }
        let mut stream = socket.connect(host).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        drop(stream.write_all(body).await);
        BufReader::new(stream)
    }

    /// Asks and reads nothing of the answer, of which little fits into the connection.
    pub async fn unread(&self, path: &str) -> TcpStream {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        self.begin_on(socket, "GET", &address(path), b"").await.into_inner()
    }

    /// Opens a stream of events.
    pub async fn events(&self, path: &str) -> Events {
        self.try_events(path).await.expect("a stream")
    }

    /// The same; none when it is answered with anything but 200.
    pub async fn try_events(&self, path: &str) -> Option<Events> {
        let mut stream = self.begin("GET", &address(path), b"").await;
        let (status, headers) = tokio::time::timeout(SOON, read_head(&mut stream)).await.unwrap();
        (status == 200).then(|| Events { stream, headers, text: String::new() })
    }
}

/// Where a path is: below `/api/v1` unless it begins with `/api` or is another root.
fn address(path: &str) -> String {
    if path.starts_with("/api") || matches!(path, "/healthz" | "/metrics") {
        path.to_owned()
    } else {
        format!("/api/v1{path}")
    }
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    (status, headers)
}

fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

/// A server-sent event.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: String,
    pub id: Option<String>,
    pub data: Value,
}

/// An open stream of events.
pub struct Events {
    stream: BufReader<TcpStream>,
    pub headers: Vec<(String, String)>,
    text: String,
}

impl Events {
    /// The next event, or `None` when the server has closed.
    pub async fn next(&mut self) -> Option<Event> {
        tokio::time::timeout(SOON, self.read()).await.expect("an event comes soon")
    }

    /// The next event of a kind; others are passed over.
    pub async fn wait_for(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before `{kind}`"));
            if event.kind == kind {
                return event;
            }
        }
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                };
                if let (Some(kind), Some(data)) = (field("event"), field("data")) {
                    return Some(Event { kind, id: field("id"), data: serde_json::from_str(&data).unwrap() });
                }
            }
            let mut line = String::new();
            if self.stream.read_line(&mut line).await.unwrap() == 0 {
                return None;
            }
            let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
            if size == 0 {
                return None;
            }
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).await.unwrap();
            self.text += std::str::from_utf8(&chunk[..size]).unwrap();
        }
    }
}
