//! Tokens that an app has signed for one of its users: JSON Web Tokens (RFC 7519) in compact form, read as strictly as RFC 8725 asks.
//!
//! The algorithm is that of the key's record, found by app and `kid`; what the header says of it has to agree, and is never
//! followed. A header has `alg`, `kid` and `typ` and nothing else, so no token brings a key, an address or a condition of its own.
//! Claims are looked at after the signature, and each must have its own type: a time that is a text is no time.

use crate::model::limits::{SIGNED_LEEWAY_MS, SIGNED_ONCE_CHARS_MAX, SIGNED_TOKEN_BYTES_MAX};
use crate::model::{AppId, AppKeyId, Code, MediaId, Name, Refusal, SignedOnce, Timestamp, TokenHash, UserId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{hmac, signature};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

/// Servers that one token may be for.
const AUDIENCES_MAX: usize = 8;
/// The latest time that is believed to be one, in seconds: the year 9999.
const SECONDS_MAX: u64 = 253_402_300_799;

/// What checks a signature.
pub enum Verifier<'a> {
    /// HMAC-SHA-256 (RFC 7518, section 3.2) with this secret.
    Hs256(&'a [u8]),
    /// Ed25519 (RFC 8037) with this public key.
    Eddsa(&'a [u8; 32]),
}

impl Verifier<'_> {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Hs256(_) => "HS256",
            Self::Eddsa(_) => "EdDSA",
        }
    }

    /// Compares in constant time.
    fn accepts(&self, message: &[u8], found: &[u8]) -> bool {
        match self {
            Self::Hs256(secret) => hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), message, found).is_ok(),
            Self::Eddsa(public) => {
                signature::UnparsedPublicKey::new(&signature::ED25519, public).verify(message, found).is_ok()
            }
        }
    }
}

/// What a header may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
}

/// What the claims must have; others are passed over.
#[derive(Deserialize)]
struct RawClaims {
    iss: Issuer,
    sub: UserId,
    aud: Audience,
    iat: u64,
    exp: u64,
    #[serde(default)]
    nbf: Option<u64>,
    #[serde(default)]
    name: Option<Name>,
    /// A claim that is there and no text is no claim, and no reason to take a token twice.
    #[serde(default, deserialize_with = "once")]
    jti: Option<String>,
    #[serde(default, deserialize_with = "picture")]
    avatar: Option<MediaId>,
}

/// An `avatar`: a picture of the app's, and no address. Nothing is ever fetched because a token names it.
fn picture<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MediaId>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let id = text.parse().map_err(|_| D::Error::custom("`avatar` is the id of a picture, and no address"))?;
    Ok(Some(id))
}

/// A `jti`: 1 to 255 characters.
fn once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.chars().count() > SIGNED_ONCE_CHARS_MAX {
        return Err(D::Error::custom(format!("`jti` has 1 to {SIGNED_ONCE_CHARS_MAX} characters")));
    }
    Ok(Some(text))
}

/// The number of the app, as a number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Issuer {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A token that was read, and not believed yet.
pub struct Unverified<'a> {
    /// The app that it says has signed it.
    pub app: AppId,
    /// The key that it says signed it.
    pub key: AppKeyId,
    algorithm: String,
    message: &'a str,
    claims: RawClaims,
    signature: Vec<u8>,
}

impl std::fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unverified").field("app", &self.app).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What is believed of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whom it names.
    pub user: UserId,
    /// What they are called.
    pub name: Option<Name>,
    /// Their picture.
    pub avatar: Option<MediaId>,
    /// What it is remembered by, when it counts once.
    pub once: Option<SignedOnce>,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// Reads a token, without believing any of it.
pub fn read(token: &str) -> Result<Unverified<'_>, Refusal> {
    if token.len() > SIGNED_TOKEN_BYTES_MAX {
        return Err(Refusal::new(
            Code::TooLarge,
            format!("The signed token has more than {SIGNED_TOKEN_BYTES_MAX} bytes; leave claims out."),
        ));
    }
    let (message, found) = token.rsplit_once('.').ok_or_else(unreadable)?;
    let (header, claims) = message.split_once('.').ok_or_else(unreadable)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| unreadable());
    let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(found)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| wrong_header())?;
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(wrong_header());
    }
    let key = header.kid.parse().map(AppKeyId).map_err(|_| unsigned())?;
    // Who is said to have signed is needed to find the key; the other claims are looked at once the signature holds.
    let raw: RawClaims = serde_json::from_slice(&claims).map_err(|error| wrong_claims(&error))?;
    let app = match &raw.iss {
        Issuer::Number(app) => AppId(*app),
        Issuer::Text(app) => AppId(app.parse().map_err(|_| unsigned())?),
    };
    Ok(Unverified { app, key, algorithm: header.alg, message, claims: raw, signature })
}

