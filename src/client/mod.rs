//! The client library: everything between a user's program and a Tidings server.
//!
//! [`Client`] is what programs use: it connects, resumes, keeps a local copy of the user's conversations, keeps what is not
//! acknowledged yet in an outbox, and comes back after every break. [`wire::Connection`] is the thin layer below it, for load
//! generators and tests: frames both ways, nothing remembered.
//!
//! What it promises: an entry is shown once and in order; what was put in the outbox is sent until the server decided, always
//! under the same key; every queue has a limit. What it never does: keep anything on disk but the session token (and that only
//! in a [`TokenStore`] that says so).
//!
//! The rules it follows are in `docs/protocol.md`, "Client rules". They are implemented in [`state`], a pure state machine, and
//! [`replica`], the local copy; sockets and timers are in `task` and [`wire`].
//!
//! It uses `model` and `protocol`, nothing else. `tls` is its only file that names rustls.

mod backoff;
mod handle;
mod notices;
mod outbox;
pub mod replica;
pub mod state;
mod task;
mod tls;
mod token;
mod url;
pub mod wire;

pub use backoff::{Backoff, BackoffOptions};
pub use handle::{Client, ClientError, ClientOptions, Credentials, Events, Overflow};
pub use replica::{Local, Replica};
pub use state::{Backlog, Event, Link, StateOptions};
pub use tls::{Trust, TrustError};
pub use token::{FileTokenStore, MemoryTokenStore, TokenStore};
pub use url::{Scheme, ServerUrl, UrlError};
