//! How often somebody may try to log in.
//!
//! Three limits, all counting only failures. *Per user and address*: ten tries at once, then one each 90 s, which is 20 in a quarter
//! of an hour. *Per user*: a hundred failures in a row from anywhere, then one try a minute. *Per address*: a hundred failures for
//! whomever, then one each 10 s, so that one password is not tried on ten thousand users. An address from which this user logged
//! in before, or has a session, is held to the first limit alone, so that a stranger's guessing does not lock the owner out.

use super::AddressPrefix;
use crate::model::{AppId, Timestamp, UserId};
use compact_str::CompactString;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many failures are forgiven at once, and how long one more takes to come back.
#[derive(Clone, Copy, Debug)]
struct Rule {
    burst: f64,
    refill_ms: f64,
}

/// From one address for one user.
const USER_AND_ADDRESS: Rule = Rule { burst: 10.0, refill_ms: 90_000.0 };
/// In a row for one user from anywhere.
const USER: Rule = Rule { burst: 100.0, refill_ms: 60_000.0 };
/// From one address for anybody, and for whatever else is guessed there: codes, links, new names.
const ADDRESS: Rule = Rule { burst: 100.0, refill_ms: 10_000.0 };
/// Streaks that are reported at once, and then one a minute, however many users and addresses there are.
const REPORTS: Rule = Rule { burst: 10.0, refill_ms: 60_000.0 };
/// Users and addresses that are remembered; the longest unused are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(32 * 1024).unwrap();

type User = (AppId, CompactString);

/// The memory of failed log-ins; cheap to clone.
#[derive(Clone, Debug)]
pub struct Guesses {
    memory: Arc<Mutex<Memory>>,
    throttled: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Memory {
    by_user: LruCache<User, Bucket>,
    by_both: LruCache<(User, AddressPrefix), Bucket>,
    by_address: LruCache<AddressPrefix, Bucket>,
    /// Addresses from which a user has logged in.
    trusted: LruCache<(User, AddressPrefix), ()>,
    reports: Bucket,
}

/// A try that was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Milliseconds until the next one.
    pub wait_ms: u64,
    /// It is the first of its streak and should be reported.
    pub report: bool,
    /// It would be let through from an address that is known to be the user's; see [`Guesses::trust`].
    pub unless_trusted: bool,
}

/// Tries that are left, and when they were counted.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    rule: Rule,
    left: f64,
    at: Timestamp,
    /// The streak that emptied it was reported.
    reported: bool,
}

impl Bucket {
    const fn full(rule: Rule, now: Timestamp) -> Self {
        Self { rule, left: rule.burst, at: now, reported: false }
    }

    fn refill(&mut self, now: Timestamp) {
        self.left = (self.left + now.since_ms(self.at) as f64 / self.rule.refill_ms).min(self.rule.burst);
        self.at = now;
        // Half of it came back: what empties it again is another streak.
        if self.left >= self.rule.burst / 2.0 {
            self.reported = false;
        }
    }

    /// Milliseconds until one try is there; 0 when it is.
    fn wait_ms(&self) -> u64 {
        ((1.0 - self.left).max(0.0) * self.rule.refill_ms).ceil() as u64
    }

    fn take(&mut self) {
        self.left -= 1.0;
    }

    fn give_back(&mut self) {
        self.left = (self.left + 1.0).min(self.rule.burst);
    }
}

impl Guesses {
    /// A memory without failures.
    pub fn new() -> Self {
        Self {
            memory: Arc::new(Mutex::new(Memory {
                by_user: LruCache::new(REMEMBERED_MAX),
                by_both: LruCache::new(REMEMBERED_MAX),
                by_address: LruCache::new(REMEMBERED_MAX),
                trusted: LruCache::new(REMEMBERED_MAX),
                reports: Bucket::full(REPORTS, Timestamp(0)),
            })),
            throttled: Arc::default(),
        }
    }

