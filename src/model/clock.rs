//! The one place that asks what time it is. Everything else gets a [`Clock`] or a time as an argument.

use super::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Wall-clock and monotonic time; a test moves its own.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicU64::new(start.0))))
    }

    /// Now, in milliseconds since 1970-01-01 UTC.
    #[allow(clippy::disallowed_methods, reason = "this is the one clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(manual) => Timestamp(manual.load(Ordering::SeqCst)),
            None => Timestamp(
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            ),
        }
    }

    /// Moves a manual clock forward; the system's clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.0 {
            manual.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
        }
    }
}

/// A point in monotonic time, for measuring how long something took.
#[allow(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}
