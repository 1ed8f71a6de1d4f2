//! How many submits a user may send: a bucket of tokens, shared by all connections of that user.

use crate::model::{AppId, UserHandle};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Buckets beyond which those that nobody holds any more, and that are full, are swept out.
const SWEEP_ABOVE: usize = 1_024;

/// The tokens of one user.
#[derive(Debug)]
pub struct Bucket {
    per_second: u32,
    burst: u32,
    /// Guards what is left, in thousandths of a token, and when that was counted.
    left: Mutex<(u64, u64)>,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_second: u32, burst: u32, now_ms: u64) -> Self {
        let burst = burst.max(1);
        Self { per_second, burst, left: Mutex::new((u64::from(burst) * 1_000, now_ms)) }
    }

    /// How many whole tokens there are, and the milliseconds until nothing is missing.
    pub fn left(&self, now_ms: u64) -> (u64, u64) {
        let (thousandths, at_ms) = *self.left.lock();
        let rate = u64::from(self.per_second.max(1));
        let full = u64::from(self.burst) * 1_000;
        let thousandths = thousandths.saturating_add(now_ms.saturating_sub(at_ms).saturating_mul(rate)).min(full);
        (thousandths / 1_000, (full - thousandths).div_ceil(rate))
    }

    /// Whether nothing is missing: then a new one is as good.
    fn is_full(&self, now_ms: u64) -> bool {
        self.left(now_ms).1 == 0
    }

    /// Takes a token. Refused: the milliseconds until there is one.
    pub fn take(&self, now_ms: u64) -> Result<(), u64> {
        let mut left = self.left.lock();
        let (thousandths, at_ms) = *left;
        let rate = u64::from(self.per_second.max(1));
        // A thousandth of a token a millisecond for each token a second.
        let full = u64::from(self.burst) * 1_000;
        let thousandths = thousandths.saturating_add(now_ms.saturating_sub(at_ms).saturating_mul(rate)).min(full);
        let (thousandths, result) = match thousandths.checked_sub(1_000) {
            Some(rest) => (rest, Ok(())),
            None => (thousandths, Err((1_000 - thousandths).div_ceil(rate))),
        };
        *left = (thousandths, now_ms.max(at_ms));
        result
    }
}

/// The buckets of the users who are connected, or were a moment ago: whoever connects again finds theirs as they left it.
#[derive(Debug, Default)]
pub struct Buckets(Mutex<HashMap<UserHandle, Arc<Bucket>>>);

impl Buckets {
    /// The bucket of a user; made when there is none.
    pub fn of(&self, user: UserHandle, now_ms: u64, make: impl FnOnce() -> Bucket) -> Arc<Bucket> {
        let mut buckets = self.0.lock();
        if buckets.len() >= SWEEP_ABOVE && buckets.len() == buckets.capacity() {
            buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_full(now_ms));
        }
        Arc::clone(buckets.entry(user).or_insert_with(|| Arc::new(make())))
    }
}

/// The buckets that a command has to pass: its user's, and its app's when that has a limit of its own.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    pub user: Option<Arc<Bucket>>,
    pub app: Option<Arc<Bucket>>,
}

impl Rate {
    /// Takes a token of each. Refused: the milliseconds until there is one.
    pub fn take(&self, now_ms: u64) -> Result<(), u64> {
        [&self.user, &self.app].into_iter().flatten().try_for_each(|bucket| bucket.take(now_ms))
    }
}

/// The buckets of apps that have a limit, with the limit that each was made for.
#[derive(Debug, Default)]
pub struct AppBuckets(Mutex<HashMap<AppId, (u32, Arc<Bucket>)>>);

impl AppBuckets {
    /// The bucket of an app with so many commands a second; another limit makes another bucket.
    pub fn of(&self, app: AppId, per_second: u32, now_ms: u64) -> Arc<Bucket> {
        let mut buckets = self.0.lock();
        let new = || (per_second, Arc::new(Bucket::new(per_second, per_second, now_ms)));
        let found = buckets.entry(app).or_insert_with(new);
        if found.0 != per_second {
            *found = new();
        }
        Arc::clone(&found.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let bucket = Bucket::new(20, 60, 1_000);
        assert_eq!((0..100).filter(|_| bucket.take(1_000).is_ok()).count(), 60);
        assert_eq!(bucket.take(1_000), Err(50));
        assert_eq!(bucket.take(1_049), Err(1));
        assert_eq!(bucket.take(1_050), Ok(()));
        let sent = (0..10_000u64).filter(|ms| bucket.take(1_050 + ms).is_ok()).count();
        assert!((195..=205).contains(&sent), "{sent}");
        assert_eq!((0..100).filter(|_| bucket.take(1_000_000).is_ok()).count(), 60, "never more than a burst");
        assert!(bucket.take(0).is_err(), "a clock that steps back gives nothing");
    }

    #[test]
    fn connections_of_a_user_share_one() {
        let buckets = Buckets::default();
        let make = || Bucket::new(1, 1, 0);
        let one = buckets.of(UserHandle(1), 0, make);
        assert!(Arc::ptr_eq(&one, &buckets.of(UserHandle(1), 0, make)));
        assert!(!Arc::ptr_eq(&one, &buckets.of(UserHandle(2), 0, make)));
    }

    #[test]
    fn connecting_again_gives_nothing_new_and_what_is_full_is_forgotten() {
        let buckets = Buckets::default();
        let make = || Bucket::new(1, 1, 0);
        assert_eq!(buckets.of(UserHandle(1), 0, make).take(0), Ok(()));
        assert!(buckets.of(UserHandle(1), 0, make).take(0).is_err());
        for user in 2..100_000 {
            drop(buckets.of(UserHandle(user), 500, make));
        }
        assert!(buckets.0.lock().len() < 4_096);
        assert!(buckets.of(UserHandle(1), 500, make).take(500).is_err(), "it was not full");
    }
}
