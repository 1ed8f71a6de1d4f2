//! Connections that do nothing: what one costs, and how fast they come back.

use super::super::Failure;
use super::peer::{Peer, Shared};
use super::report::Report;
use super::target::Target;
use super::{Args, probe};
use crate::protocol::ClientFrame;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Connections that are being opened at once.
const AT_ONCE: usize = 128;
/// A ping after this much silence, as every client sends it.
const PING: Duration = Duration::from_secs(30);
/// Time in which memory settles.
const SETTLE: Duration = Duration::from_secs(1);

/// Connections, and how long it took to open them.
pub(super) struct Connected {
    pub peers: Vec<Peer>,
    pub seconds: f64,
    /// Memory of the server before the first one.
    pub rss_before_bytes: u64,
}

/// Opens `count` connections with tokens, of as many users.
pub(super) async fn connect(
    args: &Args,
    target: &Target,
    shared: &Rc<Shared>,
    count: u32,
) -> Result<Connected, Failure> {
    let prefix = format!("idle-{}-", &uuid::Uuid::new_v4().simple().to_string()[..10]);
    let users = target.users(count, &prefix).await?;
    tokio::time::sleep(SETTLE).await;
    let rss_before_bytes = probe::rss_bytes(target.pid);
    let start_us = shared.now_us();
    let peers: Vec<_> = stream::iter(users.into_iter().enumerate())
        .map(|(number, user)| async move {
            Peer::log_in(shared, &target.endpoint(args, number as u32)?, &user.token, None).await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let seconds = (shared.now_us() - start_us) as f64 / 1e6;
    Ok(Connected { peers, seconds, rss_before_bytes })
}

/// Keeps a connection open, as a client does that has nothing to say.
pub(super) async fn hold(mut peer: Peer) -> Result<(), Failure> {
    loop {
        tokio::select! {
            turned = peer.turn(|_, _| {}) => turned?,
            () = tokio::time::sleep(PING) => peer.connection.push(&ClientFrame::Ping { nonce: 0 }),
        }
    }
}

/// Runs `idle`.
pub(super) async fn run(args: &Args, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let shared = Shared::new(args.encoding());
    let connected = connect(args, target, &shared, args.connections).await?;
    let opened = connected.peers.len();
    report.resumes_per_second = Some(opened as f64 / connected.seconds);
    let mut held = JoinSet::new();
    for peer in connected.peers {
        held.spawn_local(hold(peer));
    }
    let server_cpu_s = probe::cpu_s(target.pid);
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(args.seconds)) => {}
        Some(ended) = held.join_next() => ended.unwrap_or(Ok(()))?,
    }
    tracing::debug!(seconds = probe::cpu_s(target.pid) - server_cpu_s, "the server's time while idle");
    report.seconds = args.seconds as f64;
    report.server_rss_bytes = probe::rss_bytes(target.pid);
    let grown = report.server_rss_bytes.saturating_sub(connected.rss_before_bytes);
    report.bytes_per_connection = Some(grown as f64 / opened as f64);
    Ok(())
}
