//! Secrets that have to be read back (what apps sign with, what webhooks are signed with), encrypted at rest: ChaCha20-Poly1305
//! (RFC 8439) under a key that stands in a file of its own beside the database, for its owner alone. Whoever gets a copy of the
//! database without that file has none of them.
//!
//! Byte for byte, under the first key of a folder: `1` · nonce (12, drawn for each) · what is encrypted · tag (16). Under each later
//! key: `2` · number of the key (4, big-endian) · nonce · what is encrypted · tag. The purpose and the app are authenticated with it, so a
//! record does not pass for one of another app.
//!
//! The file of the first key has its 32 bytes; that of a later one its number (4, big-endian) and 32 bytes. While one key takes the place
//! of another (*rotation*) both files are there: everything is encrypted with the new key, and read with either. Each step is
//! whole or not at all, so that both keys are there until no secret needs the old one:
//!
//! 1. `secrets.key.next` is written, with the next number ([`Vault::begin`]);
//! 2. every record is encrypted anew, by command, some at a time;
//! 3. `secrets.key.next` is renamed to `secrets.key` ([`Vault::finish`]).

use super::key_file;
use crate::model::{AppId, Key, Sealed, Secret, TokenHash};
use parking_lot::RwLock;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hmac;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, OwnedRwLockReadGuard, RwLock as Gate};

/// The key's file in the data folder.
pub const KEY_FILE: &str = "secrets.key";
/// The file of the key that takes its place.
pub const NEXT_KEY_FILE: &str = "secrets.key.next";
const KEY_BYTES: usize = 32;
const NUMBER_BYTES: usize = 4;
/// Under the key without a number.
const VERSION_FIRST: u8 = 1;
/// Under a key with a number.
const VERSION: u8 = 2;
/// The domain of what is authenticated.
const DOMAIN: &str = "tidings secret 1";
/// The domain of the tokens of exchanges.
const EXCHANGES: &str = "tidings exchange 2";
/// What a key is compared with another by.
const COMPARED: &[u8] = b"tidings key 1";

/// Encrypts secrets and reads them back; cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// Guards the keys, the newest last.
    keys: RwLock<Vec<OneKey>>,
    /// Held by whoever encrypts a secret until it is written; a rotation begins when nobody does.
    writing: Arc<Gate<()>>,
    /// Held by whoever rotates, from the beginning to the end.
    rotating: Mutex<()>,
    /// Where the files are; none when the key is forgotten with the vault.
    folder: Option<PathBuf>,
}

struct OneKey {
    number: u32,
    seals: LessSafeKey,
    makes: hmac::Key,
}

/// That a secret which was encrypted is on its way into the database.
#[derive(Debug)]
pub struct Writing(#[allow(dead_code, reason = "the guard is held by being there")] OwnedRwLockReadGuard<()>);

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(keys of secrets)")
    }
}

