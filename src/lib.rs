//! Tidings: a whole instant-messaging system in one binary.
//!
//! Everything that happens is a command. Commands are put in one order, applied by one deterministic ledger, made durable
//! together, and their effects fan out. `docs/architecture.md` says why, and what must stay true.
//!
//! The rooms, in reading order; each may use only rooms above it, and `tests/arrows.rs` holds the exact arrows:
//!
//! ```text
//! model       the words of the domain: ids, users, entries, commands, refusals, limits, the clock. Plain data
//! protocol    the frames of the wire, two encodings, and the codec as a pure state machine
//! config      the configuration: every key declared once; defaults < file < environment < flags
//! store       durable storage in one redb file: rows, the journal, folding, snapshots
//! auth        passwords, session tokens, limits on guessing; makes `Actor`, nobody else can
//! ledger      the deterministic rules: each command is decided, then applied
//! engine      the one order: submit queue, writer thread, group commit, publishing, reads
//! administration  what every door does for accounts: passwords, links, codes, the administrators' commands
//! workers     what no caller waits for: retention deletes, deleted accounts leave their groups, sessions expire
//! shutdown    the signal to end, and the tracker every task belongs to
//! telemetry   log lines
//! push        Web Push: devices are told of messages while nothing is open on them
//! webhooks    other systems are told what happens in their apps, at addresses they named
//! before_hooks  an app's own system is asked before a command of its users is carried out
//! search      full text over a user's own conversations: the index, fed from the log
//! hub         who is connected and who hears what: fan-out, bounded queues, presence
//! hot         what may vanish at any time: when users were last there
//! net         listeners and TLS
//! outbound    the only HTTP client and its guard: where the server may connect to
//! media       files: uploads, types, small pictures, signed links, what goes by itself
//! pictures    pictures of other servers that posts name, fetched when somebody wants to see one
//! assistant   what carries the turns of assistants out: their providers, what these are given, drafts and answers
//! gateway     the client's session as one state machine, and the loops around it
//! http        health, metrics and the WebSocket, on an accept loop with time-outs
//! control     the socket in the data folder through which the command line talks to the server
//! client      the client library: connect, resume, outbox, filling gaps
//! app         the composition root: opens, wires, starts, stops
//! cli         the command line, one file a subcommand
//! main        the binary: hands over to `cli`
//! ```

pub mod administration;
pub mod app;
pub mod assistant;
pub mod auth;
pub mod before_hooks;
pub mod cli;
pub mod client;
pub mod config;
pub mod control;
pub mod engine;
pub mod gateway;
pub mod hot;
pub mod http;
pub mod hub;
pub mod ledger;
pub mod media;
pub mod model;
pub mod net;
pub mod outbound;
pub mod pictures;
pub mod protocol;
pub mod push;
pub mod search;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod webhooks;
pub mod workers;
