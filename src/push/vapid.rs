//! Who sends: Voluntary Application Server Identification (RFC 8292), a signed statement for each push service. The key is made on
//! the first start and kept beside the data; with another one every subscription would be void.

use crate::auth::key_file;
use crate::model::{Timestamp, text::Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lru::LruCache;
use parking_lot::Mutex;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

/// The key's file in the data folder (PKCS #8).
const KEY_FILE: &str = "push.key";
/// A statement holds for so long (24 hours are allowed), …
const HOLDS_S: u64 = 12 * 3_600;
/// … and is made anew when it has no longer than this.
const RENEW_S: u64 = 6 * 3_600;
/// Statements that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// The identity of this server towards push services.
pub struct Vapid {
    key: EcdsaKeyPair,
    /// How a push service reaches whoever runs this: `https:` or `mailto:`.
    contact: String,
    random: SystemRandom,
    /// Guards the statements by push service, each with its end in seconds since 1970.
    kept: Mutex<LruCache<String, (u64, Secret)>>,
}

impl Vapid {
    /// Reads the key of a data folder; makes it when it is not there.
    pub fn open(data: &Path, contact: String) -> io::Result<Self> {
        let random = SystemRandom::new();
        let bytes = key_file::open(data, KEY_FILE, || {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            Ok(made.map_err(|_| io::Error::other("the system gives no random numbers"))?.as_ref().to_vec())
        })?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, &random);
        let key = key.map_err(|error| io::Error::other(format!("{KEY_FILE} is not a key of this server: {error}")))?;
        Ok(Self { key, contact, random, kept: Mutex::new(LruCache::new(KEPT)) })
    }

    /// The public key as browsers want it: base64url of the uncompressed point.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref())
    }

    /// The header `Authorization` for the push service `origin`; none when nothing can be signed.
    pub fn authorization(&self, origin: &str, now: Timestamp) -> Option<Secret> {
        let now_s = now.0 / 1_000;
        if let Some((ends, header)) = self.kept.lock().get(origin)
            && *ends > now_s + RENEW_S
            && *ends <= now_s + HOLDS_S
        {
            return Some(header.clone());
        }
        let ends = now_s + HOLDS_S;
        let head = json!({"typ": "JWT", "alg": "ES256"}).to_string();
        let mut claims = json!({"aud": origin, "exp": ends});
        // Without https the server's own address is no contact that RFC 8292 (section 2.1) knows.
        if self.contact.starts_with("https:") || self.contact.starts_with("mailto:") {
            claims["sub"] = self.contact.clone().into();
        }
        let claims = claims.to_string();
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(head.as_bytes()), URL_SAFE_NO_PAD.encode(claims.as_bytes()));
        let signature = self.key.sign(&self.random, said.as_bytes()).ok()?;
        let header = format!("vapid t={said}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.as_ref()), self.public_key());
        let header = Secret::new(header);
        self.kept.lock().put(origin.to_owned(), (ends, header.clone()));
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn parts(header: &Secret) -> (String, Value, String) {
        let text = header.reveal().strip_prefix("vapid t=").unwrap();
        let (token, key) = text.split_once(", k=").unwrap();
        let claims = token.split('.').nth(1).unwrap();
        (token.to_owned(), serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap(), key.to_owned())
    }

    #[test]
    fn a_statement_is_signed_for_one_push_service_and_ends() {
        let data = tempfile::tempdir().unwrap();
        let vapid = Vapid::open(data.path(), "https://chat.example.org".into()).unwrap();
        let header = vapid.authorization("https://push.example", NOW).unwrap();
        let (token, claims, key) = parts(&header);
        assert_eq!(claims["aud"], "https://push.example");
        assert_eq!(claims["sub"], "https://chat.example.org");
        assert_eq!(claims["exp"], 1_800_000_000 + HOLDS_S);
        assert_eq!(key, vapid.public_key());
        let (said, signature) = token.rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(&key).unwrap());
        public.verify(said.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(said.split('.').next().unwrap()).unwrap(), br#"{"alg":"ES256","typ":"JWT"}"#);
        // It is kept for a while, per service.
        assert_eq!(vapid.authorization("https://push.example", Timestamp(NOW.0 + 1_000_000)), Some(header.clone()));
        assert_ne!(vapid.authorization("https://other.example", NOW), Some(header.clone()));
        let later = vapid.authorization("https://push.example", Timestamp(NOW.0 + 7 * 3_600_000)).unwrap();
        assert_eq!(parts(&later).1["exp"], 1_800_000_000 + 7 * 3_600 + HOLDS_S);
        // Nor one that a clock put back would make hold for too long.
        assert_ne!(vapid.authorization("https://push.example", NOW), Some(later));
    }

    #[test]
    fn the_key_is_made_once_and_another_files_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let first = Vapid::open(data.path(), String::new()).unwrap().public_key();
        assert_eq!(Vapid::open(data.path(), String::new()).unwrap().public_key(), first);
        assert_eq!(URL_SAFE_NO_PAD.decode(&first).unwrap().len(), 65);
        std::fs::write(data.path().join(KEY_FILE), b"something else").unwrap();
        assert!(Vapid::open(data.path(), String::new()).is_err());
    }
}
