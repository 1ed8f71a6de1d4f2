//! The accept loop that every listener of the server runs.

use crate::net::{Incoming, Listener};
use crate::shutdown::Shutdown;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

/// When the system has no more files to give, the next try comes after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Gives every connection to `each`, which must not wait, until `shutdown`.
pub async fn accept(listener: &Listener, shutdown: &Shutdown, mut each: impl FnMut(Incoming, SocketAddr)) {
    let mut stop = pin!(shutdown.wait());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((incoming, peer)) => each(incoming, peer),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
