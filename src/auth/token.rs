//! Session tokens: `tds_`, 43 characters base62 of 256 random bits, `_`, 6 characters base62 of the CRC-32 of what stands
//! before. The prefix lets secret scanners find a leaked one; the checksum tells a typing error from a guess. Only the SHA-256
//! is stored, so that a stolen database opens no session.

use crate::model::{InviteCode, Secret, TokenHash};
use sha2::{Digest, Sha256};

const PREFIX: &str = "tds_";
const KEY_PREFIX: &str = "tdk_";
const MCP_PREFIX: &str = "tdm_";
const SIGNING_PREFIX: &str = "tdh_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 is the first power above 2^256.
const SECRET_CHARS: usize = 43;
/// The last 22 characters of a drawn token are 131 bits.
const CODE_CHARS: usize = 22;
/// Those of a webhook.
const HOOK_CHARS: usize = 26;
/// 62^6 is the first power above 2^32.
const CHECK_CHARS: usize = 6;

/// A session token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(token)")
    }
}

impl Token {
    /// Draws a new token from the operating system's randomness.
    ///
    /// # Panics
    /// When the operating system has no randomness to give; a server without it must not hand out tokens.
    pub fn draw() -> Self {
        Self::draw_as(PREFIX)
    }

    /// The session token of an exchange that can be made again, of 32 bytes that nobody can guess.
    pub fn of_exchange(secret: &[u8; 32]) -> Self {
        Self::from_secret(PREFIX, secret)
    }

    /// Draws a key that opens the API for another system: the same with `tdk_` before it.
    pub fn draw_key() -> Self {
        Self::draw_as(KEY_PREFIX)
    }

    /// Draws a token for MCP: the same with `tdm_` before it.
    pub fn draw_mcp() -> Self {
        Self::draw_as(MCP_PREFIX)
    }

    /// Draws a secret with which another system signs: the same with `tdh_` before it.
    pub fn draw_signing() -> Self {
        Self::draw_as(SIGNING_PREFIX)
    }

    /// Draws the secret of a webhook's address: 26 letters and digits, as the programs that post expect, of 154 random bits.
    pub fn draw_hook() -> Secret {
        let drawn = Self::draw().0;
        let digits = &drawn[PREFIX.len() + SECRET_CHARS - HOOK_CHARS..PREFIX.len() + SECRET_CHARS];
        Secret::new(digits)
    }

    /// What a webhook is found by.
    pub fn hash_of_hook(secret: &Secret) -> TokenHash {
        TokenHash(Sha256::digest(secret.reveal().as_bytes()).into())
    }

    #[allow(clippy::expect_used, reason = "a predictable token would be worse than a crash")]
    fn draw_as(prefix: &str) -> Self {
        let mut secret = [0u8; 32];
        getrandom::fill(&mut secret).expect("the operating system gives random bytes");
        Self::from_secret(prefix, &secret)
    }

    fn from_secret(prefix: &str, secret: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(prefix.len() + SECRET_CHARS + 1 + CHECK_CHARS);
        text.push_str(prefix);
        push_base62(&mut text, secret, SECRET_CHARS);
        let check = crc32(text.as_bytes());
        text.push('_');
        push_base62(&mut text, &check.to_be_bytes(), CHECK_CHARS);
        Self(text)
    }

    /// Reads a token; `None` when it is not one (a part is missing, a character is wrong).
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_as(PREFIX, text)
    }

    /// Reads a key; `None` when it is not one.
    pub fn parse_key(text: &str) -> Option<Self> {
        Self::parse_as(KEY_PREFIX, text)
    }

    /// Reads a token for MCP; `None` when it is not one.
    pub fn parse_mcp(text: &str) -> Option<Self> {
        Self::parse_as(MCP_PREFIX, text)
    }

    /// Whether a text begins as keys do.
    pub fn looks_like_a_key(text: &str) -> bool {
        text.starts_with(KEY_PREFIX)
    }

    fn parse_as(prefix: &str, text: &str) -> Option<Self> {
        let (body, check) = text.rsplit_once('_')?;
        let secret = body.strip_prefix(prefix)?;
        let plain = |part: &str, chars: usize| part.len() == chars && part.bytes().all(|c| ALPHABET.contains(&c));
        if !plain(secret, SECRET_CHARS) || !plain(check, CHECK_CHARS) {
            return None;
        }
        let mut expected = String::with_capacity(CHECK_CHARS);
        push_base62(&mut expected, &crc32(body.as_bytes()).to_be_bytes(), CHECK_CHARS);
        (expected == check).then(|| Self(text.to_owned()))
    }

    /// A new code for an invite link: 22 characters base62, of a drawn token.
    pub fn draw_code() -> Option<InviteCode> {
        InviteCode::new(&Self::draw().0[PREFIX.len() + SECRET_CHARS - CODE_CHARS..PREFIX.len() + SECRET_CHARS]).ok()
    }

    /// What is stored of it, and what it is found by.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The token itself, for the one who gets it.
    pub fn secret(&self) -> Secret {
        Secret::new(self.0.clone())
    }
}

/// Appends a big-endian number in exactly `chars` digits of base 62, by long division.
fn push_base62(out: &mut String, number: &[u8], chars: usize) {
    let mut number = number.to_vec();
    let mut digits = vec![b'0'; chars];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u32;
        for byte in &mut number {
            let value = remainder << 8 | u32::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *digit = ALPHABET[remainder as usize];
    }
    out.extend(digits.into_iter().map(char::from));
}

/// CRC-32 (ISO 3309, reflected, polynomial 0xEDB88320), bit by bit: it runs once a log-in.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_token_reads_back_and_a_changed_one_does_not() {
        let token = Token::draw();
        let text = token.secret().reveal().to_owned();
        assert_eq!(text.len(), 4 + 43 + 1 + 6);
        assert_eq!(Token::parse(&text), Some(token.clone()));
        assert_eq!(Token::parse(&text).map(|token| token.hash()), Some(token.hash()));
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
            assert_eq!(Token::parse(std::str::from_utf8(&changed).unwrap()), None, "character {place}");
        }
        for bad in ["", "tds_", "tds__", &text[1..], &text[..text.len() - 1], &format!("{text} "), "tds_é_é"] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_ends_of_the_range_have_all_their_digits() {
        assert_eq!(&Token::from_secret(PREFIX, &[0; 32]).0[..47], format!("tds_{}", "0".repeat(43)));
        let highest = Token::from_secret(PREFIX, &[255; 32]);
        assert_eq!(Token::parse(&highest.0), Some(highest));
    }

    #[test]
    fn a_token_never_shows_in_a_log_line() {
        assert_eq!(format!("{:?} {:?}", Token::draw(), Token::draw().hash()), "(token) (token hash)");
    }
}
