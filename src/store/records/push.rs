//! Rows of push: where devices are reached, and what is tried again.

use crate::model::{PushSubscription, Seq, SessionId, Timestamp, UserHandle};
use serde::{Deserialize, Serialize};

/// Where a device is reached by push. It is removed with its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRow {
    /// Where.
    pub subscription: PushSubscription,
    /// When it said so.
    pub created: Timestamp,
}

/// Which device has an address of a push service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushEndpointRow {
    /// Whose.
    pub user: UserHandle,
    /// Its session.
    pub session: SessionId,
}

/// A push that is tried again. It is removed when it succeeds, is given up, or its device is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRetryRow {
    /// Whose device.
    pub user: UserHandle,
    /// The newest message that it is about.
    pub seq: Seq,
    /// When it is tried again.
    pub at: Timestamp,
    /// How often it was tried.
    pub tries: u8,
}