impl Unverified<'_> {
    /// Believes a token that `verifier` accepts, that is for the server `audience`, and that lives now and for at most
    /// `age_max_ms`.
    pub fn verify(
        &self,
        verifier: &Verifier<'_>,
        audience: &str,
        age_max_ms: u64,
        now: Timestamp,
    ) -> Result<Claims, Refusal> {
        if self.algorithm != verifier.algorithm() || !verifier.accepts(self.message.as_bytes(), &self.signature) {
            return Err(unsigned());
        }
        let raw = &self.claims;
        let meant = match &raw.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.len() <= AUDIENCES_MAX && many.iter().any(|one| one == audience),
        };
        if !meant {
            return Err(refused(format!("The signed token is not for this server: its `aud` must be `{audience}`.")));
        }
        if raw.iat > SECONDS_MAX || raw.exp > SECONDS_MAX || raw.nbf.is_some_and(|nbf| nbf > SECONDS_MAX) {
            return Err(refused("The times of a signed token are in seconds since 1970.".to_owned()));
        }
        let ms = |seconds: u64| Timestamp(seconds * 1_000);
        let (issued, expires) = (ms(raw.iat), ms(raw.exp));
        if expires <= issued || expires.since_ms(issued) > age_max_ms {
            return Err(refused(format!(
                "A signed token lives for at most {} seconds here, from `iat` to `exp`.",
                age_max_ms / 1_000
            )));
        }
        let starts = issued.max(raw.nbf.map_or(Timestamp(0), ms));
        if starts.since_ms(now) > SIGNED_LEEWAY_MS {
            return Err(refused("The signed token begins in the future; look at the clock of your server.".to_owned()));
        }
        if now.since_ms(expires) > SIGNED_LEEWAY_MS || now.0 >= expires.0 + SIGNED_LEEWAY_MS {
            return Err(Refusal::new(Code::TokenExpired, "The signed token has expired; sign a new one."));
        }
        let once = raw.jti.as_ref().map(|jti| SignedOnce {
            id: TokenHash(Sha256::digest(jti.as_bytes()).into()),
            until: Timestamp(expires.0 + SIGNED_LEEWAY_MS),
        });
        Ok(Claims { user: raw.sub.clone(), name: raw.name.clone(), avatar: raw.avatar, once, issued, expires })
    }
}

/// The public key of Ed25519 out of a PEM file (RFC 8410), or of 32 bytes in base64.
pub fn public_key(text: &str) -> Option<[u8; 32]> {
    /// What stands before the key in its DER form.
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let text = text.trim();
    let inner = match text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
        Some(rest) => rest.strip_suffix("-----END PUBLIC KEY-----")?,
        None => text,
    };
    let plain: String = inner.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let plain = plain.replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(plain).ok()?;
    let raw = bytes.strip_prefix(&PREFIX[..]).unwrap_or(&bytes);
    raw.try_into().ok()
}

fn refused(words: String) -> Refusal {
    Refusal::new(Code::Unauthenticated, words)
}

fn unreadable() -> Refusal {
    refused("This is no signed token; it has three parts in base64url, with points between them (RFC 7519).".to_owned())
}

fn wrong_header() -> Refusal {
    refused("The header of a signed token has `alg`, `kid` and `typ` (`JWT`), and nothing else.".to_owned())
}

fn wrong_claims(error: &serde_json::Error) -> Refusal {
    refused(format!(
        "The claims of a signed token are `iss` (the app), `sub` (the user), `aud` (this server), `iat` and `exp` (whole \
         seconds), and if you like `nbf`, `jti`, `name` and `avatar`; {error}."
    ))
}

