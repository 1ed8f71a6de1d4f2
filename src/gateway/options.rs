//! The gateway's limits and what it counts.

use crate::hot::LastSeen;
use ipnet::IpNet;
use std::path::PathBuf;

/// Limits and times of the gateway. The defaults are the documented ones.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// The server's name, as `welcome` tells it.
    pub server_name: String,
    /// How browsers reach the server: links begin with it.
    pub url: String,
    /// Proxies of the operator's own: what they say of who asks, and how, is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// A folder with the web client, in place of the one in the binary.
    pub web_dir: Option<PathBuf>,
    /// Largest frame, in bytes.
    pub max_frame: usize,
    /// Submits in flight on one connection.
    pub window: u32,
    /// Submits per second of one user, on average; 0: not limited.
    pub rate_per_second: u32,
    /// Submits of one user at once, before the average counts.
    pub rate_burst: u32,
    /// Requests over HTTP per second of one user, or of one address without a user, on average; 0: not limited.
    pub rest_per_second: u32,
    /// Requests at once, before the average counts.
    pub rest_burst: u32,
    /// Requests at `/mcp` per second of all tokens of one user, on average; 0: not limited.
    pub mcp_per_second: u32,
    /// The same at once, before the average counts.
    pub mcp_burst: u32,
    /// Bytes that may wait for one connection before pushes are dropped; at least twice `max_frame`.
    pub queue_bytes: usize,
    /// A connection says `hello` within this time.
    pub hello_timeout_ms: u64,
    /// A connection that says nothing for this long is closed.
    pub silence_timeout_ms: u64,
    /// A peer that takes nothing for this long while too much waits for it is closed.
    pub write_timeout_ms: u64,
    /// Presence is told after a start once this time has passed.
    pub presence_settle_ms: u64,
    /// Connections in all.
    pub connections_max: usize,
    /// Connections from one IPv4 address or IPv6 network of 64 bits.
    pub connections_per_address_max: usize,
    /// Where it is kept when users were last there.
    pub last_seen: LastSeen,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            server_name: "tidings".to_owned(),
            url: "http://localhost:8000".to_owned(),
            trusted_proxies: Vec::new(),
            web_dir: None,
            max_frame: crate::protocol::MAX_FRAME_DEFAULT,
            window: 64,
            rate_per_second: 20,
            rate_burst: 60,
            rest_per_second: 50,
            rest_burst: 100,
            mcp_per_second: 1,
            mcp_burst: 60,
            queue_bytes: 2 * crate::protocol::MAX_FRAME_DEFAULT,
            hello_timeout_ms: 10_000,
            silence_timeout_ms: 90_000,
            write_timeout_ms: 30_000,
            presence_settle_ms: 10_000,
            connections_max: 10_000,
            connections_per_address_max: 200,
            last_seen: LastSeen::default(),
        }
    }
}

/// What the gateway counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayStats {
    /// Open connections, those that have not said `hello` included.
    pub connections: u64,
    /// Sessions that are connected.
    pub sessions: u64,
    /// Bytes that wait to be written, as of the last second.
    pub queued_bytes: u64,
    /// Connections accepted since the start.
    pub accepted: u64,
    /// Connections turned away because of a limit, since the start.
    pub turned_away: u64,
    /// Log-ins since the start, with password or token.
    pub logins: u64,
    /// Log-ins refused since the start.
    pub logins_refused: u64,
    /// Tries to guess a password, code or link that were not let through, since the start.
    pub throttled: u64,
    /// Frames read since the start.
    pub frames: u64,
    /// Times a connection was too slow and lost its pushes, since the start.
    pub lagging: u64,
    /// Connections closed for breaking the protocol, since the start.
    pub protocol_errors: u64,
    /// Connections closed for silence or for not reading, since the start.
    pub timeouts: u64,
}
