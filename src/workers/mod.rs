//! What goes on by itself: deleted accounts leave their groups, sessions that are over end, signed tokens that are over are forgotten, apps are suspended and deleted. Each is a command like any other, a
//! bounded piece at a time, so that nobody waits behind it; what is left to do is in rows, so that a restart forgets nothing.

mod apps;
mod deletions;
pub mod follow;
pub mod retention;
pub mod sessions;
mod signed;

use crate::engine::Engine;
use crate::shutdown::{Shutdown, Tasks};
use std::time::Duration;

/// How often the workers look.
#[derive(Clone, Copy, Debug)]
pub struct WorkerOptions {
    /// Whether accounts were deleted, or something is to be done for whole apps.
    pub deletions_every: Duration,
    /// Whether sessions are over.
    pub sessions_every: Duration,
    /// Whether signed tokens that count once are over: an app may have so many, and they live for minutes.
    pub signed_every: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            deletions_every: Duration::from_secs(1),
            sessions_every: Duration::from_mins(10),
            signed_every: Duration::from_secs(30),
        }
    }
}

/// Starts them; they end with `shutdown`. Those that follow the log ([`follow`]) are rooms of their own.
pub fn start(engine: &Engine, options: WorkerOptions, shutdown: &Shutdown, tasks: &Tasks) {
    let (of_deletions, of_sessions, of_apps) = (engine.clone(), engine.clone(), engine.clone());
    tasks.spawn("apps", every(options.deletions_every, shutdown.clone(), move || apps::run(of_apps.clone())));
    tasks.spawn(
        "deletions",
        every(options.deletions_every, shutdown.clone(), move || deletions::run(of_deletions.clone())),
    );
    let of_signed = engine.clone();
    tasks.spawn("signed tokens", every(options.signed_every, shutdown.clone(), move || signed::run(of_signed.clone())));
    tasks.spawn(
        "expired sessions",
        every(options.sessions_every, shutdown.clone(), move || sessions::run(of_sessions.clone())),
    );
}

/// Does something again and again, until `shutdown`.
async fn every<F: Future<Output = ()>>(pause: Duration, shutdown: Shutdown, mut work: impl FnMut() -> F) {
    loop {
        tokio::select! {
            () = async {
                tokio::time::sleep(pause).await;
                work().await;
            } => {}
            () = shutdown.wait() => return,
        }
    }
}