impl OneKey {
    #[allow(clippy::expect_used, reason = "the length of the key is that of the algorithm")]
    fn new(number: u32, key: &[u8; KEY_BYTES]) -> Self {
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, key).expect("a key of 32 bytes");
        Self { number, seals: LessSafeKey::new(unbound), makes: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// Whether it is the same key under the same number.
    fn is(&self, other: &Self) -> bool {
        let compared = hmac::sign(&self.makes, COMPARED);
        self.number == other.number && hmac::verify(&other.makes, COMPARED, compared.as_ref()).is_ok()
    }

    /// Reads a file's content.
    fn read(name: &str, bytes: &[u8]) -> io::Result<Self> {
        if let Ok(key) = <&[u8; KEY_BYTES]>::try_from(bytes) {
            return Ok(Self::new(0, key));
        }
        let numbered = bytes.split_first_chunk::<NUMBER_BYTES>();
        match numbered.map(|(number, key)| (u32::from_be_bytes(*number), <&[u8; KEY_BYTES]>::try_from(key))) {
            Some((number, Ok(key))) if number > 0 => Ok(Self::new(number, key)),
            Some(_) | None => {
                let (found, most) = (bytes.len(), NUMBER_BYTES + KEY_BYTES);
                let words =
                    format!("{name} has {found} bytes, where a key has {KEY_BYTES} or {most}; put the right file back");
                Err(io::Error::other(words))
            }
        }
    }
}

impl Vault {
    /// Reads the key of a data folder; makes it when it is not there. Of a rotation that is not finished both keys are read.
    pub fn open(data: &Path) -> io::Result<Self> {
        let next = key_file::read(data, NEXT_KEY_FILE)?;
        let current = match key_file::read(data, KEY_FILE)? {
            Some(current) => current,
            None if next.is_some() => {
                let words = format!("{NEXT_KEY_FILE} is there and {KEY_FILE} is not; put that back, too");
                return Err(io::Error::other(words));
            }
            None => key_file::open_random::<KEY_BYTES>(data, KEY_FILE)?.to_vec(),
        };
        let mut keys = vec![OneKey::read(KEY_FILE, &current)?];
        if let Some(next) = next {
            let next = OneKey::read(NEXT_KEY_FILE, &next)?;
            if keys.iter().any(|key| key.number >= next.number) {
                return Err(no_next());
            }
            keys.push(next);
        }
        Ok(Self::with(keys, Some(data.to_owned())))
    }

    /// One whose key is forgotten with it: for what keeps no data folder.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    #[allow(clippy::expect_used, reason = "a predictable key would be worse than a crash")]
    pub fn passing() -> Self {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).expect("the operating system gives random bytes");
        Self::with(vec![OneKey::new(0, &key)], None)
    }

