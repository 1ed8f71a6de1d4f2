//! Passwords: Argon2id (RFC 9106), by default with m = 19,456 KiB, t = 2, p = 1, the minimum of OWASP's password storage cheat
//! sheet. More work can be asked for; a password is then hashed anew when its user logs in.

use crate::model::limits::{ADMINISTRATOR_PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::model::text::hex;
use crate::model::{Code, PasswordHash, Refusal, Secret, UserId};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// How much work one hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
}

impl Default for Work {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// When the queue is full, come back after this long.
const BUSY_RETRY_MS: u64 = 2_000;

/// Passwords that everybody tries first; whoever chooses one might as well have none. The list is short on purpose: it holds those
/// of at least 8 characters that stand at the top of every published list, because with the limits on guessing an attacker has a
/// hundred tries for one user before each costs a minute. It is no defence once hashes are stolen; a long password is.
const COMMON: &str = include_str!("common-passwords.txt");

/// Hashes and checks passwords on blocking threads, a few at a time, with a bounded number of waiters, so that log-ins cannot
/// take the processor or the memory away from those who are in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    work: Work,
    at_work: Semaphore,
    /// Callers that wait or work.
    present: AtomicUsize,
    present_max: usize,
}

/// Counts one caller out, also when it goes away while it waits.
struct Seat<'a>(&'a AtomicUsize);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// `parallel` hashes at a time, `queue` more callers waiting; others are refused with `overloaded`.
    pub fn new(parallel: usize, queue: usize) -> Self {
        let parallel = parallel.max(1);
        Self::made(Work::default(), parallel, parallel + queue)
    }

    /// The same, with so much work for each new password; nobody may be using it yet.
    #[must_use]
    pub fn with_work(self, work: Work) -> Self {
        let parallel = self.0.at_work.available_permits();
        Self::made(work, parallel, self.0.present_max)
    }

    fn made(work: Work, parallel: usize, present_max: usize) -> Self {
        Self(Arc::new(Pool { work, at_work: Semaphore::new(parallel), present: AtomicUsize::new(0), present_max }))
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        let work = self.0.work;
        self.work(move || hash(work, &password)).await?
    }

    /// Whether a password is the one that was hashed. Without a hash (an unknown user) it takes as long and says no.
    pub async fn verify(&self, hash: Option<PasswordHash>, password: Secret) -> Result<bool, Refusal> {
        let work = self.0.work;
        self.work(move || verify(work, hash.as_ref(), &password)).await
    }

    /// Whether a hash was made with less work than is asked for now.
    pub fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let Ok(parsed) = phc::PasswordHash::new(&hash.0) else { return false };
        let Ok(params) = Params::try_from(&parsed) else { return false };
        params.m_cost() < self.0.work.memory_kib || params.t_cost() < self.0.work.passes
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let pool = &self.0;
        let seat = Seat(&pool.present);
        if pool.present.fetch_add(1, Ordering::Relaxed) >= pool.present_max {
            return Err(Refusal::new(
                Code::Overloaded,
                "Too many people are logging in at this moment; try again shortly.",
            )
            .retry_after_ms(BUSY_RETRY_MS));
        }
        let gone =
            || Refusal::new(Code::Unavailable, "The server is stopping; try again shortly.").retry_after_ms(1_000);
        let permit = pool.at_work.acquire().await.map_err(|_| gone())?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|_| gone());
        drop(permit);
        drop(seat);
        done
    }
}

