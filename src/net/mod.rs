//! Listeners, and TLS under them. The only room that names rustls on the server's side.

mod listener;
mod tls;

pub use listener::{Incoming, Listener, Stream};
pub use tls::{Tls, TlsMode};

use std::net::SocketAddr;

/// Why the network could not be set up, or a peer's handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; is another server running there, or is the address not this machine's?"
    )]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("{0}")]
    Certificate(String),
    /// A peer did not get through the TLS handshake.
    #[error("the TLS handshake failed: {0}")]
    Handshake(std::io::Error),
    /// A peer did not finish the TLS handshake in time.
    #[error("the TLS handshake took too long")]
    HandshakeTimeout,
}

/// Whether passwords and messages on this listener are safe from whoever shares the network: it has TLS, or nobody but this
/// machine reaches it.
pub fn is_private(address: SocketAddr, tls: &TlsMode) -> bool {
    *tls != TlsMode::Off || address.ip().to_canonical().is_loopback()
}

/// Raises the soft limit of open files of this process to its hard limit, because every connection is one. Returns the limit
/// that holds now; `None` is unlimited.
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_private_without_tls() {
        let private = |address: &str, tls: TlsMode| is_private(address.parse().unwrap(), &tls);
        assert!(private("127.0.0.1:9000", TlsMode::Off));
        assert!(private("[::1]:9000", TlsMode::Off));
        assert!(private("[::ffff:127.0.0.1]:9000", TlsMode::Off));
        assert!(!private("0.0.0.0:9000", TlsMode::Off));
        assert!(!private("192.168.1.2:9000", TlsMode::Off));
        assert!(private("0.0.0.0:9000", TlsMode::SelfSigned));
    }

    #[test]
    fn the_file_limit_does_not_shrink() {
        let first = raise_file_limit();
        assert_eq!(raise_file_limit(), first);
    }
}
