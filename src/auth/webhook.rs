//! Signatures of what is posted to other systems, as the Standard Webhooks specification has them
//! (github.com/standard-webhooks/standard-webhooks, version 1.0): HMAC-SHA-256 of `id.timestamp.body`, in base64 behind `v1,`; one
//! for each secret, with a space between.

use crate::model::{Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::fmt;

/// What the secrets of webhooks are encrypted for.
pub const PURPOSE: &str = "webhook";
/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that is drawn here, …
const DRAWN_BYTES: usize = 32;
/// … and of one that is taken.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The name of what is posted, the same whenever it is posted again.
pub const ID_HEADER: &str = "webhook-id";
/// When it is posted, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// A secret that signs what is posted to one endpoint: `whsec_` and the base64 of 24 to 64 random bytes.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key, Secret);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(webhook secret)")
    }
}

impl WebhookSecret {
    /// Draws a secret from the operating system's randomness; none when it has none to give.
    pub fn draw() -> Option<Self> {
        let mut bytes = [0; DRAWN_BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self::of(&bytes))
    }

    /// Reads a secret; none when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then(|| Self::of(&bytes))
    }

    fn of(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes), Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
    }

    /// As text, for the one who verifies, and to be sealed.
    pub const fn secret(&self) -> &Secret {
        &self.1
    }
}

/// The value of `webhook-signature` for a body that is posted at `at` with the name `id`, which has no full stop.
pub fn sign(secrets: &[WebhookSecret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let signatures = secrets.iter().map(|secret| {
        let mut signing = hmac::Context::with_key(&secret.0);
        signing.update(id.as_bytes());
        signing.update(b".");
        signing.update(seconds(at).to_string().as_bytes());
        signing.update(b".");
        signing.update(body);
        format!("v1,{}", STANDARD.encode(signing.sign()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

/// The three headers of such a post.
pub fn headers(secrets: &[WebhookSecret], id: &str, at: Timestamp, body: &[u8]) -> [(&'static str, String); 3] {
    [
        (ID_HEADER, id.to_owned()),
        (TIMESTAMP_HEADER, seconds(at).to_string()),
        (SIGNATURE_HEADER, sign(secrets, id, at, body)),
    ]
}

const fn seconds(at: Timestamp) -> u64 {
    at.0 / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const AT: Timestamp = Timestamp(1_614_265_330_000);
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn a_signature_is_that_of_the_reference_libraries() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert_eq!(sign(&[secret], ID, AT, BODY), SIGNATURE);
    }

    #[test]
    fn every_secret_signs_while_they_change() {
        let (old, new) = (WebhookSecret::parse(SECRET).unwrap(), WebhookSecret::draw().unwrap());
        let one = sign(std::slice::from_ref(&new), ID, AT, BODY);
        assert_eq!(sign(&[new, old], ID, AT, BODY), format!("{one} {SIGNATURE}"));
    }

    #[test]
    fn the_headers_are_those_of_the_specification() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let expected = [
            ("webhook-id", ID.to_owned()),
            ("webhook-timestamp", "1614265330".to_owned()),
            ("webhook-signature", SIGNATURE.to_owned()),
        ];
        assert_eq!(headers(&[secret], ID, AT, BODY), expected);
    }

    #[test]
    fn a_secret_reads_back_and_what_is_none_does_not() {
        let drawn = WebhookSecret::draw().unwrap();
        assert_eq!(drawn.secret().reveal().len(), PREFIX.len() + 44);
        let again = WebhookSecret::parse(drawn.secret().reveal()).unwrap();
        assert_eq!(again.secret(), drawn.secret());
        assert_eq!(format!("{drawn:?}"), "(webhook secret)");
        for bytes in [0, 23, 65] {
            assert!(WebhookSecret::parse(&format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]))).is_none(), "{bytes}");
        }
        for bad in ["", "whsec_", &SECRET[1..], "whsec_%%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(WebhookSecret::parse(bad).is_none(), "{bad}");
        }
    }
}
