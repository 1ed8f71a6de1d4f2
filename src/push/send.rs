//! One push on its way (RFC 8030), and what its answer means.

use super::seal;
use super::vapid::Vapid;
use super::who::Delivery;
use crate::model::clock::monotonic;
use crate::model::{PushSubscription, PushThen, Timestamp};
use crate::outbound::{Limits, Outbound, OutboundError, Request, Trust, origin};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a push service keeps what it could not deliver, in seconds: a day.
const TTL_S: u32 = 24 * 3_600;
/// How long a push may take.
const SEND_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// After an error a push is tried again so much later; then it is given up.
const AGAIN_AFTER_S: [u64; 4] = [60, 5 * 60, 30 * 60, 2 * 3_600];
/// A push service that could not be reached is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_mins(1);
/// Push services that are left alone.
const LEFT_ALONE_MAX: usize = 1_024;

/// What is counted.
#[derive(Debug, Default)]
pub struct Counters {
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    pub expired: AtomicU64,
    pub waiting: AtomicU64,
}

/// What a push service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It took the push.
    Taken,
    /// It does not know the subscription any more.
    Gone,
    /// It takes none now; again after so long, if it says so.
    Later(Option<Duration>, String),
    /// It will not take it.
    Never(String),
    /// It was not reached.
    Unreached(OutboundError),
}

/// Sends.
pub struct Sender {
    pub outbound: Outbound,
    pub vapid: Vapid,
    pub counters: Counters,
    /// Guards until when push services that could not be reached are left alone.
    left_alone: Mutex<BTreeMap<String, Instant>>,
}

impl Sender {
    pub fn new(outbound: Outbound, vapid: Vapid) -> Self {
        Self { outbound, vapid, counters: Counters::default(), left_alone: Mutex::default() }
    }

    /// Pushes once. `topic`: what takes the place of an older one that was not delivered.
    pub async fn push(
        &self,
        subscription: &PushSubscription,
        text: &[u8],
        topic: Option<&str>,
        urgent: bool,
        now: Timestamp,
    ) -> Answered {
        let url = subscription.endpoint.reveal();
        let (Some(keys), Some(service)) = (subscription.keys(), origin(url)) else {
            return Answered::Never("The keys or the address of the device cannot be used.".into());
        };
        let Ok(body) = seal::seal(&keys, text) else {
            return Answered::Never("The key of the device cannot be used.".into());
        };
        let Some(authorization) = self.vapid.authorization(&service, now) else {
            return Answered::Later(None, "The push could not be signed.".into());
        };
        let limits =
            Limits { first_byte: SEND_MAX, silence: SEND_MAX, total: SEND_MAX, body_bytes_max: ANSWER_BYTES_MAX };
        let mut request = Request::post(Trust::Tenant, url, body)
            .limits(limits)
            .header("authorization", authorization.reveal())
            .header("content-type", "application/octet-stream")
            .header("content-encoding", "aes128gcm")
            .header("ttl", TTL_S.to_string())
            .header("urgency", if urgent { "high" } else { "normal" });
        if let Some(topic) = topic {
            request = request.header("topic", topic);
        }
        match self.outbound.send(request).await {
            Ok(reply) => match reply.status {
                200..=299 => Answered::Taken,
                404 | 410 => Answered::Gone,
                429 | 500..=599 => {
                    Answered::Later(reply.headers.retry_after(), format!("The push service answered {}.", reply.status))
                }
                status => Answered::Never(format!("The push service answered {status}.")),
            },
            Err(error) => Answered::Unreached(error),
        }
    }

    /// Pushes what a device is to be told, and says what comes after it.
    pub async fn deliver(&self, delivery: &Delivery, now: Timestamp) -> PushThen {
        let service = origin(delivery.device.subscription.endpoint.reveal()).unwrap_or_default();
        if let Some(left) = self.left_alone(&service) {
            return again(delivery, now, Some(left));
        }
        let topic = topic(delivery);
        let subscription = &delivery.device.subscription;
        let answered = self.push(subscription, &delivery.payload, Some(&topic), delivery.urgent, now).await;
        let wait = match answered {
            Answered::Taken => {
                self.counters.sent.fetch_add(1, Ordering::Relaxed);
                return PushThen::Done;
            }
            Answered::Gone => {
                self.counters.expired.fetch_add(1, Ordering::Relaxed);
                return PushThen::Expired { created: delivery.device.created };
            }
            Answered::Never(why) => {
                self.counters.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(service, why, "a push service does not take a push; it is given up");
                return PushThen::Done;
            }
            Answered::Unreached(error) if !error.may_pass() => {
                self.counters.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(service, why = %error, "a push is given up");
                return PushThen::Done;
            }
            Answered::Unreached(error) => {
                tracing::info!(service, why = %error, "a push service is not reached; it is tried again later");
                self.leave_alone(service);
                None
            }
            Answered::Later(wait, why) => {
                tracing::info!(service, why, "a push is tried again later");
                wait
            }
        };
        self.counters.failed.fetch_add(1, Ordering::Relaxed);
        again(delivery, now, wait)
    }

    /// For how much longer a push service is left alone.
    fn left_alone(&self, service: &str) -> Option<Duration> {
        let now = monotonic();
        self.left_alone.lock().get(service).and_then(|until| until.checked_duration_since(now))
    }

    fn leave_alone(&self, service: String) {
        let now = monotonic();
        let mut known = self.left_alone.lock();
        known.retain(|_, until| *until > now);
        if known.len() < LEFT_ALONE_MAX {
            known.insert(service, now + LEFT_ALONE);
        }
    }
}

/// Later, and after the last try not any more.
fn again(delivery: &Delivery, now: Timestamp, wait: Option<Duration>) -> PushThen {
    let Some(seconds) = AGAIN_AFTER_S.get(usize::from(delivery.tries)) else { return PushThen::Done };
    let wait = wait.unwrap_or_default().max(Duration::from_secs(*seconds));
    let at = Timestamp(now.0.saturating_add(wait.as_millis() as u64));
    PushThen::Again { seq: delivery.seq, at, tries: delivery.tries + 1 }
}

/// One conversation does not stack up at the push service: 32 characters that say nothing else (RFC 8030, section 5.4).
fn topic(delivery: &Delivery) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tidings push topic 1\n");
    hash.update(delivery.session.0.to_be_bytes());
    hash.update(delivery.conversation.0.to_be_bytes());
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..24])
}
