//! Names become addresses here, and only those that the guard admits are connected to.

use super::guard::{Guard, Reach};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a name may take.
const RESOLVE_MAX: Duration = Duration::from_secs(5);
/// Addresses of one name that are looked at.
const ADDRESSES_MAX: usize = 32;

/// Addresses that were found.
pub(super) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names. Tests have their own.
pub(super) trait Lookup: Send + Sync {
    /// All addresses of a name.
    fn lookup(&self, name: String) -> Found;
}

/// The system's own way.
pub(super) struct System;

impl Lookup for System {
    fn lookup(&self, name: String) -> Found {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).take(ADDRESSES_MAX).collect())
        })
    }
}

/// What the client asks.
pub(super) struct GuardedResolver {
    pub guard: Guard,
    pub reach: Reach,
    pub lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, reach, lookup) = (self.guard.clone(), self.reach, Arc::clone(&self.lookup));
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::time::timeout(RESOLVE_MAX, lookup.lookup(name.clone())).await;
            let found = found.map_err(|_| io::Error::other("no answer came in time"))??;
            if found.is_empty() {
                return Err(io::Error::other("the name has no address").into());
            }
            let left = guard.admit_resolved(reach, &name, found)?;
            Ok(Box::new(left.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
