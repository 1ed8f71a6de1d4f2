//! Secrets that have to be read back (what apps sign with, what webhooks are signed with), encrypted at rest: ChaCha20-Poly1305
//! (RFC 8439) under a key that stands in a file of its own beside the database, for its owner alone. Whoever gets a copy of the
//! database without that file has none of them.
//!
//! Byte for byte: `1` · nonce (12, drawn for each) · what is encrypted · tag (16). The purpose and the app are authenticated with it,
//! so a record does not pass for one of another app.

use super::key_file;
use crate::model::{AppId, Sealed, Secret};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The key's file in the data folder.
pub const KEY_FILE: &str = "secrets.key";
const KEY_BYTES: usize = 32;
const VERSION: u8 = 1;
/// The domain of what is authenticated.
const DOMAIN: &str = "tidings secret 1";

/// Encrypts secrets and reads them back; cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<LessSafeKey>);

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(key of secrets)")
    }
}

impl Vault {
    /// Reads the key of a data folder; makes it when it is not there.
    pub fn open(data: &Path) -> io::Result<Self> {
        Ok(Self::with_key(&key_file::open_random(data, KEY_FILE)?))
    }

    /// One whose key is forgotten with it: for what keeps no data folder.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    #[allow(clippy::expect_used, reason = "a predictable key would be worse than a crash")]
    pub fn passing() -> Self {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).expect("the operating system gives random bytes");
        Self::with_key(&key)
    }

    #[allow(clippy::expect_used, reason = "the length of the key is that of the algorithm")]
    fn with_key(key: &[u8; KEY_BYTES]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("a key of 32 bytes");
        Self(Arc::new(LessSafeKey::new(key)))
    }

    /// Encrypts a secret of an app; none when the operating system has no randomness to give.
    pub fn seal(&self, app: AppId, purpose: &str, secret: &Secret) -> Option<Sealed> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut bytes = secret.reveal().as_bytes().to_vec();
        let with = Aad::from(bound_to(app, purpose));
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), with, &mut bytes).ok()?;
        Some(Sealed([&[VERSION][..], &nonce, &bytes].concat()))
    }

    /// Reads a secret of an app back; none when it was encrypted with another key, or for something else.
    pub fn open_sealed(&self, app: AppId, purpose: &str, sealed: &Sealed) -> Option<Secret> {
        let (VERSION, rest) = sealed.0.split_first().map(|(version, rest)| (*version, rest))? else { return None };
        let (nonce, bytes) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = bytes.to_vec();
        let with = Aad::from(bound_to(app, purpose));
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), with, &mut bytes).ok()?;
        std::str::from_utf8(plain).ok().map(Secret::new)
    }
}

fn bound_to(app: AppId, purpose: &str) -> Vec<u8> {
    format!("{DOMAIN}\n{purpose}\n{app}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_with_its_key_its_app_and_its_purpose_alone() {
        let (vault, secret) = (Vault::passing(), Secret::new("tdh_something"));
        let sealed = vault.seal(AppId(2), "sign", &secret).unwrap();
        assert!(!String::from_utf8_lossy(&sealed.0).contains("something"));
        assert_ne!(sealed, vault.seal(AppId(2), "sign", &secret).unwrap(), "a nonce of its own");
        assert_eq!(vault.open_sealed(AppId(2), "sign", &sealed), Some(secret));
        assert_eq!(vault.open_sealed(AppId(3), "sign", &sealed), None);
        assert_eq!(vault.open_sealed(AppId(2), "hook", &sealed), None);
        assert_eq!(Vault::passing().open_sealed(AppId(2), "sign", &sealed), None);
        for place in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[place] ^= 1;
            assert_eq!(vault.open_sealed(AppId(2), "sign", &changed), None, "byte {place}");
        }
        for length in 0..sealed.0.len() {
            assert_eq!(vault.open_sealed(AppId(2), "sign", &Sealed(sealed.0[..length].to_vec())), None, "{length}");
        }
    }

    #[test]
    fn the_key_stays_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Vault::open(folder.path()).unwrap().seal(AppId(1), "x", &Secret::new("y")).unwrap();
        let again = Vault::open(folder.path()).unwrap();
        assert_eq!(again.open_sealed(AppId(1), "x", &sealed), Some(Secret::new("y")));
    }
}
