//! Who is connected, and who hears what.

use std::sync::Arc;

/// Limits of the hub.
#[derive(Clone, Copy, Debug)]
pub struct HubOptions {
    /// Members (of all conversations together) that are kept in memory for fan-out.
    pub members_cached_max: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self { members_cached_max: 1_000_000 }
    }
}

/// The hub; cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub(Arc<HubOptions>);

impl Hub {
    /// A hub without sessions.
    pub fn new(options: HubOptions) -> Self {
        Self(Arc::new(options))
    }
}
