//! Passwords: Argon2id (RFC 9106) with m = 19,456 KiB, t = 2, p = 1, the minimum of OWASP's password storage cheat sheet.

use crate::model::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::model::text::hex;
use crate::model::{Code, PasswordHash, Refusal, Secret, UserId};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// When the queue is full, come back after this long.
const BUSY_RETRY_MS: u64 = 2_000;

/// Passwords that everybody tries first; whoever chooses one might as well have none.
const COMMON: &str = include_str!("common-passwords.txt");

/// Hashes and checks passwords on blocking threads, a few at a time, with a bounded number of waiters, so that log-ins cannot
/// take the processor or the memory away from those who are in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Pool>);

#[derive(Debug)]
struct Pool {
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
        Self(Arc::new(Pool {
            at_work: Semaphore::new(parallel),
            present: AtomicUsize::new(0),
            present_max: parallel + queue,
        }))
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        self.work(move || hash(&password)).await?
    }

    /// Whether a password is the one that was hashed. Without a hash (an unknown user) it takes as long and says no.
    pub async fn verify(&self, hash: Option<PasswordHash>, password: Secret) -> Result<bool, Refusal> {
        self.work(move || verify(hash.as_ref(), &password)).await
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

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Secret) -> Result<PasswordHash, Refusal> {
    let hashed: Result<phc::PasswordHash, _> = argon2().hash_password(password.reveal().as_bytes());
    match hashed {
        Ok(hash) => Ok(PasswordHash(hash.to_string())),
        Err(error) => {
            tracing::error!(%error, "a password could not be hashed");
            Err(Refusal::new(Code::Unavailable, "The password could not be processed; try again."))
        }
    }
}

fn verify(hash: Option<&PasswordHash>, password: &Secret) -> bool {
    // Somebody who is not there has this hash, of a password that was never told to anybody.
    static NOBODY: OnceLock<Option<PasswordHash>> = OnceLock::new();
    let nobody = || {
        NOBODY.get_or_init(|| {
            let mut secret = [0u8; 32];
            getrandom::fill(&mut secret).ok()?;
            self::hash(&Secret::new(hex(&secret))).ok()
        })
    };
    let known = hash.is_some();
    let Some(hash) = hash.or_else(|| nobody().as_ref()) else { return false };
    let Ok(parsed) = phc::PasswordHash::new(&hash.0) else {
        tracing::error!("a stored password hash cannot be read; set the password again with `tidings user passwd`");
        return false;
    };
    argon2().verify_password(password.reveal().as_bytes(), &parsed).is_ok() && known
}

/// Whether a new password may be used: 8–128 characters, not one that everybody tries, not the user's own name.
pub fn check_password_rules(user: &UserId, password: &Secret) -> Result<(), Refusal> {
    let invalid = |words: &'static str| Err(Refusal::new(Code::Invalid, words));
    let password = password.reveal();
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return invalid("A password has 8 to 128 characters; choose one of that length.");
    }
    let folded = password.to_lowercase();
    if folded == user.folded().as_str() {
        return invalid("The password is the user's own name; choose another.");
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
        let check = |password: &str| check_password_rules(&ada, &Secret::new(password)).is_ok();
        assert!(check("a quiet afternoon"));
        assert!(check(&"ä ".repeat(64)));
        for bad in ["short", "ada.lovelace", "password", "Password1", "aaaaaaaaaa", &"x y".repeat(43)] {
            assert!(!check(bad), "{bad}");
        }
    }
}
