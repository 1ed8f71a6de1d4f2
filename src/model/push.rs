//! Web Push: where a device is reached while no page of it is open, and what became of what was sent there.

use super::Code;
use super::{ConversationId, Refusal, Secret, Seq, SessionId, Timestamp, UserHandle};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Longest address of a push service that is kept, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 1_024;
/// Bytes of a device's public key: an uncompressed point of P-256.
pub const DEVICE_KEY_BYTES: usize = 65;
/// Bytes of a device's secret.
pub const DEVICE_SECRET_BYTES: usize = 16;

/// Where a device is reached, as its browser says it (W3C Push API, RFC 8030 and 8291). Never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PushSubscription {
    /// The address at the browser's push service. Whoever knows it can send there.
    #[schema(value_type = String, example = "https://push.example.org/wpush/v2/gAAAA")]
    pub endpoint: Secret,
    /// The device's public key (P-256, uncompressed), in base64url without padding.
    pub p256dh: String,
    /// The secret that the device shares with whoever sends to it (16 bytes), in base64url without padding.
    #[schema(value_type = String)]
    pub auth: Secret,
    /// Whether notifications on this device show what a message says.
    #[serde(default)]
    pub show_text: bool,
}

/// The keys of a device as bytes.
#[derive(Clone, Copy)]
pub struct DeviceKeys {
    /// Its public key.
    pub public: [u8; DEVICE_KEY_BYTES],
    /// Its secret.
    pub secret: [u8; DEVICE_SECRET_BYTES],
}

/// Base64url; some write the padding at its end.
fn key(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

impl PushSubscription {
    /// The keys, when they are such.
    pub fn keys(&self) -> Option<DeviceKeys> {
        let public: [u8; DEVICE_KEY_BYTES] = key(&self.p256dh)?.try_into().ok()?;
        let secret = key(self.auth.reveal())?.try_into().ok()?;
        (public[0] == 4).then_some(DeviceKeys { public, secret })
    }

    /// Whether it is one at all. Where its address leads is not looked at here.
    pub fn check(&self) -> Result<(), Refusal> {
        let endpoint = self.endpoint.reveal();
        let plain = endpoint.bytes().all(|byte| byte.is_ascii_graphic());
        let reads = endpoint.starts_with("https://") || endpoint.starts_with("http://");
        if !plain || !reads || endpoint.len() > ENDPOINT_BYTES_MAX {
            let words = "`endpoint` must be the address of a push service, as the browser gives it; subscribe again.";
            return Err(Refusal::new(Code::Invalid, words));
        }
        if self.keys().is_none() {
            let words = "`p256dh` and `auth` must be the keys that the browser gives, in base64url; subscribe again.";
            return Err(Refusal::new(Code::Invalid, words));
        }
        Ok(())
    }
}

/// What became of something that was sent to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushOutcome {
    /// Whose device.
    pub user: UserHandle,
    /// Its session.
    pub session: SessionId,
    /// Of which conversation it was.
    pub conversation: ConversationId,
    /// What became of it.
    pub then: PushThen,
}

/// What comes after a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushThen {
    /// Nothing: it was taken, or it is given up. A retry that waits is forgotten.
    Done,
    /// It is tried again.
    Again {
        /// The message.
        seq: Seq,
        /// When.
        at: Timestamp,
        /// How often it was tried.
        tries: u8,
    },
    /// The push service does not know the subscription any more: it is removed, unless the device made another meanwhile.
    Expired {
        /// When the subscription that was used was made.
        created: Timestamp,
    },
}