/// The same for a key that is not there, one of another app, and a signature that does not hold.
pub fn unsigned() -> Refusal {
    refused("The token is not signed with a key of its app; look at `iss`, `kid`, `alg` and the key.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::KeyPair;
    use serde_json::{Value, json};

    const NOW: u64 = 1_800_000_000;
    const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
    const DAY_MS: u64 = 24 * 3_600 * 1_000;

    fn encode(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn hs256(header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn claims() -> Value {
        json!({"iss": "2", "sub": "ada", "aud": "tidings", "iat": NOW, "exp": NOW + 300})
    }

    fn with(changes: &Value) -> Value {
        let mut claims = claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    fn header() -> Value {
        json!({"alg": "HS256", "kid": "7", "typ": "JWT"})
    }

    fn check(token: &str) -> Result<Claims, Refusal> {
        let unverified = read(token)?;
        assert_eq!((unverified.app, unverified.key), (AppId(2), AppKeyId(7)));
        unverified.verify(&Verifier::Hs256(SECRET), "tidings", DAY_MS, Timestamp(NOW * 1_000))
    }

    #[test]
    fn a_token_that_is_right_names_its_user() {
        let found = check(&hs256(&header(), &with(&json!({"name": "Ada", "iss": 2, "extra": [1]})))).unwrap();
        assert_eq!((found.user.as_str(), found.name.unwrap().as_str()), ("ada", "Ada"));
        assert_eq!((found.issued, found.expires), (Timestamp(NOW * 1_000), Timestamp((NOW + 300) * 1_000)));
        let many = hs256(&header(), &with(&json!({"aud": ["x", "tidings"], "nbf": NOW})));
        assert!(check(&many).is_ok());
        assert!(check(&hs256(&json!({"alg": "HS256", "kid": "7"}), &claims())).is_ok(), "`typ` may be left out");
    }

    #[test]
    fn the_algorithm_is_the_keys_and_a_header_brings_nothing() {
        let none = format!("{}.{}.", encode(&json!({"alg": "none", "kid": "7"})), encode(&claims()));
        for header in [
            json!({"alg": "none", "kid": "7"}),
            json!({"alg": "hs256", "kid": "7"}),
            json!({"alg": "HS384", "kid": "7"}),
            json!({"alg": "RS256", "kid": "7"}),
            json!({"alg": "EdDSA", "kid": "7"}),
            json!({"alg": "HS256"}),
            json!({"alg": "HS256", "kid": 7}),
            json!({"alg": "HS256", "kid": "../7"}),
            json!({"alg": ["HS256"], "kid": "7"}),
            json!({"alg": "HS256", "kid": "7", "typ": "at+jwt"}),
            json!({"alg": "HS256", "kid": "7", "jwk": {"kty": "oct", "k": "AAAA"}}),
            json!({"alg": "HS256", "kid": "7", "jku": "https://example.org/keys"}),
            json!({"alg": "HS256", "kid": "7", "x5u": "https://example.org/keys"}),
            json!({"alg": "HS256", "kid": "7", "crit": ["exp"]}),
            json!({"alg": "HS256", "kid": "7", "b64": false}),
        ] {
            let refusal = check(&hs256(&header, &claims())).unwrap_err();
            assert_eq!(refusal.code, Code::Unauthenticated, "{header}");
        }
        assert!(check(&none).is_err());
        // The public key of an EdDSA key is no secret of HMAC: the record says which it is.
        let pair = signature::Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
        let message = format!("{}.{}", encode(&header()), encode(&claims()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), message.as_bytes());
        let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        let verify = |token: &str| {
            read(token).unwrap().verify(&Verifier::Eddsa(&public), "tidings", DAY_MS, Timestamp(NOW * 1_000))
        };
        assert!(verify(&forged).is_err());
        let message = format!("{}.{}", encode(&json!({"alg": "EdDSA", "kid": "7"})), encode(&claims()));
        let right = format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes())));
        assert!(verify(&right).is_ok());
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            base64::engine::general_purpose::STANDARD
                .encode([&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &public].concat())
        );
        assert_eq!(public_key(&pem), Some(public));
        assert_eq!(public_key(&URL_SAFE_NO_PAD.encode(public)), Some(public));
        assert_eq!(public_key("AAAA"), None);
    }

    #[test]
    fn every_claim_is_required_and_has_its_own_type() {
        for changes in [
            json!({"iss": null}),
            json!({"sub": null}),
            json!({"sub": 5}),
            json!({"sub": "not an id"}),
            json!({"aud": null}),
            json!({"aud": "another"}),
            json!({"aud": []}),
            json!({"aud": ["a", "b", "c", "d", "e", "f", "g", "h", "tidings"]}),
            json!({"iat": null}),
            json!({"iat": "1800000000"}),
            json!({"exp": null}),
            json!({"exp": "1800000300"}),
            json!({"exp": 1e300}),
            json!({"exp": -5}),
            json!({"exp": NOW + 24 * 3_600 + 1}),
            json!({"exp": u64::MAX}),
            json!({"iat": NOW + 120, "exp": NOW + 300}),
            json!({"iat": NOW - 600, "exp": NOW - 61}),
            json!({"iat": NOW + 10, "exp": NOW + 5}),
            json!({"nbf": "soon"}),
            json!({"nbf": NOW + 120}),
            json!({"name": ""}),
            json!({"name": 5}),
        ] {
            let mut claims = with(&changes);
            if let Value::Object(map) = &mut claims {
                map.retain(|_, value| !value.is_null());
            }
            assert!(check(&hs256(&header(), &claims)).is_err(), "{changes}");
        }
        // A minute of leeway both ways.
        assert!(check(&hs256(&header(), &with(&json!({"iat": NOW + 50})))).is_ok());
        assert!(check(&hs256(&header(), &with(&json!({"iat": NOW - 600, "exp": NOW - 50})))).is_ok());
    }

    #[test]
    fn a_token_that_was_touched_anywhere_does_not_hold() {
        let token = hs256(&header(), &claims());
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let unverified = read(&changed);
            let held = unverified.is_ok_and(|found| {
                found.verify(&Verifier::Hs256(SECRET), "tidings", DAY_MS, Timestamp(NOW * 1_000)).is_ok()
            });
            assert!(!held, "character {place}");
        }
        for text in ["", ".", "..", "...", "a.b.c", &format!("{token}="), &format!("{token}.x"), &"a".repeat(70_000)] {
            assert!(read(text).is_err(), "{text:.20}");
        }
        let double =
            format!("{}.{}.x", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","alg":"none","kid":"7"}"#), encode(&claims()));
        assert!(read(&double).is_err(), "a field given twice");
    }
}
