//! Those who work after the fact: each follows the log at its own pace, and keeps durably how far it has got.

use serde::{Deserialize, Serialize};

/// Who follows the log with a durable lsn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Follower {
    /// Web Push.
    Push,
}

impl Follower {
    /// Every one, in the order of their numbers.
    pub const ALL: [Self; 1] = [Self::Push];

    /// Its name, in log lines and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
        }
    }
}