    fn with(keys: Vec<OneKey>, folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { keys: RwLock::new(keys), writing: Arc::default(), rotating: Mutex::default(), folder }))
    }

    /// To be held from before a secret is encrypted until it is written, so that no rotation passes it over.
    pub async fn writing(&self) -> Writing {
        Writing(Arc::clone(&self.0.writing).read_owned().await)
    }

    /// Encrypts a secret of an app; none when the operating system has no randomness to give.
    pub fn seal(&self, app: AppId, purpose: &str, secret: &Secret) -> Option<Sealed> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut bytes = secret.reveal().as_bytes().to_vec();
        let with = Aad::from(bound_to(app, purpose));
        let keys = self.0.keys.read();
        let key = keys.last()?;
        key.seals.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), with, &mut bytes).ok()?;
        let head = head(key.number);
        Some(Sealed([&head, &nonce[..], &bytes].concat()))
    }

    /// Reads a secret of an app back; none when it was encrypted with a key that is not there, or for something else.
    pub fn open_sealed(&self, app: AppId, purpose: &str, sealed: &Sealed) -> Option<Secret> {
        let (number, rest) = taken_apart(sealed)?;
        let (nonce, bytes) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = bytes.to_vec();
        let with = Aad::from(bound_to(app, purpose));
        let keys = self.0.keys.read();
        let key = keys.iter().find(|key| key.number == number)?;
        let plain = key.seals.open_in_place(Nonce::assume_unique_for_key(*nonce), with, &mut bytes).ok()?;
        std::str::from_utf8(plain).ok().map(Secret::new)
    }

    /// Whether a secret is encrypted with the newest key.
    pub fn is_newest(&self, sealed: &Sealed) -> bool {
        let newest = self.0.keys.read().last().map(|key| key.number);
        taken_apart(sealed).map(|(number, _)| number) == newest
    }

    /// 32 bytes that this server alone can make, of an exchange of a signed token that has a name. Another token is another exchange,
    /// whatever the two have in common.
    pub fn exchange(&self, app: AppId, (once, signed): (TokenHash, &Secret), key: Key) -> [u8; KEY_BYTES] {
        let mut bytes = [0; KEY_BYTES];
        let whole = digest(&SHA256, signed.reveal().as_bytes());
        let message = [EXCHANGES.as_bytes(), &app.0.to_be_bytes(), &once.0, whole.as_ref(), &key.0].concat();
        if let Some(newest) = self.0.keys.read().last() {
            // HMAC-SHA-256 has as many bytes as a key.
            bytes.copy_from_slice(hmac::sign(&newest.makes, &message).as_ref());
        }
        bytes
    }

    /// Whether a rotation was begun and not finished.
    pub fn is_rotating(&self) -> io::Result<bool> {
        self.0.folder.as_ref().map_or(Ok(false), |folder| folder.join(NEXT_KEY_FILE).try_exists())
    }

    /// To be held for the whole of a rotation: there is one at a time.
    pub async fn rotating(&self) -> MutexGuard<'_, ()> {
        self.0.rotating.lock().await
    }

    /// Begins a rotation, or goes on with one that was not finished: from now on everything is encrypted with the next key, whose number
    /// comes back. Waits for those who are writing. What the file has counts: a key that is in it and not in memory (its writing
    /// failed half-way, or somebody has put it there) is the next one.
    pub async fn begin(&self) -> io::Result<u32> {
        let folder = self.0.folder.as_ref().ok_or_else(|| io::Error::other("there is no data folder"))?;
        // Alone with the keys from here on, so that they are locked for no longer than it takes to put one more there.
        let _nobody_writes = self.0.writing.write().await;
        let newest = self.newest();
        let next = if let Some(bytes) = key_file::read(folder, NEXT_KEY_FILE)? {
            let next = OneKey::read(NEXT_KEY_FILE, &bytes)?;
            if self.is_newest_key(&next) {
                return Ok(next.number);
            }
            if next.number <= newest {
                return Err(no_next());
            }
            key_file::settle(folder, NEXT_KEY_FILE)?;
            next
        } else {
            let number = newest.checked_add(1).ok_or_else(|| io::Error::other("there are no more numbers of keys"))?;
            let mut key = [0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            key_file::write_new(folder, NEXT_KEY_FILE, &[&number.to_be_bytes()[..], &key].concat())?;
            OneKey::new(number, &key)
        };
        let number = next.number;
        self.0.keys.write().push(next);
        Ok(number)
    }

    /// Finishes a rotation to the key of this number, when no secret needs the old key any more: its file is gone. This process goes on
    /// reading what it may hold in memory. Refused when the file is not that key, or that key is not the one that everything is
    /// encrypted with.
    pub fn finish(&self, number: u32) -> io::Result<()> {
        let folder = self.0.folder.as_ref().ok_or_else(|| io::Error::other("there is no data folder"))?;
        let Some(bytes) = key_file::read(folder, NEXT_KEY_FILE)? else {
            let words = format!("{NEXT_KEY_FILE} is gone, and secrets are encrypted with the key in it; put it back");
            return Err(io::Error::other(words));
        };
        let next = OneKey::read(NEXT_KEY_FILE, &bytes)?;
        if next.number != number || !self.is_newest_key(&next) {
            return Err(no_next());
        }
        key_file::rename(folder, NEXT_KEY_FILE, KEY_FILE)
    }

    fn newest(&self) -> u32 {
        self.0.keys.read().last().map_or(0, |key| key.number)
    }

    /// Whether everything is encrypted with this very key.
    fn is_newest_key(&self, key: &OneKey) -> bool {
        self.0.keys.read().last().is_some_and(|newest| newest.is(key))
    }
}

fn no_next() -> io::Error {
    io::Error::other(format!(
        "the key in {NEXT_KEY_FILE} does not come after the one that counts: it is another folder's, or an old one; move that file away"
    ))
}

/// What stands before the nonce.
fn head(number: u32) -> Vec<u8> {
    if number == 0 { vec![VERSION_FIRST] } else { [&[VERSION][..], &number.to_be_bytes()].concat() }
}

/// The number of the key, and what stands after it.
fn taken_apart(sealed: &Sealed) -> Option<(u32, &[u8])> {
    match sealed.0.split_first()? {
        (&VERSION_FIRST, rest) => Some((0, rest)),
        (&VERSION, rest) => {
            let (number, rest) = rest.split_first_chunk::<NUMBER_BYTES>()?;
            let number = u32::from_be_bytes(*number);
            (number > 0).then_some((number, rest))
        }
        _ => None,
    }
}

