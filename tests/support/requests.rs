//! What the servers of tests read and answer: HTTP/1.1 by hand, so that a test can misbehave on it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to such a server.
pub type Stream = BufReader<TcpStream>;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
}

impl Request {
    /// The next one of a connection; none when that is over.
    pub async fn read(stream: &mut Stream) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim_start().to_owned());
        }
        let mut bytes = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut bytes).await?;
        Ok(Some(Self { path, headers, bytes }))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Its body; null when that is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// Whether one of its signatures is that of a secret, computed here anew.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.headers["webhook-id"], self.headers["webhook-timestamp"]).as_bytes());
        mac.update(&self.bytes);
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').any(|one| one == expected)
    }
}

/// Answers with a body; `headers` are lines of their own, each with its end.
pub async fn answer(stream: &mut Stream, status: u16, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n");
    // In one piece: a second one would wait for the other side to acknowledge the first, which takes it up to 40 ms.
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    stream.flush().await
}
