//! How a client behaves.

use crate::model::Device;

/// How much of a conversation's past a device fetches when it sees the conversation for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// The newest entries; older ones on request.
    Newest,
    /// Everything that is not read.
    Unread,
    /// All of it.
    Everything,
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct StateOptions {
    /// The device it runs on.
    pub device: Device,
    /// Name and version of the program, for the server's operator.
    pub client: String,
    /// What is kept up to date: `None` follows nothing (for a program that only sends).
    pub follow: Option<Backlog>,
    /// Entries kept of each conversation, besides older ones that were loaded on request.
    pub entries_kept: usize,
    /// The longest hole that is fetched; beyond it the device goes on with the newest entries.
    pub hole_max: u64,
    /// Commands that may wait for their outcome.
    pub outbox_max: usize,
    /// Queries that may wait for their answer.
    pub queries_max: usize,
    /// Whether the other side of direct chats is told what arrived here.
    pub tell_delivered: bool,
    /// A `ping` is sent after this much silence, in milliseconds.
    pub ping_ms: u64,
    /// The connection counts as dead after this much silence of the server, in milliseconds.
    pub dead_ms: u64,
    /// How long the server may take to answer `hello`, in milliseconds.
    pub hello_ms: u64,
}

impl StateOptions {
    /// The usual behaviour of a program that shows conversations on `device`.
    pub fn new(device: Device) -> Self {
        Self {
            device,
            client: concat!("tidings/", env!("CARGO_PKG_VERSION")).to_owned(),
            follow: Some(Backlog::Newest),
            entries_kept: 1_000,
            hole_max: 1_000,
            outbox_max: 10_000,
            queries_max: 1_000,
            tell_delivered: true,
            ping_ms: 30_000,
            dead_ms: 75_000,
            hello_ms: 30_000,
        }
    }
}