fn bound_to(app: AppId, purpose: &str) -> Vec<u8> {
    format!("{DOMAIN}\n{purpose}\n{app}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A secret is read with its key, its app and its purpose alone, and not when a bit of it is another one.
    fn holds(vault: &Vault) {
        let secret = Secret::new("tdh_something");
        let sealed = vault.seal(AppId(2), "sign", &secret).unwrap();
        assert!(!String::from_utf8_lossy(&sealed.0).contains("something"));
        assert_ne!(sealed, vault.seal(AppId(2), "sign", &secret).unwrap(), "a nonce of its own");
        assert_eq!(vault.open_sealed(AppId(2), "sign", &sealed), Some(secret));
        assert_eq!(vault.open_sealed(AppId(3), "sign", &sealed), None);
        assert_eq!(vault.open_sealed(AppId(2), "hook", &sealed), None);
        assert_eq!(Vault::passing().open_sealed(AppId(2), "sign", &sealed), None);
        for place in 0..sealed.0.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed.0[place] ^= 1 << bit;
                assert_eq!(vault.open_sealed(AppId(2), "sign", &changed), None, "byte {place}");
            }
        }
        for length in 0..sealed.0.len() {
            assert_eq!(vault.open_sealed(AppId(2), "sign", &Sealed(sealed.0[..length].to_vec())), None, "{length}");
        }
    }

    #[test]
    fn a_secret_comes_back_with_its_key_its_app_and_its_purpose_alone() {
        holds(&Vault::passing());
    }

    #[test]
    fn the_key_stays_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Vault::open(folder.path()).unwrap().seal(AppId(1), "x", &Secret::new("y")).unwrap();
        let again = Vault::open(folder.path()).unwrap();
        assert_eq!(again.open_sealed(AppId(1), "x", &sealed), Some(Secret::new("y")));
    }

    #[tokio::test]
    async fn one_key_takes_the_place_of_another_and_both_are_read_until_then() {
        let folder = tempfile::tempdir().unwrap();
        let (name, secret) = (|name: &str| folder.path().join(name), Secret::new("y"));
        let vault = Vault::open(folder.path()).unwrap();
        let mut sealed = vec![vault.seal(AppId(1), "x", &secret).unwrap()];
        for round in 1..=3 {
            let old = std::fs::read(name(KEY_FILE)).unwrap();
            assert_eq!(vault.begin().await.unwrap(), round);
            assert_eq!(vault.begin().await.unwrap(), round, "it goes on");
            assert!(vault.is_rotating().unwrap() && !vault.is_newest(sealed.last().unwrap()));
            sealed.push(vault.seal(AppId(1), "x", &secret).unwrap());
            holds(&vault);
            // Whoever comes back after a crash has both, too, and encrypts with the new one.
            let again = Vault::open(folder.path()).unwrap();
            for one in &sealed[sealed.len() - 2..] {
                assert_eq!(again.open_sealed(AppId(1), "x", one), Some(secret.clone()));
            }
            assert!(again.is_newest(&again.seal(AppId(1), "x", &secret).unwrap()));
            assert!(again.is_newest(sealed.last().unwrap()));
            assert_eq!(std::fs::read(name(KEY_FILE)).unwrap(), old);
            vault.finish(round).unwrap();
            assert!(!vault.is_rotating().unwrap() && !name(NEXT_KEY_FILE).exists());
            // Afterwards there is the new one alone, for whoever starts; who was there goes on reading.
            let after = Vault::open(folder.path()).unwrap();
            assert_eq!(after.open_sealed(AppId(1), "x", &sealed[sealed.len() - 2]), None);
            assert_eq!(after.open_sealed(AppId(1), "x", sealed.last().unwrap()), Some(secret.clone()));
            assert!(sealed.iter().all(|one| vault.open_sealed(AppId(1), "x", one) == Some(secret.clone())));
        }
        std::fs::rename(name(KEY_FILE), name(NEXT_KEY_FILE)).unwrap();
        assert!(Vault::open(folder.path()).unwrap_err().to_string().contains("put that back"));
        std::fs::write(name(KEY_FILE), [7; 35]).unwrap();
        assert!(Vault::open(folder.path()).unwrap_err().to_string().contains("has 35 bytes"));
    }

    /// What stands behind an open vault counts: a beginning that failed after it had written the file, or a file put there.
    #[tokio::test]
    async fn a_next_key_that_appears_behind_an_open_vault_is_the_next_one_and_a_wrong_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (name, secret) = (|name: &str| folder.path().join(name), Secret::new("y"));
        let vault = Vault::open(folder.path()).unwrap();
        let old = std::fs::read(name(KEY_FILE)).unwrap();
        let with_number = |number: u32, byte: u8| [&number.to_be_bytes()[..], &[byte; KEY_BYTES]].concat();
        std::fs::write(name(NEXT_KEY_FILE), with_number(1, 7)).unwrap();
        assert!(vault.finish(0).is_err() && vault.finish(1).is_err(), "nothing is encrypted with it");
        assert_eq!(std::fs::read(name(KEY_FILE)).unwrap(), old);
        assert_eq!(vault.begin().await.unwrap(), 1);
        let sealed = vault.seal(AppId(1), "x", &secret).unwrap();
        // Another key under the same number, an old number, none, and no key at all.
        for wrong in [with_number(1, 8), with_number(2, 7), old.clone(), vec![7; 3]] {
            std::fs::write(name(NEXT_KEY_FILE), &wrong).unwrap();
            assert!(vault.finish(1).is_err(), "{} bytes", wrong.len());
            if wrong != with_number(2, 7) {
                assert!(vault.begin().await.is_err());
                assert!(Vault::open(folder.path()).is_err() || wrong == with_number(1, 8));
            }
        }
        std::fs::remove_file(name(NEXT_KEY_FILE)).unwrap();
        assert!(vault.finish(1).unwrap_err().to_string().contains("put it back"));
        assert_eq!(std::fs::read(name(KEY_FILE)).unwrap(), old, "the only key is there");
        std::fs::write(name(NEXT_KEY_FILE), with_number(1, 7)).unwrap();
        assert_eq!(vault.begin().await.unwrap(), 1);
        vault.finish(1).unwrap();
        let after = Vault::open(folder.path()).unwrap();
        assert_eq!(after.open_sealed(AppId(1), "x", &sealed), Some(secret));
        std::fs::write(name(NEXT_KEY_FILE), with_number(1, 9)).unwrap();
        assert!(vault.begin().await.is_err() && Vault::open(folder.path()).is_err(), "it comes after nothing");
    }

    #[tokio::test]
    async fn a_rotation_waits_for_those_who_write() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        let writing = vault.writing().await;
        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), vault.begin());
        assert!(waits.await.is_err() && !vault.is_rotating().unwrap());
        drop(writing);
        assert_eq!(vault.begin().await.unwrap(), 1);
    }

    #[test]
    fn what_an_exchange_is_named_by_gives_other_bytes_each() {
        let (vault, other) = (Vault::passing(), Vault::passing());
        let (once, key) = (TokenHash([1; 32]), Key([2; 16]));
        let (signed, another) = (&Secret::new("a.b.c"), &Secret::new("a.b.d"));
        let one = vault.exchange(AppId(2), (once, signed), key);
        assert_eq!(one, vault.exchange(AppId(2), (once, signed), key));
        for another in [
            vault.exchange(AppId(3), (once, signed), key),
            vault.exchange(AppId(2), (TokenHash([3; 32]), signed), key),
            vault.exchange(AppId(2), (once, another), key),
            vault.exchange(AppId(2), (once, signed), Key([3; 16])),
            other.exchange(AppId(2), (once, signed), key),
        ] {
            assert_ne!(one, another);
        }
    }
}
