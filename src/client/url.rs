//! The address of a server as people write it: `tcp://`, `tls://`, `ws://` or `wss://`.

use std::fmt;
use std::str::FromStr;

/// Port of the TCP gateway when the address names none.
pub const TCP_PORT: u16 = 9000;
/// Port of HTTP and WebSocket when the address names none.
pub const HTTP_PORT: u16 = 8000;
/// Path of the WebSocket when the address names none.
pub const WEBSOCKET_PATH: &str = "/ws";

/// How a connection is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Frames on TCP, readable by everybody on the way.
    Tcp,
    /// Frames on TLS.
    Tls,
    /// Frames in a WebSocket, readable by everybody on the way.
    Ws,
    /// Frames in a WebSocket on TLS.
    Wss,
}

impl Scheme {
    /// Whether the connection is encrypted.
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// Whether frames travel in a WebSocket.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}

/// The address of a server, for example `tls://chat.example.org` or `ws://127.0.0.1:8000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    /// How the connection is carried.
    pub scheme: Scheme,
    /// Host name or IP address (IPv6 without brackets).
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path of the WebSocket; not used by the other schemes.
    pub path: String,
}

/// Why a text is not the address of a server; the sentence says what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not the address of a server: {why}. Write it like tcp://127.0.0.1:9000, tls://HOST, ws://HOST or wss://HOST"
)]
pub struct UrlError {
    text: String,
    why: &'static str,
}

impl FromStr for ServerUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let wrong = |why| UrlError { text: text.to_owned(), why };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it does not say how to connect"))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "tcp" => Scheme::Tcp,
            "tls" => Scheme::Tls,
            "ws" => Scheme::Ws,
            "wss" => Scheme::Wss,
            _ => return Err(wrong("it starts with something else than tcp, tls, ws or wss")),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], &rest[at..]),
            None => (rest, ""),
        };
        let path = match (scheme.is_websocket(), path) {
            (_, "" | "/") => WEBSOCKET_PATH.to_owned(),
            (true, path) => path.to_owned(),
            (false, _) => return Err(wrong("a tcp or tls address has no path")),
        };
        if authority.contains('@') {
            return Err(wrong("the user does not belong into it"));
        }
        let (host, port) = split_port(authority).ok_or_else(|| wrong("its port is not a number from 1 to 65535"))?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong("it names no host"));
        }
        let port = port.unwrap_or(if scheme.is_websocket() { HTTP_PORT } else { TCP_PORT });
        Ok(Self { scheme, host: host.to_owned(), port, path })
    }
}

/// Splits `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, rest) = if let Some(rest) = authority.strip_prefix('[') {
        rest.split_once(']')?
    } else {
        match authority.rfind(':') {
            Some(at) => (&authority[..at], &authority[at..]),
            None => (authority, ""),
        }
    };
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        None => None,
        Some(port) => port.parse().ok().filter(|port| *port != 0).map(|port| (host, Some(port))),
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}:{}", self.scheme.name(), self.host, self.port)?;
        if self.scheme.is_websocket() && self.path != WEBSOCKET_PATH { f.write_str(&self.path) } else { Ok(()) }
    }
}

impl Default for ServerUrl {
    fn default() -> Self {
        Self { scheme: Scheme::Tcp, host: "127.0.0.1".to_owned(), port: TCP_PORT, path: WEBSOCKET_PATH.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_gets_the_default_of_its_scheme() {
        for (text, shown) in [
            ("tcp://127.0.0.1", "tcp://127.0.0.1:9000"),
            ("TLS://chat.example.org", "tls://chat.example.org:9000"),
            ("ws://localhost/", "ws://localhost:8000"),
            ("wss://localhost:443/chat/ws", "wss://localhost:443/chat/ws"),
            ("tcp://[::1]:7", "tcp://[::1]:7"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), shown);
        }
        assert_eq!(ServerUrl::default().to_string(), "tcp://127.0.0.1:9000");
    }

    #[test]
    fn a_wrong_address_is_refused_with_the_cure() {
        for text in [
            "",
            "127.0.0.1:9000",
            "http://x",
            "tcp://",
            "tcp://h:0",
            "tcp://h:x",
            "tcp://h/p",
            "tcp://a@h",
            "tcp://[::1",
        ] {
            let error = text.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(error.contains("Write it like tcp://127.0.0.1:9000"), "{error}");
        }
    }
}
