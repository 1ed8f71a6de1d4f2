//! Signed links, so that an `<img>` loads without a header.
//!
//! A link names a media, a variant, the session it was given to, and when it ends; all of it is signed with a key that only this
//! server has (HMAC-SHA-256, RFC 2104). It proves who asks, not that they may: that is decided anew, on the state at that time,
//! whenever the link is used. When the session ends, its links end.
//!
//! What is signed, byte for byte: `tidings media link 1\n` · media (16) · variant (1) · session (8, big-endian) · end in seconds since
//! 1970 (8, big-endian).

use super::files::Variant;
use crate::auth::key_file;
use crate::model::{AppId, Key, MediaId, SessionId, Timestamp, UserHandle};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io;
use std::path::Path;

/// A link ends at most so many seconds after it was given.
pub const SECONDS_MAX: u64 = 10 * 60;
/// The key's file in the data folder.
const KEY_FILE: &str = "media.key";
const KEY_BYTES: usize = 32;
/// The domain of the id of an upload with an idempotency key.
const UPLOAD_DOMAIN: &[u8] = b"tidings media upload 1\n";
/// The domain of the signature: another use of the same key could not be mistaken for this one.
const DOMAIN: &[u8] = b"tidings media link 1\n";

/// Characters of a signature of 32 bytes.
const SIGNATURE_CHARS: usize = 43;

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which media.
    pub media: MediaId,
    /// Which file of it.
    pub variant: Variant,
    /// The session it was given to.
    pub session: SessionId,
    /// When it ends, in seconds since 1970-01-01 UTC.
    pub expires_s: u64,
}

/// Signs and checks links.
#[derive(Clone)]
pub struct Links(Hmac<Sha256>);

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(key of links)")
    }
}

impl Links {
    /// Reads the key of a data folder; makes it when it is not there.
    pub fn open(data: &Path) -> io::Result<Self> {
        Ok(Self::with_key(&key_file::open_random(data, KEY_FILE)?))
    }

    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    fn with_key(key: &[u8; KEY_BYTES]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of every length"))
    }

    /// The id of the upload that a user begins with an idempotency key: the same each time, and nobody else can know it.
    pub fn media_of(&self, app: AppId, user: UserHandle, key: &Key) -> MediaId {
        let mut mac = self.0.clone();
        mac.update(UPLOAD_DOMAIN);
        mac.update(&app.0.to_be_bytes());
        mac.update(&user.0.to_be_bytes());
        mac.update(&key.0);
        let mut id = [0; 16];
        id.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        MediaId(id)
    }

    /// When a link that is given at `now` ends.
    pub fn end(now: Timestamp) -> u64 {
        now.0 / 1_000 + SECONDS_MAX
    }

    /// The path and query of a link.
    pub fn url(&self, link: &Link) -> String {
        let Link { media, variant, session, expires_s } = link;
        let thumbnail = match variant {
            Variant::Original => "",
            Variant::Thumbnail => "&v=thumbnail",
        };
        let signature = URL_SAFE_NO_PAD.encode(self.mac(link).finalize().into_bytes());
        format!("/media/{media}?e={expires_s}&n={session}{thumbnail}&s={signature}")
    }

    /// Whether `signature` is the one of `link`, compared in constant time, and the link has not ended.
    pub fn holds(&self, link: &Link, signature: &str, now: Timestamp) -> bool {
        let now_s = now.0 / 1_000;
        let in_time = now_s < link.expires_s && link.expires_s - now_s <= SECONDS_MAX;
        let signed = signature.len() == SIGNATURE_CHARS
            && URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| self.mac(link).verify_slice(&bytes).is_ok());
        signed && in_time
    }

    fn mac(&self, link: &Link) -> Hmac<Sha256> {
        let variant = match link.variant {
            Variant::Original => 0,
            Variant::Thumbnail => 1,
        };
        let mut mac = self.0.clone();
        mac.update(DOMAIN);
        mac.update(&link.media.0);
        mac.update(&[variant]);
        mac.update(&link.session.0.to_be_bytes());
        mac.update(&link.expires_s.to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn link() -> Link {
        Link { media: MediaId([7; 16]), variant: Variant::Original, session: SessionId(3), expires_s: Links::end(NOW) }
    }

    fn signature(url: &str) -> &str {
        url.rsplit_once("s=").unwrap().1
    }

    #[test]
    fn a_link_holds_for_exactly_what_it_names_and_ends() {
        let links = Links::with_key(&[1; 32]);
        let url = links.url(&link());
        let s = signature(&url);
        assert!(links.holds(&link(), s, NOW));
        for other in [
            Link { media: MediaId([8; 16]), ..link() },
            Link { variant: Variant::Thumbnail, ..link() },
            Link { session: SessionId(4), ..link() },
            Link { expires_s: link().expires_s + 1, ..link() },
        ] {
            assert!(!links.holds(&other, s, NOW), "{other:?}");
        }
        assert!(links.holds(&link(), s, Timestamp(NOW.0 + 599_999)));
        assert!(!links.holds(&link(), s, Timestamp(NOW.0 + 600_000)));
        assert!(!Links::with_key(&[2; 32]).holds(&link(), s, NOW), "another key");
        for bad in ["", "AAAA", &s[1..], &format!("{s}A"), &"é".repeat(22), &s.replace(&s[..1], "+")] {
            assert!(!links.holds(&link(), bad, NOW), "{bad}");
        }
    }

    #[test]
    fn a_link_that_would_live_too_long_does_not_hold() {
        let links = Links::with_key(&[1; 32]);
        let long = Link { expires_s: Links::end(NOW) + 3_600, ..link() };
        assert!(!links.holds(&long, signature(&links.url(&long)), NOW));
    }

    #[test]
    fn the_key_is_made_once() {
        let data = tempfile::tempdir().unwrap();
        let url = Links::open(data.path()).unwrap().url(&link());
        let again = Links::open(data.path()).unwrap();
        assert!(again.holds(&link(), signature(&url), NOW));
    }
}