fn argon2(work: Work) -> Argon2<'static> {
    let params = Params::new(work.memory_kib, work.passes, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(work: Work, password: &Secret) -> Result<PasswordHash, Refusal> {
    let hashed: Result<phc::PasswordHash, _> = argon2(work).hash_password(password.reveal().as_bytes());
    match hashed {
        Ok(hash) => Ok(PasswordHash(hash.to_string())),
        Err(error) => {
            tracing::error!(%error, "a password could not be hashed");
            Err(Refusal::new(Code::Unavailable, "The password could not be processed; try again."))
        }
    }
}

fn verify(work: Work, hash: Option<&PasswordHash>, password: &Secret) -> bool {
    // Somebody who is not there has this hash, of a password that was never told to anybody.
    static NOBODY: OnceLock<Option<PasswordHash>> = OnceLock::new();
    let nobody = || {
        NOBODY.get_or_init(|| {
            let mut secret = [0u8; 32];
            getrandom::fill(&mut secret).ok()?;
            self::hash(work, &Secret::new(hex(&secret))).ok()
        })
    };
    let known = hash.is_some();
    let Some(hash) = hash.or_else(|| nobody().as_ref()) else { return false };
    let Ok(parsed) = phc::PasswordHash::new(&hash.0) else {
        tracing::error!("a stored password hash cannot be read; set the password again with `tidings user passwd`");
        return false;
    };
    argon2(work).verify_password(password.reveal().as_bytes(), &parsed).is_ok() && known
}

/// Whether a new password may be used: 8–128 characters (an administrator's at least 12), not one that everybody tries, not the
/// user's own name, not one of `names` (of the server, of the app, the display name).
pub fn check_password_rules(
    user: &UserId,
    administrator: bool,
    names: &[&str],
    password: &Secret,
) -> Result<(), Refusal> {
    let invalid = |words: &'static str| Err(Refusal::new(Code::Invalid, words));
    let password = password.reveal();
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return invalid("A password has 8 to 128 characters; choose one of that length.");
    }
    if administrator && chars < ADMINISTRATOR_PASSWORD_CHARS_MIN {
        return invalid("The password of an administrator has at least 12 characters; choose a longer one.");
    }
    let folded = password.to_lowercase();
    if folded == user.folded().as_str() {
        return invalid("The password is the user's own name; choose another.");
    }
    if folded == "tidings" || names.iter().any(|name| name.to_lowercase() == folded) {
        return invalid("The password is a name that everybody here knows; choose another.");
    }
    if COMMON.lines().any(|common| common == folded) {
        return invalid("This password is among those that everybody tries first; choose another.");
    }
    let mut characters = folded.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return invalid("The password is one character over and over; choose another.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let passwords = Passwords::new(1, 4);
        let hash = passwords.hash(Secret::new("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(passwords.verify(Some(hash.clone()), Secret::new("correct horse")).await.unwrap());
        assert!(!passwords.verify(Some(hash), Secret::new("wrong horse")).await.unwrap());
        assert!(!passwords.verify(None, Secret::new("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_with_less_work_than_is_asked_for_is_known() {
        let old = Passwords::new(1, 4);
        let new = Passwords::new(1, 4).with_work(Work { memory_kib: 19_456, passes: 3 });
        let hash = old.hash(Secret::new("correct horse")).await.unwrap();
        assert!(!old.is_outdated(&hash));
        assert!(new.is_outdated(&hash));
        assert!(new.verify(Some(hash), Secret::new("correct horse")).await.unwrap(), "it still opens");
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_told_to_come_back() {
        let passwords = Passwords::new(1, 0);
        let (one, two) = tokio::join!(
            passwords.verify(None, Secret::new("first in line")),
            passwords.verify(None, Secret::new("second in line"))
        );
        assert_eq!(one, Ok(false));
        assert_eq!(two.unwrap_err().code, Code::Overloaded);
        assert_eq!(passwords.verify(None, Secret::new("afterwards")).await, Ok(false));
    }

    #[test]
    fn rules_for_new_passwords() {
        let ada = UserId::new("Ada.Lovelace").unwrap();
        let names = ["Example Chat", "home"];
        let check = |password: &str| check_password_rules(&ada, false, &names, &Secret::new(password)).is_ok();
        assert!(!check("example chat"));
        assert!(check_password_rules(&ada, true, &[], &Secret::new("12 and more chars")).is_ok());
        assert!(check_password_rules(&ada, true, &[], &Secret::new("elevenchars")).is_err());
        assert!(check("a quiet afternoon"));
        assert!(check(&"ä ".repeat(64)));
        for bad in ["short", "ada.lovelace", "password", "Password1", "aaaaaaaaaa", &"x y".repeat(43)] {
            assert!(!check(bad), "{bad}");
        }
    }
}