    /// Takes one try. The try counts as failed until [`Guesses::succeeded`] says otherwise, so that many at once are no way
    /// around the limit.
    pub fn attempt(&self, app: AppId, id: &UserId, from: AddressPrefix, now: Timestamp) -> Result<(), Throttled> {
        let user = (app, id.folded());
        let both = (user.clone(), from);
        let mut memory = self.memory.lock();
        let Memory { by_user, by_both, by_address, trusted, reports } = &mut *memory;
        let trusted = trusted.contains(&both);
        let both = by_both.get_or_insert_mut(both, || Bucket::full(USER_AND_ADDRESS, now));
        let user = by_user.get_or_insert_mut(user, || Bucket::full(USER, now));
        let address = by_address.get_or_insert_mut(from, || Bucket::full(ADDRESS, now));
        for bucket in [&mut *both, &mut *user, &mut *address] {
            bucket.refill(now);
        }
        let shared_ms = if trusted { 0 } else { user.wait_ms().max(address.wait_ms()) };
        let wait_ms = both.wait_ms().max(shared_ms);
        if wait_ms == 0 {
            both.take();
            if !trusted {
                user.take();
                address.take();
            }
            return Ok(());
        }
        let unless_trusted = both.wait_ms() == 0;
        let empty = [both, user, address].into_iter().filter(|bucket| bucket.wait_ms() > 0);
        let report = report(empty, reports, now);
        self.throttled.fetch_add(1, Ordering::Relaxed);
        Err(Throttled { wait_ms, report, unless_trusted })
    }

    /// Takes one try of something that no user is named for: a code, a link. Refused: as above.
    pub fn knock(&self, from: AddressPrefix, now: Timestamp) -> Result<(), Throttled> {
        let mut memory = self.memory.lock();
        let Memory { by_address, reports, .. } = &mut *memory;
        let address = by_address.get_or_insert_mut(from, || Bucket::full(ADDRESS, now));
        address.refill(now);
        let wait_ms = address.wait_ms();
        if wait_ms == 0 {
            address.take();
            return Ok(());
        }
        let report = report(std::iter::once(address), reports, now);
        self.throttled.fetch_add(1, Ordering::Relaxed);
        Err(Throttled { wait_ms, report, unless_trusted: false })
    }

    /// The user has a session that was opened from this address: it is theirs.
    pub fn trust(&self, app: AppId, id: &UserId, from: AddressPrefix) {
        self.memory.lock().trusted.put(((app, id.folded()), from), ());
    }

    /// The password was right: nothing is held against this user and address any more.
    pub fn succeeded(&self, app: AppId, id: &UserId, from: AddressPrefix) {
        let user = (app, id.folded());
        let both = (user.clone(), from);
        let mut memory = self.memory.lock();
        memory.by_both.pop(&both);
        memory.by_user.pop(&user);
        // A try from a trusted address took nothing of what is shared, so there is nothing to give back.
        let took = memory.trusted.put(both, ()).is_none();
        if took && let Some(bucket) = memory.by_address.get_mut(&from) {
            bucket.give_back();
        }
    }

    /// The try was neither right nor wrong (the server could not check it): it does not count.
    pub fn withdrawn(&self, app: AppId, id: &UserId, from: AddressPrefix) {
        let user = (app, id.folded());
        let mut memory = self.memory.lock();
        let Memory { by_user, by_both, by_address, trusted, .. } = &mut *memory;
        let both = (user.clone(), from);
        by_both.get_mut(&both).into_iter().for_each(Bucket::give_back);
        if !trusted.contains(&both) {
            by_user.get_mut(&user).into_iter().for_each(Bucket::give_back);
            by_address.get_mut(&from).into_iter().for_each(Bucket::give_back);
        }
    }

    /// How many tries were not let through.
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }
}

