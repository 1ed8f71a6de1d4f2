//! How often one user, or one address without a user, may ask: a bucket of tokens for each, told in the answers' headers
//! (draft-ietf-httpapi-ratelimit-headers). What a user sends counts in the gateway's own bucket, too, as on the socket.

use super::problem::Problem;
use crate::auth::AddressPrefix;
use crate::gateway::Bucket;
use crate::model::clock::monotonic;
use crate::model::{AppKeyId, Code, Refusal, UserHandle};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use lru::LruCache;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

/// Users and addresses that are remembered; the longest unused are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(32 * 1024).unwrap();

/// A key of an app may ask so many times as often as a user.
const KEY_TIMES: u32 = 20;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A user, whatever their address.
    User(UserHandle),
    /// An address, as long as nobody is logged in.
    Address(AddressPrefix),
    /// Another system with a key: it asks for many users, so many times as often as one.
    Key(AppKeyId),
    /// All tokens for MCP of a user.
    Mcp(UserHandle),
}

impl Asker {
    /// How many times as often as a user.
    const fn times(self) -> u32 {
        match self {
            Self::User(_) | Self::Address(_) | Self::Mcp(_) => 1,
            Self::Key(_) => KEY_TIMES,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Address(_) => "address",
            Self::Key(_) => "key",
            Self::Mcp(_) => "mcp",
        }
    }
}

/// The buckets of those who ask.
#[derive(Debug)]
pub struct Limits {
    per_second: u32,
    burst: u32,
    started: Instant,
    /// Guards who has which bucket.
    buckets: Mutex<LruCache<Asker, Arc<Bucket>>>,
}

/// What the headers tell after a request was counted.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    asker: Asker,
    burst: u32,
    window_s: u64,
    left: u64,
    full_in_s: u64,
}

impl Limits {
    /// So many requests a second on average and so many at once; 0 is no limit.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let burst = burst.max(1);
        Self { per_second, burst, started: monotonic(), buckets: Mutex::new(LruCache::new(REMEMBERED_MAX)) }
    }

    /// Counts a request that anybody may make, before anything is looked up for it; the answer, when its address has asked too often.
    pub fn turned_away(&self, address: IpAddr) -> Option<Response> {
        let (refusal, counted) = self.count(Asker::Address(AddressPrefix::of(address))).err()?;
        let mut response = Problem::from(refusal).into_response();
        counted.tell(response.headers_mut());
        Some(response)
    }

    /// Counts one request; `None` when nothing is limited.
    pub fn count(&self, asker: Asker) -> Result<Option<Counted>, (Refusal, Counted)> {
        if self.per_second == 0 {
            return Ok(None);
        }
        let now_ms = monotonic().duration_since(self.started).as_millis() as u64;
        let (per_second, burst) =
            (self.per_second.saturating_mul(asker.times()), self.burst.saturating_mul(asker.times()));
        let bucket = {
            let mut buckets = self.buckets.lock();
            let made = || Arc::new(Bucket::new(per_second, burst, now_ms));
            Arc::clone(buckets.get_or_insert(asker, made))
        };
        let taken = bucket.take(now_ms);
        let (left, full_in_ms) = bucket.left(now_ms);
        let counted = Counted {
            asker,
            burst,
            window_s: u64::from(burst.div_ceil(per_second)),
            left,
            full_in_s: full_in_ms.div_ceil(1_000),
        };
        match taken {
            Ok(()) => Ok(Some(counted)),
            Err(wait_ms) => {
                let words = match asker {
                    Asker::User(_) | Asker::Key(_) | Asker::Mcp(_) => {
                        "You are asking faster than this server allows; slow down."
                    }
                    Asker::Address(_) => "There are too many requests from your address; slow down, or log in first.",
                };
                Err((Refusal::new(Code::RateLimited, words).retry_after_ms(wait_ms), counted))
            }
        }
    }
}

impl Counted {
    /// Tells it in the headers of an answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let name = self.asker.name();
        let policy = format!("\"{name}\";q={};w={}", self.burst, self.window_s);
        let state = format!("\"{name}\";r={};t={}", self.left, self.full_in_s);
        for (header, text) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(header), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asker_has_a_bucket_of_their_own_and_hears_what_is_left() {
        let limits = Limits::new(1, 2);
        let (ada, bob) = (Asker::User(UserHandle(1)), Asker::User(UserHandle(2)));
        assert_eq!(limits.count(ada).unwrap().unwrap().left, 1);
        assert_eq!(limits.count(ada).unwrap().unwrap().left, 0);
        let (refusal, counted) = limits.count(ada).unwrap_err();
        assert_eq!(refusal.code, Code::RateLimited);
        assert!(limits.count(bob).is_ok());
        let mut headers = HeaderMap::new();
        counted.tell(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"user\";q=2;w=2");
        assert!(headers["ratelimit"].to_str().unwrap().starts_with("\"user\";r=0;t="));
        assert!(Limits::new(0, 0).count(ada).unwrap().is_none());
    }
}
