//! How often somebody may try to log in.
//!
//! Two limits, both counting only failures. *Per user and address*: ten tries at once, then one a minute. *Per user*: a hundred
//! failures in a row from anywhere, then one try a minute from addresses that never got in; an address from which this user
//! logged in before keeps its own limit, so that a stranger's guessing does not lock the owner out.

use super::AddressPrefix;
use crate::model::{AppId, Timestamp, UserId};
use compact_str::CompactString;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Tries at once from one address for one user.
const ADDRESS_BURST: f64 = 10.0;
/// Failures in a row for one user from anywhere.
const USER_BURST: f64 = 100.0;
/// How long one more try takes to come back.
const REFILL_MS: f64 = 60_000.0;
/// Users and addresses that are remembered; the longest unused are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(32 * 1024).unwrap();

type User = (AppId, CompactString);

/// The memory of failed log-ins; cheap to clone.
#[derive(Clone, Debug)]
pub struct Guesses(Arc<Mutex<Memory>>);

#[derive(Debug)]
struct Memory {
    by_user: LruCache<User, Bucket>,
    by_address: LruCache<(User, AddressPrefix), Bucket>,
    /// Addresses from which a user has logged in.
    trusted: LruCache<(User, AddressPrefix), ()>,
}

/// Tries that are left, and when they were counted.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    const fn full(burst: f64, now: Timestamp) -> Self {
        Self { left: burst, at: now }
    }

    fn refill(&mut self, burst: f64, now: Timestamp) {
        self.left = (self.left + now.since_ms(self.at) as f64 / REFILL_MS).min(burst);
        self.at = now;
    }

    /// Milliseconds until one try is there; 0 when it is.
    fn wait_ms(&self) -> u64 {
        ((1.0 - self.left).max(0.0) * REFILL_MS).ceil() as u64
    }
}

impl Guesses {
    /// A memory without failures.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Memory {
            by_user: LruCache::new(REMEMBERED_MAX),
            by_address: LruCache::new(REMEMBERED_MAX),
            trusted: LruCache::new(REMEMBERED_MAX),
        })))
    }

    /// Takes one try. The try counts as failed until [`Guesses::succeeded`] says otherwise, so that many at once are no way
    /// around the limit. Refused: the milliseconds until the next one.
    pub fn attempt(&self, app: AppId, id: &UserId, from: AddressPrefix, now: Timestamp) -> Result<(), u64> {
        let user = (app, id.folded());
        let place = (user.clone(), from);
        let mut memory = self.0.lock();
        let memory = &mut *memory;
        let trusted = memory.trusted.contains(&place);
        let by_address = memory.by_address.get_or_insert_mut(place, || Bucket::full(ADDRESS_BURST, now));
        let by_user = memory.by_user.get_or_insert_mut(user, || Bucket::full(USER_BURST, now));
        by_address.refill(ADDRESS_BURST, now);
        by_user.refill(USER_BURST, now);
        let wait_ms = by_address.wait_ms().max(if trusted { 0 } else { by_user.wait_ms() });
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        by_address.left -= 1.0;
        if !trusted {
            by_user.left -= 1.0;
        }
        Ok(())
    }

    /// The password was right: nothing is held against this user and address any more.
    pub fn succeeded(&self, app: AppId, id: &UserId, from: AddressPrefix) {
        let user = (app, id.folded());
        let place = (user.clone(), from);
        let mut memory = self.0.lock();
        memory.by_address.pop(&place);
        memory.by_user.pop(&user);
        memory.trusted.put(place, ());
    }

    /// The try was neither right nor wrong (the server could not check it): it does not count.
    pub fn withdrawn(&self, app: AppId, id: &UserId, from: AddressPrefix) {
        let user = (app, id.folded());
        let mut memory = self.0.lock();
        if let Some(bucket) = memory.by_user.get_mut(&user) {
            bucket.left = (bucket.left + 1.0).min(USER_BURST);
        }
        if let Some(bucket) = memory.by_address.get_mut(&(user, from)) {
            bucket.left = (bucket.left + 1.0).min(ADDRESS_BURST);
        }
    }
}

impl Default for Guesses {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn from(n: u32) -> AddressPrefix {
        AddressPrefix::of(IpAddr::V4(Ipv4Addr::from_bits(0x7f00_0000 + n)))
    }

    fn ada() -> UserId {
        UserId::new("ada").unwrap()
    }

    #[test]
    fn after_ten_failures_from_one_address_one_try_a_minute() {
        let guesses = Guesses::new();
        let now = Timestamp(1_000_000);
        for _ in 0..10 {
            assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), now), Ok(()));
        }
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), now), Err(60_000));
        assert_eq!(guesses.attempt(AppId::HOME, &UserId::new("ADA").unwrap(), from(1), now), Err(60_000));
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(2), now), Ok(()), "another address");
        let later = Timestamp(now.0 + 60_000);
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), later), Ok(()));
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), later), Err(60_000));
        let tries = (0..15)
            .filter(|minute| guesses.attempt(AppId::HOME, &ada(), from(3), Timestamp(now.0 + minute * 60_000)).is_ok());
        assert!(tries.count() <= 20);
    }

    #[test]
    fn success_wipes_the_slate() {
        let guesses = Guesses::new();
        let now = Timestamp(1_000_000);
        for _ in 0..50 {
            assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), now), Ok(()));
            guesses.succeeded(AppId::HOME, &ada(), from(1));
        }
        for _ in 0..50 {
            assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(1), now), Ok(()));
            guesses.withdrawn(AppId::HOME, &ada(), from(1));
        }
    }

    #[test]
    fn guessing_from_five_hundred_addresses_is_stopped_and_the_owner_still_gets_in() {
        let guesses = Guesses::new();
        let now = Timestamp(1_000_000);
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(9_999), now), Ok(()));
        guesses.succeeded(AppId::HOME, &ada(), from(9_999));
        let tries = (0..10_000).filter(|n| guesses.attempt(AppId::HOME, &ada(), from(n % 500), now).is_ok());
        assert_eq!(tries.count(), 100);
        assert_eq!(guesses.attempt(AppId::HOME, &ada(), from(9_999), now), Ok(()));
        assert_eq!(guesses.attempt(AppId::HOME, &UserId::new("bob").unwrap(), from(1), now), Ok(()), "another user");
    }
}