/// Whether a streak is to be reported: once for each bucket that it emptied, and not more often than [`REPORTS`] says.
fn report<'a>(empty: impl Iterator<Item = &'a mut Bucket>, reports: &mut Bucket, now: Timestamp) -> bool {
    let mut fresh = false;
    for bucket in empty {
        fresh |= !std::mem::replace(&mut bucket.reported, true);
    }
    reports.refill(now);
    let report = fresh && reports.wait_ms() == 0;
    if report {
        reports.take();
    }
    report
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

    const NOW: Timestamp = Timestamp(1_000_000);

    fn from(n: u32) -> AddressPrefix {
        AddressPrefix::of(IpAddr::V4(Ipv4Addr::from_bits(0x7f00_0000 + n)))
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    /// How many of these tries for `ada` are let through.
    fn passed(guesses: &Guesses, tries: impl Iterator<Item = (u32, u64)>) -> usize {
        tries
            .filter(|(n, ms)| guesses.attempt(AppId::HOME, &user("ada"), from(*n), Timestamp(NOW.0 + ms)).is_ok())
            .count()
    }

    #[test]
    fn one_address_has_twenty_tries_in_a_quarter_of_an_hour() {
        let guesses = Guesses::new();
        assert_eq!(passed(&guesses, (0..900).map(|second| (1, second * 1_000))), 19);
        assert!(guesses.attempt(AppId::HOME, &user("ADA"), from(1), Timestamp(NOW.0 + 899_000)).is_err());
        assert_eq!(passed(&guesses, [(2, 899_000)].into_iter()), 1, "another address");
    }

    #[test]
    fn ones_own_success_pays_for_no_guess_at_others() {
        let guesses = Guesses::new();
        let own = user("mallory");
        let passed = (0..300)
            .filter(|n| {
                assert_eq!(guesses.attempt(AppId::HOME, &own, from(1), NOW), Ok(()));
                guesses.succeeded(AppId::HOME, &own, from(1));
                guesses.attempt(AppId::HOME, &user(&format!("victim{n}")), from(1), NOW).is_ok()
            })
            .count();
        assert!(passed <= ADDRESS.burst as usize, "{passed} guesses from one address");
    }

    #[test]
    fn success_wipes_the_slate() {
        let guesses = Guesses::new();
        let ada = user("ada");
        for _ in 0..200 {
            assert_eq!(guesses.attempt(AppId::HOME, &ada, from(1), NOW), Ok(()));
            guesses.succeeded(AppId::HOME, &ada, from(1));
        }
        for _ in 0..200 {
            assert_eq!(guesses.attempt(AppId::HOME, &ada, from(1), NOW), Ok(()));
            guesses.withdrawn(AppId::HOME, &ada, from(1));
        }
    }

    #[test]
    fn guessing_from_five_hundred_addresses_is_stopped_and_the_owner_still_gets_in() {
        let guesses = Guesses::new();
        let ada = user("ada");
        assert_eq!(guesses.attempt(AppId::HOME, &ada, from(9_999), NOW), Ok(()));
        guesses.succeeded(AppId::HOME, &ada, from(9_999));
        assert_eq!(passed(&guesses, (0..10_000).map(|n| (n % 500, 0))), 100);
        assert_eq!(guesses.attempt(AppId::HOME, &ada, from(9_999), NOW), Ok(()));
        assert_eq!(guesses.attempt(AppId::HOME, &user("bob"), from(1), NOW), Ok(()), "another user");
        // A server that was started again knows the owner's address by a session that was opened from there.
        let wait = guesses.attempt(AppId::HOME, &ada, from(8_888), NOW).unwrap_err();
        assert!(wait.unless_trusted);
        guesses.trust(AppId::HOME, &ada, from(8_888));
        assert_eq!(guesses.attempt(AppId::HOME, &ada, from(8_888), NOW), Ok(()));
    }

    #[test]
    fn one_password_is_not_tried_on_ten_thousand_users() {
        let guesses = Guesses::new();
        let tries = (0..10_000).filter(|n| guesses.attempt(AppId::HOME, &user(&format!("u{n}")), from(1), NOW).is_ok());
        assert_eq!(tries.count(), 100);
        assert!(guesses.knock(from(1), NOW).is_err());
        assert!(guesses.knock(from(2), NOW).is_ok());
    }

    #[test]
    fn a_streak_is_reported_once_and_many_streaks_not_without_end() {
        let guesses = Guesses::new();
        let reports = |id: &str, n: u32| {
            let tries = (0..50).filter_map(|_| guesses.attempt(AppId::HOME, &user(id), from(n), NOW).err());
            tries.filter(|throttled| throttled.report).count()
        };
        assert_eq!(reports("ada", 1), 1);
        assert_eq!(reports("ada", 1), 0);
        let all: usize = (2..100).map(|n| reports(&format!("u{n}"), n)).sum();
        assert_eq!(all, 9, "ten at once");
        assert!(guesses.throttled() > 1_000);
    }
}
